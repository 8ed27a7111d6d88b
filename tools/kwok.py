"""How kwok plays nodes and pods: its configuration, as data."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

READY_AFTER = "local-cluster/ready-after"
"""Pod annotation: how long after its start the pod is ready, as "2s" or "300ms". Default 300 ms."""

FATE = "local-cluster/fate"
"""
Pod annotation: `crash` (CrashLoopBackOff) or `never-ready` (runs, and its readiness probe fails).

From the pod template on it decides about a pod's start; on a pod that is ready, as `kubectl annotate` puts it there, it
happens then. The pod stays so until it is deleted.
"""

DOWN = "local-cluster/down"
"""Annotation of a node that is left as it is, NotReady, and of its pods, which do not stop when they are deleted."""

_PLAYED = "kwok.x-k8s.io/node"
"""Node annotation: kwok plays this node. Others have a kubelet."""

_READY_MILLISECONDS = 300
_STOP_MILLISECONDS = 100
_PARALLEL = 64

Json = dict[str, Any]


def node(name: str, number: int, labels: Mapping[str, str]) -> Json:
    """Return a Linux node with room for the pods of many tests, which leave theirs."""
    resources = {"cpu": "8", "memory": "32Gi", "pods": "1000"}
    return {
        "metadata": {
            "name": name,
            "labels": {"kubernetes.io/os": "linux", "kubernetes.io/hostname": name, **labels},
            "annotations": {_PLAYED: "fake"},
        },
        "status": {
            "allocatable": resources,
            "capacity": resources,
            "addresses": [{"type": "InternalIP", "address": f"10.200.{number // 250}.{number % 250 + 1}"}],
        },
    }


def condition(kind: str, status: str) -> Json:
    """Return a condition of a node or a pod, as a kubelet writes it."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"type": kind, "status": status, "lastTransitionTime": now, "reason": "LocalCluster", "message": ""}


def configuration(crashing_config_maps: Sequence[str]) -> list[Json]:
    """Return kwok's configuration and the stages that nodes and pods go through."""
    options = {
        "manageAllNodes": False,
        "manageNodesWithAnnotationSelector": f"{_PLAYED}=fake",
        "cidr": "10.0.0.1/24",
        "nodeLeaseDurationSeconds": 40,
        "nodeLeaseParallelism": 4,
        "podPlayStageParallelism": _PARALLEL,
        "nodePlayStageParallelism": _PARALLEL,
        "podsOnNodeSyncParallelism": 4,
        "enablePodsOnNodeSyncListPager": False,
        "enablePodsOnNodeSyncStreamWatch": True,
    }
    mounted = ".spec.volumes[]?.configMap.name"
    fate = f'.metadata.annotations["{FATE}"]'
    crashing = list(crashing_config_maps) or [""]
    up, stopping = _is(f'.metadata.annotations["{DOWN}"]', "DoesNotExist"), _is(_STOPPING, "Exists")
    ready = _is(_READY, "In", "True")
    probing = ".spec.containers[].readinessProbe.tcpSocket.host"
    alive = _is(fate, "DoesNotExist"), _is(mounted, "NotIn", *crashing), _is(probing, "DoesNotExist")
    return [
        {"kind": "KwokConfiguration", "apiVersion": "config.kwok.x-k8s.io/v1alpha1", "options": options},
        _stage("node-ready", "Node", [_is(_READY, "NotIn", "True"), up], {"statusTemplate": _NODE_READY}),
        _pod_stage("pod-ready", alive, _pod_status("True", "running: {startedAt: %s}")),
        _pod_stage("pod-never-ready", [_is(fate, "In", "never-ready")], _UNREADY),
        _pod_stage("pod-no-longer-ready", [_is(fate, "In", "never-ready"), ready], _UNREADY, "Running"),
        # No kubelet is here to probe another host: whoever wants such a pod ready says so itself.
        _pod_stage("pod-probing", [_is(probing, "Exists")], _UNREADY),
        _pod_stage("pod-crash", [_is(fate, "In", "crash")], _CRASH),
        _pod_stage("pod-crashes-later", [_is(fate, "In", "crash"), ready], _CRASH, "Running"),
        _pod_stage("pod-crash-by-config-map", [_is(fate, "DoesNotExist"), _is(mounted, "In", *crashing)], _CRASH),
        _stage("pod-delete", "Pod", [stopping, up], {"delete": True}, {"durationMilliseconds": _STOP_MILLISECONDS}),
    ]  # fmt: skip


