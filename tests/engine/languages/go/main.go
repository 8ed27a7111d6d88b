// Every component once, in one program; the settings of the stack say what changes.
package main

import (
	rollout "example.com/pulumi-config-rollout/sdk/go/configrollout"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

func main() {
	pulumi.Run(everyComponent)
}

func everyComponent(ctx *pulumi.Context) error {
	settings := config.New(ctx, "")
	namespace, level := pulumi.String(settings.Require("namespace")), settings.Require("level")
	data := pulumi.StringMap{"agent.yaml": pulumi.String("level: " + level + "\n")}
	annotations := pulumi.StringMap{"local-cluster/ready-after": pulumi.String("0s")}

	key := settings.Get("key")
	if key == "" {
		key = "agent.yaml"
	}
	agent, err := rollout.NewConfiguredDaemonSet(ctx, "agent", &rollout.ConfiguredDaemonSetArgs{
		Namespace:       namespace,
		Data:            pulumi.StringMap{key: data["agent.yaml"]},
		PodSpec:         podSpec("agent"),
		PodAnnotations:  annotations,
		MinReadySeconds: pulumi.Int(settings.GetInt("minReadySeconds")),
		Waves: rollout.WavesArgs{First: rollout.WaveArray{rollout.WaveArgs{
			Name:  pulumi.String("canary"),
			Nodes: pulumi.Int(1),
			Gates: rollout.GateArray{rollout.GateArgs{Command: pulumi.ToStringArray([]string{"sh", "-c", "pwd > gate.txt"})}},
		}}},
	})
	if err != nil {
		return err
	}
	ctx.Export("configHash", agent.ConfigHash)

	if _, err := rollout.NewConfiguredDeployment(ctx, "web", &rollout.ConfiguredDeploymentArgs{
		Namespace: namespace, Data: data, PodSpec: podSpec("web"), PodAnnotations: annotations, Replicas: pulumi.Int(2),
	}); err != nil {
		return err
	}
	if _, err := rollout.NewConfiguredStatefulSet(ctx, "store", &rollout.ConfiguredStatefulSetArgs{
		Namespace: namespace, Data: data, PodSpec: podSpec("store"), PodAnnotations: annotations, Replicas: pulumi.Int(1),
		ServiceName: pulumi.String("store"),
	}); err != nil {
		return err
	}
	mode := map[bool]string{true: "iptables", false: "nftables"}[level == "info"]
	if _, err := rollout.NewKubeProxy(ctx, "kube-proxy", &rollout.KubeProxyArgs{
		Manage:          rollout.ManageAdopt,
		Config:          pulumi.Map{"mode": pulumi.String(mode)},
		MinReadySeconds: pulumi.Int(0),
		MaxUnavailable:  pulumi.String("100%"),
	}); err != nil {
		return err
	}
	return whatOthersWrote(ctx, namespace, level)
}

func whatOthersWrote(ctx *pulumi.Context, namespace pulumi.String, level string) error {
	if _, err := rollout.NewConfiguredChart(ctx, "chart", &rollout.ConfiguredChartArgs{
		Chart: pulumi.String("./chart"), Namespace: namespace, Values: pulumi.Map{"level": pulumi.String(level)},
	}); err != nil {
		return err
	}
	if _, err := rollout.NewConfiguredManifests(ctx, "manifests", &rollout.ConfiguredManifestsArgs{
		Manifests: pulumi.String("manifests"), Namespace: namespace,
	}); err != nil {
		return err
	}
	_, err := rollout.NewConfiguredKustomization(ctx, "kustomization", &rollout.ConfiguredKustomizationArgs{
		Directory: pulumi.String("kustomization"), Namespace: namespace,
	})
	return err
}

func podSpec(name string) pulumi.Map {
	return pulumi.Map{
		"containers": pulumi.Array{pulumi.Map{
			"name":  pulumi.String("agent"),
			"image": pulumi.String("agent:1"),
			"volumeMounts": pulumi.Array{pulumi.Map{
				"name": pulumi.String("config"), "mountPath": pulumi.String("/etc/agent"),
			}},
		}},
		"volumes": pulumi.Array{pulumi.Map{
			"name": pulumi.String("config"), "configMap": pulumi.Map{"name": pulumi.String(name)},
		}},
	}
}
