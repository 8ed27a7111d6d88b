// The Kubernetes provider's main. The published one embeds two generated files that its module does not hold.
package main

import (
	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version"
)

func main() {
	// Python programs carry their types in the SDK: an empty schema and no Terraform mapping are enough.
	provider.Serve("kubernetes", version.Version, []byte("{}"), []byte("{}"))
}
