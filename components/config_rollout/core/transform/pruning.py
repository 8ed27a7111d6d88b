"""Which ConfigMaps that were named after their content are still needed: by a pod, a workload, or a kept revision."""

from collections.abc import Iterable

from ..kubernetes.objects import Object
from ..rules.objects import KubernetesObject

READERS = {
    "daemonsets": "DaemonSet",
    "deployments": "Deployment",
    "statefulsets": "StatefulSet",
    "replicasets": "ReplicaSet",
    "controllerrevisions": "DaemonSet",
    "replicationcontrollers": "ReplicaSet",
    "jobs": "Job",
    "cronjobs": "CronJob",
    "pods": "Pod",
}
"""
Resource -> the kind that has its pod spec in the same place.

A ControllerRevision has it in its data, of a DaemonSet as of a StatefulSet; a ReplicationController, which OpenShift's
DeploymentConfigs make, as a ReplicaSet. Source: kubernetes 1.36 pkg/controller/daemon/update.go `getPatch`.
"""


def names_read(resource: str, things: Iterable[Object]) -> set[str]:
    """Return the names of the ConfigMaps that objects of a resource refer to."""
    of_revision = resource == "controllerrevisions"
    every = (KubernetesObject(READERS[resource], one.get("data") or {} if of_revision else one) for one in things)
    return {str(r.name) for o in every for r in o.references if r.kind == "ConfigMap"}


def unneeded(config_maps: Iterable[Object], read: set[str], before: str) -> list[Object]:
    """
    Return the ConfigMaps that nothing reads, of those created before a time.

    A younger one may be waiting for its workload. Times are as the API server writes them, `2026-01-31T12:00:00Z`.
    """
    return [
        one
        for one in config_maps
        if one["metadata"]["name"] not in read
        and str(one["metadata"]["creationTimestamp"]) <= before
        and "deletionTimestamp" not in one["metadata"]
    ]
