// The server of Argo CD's config management plugins, as it is. With `render REPOSITORY FOLDER PLUGIN NAME=VALUE...` it is
// what Argo CD's repo server is to that server: it finds it by its socket, sends the repository, and prints the manifests.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/argoproj/argo-cd/v3/cmd/argocd-cmp-server/commands"
	"github.com/argoproj/argo-cd/v3/util/app/discovery"
	"github.com/argoproj/argo-cd/v3/util/cmp"
)

func main() {
	if len(os.Args) < 5 || os.Args[1] != "render" {
		if commands.NewCommand().Execute() != nil {
			os.Exit(1)
		}
		return
	}
	if err := render(os.Args[2], os.Args[3], os.Args[4], os.Args[5:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// render prints the manifests of the application in a folder of a repository, as a plugin makes them with these variables.
func render(repository, folder, plugin string, variables []string) error {
	ctx := context.Background()
	connection, client, err := discovery.DetectConfigManagementPlugin(ctx, folder, repository, plugin, variables, nil)
	if err != nil {
		return err
	}
	defer connection.Close()
	stream, err := client.GenerateManifest(ctx)
	if err != nil {
		return err
	}
	if err := cmp.SendRepoStream(stream.Context(), folder, repository, stream, variables, nil); err != nil {
		return err
	}
	answer, err := stream.CloseAndRecv()
	if err != nil {
		return err
	}
	for _, manifest := range answer.Manifests {
		fmt.Printf("---\n%s\n", manifest)
	}
	return nil
}
