"""The versions of the OpenTelemetry collector's chart that are deployed, each as a chart in the real one's shape."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from config_rollout.cli.inputs.histories import Reading
from config_rollout.core.replay.readers import parsed_digest
from config_rollout.core.replay.transitions import Snapshot, Transition, once, transitions

from ..documents import ROOT

HISTORY = ROOT / "tests" / "data" / "otel-collector" / "daemonset-only.jsonl"
STEPS = 32

RELEASE = "collector"
WORKLOAD = f"{RELEASE}-agent"
KEY = "relay"

CONFIG_MAP = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-agent
  labels: LABELS
data:
  relay: |
{{ .Files.Get "relay.yaml" | indent 4 }}
"""

DAEMON_SET = """\
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: {{ .Release.Name }}-agent
  labels: LABELS
spec:
  selector:
    matchLabels: {app.kubernetes.io/name: opentelemetry-collector}
  template:
    metadata:
      labels: {app.kubernetes.io/name: opentelemetry-collector}
      annotations:
        checksum/config: {{ include (print $.Template.BasePath "/configmap-agent.yaml") . | sha256sum }}
        local-cluster/ready-after: 0s
    spec:
      serviceAccountName: default
      containers:
        - name: opentelemetry-collector
          image: "collector:{{ .Values.template }}"
          args: [--config=/conf/relay.yaml]
          volumeMounts:
            - {name: config, mountPath: /conf}
      volumes:
        - name: config
          configMap:
            name: {{ .Release.Name }}-agent
            items:
              - {key: relay, path: relay.yaml}
"""


@dataclass(frozen=True)
class Step:
    """From one version of the chart to the next: what really changed, apart from labels and checksums."""

    version: Snapshot
    transition: Transition

    @property
    def is_needed(self) -> bool:
        """Whether pods have to restart, whoever deploys it: for the configuration, or the rest of the pod template."""
        return self.transition.real or bool(self.transition.template)


def window() -> tuple[Snapshot, list[Step]]:
    """Return a first version and the steps after it: of all such rows of steps, the one with the most real changes."""
    snapshots = list(Reading(None, {KEY: "yaml"}, {}, print).history(str(HISTORY), None))
    judge = once(lambda snapshot: parsed_digest(snapshot.content))
    every = list(transitions(HISTORY.stem, snapshots, judge))
    start = max(_starts(every), key=lambda first: sum(one.real for one in every[first : first + STEPS]))
    steps = [Step(*pair) for pair in zip(snapshots[start + 1 :], every[start:], strict=True)]
    return snapshots[start], steps[:STEPS]


def _starts(every: Sequence[Transition]) -> Iterator[int]:
    yield from range(len(every) - STEPS + 1)


def write_chart(version: Snapshot, folder: Path) -> Path:
    """
    Write a version as a chart, and return its folder.

    The real chart's templates are not in the history. These are in their shape: labels, texts and versions are the
    recorded ones, the checksum is of the whole template of the ConfigMap, and the image stands for all else in the pod
    template: it changes when that did.
    """
    labels = version.rest["metadata"]["labels"]  # type: ignore[index] # as this history has them
    name, _, number = labels["helm.sh/chart"].rpartition("-")
    chart = {"apiVersion": "v2", "name": name, "version": number, "appVersion": labels["app.kubernetes.io/version"]}
    texts = {
        "Chart.yaml": json.dumps(chart),
        "values.yaml": json.dumps({"template": version.template}),
        "relay.yaml": version.content.data[KEY].decode(),
        "templates/configmap-agent.yaml": CONFIG_MAP.replace("LABELS", json.dumps(labels)),
        "templates/daemonset.yaml": DAEMON_SET.replace("LABELS", json.dumps(labels)),
    }
    for file, text in texts.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text)
    return folder
