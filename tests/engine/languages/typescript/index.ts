// Every component once, in one program; the settings of the stack say what changes.
import * as rollout from "@pulumi/config-rollout";
import * as pulumi from "@pulumi/pulumi";

const settings = new pulumi.Config();
const namespace = settings.require("namespace");
const level = settings.require("level");

function pods(name: string): Pick<rollout.ConfiguredDaemonSetArgs, "namespace" | "data" | "podSpec" | "podAnnotations"> {
  return {
    namespace,
    data: { "agent.yaml": `level: ${level}\n` },
    podSpec: {
      containers: [{ name: "agent", image: "agent:1", volumeMounts: [{ name: "config", mountPath: "/etc/agent" }] }],
      volumes: [{ name: "config", configMap: { name } }],
    },
    podAnnotations: { "local-cluster/ready-after": "0s" },
  };
}

const agent = new rollout.ConfiguredDaemonSet("agent", {
  ...pods("agent"),
  data: { [settings.get("key") ?? "agent.yaml"]: `level: ${level}\n` },
  minReadySeconds: settings.getNumber("minReadySeconds") ?? 0,
  waves: { first: [{ name: "canary", nodes: 1, gates: [{ command: ["sh", "-c", "pwd > gate.txt"] }] }] },
});
new rollout.ConfiguredDeployment("web", { ...pods("web"), replicas: 2 });
new rollout.ConfiguredStatefulSet("store", { ...pods("store"), replicas: 1, serviceName: "store" });
new rollout.KubeProxy("kube-proxy", {
  manage: rollout.types.enums.Manage.Adopt,
  config: { mode: level === "info" ? "iptables" : "nftables" },
  minReadySeconds: 0,
  maxUnavailable: "100%",
});
new rollout.ConfiguredChart("chart", { chart: "./chart", namespace, values: { level } });
new rollout.ConfiguredManifests("manifests", { manifests: "manifests", namespace });
new rollout.ConfiguredKustomization("kustomization", { directory: "kustomization", namespace });
export const configHash = agent.configHash;
