"""Small manifests for the tests of rules: a workload, and a ConfigMap or Secret for it to read."""


def workload(template: str = "", spec: str = "", metadata: str = "", kind: str = "DaemonSet") -> str:
    """Return a manifest; the arguments are flow YAML to be put in."""
    return (
        f"apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: agent, {metadata}}}\nspec:\n"
        f"  {{selector: {{matchLabels: {{app: agent}}}}, template: {{{template or 'spec: {}'}}}, {spec}}}\n---\n"
    )


def source(name: str = "agent", data: str = "{a.yaml: x}", kind: str = "ConfigMap", more: str = "") -> str:
    return f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: {name}, {more}}}\ndata: {data}\n---\n"
