"""
A Service that did not exist before, a pod on each node that probes it, and what such a pod says about its node.

Rules stay in the kernel while kube-proxy is dead, so only what is new proves that it works. The kubelet makes a
tcpSocket probe itself, from the node's own network: a pod is Ready once its node reaches the Service.
Source: kubernetes 1.34 to 1.37 pkg/kubelet/prober/prober.go `runProbe`, pkg/probe/tcp/tcp.go `DoTCPProbe`.
Not here: making these objects (driver/new_service.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..kubernetes.annotations import DAEMON_SET_LABEL, NAMESPACE_LABEL, OURS
from ..kubernetes.objects import Object
from ..kubernetes.pods import ready_since, why_not_ready
from .gates import NewServiceGate

PORT = 443
"""The port of the Service; its endpoints have that of the API server."""

_NOT_REACHED = "was not reached for"
_PREFIX = "config-rollout-probe-"
_CONTAINER = "probe"
_NOBODY = 65535
"""The user of the pause image. Source: kubernetes 1.36 build/pause/Dockerfile."""
_SPARE_SECONDS = 30
"""How much longer a pod may live than it is probed, in seconds, if nobody is left to delete it."""
_LONGEST = 200
_NO_IMAGE = ("ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "ImageInspectError",
             "RegistryUnavailable", "SignatureValidationFailed")  # fmt: skip
"""Source: kubernetes 1.36 pkg/kubelet/images/types.go, staging/src/k8s.io/cri-api/pkg/errors."""
_FOR_GOOD = ("InvalidImageName", "ErrImageNeverPull")


@dataclass(frozen=True)
class Endpoints:
    """Where the API server is, as every node has it: addresses of one family, `IPv4` or `IPv6`, and a port."""

    addresses: tuple[str, ...]
    port: int
    family: str


def labels(namespace: str, name: str) -> dict[str, str]:
    """
    Return the labels of everything that is made for a DaemonSet.

    No label of its own pods is among them, so that none of its kind takes such a pod for one of its own.
    """
    return {
        **OURS,
        DAEMON_SET_LABEL: name,
        NAMESPACE_LABEL: namespace,
    }


def endpoints_of(endpoint_slice: Object | None) -> Endpoints | None:
    """
    Return where the API server is, of the EndpointSlice default/kubernetes; `None` if that is not usable.

    Source: kubernetes 1.36 pkg/controlplane/reconcilers/endpointsadapter.go `endpointSliceFromEndpoints`.
    """
    endpoints = endpoint_slice or {}
    ready = [of for of in endpoints.get("endpoints") or [] if (of.get("conditions") or {}).get("ready") is not False]
    addresses = tuple(address for of in ready for address in of.get("addresses") or [])
    ports = [of["port"] for of in endpoints.get("ports") or [] if of.get("port") and of.get("protocol", "TCP") == "TCP"]
    family = endpoints.get("addressType")
    if not (addresses and ports and family in ("IPv4", "IPv6")):
        return None
    return Endpoints(addresses, int(ports[0]), str(family))


def service(of: Mapping[str, str], endpoints: Endpoints) -> dict[str, Any]:
    """Return a Service without a selector: nobody but us gives it endpoints."""
    return {
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"generateName": _PREFIX, "labels": dict(of)},
        "spec": {"ipFamilyPolicy": "SingleStack", "ipFamilies": [endpoints.family],
                 "ports": [{"port": PORT, "targetPort": endpoints.port, "protocol": "TCP"}]},
    }  # fmt: skip


def endpoint_slice(made: Object, endpoints: Endpoints) -> dict[str, Any]:
    """Return the EndpointSlice of a Service that was made."""
    metadata = made["metadata"]
    of = {**metadata["labels"], "kubernetes.io/service-name": metadata["name"],
          "endpointslice.kubernetes.io/managed-by": "config-rollout"}  # fmt: skip
    return {
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {"name": metadata["name"], "labels": of, "ownerReferences": [_owner(made)]},
        "addressType": endpoints.family,
        "endpoints": [{"addresses": list(endpoints.addresses), "conditions": {"ready": True}}],
        "ports": [{"name": "", "port": endpoints.port, "protocol": "TCP"}],
    }  # fmt: skip


def probe_pod(made: Object, gate: NewServiceGate, number: int, node: str) -> dict[str, Any]:
    """
    Return the pod that probes a Service that was made, on a node.

    It uses the node's network, so that it starts where a network plugin still waits for a Service.
    """
    probe = {"tcpSocket": {"host": made["spec"]["clusterIP"], "port": PORT},
             "periodSeconds": 1, "timeoutSeconds": 1, "failureThreshold": 1}  # fmt: skip
    rights = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    resources = {"cpu": "1m", "memory": "16Mi"}
    container = {"name": _CONTAINER, "image": gate.image, "imagePullPolicy": "IfNotPresent", "readinessProbe": probe,
                 "securityContext": rights, "resources": {"requests": resources}}  # fmt: skip
    metadata = made["metadata"]
    return {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": f"{metadata['name']}-{number}", "labels": metadata["labels"],
                     "ownerReferences": [_owner(made)]},
        "spec": {
            "nodeName": node,
            "hostNetwork": True,
            "tolerations": [{"operator": "Exists"}],
            "restartPolicy": "Never",
            "activeDeadlineSeconds": gate.timeout_seconds + _SPARE_SECONDS,
            "terminationGracePeriodSeconds": 0,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "securityContext": {"runAsNonRoot": True, "runAsUser": _NOBODY, "runAsGroup": _NOBODY,
                                "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [container],
        },
    }  # fmt: skip


def judge_probe(pod: Object | None, made: Object, seconds: float) -> tuple[str, bool]:
    """
    Return why a node has not reached the Service for so long, empty if it has, and whether that is final.

    What prevents the probe itself from running is not kube-proxy's fault, and is reported as such.
    """
    if pod is None:
        return _unproven("its pod was deleted by someone else"), True
    if ready_since(pod):
        return "", True
    status, reason = pod.get("status") or {}, why_not_ready(pod)
    if status.get("phase") in ("Failed", "Succeeded"):
        why = " ".join(filter(None, (str(status.get("reason") or reason), _short(status.get("message")))))
        return _unproven(f"its pod ended ({why})"), True
    message = ": ".join(filter(None, (reason, _short(_waiting(status).get("message")))))
    if reason in _NO_IMAGE:
        image = pod["spec"]["containers"][0]["image"]
        return _unproven(f"image {image} cannot be pulled ({message})"), reason in _FOR_GOOD
    if reason:
        return _unproven(f"its pod has not started for {seconds:.0f} s ({message})"), False
    host = made["spec"]["clusterIP"]
    where = f"[{host}]:{PORT}" if ":" in host else f"{host}:{PORT}"
    return f"{where} {_NOT_REACHED} {seconds:.0f} s", False


def is_excused(before: str, after: str) -> bool:
    """Return whether an earlier failure excuses this one: a probe that could not run proved nothing."""
    return _NOT_REACHED in before or _NOT_REACHED not in after


def _owner(made: Object) -> dict[str, Any]:
    """
    Return the reference with which Kubernetes deletes what belongs to a Service with it.

    As its controller, so that no other takes such a pod, whatever its selector says. Source: kubernetes 1.36
    pkg/controller/controller_ref_manager.go `ClaimObject`.
    """
    metadata = made["metadata"]
    return {"apiVersion": "v1", "kind": "Service", "name": metadata["name"], "uid": metadata["uid"],
            "controller": True}  # fmt: skip


def _unproven(why: str) -> str:
    return f"cannot be probed: {why}"


def _waiting(status: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the probe's only container is waiting for."""
    of = (status.get("containerStatuses") or [{}])[0]
    waiting: Mapping[str, Any] = (of.get("state") or {}).get("waiting") or {}
    return waiting


def _short(text: object) -> str:
    return " ".join(str(text or "").split())[:_LONGEST]
