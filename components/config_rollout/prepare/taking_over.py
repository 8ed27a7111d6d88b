"""What taking over needs before anything is registered: a place that is known, and what the pods read there."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import pulumi

from ..cluster.client import Forbidden, Object
from ..cluster.observe import add_config_maps
from ..core.arguments.finding import Finding
from ..core.kubernetes.workload_kinds import WorkloadKind
from ..core.revisions.config_maps import mounted
from .revisions import Reading
from .waiting import wait_for_server

_WHERE = ("namespace", "kubeconfig", "context")


def check_take_over(plain: Mapping[str, Any]) -> Iterator[Finding]:
    """Find a `take_over` that is no bool, or that cannot look at what there is before it is registered."""
    if not isinstance(plain["take_over"], bool):
        yield Finding("take_over", f"must be True or False (got {plain['take_over']!r})", "Pass True, or leave it out")
        return
    for argument in _WHERE:
        if plain["take_over"] and isinstance(plain.get(argument), pulumi.Output):
            what = "must be known before anything is registered, since `take_over` looks at what there is"
            yield Finding(argument, what, "Pass a plain str")


def no_take_over(kind: WorkloadKind) -> Finding:
    """Return that workloads of a kind cannot be taken over, and what there is instead."""
    what = f"is for DaemonSets: a {kind.kind} that something else made cannot be taken over"
    return Finding("take_over", what, "Leave it out, and give this component another `name`")


def config_maps_of_pods(reading: Reading) -> dict[str, Object]:
    """Return name -> ConfigMap, of those that the pods of a live workload read and that are there."""
    observation, cluster = reading.observation, reading.cluster
    if cluster is None or observation.workload is None:
        return {}
    names = mounted(observation.workload)
    with suppress(Forbidden):  # then the explanation says less
        return dict(wait_for_server(lambda: add_config_maps(cluster, observation, names)).config_maps)
    return {}
