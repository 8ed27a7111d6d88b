"""Reads a workload and its surroundings, each part once, for all who ask about them."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from ..core.kubernetes import workloads
from ..core.kubernetes.nodes import node_of_object
from ..core.kubernetes.workload_kinds import DAEMON_SET, WorkloadKind, kind_of
from ..core.revisions.observation import Observation, ObservedPod, observed_pod
from .client import Cluster, Object, owned

OBSERVED_SECONDS = 60
"""How long the controller may take to see what was written to a workload, in seconds."""

_POLL_SECONDS = 0.2
_READERS = ThreadPoolExecutor(10, thread_name_prefix="config-rollout-read")
"""How many objects are read at once, whoever asks for them. The threads start as they are needed."""


def observe(
    cluster: Cluster, namespace: str, name: str, workload: Object | None = None, kind: WorkloadKind = DAEMON_SET
) -> Observation:
    """
    Return a workload alone, read unless it is passed; the functions below add to that what they read.

    `kind` counts where it is not passed.
    """
    kind = kind_of(workload) if workload else kind
    workload = workload or cluster.get(kind.resource, name, namespace)
    return Observation(namespace, name, cluster.server, kind, workload, is_read=True)


def add_revisions(cluster: Cluster, observation: Observation) -> Observation:
    """Add the ControllerRevisions or ReplicaSets."""
    workload, resource = observation.workload, observation.kind.revision_resource
    return replace(observation, revisions=owned(cluster, resource, workload) if workload else ())


def add_pods(cluster: Cluster, observation: Observation) -> Observation:
    """
    Add the pods of a workload, page by page, and keep little of each, because there may be thousands.

    Its revisions have to be there, since those of some kinds make the pods.
    """
    workload, pods = observation.workload, list[ObservedPod]()
    if workload:
        makers = workloads.makers_of_pods(workload, [one["metadata"]["uid"] for one in observation.revisions])
        selector = workloads.selector_of(workload)
        for page, _ in cluster.pages("pods", observation.namespace, selector):
            found = filter(None, (observed_pod(pod, workload) for pod in page))
            pods += [pod for pod in found if pod.maker in makers]
    return replace(observation, pods=pods)


def add_nodes(cluster: Cluster, observation: Observation, metadata_only: bool = False) -> Observation:
    """Add all nodes; with `metadata_only` it is not known which are Ready."""
    pages = cluster.pages("nodes", metadata_only=metadata_only)
    nodes = [node_of_object(node) for page, _ in pages for node in page]
    return replace(observation, nodes=[replace(one, down=False) for one in nodes] if metadata_only else nodes)


def add_config_maps(cluster: Cluster, observation: Observation, names: Iterable[str]) -> Observation:
    """Add those ConfigMaps of the namespace that are there."""
    read = _read_each(cluster, "configmaps", observation.namespace, names)
    there = {name: config_map for name, config_map in read.items() if config_map}
    return replace(observation, config_maps={**observation.config_maps, **there})


def add_secrets(cluster: Cluster, observation: Observation, names: Iterable[str]) -> Observation:
    """Add those Secrets of the namespace that are there, and the names of those that are not."""
    read = _read_each(cluster, "secrets", observation.namespace, names)
    there = {name: secret for name, secret in read.items() if secret}
    missing = [name for name in read if name not in there]
    return replace(observation, secrets={**observation.secrets, **there}, missing_secrets=missing)


def _read_each(cluster: Cluster, resource: str, namespace: str, names: Iterable[str]) -> dict[str, Object | None]:
    """Return objects by name, read at once: one after the other takes long where the API server is far away."""
    wanted = list(dict.fromkeys(names))
    if len(wanted) < 2:
        return {name: cluster.get(resource, name, namespace) for name in wanted}
    objects = _READERS.map(lambda name: cluster.get(resource, name, namespace), wanted)
    return dict(zip(wanted, objects, strict=True))


def all_config_maps(cluster: Cluster, namespace: str) -> dict[str, Object]:
    """Return the metadata of all ConfigMaps of a namespace, by name."""
    pages = cluster.pages("configmaps", namespace, metadata_only=True)
    return {one["metadata"]["name"]: one for page, _ in pages for one in page}


def wait_until_observed(read: Callable[[], Object | None], seconds: float = OBSERVED_SECONDS) -> Object | None:
    """
    Read a workload until its controller has seen it as it is, and return it then, or when the time is over.

    One read a turn: nothing around it says more about that.
    """
    give_up = time.monotonic() + seconds
    while (workload := read()) and not workloads.is_observed(workload) and time.monotonic() < give_up:
        time.sleep(_POLL_SECONDS)
    return workload
