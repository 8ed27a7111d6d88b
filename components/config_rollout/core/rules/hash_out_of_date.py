"""The rule on hashes that `check --fix` wrote and whose content has changed since."""

from collections.abc import Iterator

from ..arguments.finding import Finding
from .conventions import held
from .meaning_hash import NotHashed, meaning_hash
from .objects import WORKLOADS, KubernetesObject, Objects
from .rule import Answer, Level, NotChecked, Parameters, Rule, Severity

_EXAMPLE = """
apiVersion: v1
kind: ConfigMap
metadata: {{name: agent}}
data: {{agent.yaml: "level: info"}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: agent
  annotations: {{config-rollout/hashes: checksum/config=agent}}
spec:
  selector: {{matchLabels: {{app: agent}}}}
  template:
    metadata:
      labels: {{app: agent}}
      annotations: {{checksum/config: "{digest}"}}
    spec:
      containers:
        - {{name: agent, image: "agent:1", envFrom: [{{configMapRef: {{name: agent}}}}]}}
"""


def _out_of_date(objects: Objects, _: Parameters) -> Iterator[tuple[KubernetesObject, Answer]]:
    for workload in objects.kind(*WORKLOADS):
        hashes = held(workload)
        sources = {str(o.name): o for r, o in objects.read_by(workload) if r.kind == "ConfigMap"} if hashes else {}
        for key, name in hashes.items():
            if name not in sources:
                continue
            where = workload.in_template("metadata", f"annotations['{key}']")
            try:
                current = meaning_hash(sources[name]) == workload.of_template("annotations").get(key)
            except NotHashed as why:
                yield workload, NotChecked(where, str(why))
                continue
            if not current:
                yield (
                    workload,
                    Finding(
                        where,
                        f"is not the hash of the current ConfigMap '{name}', so the change restarts nothing",
                        "Run `config-rollout check --fix --yes` again",
                    ),
                )


HASH_OUT_OF_DATE = Rule(
    id="hash-out-of-date",
    level=Level.ADVISORY,
    severity=Severity.HIGH,
    topic="configuration",
    prevents="a hash written by `check --fix` that an edit of the ConfigMap has made stale",
    fix="`config-rollout check --fix --yes` again; there is a pre-commit hook for it",
    link="https://kubernetes.io/docs/tutorials/configuration/updating-configuration-via-a-configmap/",
    check_all=_out_of_date,
    bad=_EXAMPLE.format(digest="0" * 64),
    good=_EXAMPLE.format(digest="7fc4b043d590e77e29c72e7ce3b25533555713fece57d3908f3b85b5e043f31f"),
)
