"""What `transform` takes against kustomize's rendering of the same manifests: `python -m benchmarks.transform`."""

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import yaml

from tools import build
from tools.documents import ROOT, filled

DOCUMENT = ROOT / "docs" / "transform.md"
CHART = max((ROOT / "tests" / "data" / "manifests").glob("*.yaml"), key=lambda file: file.stat().st_size)
PAIRS = {1_000: 5, 10_000: 1}
"""Objects -> pairs of runs: ten times as many objects take kustomize more than a hundred times as long."""

ONE = """\
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: agent-{0}, namespace: team-{1}, labels: {{helm.sh/chart: agent-1.2.3}}}}
data:
  agent.yaml: |
    # of agent {0}
    level: info
    listen: {{host: 0.0.0.0, port: {0}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: agent-{0}, namespace: team-{1}}}
spec:
  selector: {{matchLabels: {{app: agent-{0}}}}}
  template:
    metadata:
      labels: {{app: agent-{0}}}
      annotations:
        checksum/config: "{0:064x}"
    spec:
      containers:
        - {{name: agent, image: "agent:1", volumeMounts: [{{name: config, mountPath: /etc/agent}}]}}
      volumes: [{{name: config, configMap: {{name: agent-{0}}}}}]
---
apiVersion: v1
kind: Service
metadata: {{name: agent-{0}, namespace: team-{1}}}
spec: {{selector: {{app: agent-{0}}}, ports: [{{port: 80}}]}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {{name: agent-{0}, namespace: team-{1}}}
"""
"""Four objects, one of them a workload."""


def main() -> None:
    """Measure, print the table, and write it into the document."""
    sets = {
        f"{size:,} objects": ("".join(ONE.format(n, n % 50) for n in range(size // 4)), pairs)
        for size, pairs in PAIRS.items()
    }
    count = sum(1 for one in yaml.safe_load_all(CHART.read_text()) if one)
    sets[f"{CHART.stem}, {count} objects"] = CHART.read_text(), max(PAIRS.values())
    rows = [("manifests", "seconds", "memory", "seconds ÷ kustomize's", "memory ÷ kustomize's")]
    rows += [(title, *measured(*of)) for title, of in sets.items()]
    table = "\n".join(f"| {' | '.join(row)} |" for row in (rows[0], ("---",) * len(rows[0]), *rows[1:]))
    print(table)
    DOCUMENT.write_text(filled(DOCUMENT.read_text(), "measured", table))


def measured(text: str, pairs: int) -> tuple[str, str, str, str]:
    """Return seconds and peak of memory of `transform`, and their ratios to kustomize's: medians of pairs."""
    kustomize = str(build.ensure(["kustomize"])["kustomize"])
    ours, ratios = [], []
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "all.yaml").write_text(text)
        Path(folder, "kustomization.yaml").write_text("resources: [all.yaml]\n")
        for _ in range(pairs):
            ours.append(used([sys.executable, "-m", "config_rollout", "transform"], text))
            theirs = used([kustomize, "build", folder])
            ratios.append([mine / its for mine, its in zip(ours[-1], theirs, strict=True)])
    took, peak = (statistics.median(values) for values in zip(*ours, strict=True))
    of_time, of_memory = (statistics.median(values) for values in zip(*ratios, strict=True))
    return f"{took:.1f}", f"{peak / 2**20:.0f} MiB", f"{of_time:.3g}", f"{of_memory:.2f}"


def used(command: Sequence[str], text: str = "") -> tuple[float, float]:
    """Return the seconds of the processors that a command takes, and its peak of memory in bytes."""
    with tempfile.TemporaryFile() as file:
        file.write(text.encode())
        file.seek(0)
        process = subprocess.Popen(command, stdin=file, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


if __name__ == "__main__":
    main()
