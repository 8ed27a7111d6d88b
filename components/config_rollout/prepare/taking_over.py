"""What taking over needs before anything is registered: a place that is known, and what the pods read there."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import pulumi

from ..cluster.client import Cluster, ClusterError, Forbidden, Object
from ..cluster.observe import add_config_maps, add_secrets
from ..core.arguments.finding import Finding
from ..core.explain.taking_over import ReadNow, holds_unknown
from ..core.kubernetes.field_managers import OWNER
from ..core.manifests.items import Item
from ..core.revisions.config_maps import mounted
from ..core.transform.stream import title
from ..core.workload.secret import SecretSource
from .revisions import Reading
from .waiting import wait_for_server

_WHERE = ("namespace", "kubeconfig", "context")

_AS_IT_IS = (
    "Write it as it is in the cluster; once `up` has taken it over, remove `take_over`: then Pulumi may replace it"
)

_PARALLEL = 10
"""Of how many objects the API server is asked at once."""


def check_take_over(plain: Mapping[str, Any]) -> Iterator[Finding]:
    """Find a `take_over` that is no bool, or that cannot look at what there is before it is registered."""
    if not isinstance(plain["take_over"], bool):
        yield Finding("take_over", f"must be True or False (got {plain['take_over']!r})", "Pass True, or leave it out")
        return
    for argument in _WHERE:
        if plain["take_over"] and isinstance(plain.get(argument), pulumi.Output):
            what = "must be known before anything is registered, since `take_over` looks at what there is"
            yield Finding(argument, what, "Pass a plain str")


def read_now(reading: Reading, secrets: Sequence[SecretSource], others: Collection[str]) -> ReadNow:
    """
    Return what the pods of a live workload read.

    `secrets` are the program's: without any, none is read. Nor are `others`, which are known. One that may not be read
    is noted.
    """
    observation, cluster = reading.observation, reading.cluster
    if cluster is None or observation.workload is None:
        return ReadNow()
    now, of = ReadNow(), observation.workload
    with suppress(Forbidden):  # then the explanation says less
        there = wait_for_server(lambda: add_config_maps(cluster, observation, mounted(of)))
        now = ReadNow(there.config_maps)
    every: dict[str, Object] = {}
    hidden: dict[str, str] = {}
    for name in sorted(mounted(of, "Secret") - {*others}) if secrets else ():
        try:
            every |= wait_for_server(partial(add_secrets, cluster, observation, [name])).secrets
        except Forbidden as error:
            hidden[name] = str(error.right)
    return replace(now, secrets=every, hidden=hidden)


def refused_objects(items: Sequence[Item], cluster: Cluster, in_preview: bool) -> list[Finding]:
    """
    Return what the API server would refuse of the objects beside workloads, in their order; nothing is written.

    What a preview may not ask, it leaves out; where there is no answer it ends.
    """

    def asked(item: Item) -> ClusterError | None:
        try:
            cluster.try_apply(item.of.value, item.key[2], item.key[3], OWNER)
        except ClusterError as error:
            return error
        return None

    known = [item for item in items if not holds_unknown(item.of.value)]
    findings = list[Finding]()
    with ThreadPoolExecutor(_PARALLEL) as pool:
        for item, error in zip(known, pool.map(asked, known), strict=True):
            if error is None or (error.status == 403 and in_preview):
                continue
            if error.status == 0:
                pool.shutdown(wait=False, cancel_futures=True)
                gone = Finding("take_over", str(error).rstrip("."), "Run this again once it answers")
                return findings if in_preview else [*findings, gone]
            may_not = f"may not {error.right}" if isinstance(error, Forbidden) else ""
            what = f"take_over: {may_not or str(error).partition('. Correct it')[0]}"
            fix = "Grant what `config-rollout rbac --take-over` prints" if may_not else _AS_IT_IS
            findings.append(Finding(f"{item.of.place}: {title(item.of)}", what, fix))
    return findings
