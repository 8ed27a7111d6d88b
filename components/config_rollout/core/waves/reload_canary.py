"""
The canary of a reload: one more pod, with the new text, which has to come up before any other pod gets that text.

A ConfigMap that changes in place reaches all nodes at once. One for each wave would need another name in the pod
template, and so a restart: a canary is what waves can do for a reload.
Not here: making it (driver/reload_canary.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..kubernetes.annotations import DAEMON_SET_LABEL, NAMESPACE_LABEL, OURS
from ..kubernetes.objects import Object
from ..kubernetes.pod_spec import follow
from ..kubernetes.pods import ready_since, why_not_ready
from .gates import HttpGate
from .order import Division

JOB_LABEL = "job-name"
"""On the pods of a Job. Source: kubernetes 1.36 pkg/apis/batch/types.go `LegacyJobNameLabel`."""

_SPARE_SECONDS = 60
_SEEN_SECONDS = 15
"""How long a Job that has ended stays, in seconds, so that its pod can be looked at."""

_LONGEST = 300


@dataclass(frozen=True)
class Canary:
    """
    Where it may run: the first of `nodes`, in the order of the waves, that has a pod which is ready.

    `gates` and `soak_seconds` are those of the first wave.
    """

    nodes: tuple[str, ...]
    gates: tuple[HttpGate, ...] = ()
    soak_seconds: int = 0

    def seconds(self, to_come_up: int) -> int:
        """Return after how long Kubernetes itself ends it, in seconds: nobody else may be left to do so."""
        return to_come_up + self.soak_seconds + max((gate.timeout_seconds for gate in self.gates), default=0) + (
            _SPARE_SECONDS
        )  # fmt: skip


def canary_of(divisions: Sequence[Division]) -> Canary:
    """
    Return the canary of a fleet that is divided into waves.

    Of the gates only those that ask a pod are asked: the others tell of the fleet, which it is no part of.
    """
    nodes = tuple(node for division in divisions for node in division.nodes)
    first = next((division.wave for division in divisions if division.nodes), None)
    if first is None:
        return Canary(nodes)
    gates = tuple(gate for gate in first.gates if isinstance(gate, HttpGate))
    return Canary(nodes, gates, first.soak_seconds)


def labels(namespace: str, name: str) -> dict[str, str]:
    """Return the labels by which what is left of an `up` that was killed is found."""
    return {**OURS, DAEMON_SET_LABEL: name, NAMESPACE_LABEL: namespace}


def job(name: str, daemon_set: Object, names: Mapping[str, str], node: str, seconds: int) -> Object | None:
    """
    Return the Job of a canary; `None` if the pods of the DaemonSet read none of what changes.

    Its pod has the DaemonSet's template, without what only one pod of a node can have, or others would mind: labels,
    the node's network and ports, writable folders of the node, a priority that evicts others. Kubernetes deletes the
    Job, and all that it owns, once its time is over. Source: kubernetes.io "Automatic Cleanup for Finished Jobs".

    Args:
      name: What it is called.
      daemon_set: The DaemonSet as it is in the cluster.
      names: ConfigMap that changes in place -> the one that the canary reads.
      node: Where it runs.
      seconds: When its time is over, in seconds.

    """
    metadata, template = daemon_set["metadata"], daemon_set["spec"]["template"]
    of_pod = template.get("spec") or {}
    spec = follow(of_pod, names)
    if spec == of_pod:
        return None
    spec = {key: value for key, value in spec.items() if key not in ("hostNetwork", "priorityClassName", "priority")}
    of_node = {volume["name"] for volume in of_pod.get("volumes") or [] if "hostPath" in volume}
    for kind in ("containers", "initContainers"):
        if spec.get(kind):
            spec[kind] = [_container(one, of_node) for one in of_pod[kind]]
    spec |= {"nodeName": node, "restartPolicy": "Never", "tolerations": [{"operator": "Exists"}]}
    annotations = (template.get("metadata") or {}).get("annotations") or {}
    return {
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": {"name": name, "labels": labels(metadata["namespace"], metadata["name"])},
        "spec": {
            "backoffLimit": 0, "activeDeadlineSeconds": seconds, "ttlSecondsAfterFinished": _SEEN_SECONDS,
            "template": {"metadata": {"labels": dict(OURS), "annotations": dict(annotations)}, "spec": spec},
        },
    }  # fmt: skip


def config_map(name: str, made: Object, of: Object) -> Object:
    """Return the ConfigMap that a canary reads in place of another, owned by its Job."""
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": made["metadata"]["name"], "uid": made["metadata"]["uid"]}
    metadata = {"name": name, "labels": dict(OURS), "ownerReferences": [owner]}
    made_of = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
    return made_of | {section: of[section] for section in ("data", "binaryData") if section in of}


def judge_canary(pod: Object | None) -> tuple[str, bool]:
    """Return why a canary has not come up, empty if it has, and whether that is final."""
    if pod is None:
        return "its pod was not made", False
    status = pod.get("status") or {}
    for container in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]:
        ended = (container.get("state") or {}).get("terminated")
        if ended and (ended.get("exitCode") or container in (status.get("containerStatuses") or [])):
            what = f"container '{container.get('name')}' exited with {ended.get('exitCode')}"
            return ": ".join(filter(None, (what, _short(ended.get("message"))))), True
    if status.get("phase") in ("Failed", "Succeeded"):
        why = ": ".join(filter(None, (str(status.get("reason") or ""), _short(status.get("message")))))
        return f"its pod ended ({why})", True
    if ready_since(pod):
        return "", True
    return f"its pod is not ready ({why_not_ready(pod) or 'its readiness probe fails'})", False


def _container(container: Mapping[str, Any], of_node: set[str]) -> dict[str, Any]:
    """Return a container without ports of the node, that writes to none of its folders, and whose end says why."""
    of = {**container, "terminationMessagePolicy": "FallbackToLogsOnError"}
    if "ports" in container:
        of["ports"] = [{key: value for key, value in one.items() if key != "hostPort"} for one in container["ports"]]
    if "volumeMounts" in container:
        of["volumeMounts"] = [
            {**{key: value for key, value in one.items() if key != "mountPropagation"}, "readOnly": True}
            if one["name"] in of_node
            else one
            for one in container["volumeMounts"]
        ]
    return of


def _short(text: object) -> str:
    return " ".join(str(text or "").split())[-_LONGEST:]
