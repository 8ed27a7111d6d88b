"""The sets of real and realistic manifests that rules are run over, and every finding in them, looked at."""

from pathlib import Path

FOLDER = Path(__file__).parents[1] / "data" / "manifests"

KUBEADM, OTEL = "kubeadm-1.36.3-kube-proxy.yaml", "otel-target-allocator-existing-configmap"
AGENT, SHOP, DATABASE = "chart-node-agent", "chart-web-shop", "chart-database"
SPEC, METADATA = "spec.template.spec", "spec.template.metadata"

FINDINGS = {
    # Right: kube-proxy does not reread its file, and kubeadm hashes nothing. It is what this library is for.
    (KUBEADM, "config-not-hashed", "kube-proxy", f"{SPEC}.volumes[0].configMap.name"),
    # Right: the manifest has no probe at all, so a kube-proxy that crashes in a loop counts as available for moments.
    (KUBEADM, "readiness-probe", "kube-proxy", f"{SPEC}.containers"),
    # Right: flannel reads net-conf.json when it starts, and nothing here follows the content.
    ("kube-flannel", "config-not-hashed", "kube-flannel-ds", f"{SPEC}.volumes[3].configMap.name"),
    # Right: the SHA-256 of an empty text, since the chart hashes the ConfigMap that it does not make.
    (OTEL, "hash-not-of-content", "example-opentelemetry-target-allocator-ta",
     f"{METADATA}.annotations['checksum/config']"),
    # Right: the pods carry the chart's version, so every release of the chart restarts them.
    (OTEL, "volatile-template", "example-opentelemetry-target-allocator-ta", f"{METADATA}.labels['helm.sh/chart']"),
    # Right: system-probe.yaml is mounted by subPath, and of the five checksums none is of it.
    (AGENT, "config-not-hashed", "obs", f"{SPEC}.volumes[3].configMap.name"),
    # Right: the ConfigMap has the chart's version in it, so every release of the chart restarts every agent.
    (AGENT, "volatile-template", "obs", f"{METADATA}.annotations['checksum/install_info']"),
    # Right: variables never change, and the advice is not to hash install_time.
    (AGENT, "config-not-hashed", "obs-cluster-agent", f"{SPEC}.containers[0].env[2].valueFrom.configMapKeyRef.name"),
    # Right: one of the two has kustomize's suffix, this one has a fixed name and nothing else.
    (SHOP, "config-not-hashed", "storefront", f"{SPEC}.containers[0].envFrom[1].configMapRef.name"),
    # Right: subPath, and the checksum is one level too high.
    (SHOP, "config-not-hashed", "assets", f"{SPEC}.volumes[0].configMap.name"),
    (SHOP, "hash-beside-template", "assets", "metadata.annotations['checksum/config']"),
    # Right: each of the three changes with every run of the pipeline, whatever it deploys.
    (SHOP, "volatile-template", "assets", f"{METADATA}.annotations['deployedAt']"),
    (SHOP, "volatile-template", "assets", f"{METADATA}.labels['app.kubernetes.io/version']"),
    (SHOP, "volatile-template", "assets", f"{METADATA}.labels['ci/pipeline-id']"),
    # Right: checksum/config is of api-config, by its name, and the limits are a second ConfigMap.
    (SHOP, "config-changed-in-place", "api", f"{SPEC}.volumes[1].configMap.name"),
    # Right: and the selector has the chart's version too, so the next release of the chart is refused.
    (SHOP, "volatile-template", "api", f"{METADATA}.labels['helm.sh/chart']"),
    (SHOP, "volatile-template", "api", f"{SPEC}.containers[0].env[1], BUILD_TIMESTAMP"),
    # Right: the Secret has DATABASE_URL, and the Job's pods would wait for ever.
    (SHOP, "missing-key", "report",
     "spec.jobTemplate.spec.template.spec.containers[0].env[0].valueFrom.secretKeyRef.key"),
    # Right: by subPath, so the manager has the old one until it is restarted; its certificate it reads again.
    (DATABASE, "config-not-hashed", "database-controller-manager", f"{SPEC}.volumes[0].configMap.name"),
    # Right: checksum/configuration is of database-configuration, and conf.d is a second ConfigMap.
    (DATABASE, "config-changed-in-place", "database-primary", f"{SPEC}.volumes[1].configMap.name"),
    # Right: a token, in flow style.
    (DATABASE, "secret-in-config-map", "database-node-tuner", "data['kubeconfig']"),
    # Right: only the proxy beside the tuner has a probe.
    (DATABASE, "readiness-probe", "database-node-tuner", f"{SPEC}.containers[0]"),
    # Right: half of the nodes at once, of what is critical to nodes.
    (DATABASE, "critical-budget", "database-node-tuner", "spec.updateStrategy.rollingUpdate.maxUnavailable"),
    # Right: nothing that rolls out a DaemonSet looks at it.
    (DATABASE, "disruption-budget", "database-node-tuner", "spec.selector"),
    # Right: a DeploymentConfig rolls out with its template, and variables never change.
    (DATABASE, "config-not-hashed", "database-console", f"{SPEC}.containers[0].envFrom[0].configMapRef.name"),
}  # fmt: skip
"""(Files that begin so, rule, name of the object, path) of every finding."""

QUIET = {
    # Right: each has a readinessProbe and the checksum of its ConfigMap.
    "otel-daemonset-and-deployment",
    "otel-daemonset-collector-logs",
    "otel-daemonset-hostmetrics",
    "otel-daemonset-only",
}
"""Files without a finding."""

PARTS = {SHOP: ["part"]}
"""Files with patches, and why these are not whole."""

STACKS = sorted({name for name, *_ in FINDINGS} | QUIET)


def stack(name: str) -> list[Path]:
    """Return the files of a set."""
    return sorted(FOLDER.glob(f"{name}*"))


def text_of(name: str) -> bytes:
    """Return the documents of a set, as one text."""
    return b"\n---\n".join(path.read_bytes() for path in stack(name))
