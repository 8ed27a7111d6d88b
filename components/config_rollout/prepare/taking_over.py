"""What taking over needs before anything is registered: a place that is known, and what the pods read there."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import pulumi

from ..cluster.client import Forbidden, Object
from ..cluster.observe import add_config_maps, add_secrets
from ..core.arguments.finding import Finding
from ..core.explain.taking_over import ReadNow
from ..core.revisions.config_maps import mounted
from ..core.workload.secret import SecretSource
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
