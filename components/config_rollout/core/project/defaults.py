"""
What the API server fills into a pod spec that does not say it, and what a program can therefore leave out.

Source: kubernetes 1.36 pkg/apis/core/v1/defaults.go `SetDefaults_PodSpec` and what follows it.
"""

from collections.abc import Mapping
from typing import Any

_POD = {
    "restartPolicy": "Always",
    "terminationGracePeriodSeconds": 30,
    "dnsPolicy": "ClusterFirst",
    "securityContext": {},
    "schedulerName": "default-scheduler",
}
_CONTAINER = {
    "resources": {},
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
}
_PROBE = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_FILES = {"defaultMode": 420}
_TOKEN = {"expirationSeconds": 3600}

Spec = dict[str, Any]


def written(pod_spec: Mapping[str, Any]) -> Spec:
    """Return a live pod spec without the defaults, and without `serviceAccount`, which follows `serviceAccountName`."""
    spec = _without(pod_spec, _POD)
    if spec.get("serviceAccountName") == spec.get("serviceAccount"):
        spec.pop("serviceAccount", None)
    for containers in ("containers", "initContainers"):
        if containers in spec:
            spec[containers] = [_container(one) for one in spec[containers]]
    if "volumes" in spec:
        spec["volumes"] = [_volume(one) for one in spec["volumes"]]
    return spec


def _container(container: Mapping[str, Any]) -> Spec:
    tag = str(container.get("image", "")).partition("@")[0].rpartition("/")[2].partition(":")[2]
    by_digest = "@" in str(container.get("image", ""))
    policy = "IfNotPresent" if by_digest or tag not in ("", "latest") else "Always"
    spec = _without(container, {**_CONTAINER, "imagePullPolicy": policy})
    for probe in _PROBES:
        if probe in spec:
            spec[probe] = _probe(spec[probe])
    if "ports" in spec:
        spec["ports"] = [_without(port, {"protocol": "TCP"}) for port in spec["ports"]]
    if "env" in spec:
        spec["env"] = [_variable(one) for one in spec["env"]]
    return spec


def _probe(probe: Mapping[str, Any]) -> Spec:
    spec = _without(probe, _PROBE)
    if "httpGet" in spec:
        spec["httpGet"] = _without(spec["httpGet"], {"scheme": "HTTP"})
    return spec


def _variable(variable: Mapping[str, Any]) -> Spec:
    spec = dict(variable)
    field = (spec.get("valueFrom") or {}).get("fieldRef")
    if field:
        spec["valueFrom"] = {**spec["valueFrom"], "fieldRef": _without(field, {"apiVersion": "v1"})}
    return spec


def _volume(volume: Mapping[str, Any]) -> Spec:
    spec = dict(volume)
    for kind, defaults in (
        ("configMap", _FILES),
        ("secret", _FILES),
        ("projected", _FILES),
        ("hostPath", {"type": ""}),
    ):
        if kind in spec:
            spec[kind] = _without(spec[kind], defaults)
    if "projected" in spec and "sources" in spec["projected"]:
        sources = [
            {kind: _without(of, _TOKEN) if kind == "serviceAccountToken" else of for kind, of in source.items()}
            for source in spec["projected"]["sources"]
        ]
        spec["projected"]["sources"] = sources
    return spec


def _without(value: Mapping[str, Any], defaults: Mapping[str, Any]) -> Spec:
    return {key: item for key, item in value.items() if key not in defaults or item != defaults[key]}
