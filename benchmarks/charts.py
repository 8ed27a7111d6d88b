"""
What a chart costs the engine, ours against `helm.v4.Chart` of the same: `python -m benchmarks charts`.

Two programs with the same local chart, as their users run them. Its pods run nowhere: benchmarks/workloads.py says why.
"""

import shutil
from pathlib import Path

from benchmarks.workloads import COMMANDS, Program, Row, ratios
from tools import build
from tools.engine import Engine
from tools.local_cluster import LocalCluster

OBJECTS, PAIRS = 100, 7
"""How many objects the chart has, and how many pairs of runs there are."""

_TEMPLATE = """
{{- range $number := until 10 }}
{{- $name := printf "agent-%d" $number }}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ $name }}}
data: {agent.yaml: "level: info"}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: {{ $name }}}
spec:
  selector: {matchLabels: {app: {{ $name }}}}
  template:
    metadata: {labels: {app: {{ $name }}}}
    spec:
      serviceAccountName: {{ $name }}
      nodeSelector: {for: nobody}
      containers: [{name: agent, image: "agent:1", volumeMounts: [{name: c, mountPath: /etc/agent}]}]
      volumes: [{name: c, configMap: {name: {{ $name }}}}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: {{ $name }}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: {{ $name }}}
rules: [{apiGroups: [""], resources: [pods], verbs: [get, list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: {{ $name }}}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: {{ $name }}}
subjects: [{kind: ServiceAccount, name: {{ $name }}}]
{{- range $part := list "a" "b" "c" "d" "e" }}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ $name }}-{{ $part }}}
data: {text: "nobody's"}
{{- end }}
{{- end }}
"""
"""Ten workloads, each with what it reads, its account and its rights, and with five objects that no pod reads."""

OURS = """
import pulumi
from config_rollout import ConfiguredChart

ConfiguredChart("agents", {{"chart": "{chart}", "namespace": pulumi.get_stack()}})
"""
THEIRS = """
import pulumi
from pulumi_kubernetes.helm import v4

v4.Chart("agents", chart="{chart}", namespace=pulumi.get_stack())
"""


def rows() -> list[Row]:
    """Measure previews and no-op updates of the chart, as both have it."""
    binaries = build.ensure([*build.CONTROL_PLANE, *build.ENGINE])
    measured: list[Row] = []
    with LocalCluster(binaries) as cluster, Engine(binaries, cluster.kubeconfig) as engine:
        cluster.add_nodes(1)
        chart = _chart(engine.home / "chart")
        ours, theirs = (
            Program(engine, name, source.format(chart=chart)) for name, source in (("ours", OURS), ("theirs", THEIRS))
        )
        for program in (ours, theirs):
            program.create(cluster, OBJECTS)
        before = sum(cluster.writes().values())
        ours.run(*COMMANDS["no-op `up`"])
        writes = sum(cluster.writes().values()) - before
        for name, arguments in COMMANDS.items():
            (ratio,) = ratios(ours, [theirs], arguments, PAIRS)
            of = f"{name} of a chart with {OBJECTS} objects, `ConfiguredChart` / `helm.v4.Chart`"
            measured.append((of, f"{ratio.processors:.2f}; by the clock {ratio.clock:.2f}", "at most 1.15"))
        measured.append((f"API writes of a no-op `up` of a chart with {OBJECTS} objects", str(writes), "0"))
        for program in (ours, theirs):
            shutil.rmtree(program.folder)
    return measured


def _chart(folder: Path) -> Path:
    """Write the chart, and return its folder."""
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: agents\nversion: 1.0.0\n")
    (folder / "templates" / "agents.yaml").write_text(_TEMPLATE)
    return folder