_READY = '.status.conditions[]? | select(.type == "Ready") | .status'

_STOPPING = ".metadata | select(.deletionGracePeriodSeconds > 0) | .deletionTimestamp"
"""
A pod that somebody has to stop. With 0 seconds the API server removes it by itself, and a delete, which kwok sends by
name and later, could hit the next pod of a StatefulSet.

Source: kubernetes 1.36 apiserver store.go `updateForGracefulDeletionAndFinalizers`; kwok 0.8 pod_controller.go.
"""

_NOW = "{{ Now | Quote }}"

_NODE_READY = """
conditions:
{{ range NodeConditions }}
- {type: {{ .type | Quote }}, status: {{ .status | Quote }}, reason: {{ .reason | Quote }},
   message: {{ .message | Quote }}, lastHeartbeatTime: {{ Now | Quote }}, lastTransitionTime: {{ Now | Quote }}}
{{ end }}
nodeInfo: {architecture: amd64, bootID: "", containerRuntimeVersion: kwok, kernelVersion: kwok, kubeProxyVersion: kwok,
  kubeletVersion: kwok, machineID: "", operatingSystem: linux, osImage: "", systemUUID: ""}
phase: Running
"""


def _pod_status(ready: str, state: str, restarts: int = 0) -> str:
    """Return a status template: a pod that runs, ready or not, its containers in the given state."""
    conditions = "\n".join(
        f'- {{type: {kind}, status: "{status}", lastTransitionTime: {_NOW}}}'
        for kind, status in (("Initialized", "True"), ("Ready", ready), ("ContainersReady", ready))
    )
    return f"""
phase: Running
startTime: {_NOW}
hostIP: {{{{ NodeIPWith .spec.nodeName | Quote }}}}
podIP: {{{{ NodeIPWith .spec.nodeName | Quote }}}}
conditions:
{conditions}
containerStatuses:
{{{{ range .spec.containers }}}}
- name: {{{{ .name | Quote }}}}
  image: {{{{ .image | Quote }}}}
  ready: {ready.lower()}
  restartCount: {restarts}
  state: {{{state.replace("%s", _NOW)}}}
{{{{ end }}}}
"""


_UNREADY = _pod_status("False", "running: {startedAt: %s}")

_CRASH = _pod_status(
    "False", "waiting: {reason: CrashLoopBackOff, message: back-off restarting failed container}", restarts=3
)


def _is(key: str, operator: str, *values: str) -> Json:
    return {"key": key, "operator": operator, **({"values": list(values)} if values else {})}


def _pod_stage(name: str, rules: Sequence[Json], status: str, phase: str = "Pending") -> Json:
    """Return a stage that a pod in a phase goes through once, after its time."""
    starting = [_is(".metadata.deletionTimestamp", "DoesNotExist"), _is(".status.phase", "In", phase)]
    after = {
        "durationMilliseconds": _READY_MILLISECONDS,
        "durationFrom": {"expressionFrom": f'.metadata.annotations["{READY_AFTER}"]'},
    }
    return _stage(name, "Pod", [*starting, *rules], {"statusTemplate": status}, after)


def _stage(name: str, kind: str, rules: Sequence[Json], following: Json, delay: Json | None = None) -> Json:
    return {
        "kind": "Stage",
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "metadata": {"name": name},
        "spec": {
            "resourceRef": {"apiGroup": "v1", "kind": kind},
            "selector": {"matchExpressions": list(rules)},
            **({"delay": delay} if delay else {}),
            "next": following,
        },
    }
