// The Kubernetes provider's main. The published one embeds two generated files that its module does not hold.
package main

import (
	"bytes"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version"
)

func main() {
	// No Terraform mapping is needed.
	provider.Serve("kubernetes", version.Version, schema(), []byte("{}"))
}

// schema returns the types that YAML programs ask for; Python programs carry them in the SDK. The module's file lies
// beside the program and has no version.
func schema() []byte {
	program, err := os.Executable()
	if err != nil {
		return []byte("{}")
	}
	text, err := os.ReadFile(filepath.Join(filepath.Dir(program), "schema.json"))
	if err != nil {
		return []byte("{}")
	}
	return bytes.Replace(text, []byte("{"), []byte(`{"version": "`+version.Version+`",`), 1)
}
