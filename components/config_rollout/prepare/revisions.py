"""
Reads what a cluster has of a component's earlier configurations, and keeps each ConfigMap while a revision needs it.

Not here: what is to be kept, and why (core/revisions/config_maps.py).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import pulumi
from pulumi.runtime import mocks, settings

from ..cluster.client import Cluster, ClusterError, Forbidden, Object, owned
from ..cluster.owners import give_owners
from ..core.arguments.finding import report
from ..core.kubernetes import daemon_sets as live
from ..core.kubernetes import objects
from ..core.kubernetes.field_managers import MANAGER
from ..core.revisions import config_maps as kept
from ..core.revisions.config_maps import Before
from ..core.revisions.naming import content_name
from ..hooks.voice import Voice
from .cluster import find_cluster
from .errors import BadArguments
from .waiting import WAIT_SECONDS, patiently

_OBSERVED_SECONDS = 60
"""How long the controller may take to make the revision of a template that has been written, in seconds."""

_WHERE = ("namespace", "kubeconfig", "context")


def read(cluster: Cluster, who: str, where: tuple[str, str], full_hash: str, declared: tuple[Any, Any]) -> Before:
    """
    Return what is there of a DaemonSet's configurations.

    Args:
      cluster: Where to look.
      who: The component, for what is refused.
      where: Namespace and name of the DaemonSet.
      full_hash: The config hash that the program wants.
      declared: The formats and effects by which a configuration is read.

    Raises:
      ClusterError: It cannot be read.
      BadArguments: A ConfigMap has the name and holds something else.

    """
    namespace, name = where
    config_map = cluster.get("configmaps", content_name(name, full_hash), namespace)
    if config_map and (findings := kept.check_same(config_map, full_hash, *declared)):
        raise BadArguments(report(who, findings))
    daemon_set = cluster.get("daemonsets", name, namespace)
    before = Before(daemon_set, None, config_map, read=True, server=cluster.server)
    if daemon_set is None:
        return replace(before, no_namespace="" if _has_namespace(cluster, namespace) else namespace)
    if live.config_hash_of(daemon_set) == full_hash:
        return before
    revision = None
    with suppress(Forbidden):
        revision = objects.newest_revision(owned(cluster, "controllerrevisions", daemon_set))
    holding = content_name(name, live.config_hash_of(daemon_set))
    held = cluster.get("configmaps", holding, namespace)
    return replace(before, revision=revision, content=kept.content_of(held, *declared) if held else None)


def _has_namespace(cluster: Cluster, namespace: str) -> bool:
    """Tell whether a namespace is there; where we may not ask, the provider finds out."""
    with suppress(Forbidden):
        return cluster.get("namespaces", namespace) is not None
    return True


@dataclass(frozen=True)
class Reading:
    """What was read of a cluster: at once, or `later` where its place is known only once Outputs are."""

    before: Before = field(default_factory=Before)
    later: pulumi.Output[Before] | None = None

    async def found(self) -> Before:
        """Return what was read; nothing where a preview does not know the place."""
        return self.before if self.later is None else await self.later.future() or Before()

    def warn(self, component: pulumi.Resource, mounted: str) -> None:
        """Say at the component what could not be read, and that the ConfigMap that its pods mount is not there."""

        def tell(before: Before) -> None:
            for line in filter(None, (before.trouble, before.without_namespace(), before.missing(mounted))):
                pulumi.log.warn(line, component)

        if self.later is None:
            tell(self.before)
        else:
            self.later.apply(tell)


def read_before(who: str, plain: Mapping[str, Any], name: str, full_hash: str) -> Reading:
    """
    Return what is there.

    A unit test with mocks has no cluster, and nothing is read.
    """
    if is_mocked():
        return Reading()
    declared = plain.get("formats"), plain.get("effects")
    if any(isinstance(plain.get(key), pulumi.Output) for key in _WHERE):
        return _read_later(who, plain, name, full_hash, declared)
    try:
        given = find_cluster(plain), who, (plain["namespace"], name), full_hash, declared
        wait_seconds = 0 if pulumi.runtime.is_dry_run() else WAIT_SECONDS
        return Reading(patiently(lambda: read(*given), wait_seconds))
    except ClusterError as error:
        return Reading(Before(trouble=_unread(who, error)))


def keep(
    component: pulumi.Resource,
    daemon_set: pulumi.CustomResource,
    plain: Mapping[str, Any],
    wanted: Mapping[str, Any],
    is_gone: Callable[[], Awaitable[bool]],
) -> None:
    """
    Give the ConfigMaps their owners once the provider has written the DaemonSet, or found nothing to write.

    `wanted` is metadata, data, binaryData and immutable of the ConfigMap that the program's configuration has. Where
    `is_gone` tells that someone deleted the DaemonSet there is nothing to do. What fails is a warning at the component:
    the next `up` does it.
    """

    async def once_written(given: dict[str, Any]) -> list[str]:
        metadata = given["metadata"]
        if pulumi.runtime.is_dry_run() or is_mocked() or not (metadata and metadata.get("uid")):
            return []
        where = metadata["namespace"], metadata["name"], metadata["uid"]
        if await is_gone():
            return []
        wants = given["wanted"], bool(plain.get("waves"))
        try:
            with Voice().never_silent(lambda: "/".join(where[:2]) + ": waits for its controller to look at it"):
                told = await asyncio.to_thread(lambda: settle(find_cluster(given), *where, *wants))
        except ClusterError as error:
            told = [f"the ConfigMaps of earlier configurations are not looked after, until an `up` can: {error}"]
        for line in told:
            pulumi.log.warn(line, component)
        return told

    every = {key: plain[key] for key in _WHERE[1:] if key in plain}
    every["wanted"] = {"apiVersion": "v1", "kind": "ConfigMap", **{k: v for k, v in wanted.items() if v is not None}}
    written: pulumi.Output[Any] = pulumi.Output.all(metadata=daemon_set.metadata, **every)  # type: ignore[attr-defined]
    written.apply(once_written)  # type: ignore[arg-type]  # mypy finds two readings of an Awaitable, and takes neither


def settle(
    cluster: Cluster, namespace: str, name: str, uid: str, wanted: Mapping[str, Any], has_waves: bool
) -> list[str]:
    """
    Write the owners that are not as they should be, and put the wanted ConfigMap back if pods need it.

    Where there are no waves (any more), what only their driver would remove is removed.

    Return what a user should know. Without anything to do it reads three times and writes nothing. What the API server
    cannot serve is tried again for a minute.

    Raises:
      ClusterError: The cluster cannot be read or written, or is another than the provider's.

    """
    return patiently(lambda: _settle(cluster, (namespace, name, uid), wanted, has_waves))


def _settle(cluster: Cluster, where: tuple[str, str, str], wanted: Mapping[str, Any], has_waves: bool) -> list[str]:
    namespace, name, uid = where
    told: list[str] = []
    wanted_name = wanted["metadata"]["name"]

    def give() -> list[str]:
        return give_owners(cluster, lambda: _observed(cluster, namespace, name, uid), wanted_name)

    if not has_waves and (left := live.leftovers(_observed(cluster, namespace, name, uid))):
        cluster.patch("daemonsets", name, namespace, {"metadata": {"annotations": dict.fromkeys(left)}})
    lost = give()
    if wanted_name in lost:
        cluster.apply("configmaps", wanted_name, namespace, wanted, MANAGER)
        told.append(f"ConfigMap {namespace}/{wanted_name}, which pods mount, was not there: it is put back")
        lost = give()
    return told + [
        f"ConfigMap {namespace}/{one}, which a kept revision of DaemonSet {name} mounts, is not there: "
        "`kubectl rollout undo` to that revision would start pods that wait for it"
        for one in lost
    ]


async def withdraw(plain: Mapping[str, Any], name: str) -> None:
    """Delete a ConfigMap that an `up` made for a DaemonSet that is not there: no pod reads it."""
    every = pulumi.Output.all(**{key: plain[key] for key in _WHERE if key in plain})
    given: dict[str, Any] = await every.future() or {}

    def delete() -> None:
        cluster, namespace = find_cluster(given), given["namespace"]
        if there := cluster.get("configmaps", name, namespace):
            cluster.delete("configmaps", name, namespace, there["metadata"]["uid"])

    with suppress(ClusterError):
        await asyncio.to_thread(delete)


def is_mocked() -> bool:
    """Tell whether this is a unit test with Pulumi's mocks: then there is no cluster that could be the provider's."""
    return isinstance(settings.SETTINGS.monitor, mocks.MockMonitor)


def _read_later(who: str, plain: Mapping[str, Any], name: str, full_hash: str, declared: tuple[Any, Any]) -> Reading:
    """
    Return what is there once Outputs are known.

    Until then the ConfigMap's data and binaryData are Outputs too: of what is kept, or else ours.
    """

    async def look(given: dict[str, Any]) -> Before:
        try:
            where = given["namespace"], name
            return await asyncio.to_thread(lambda: read(find_cluster(given), who, where, full_hash, declared))
        except ClusterError as error:
            return Before(trouble=_unread(who, error))
        except BadArguments as error:  # too late to refuse it here: the API server does
            return Before(trouble=str(error))

    def value(section: str, key: str, ours: str) -> pulumi.Output[str]:
        return later.apply(lambda before: str(((before.config_map or {}).get(section) or {}).get(key, ours)))

    where = {key: plain[key] for key in _WHERE if key in plain}
    later: pulumi.Output[Before] = pulumi.Output.all(**where).apply(look)
    sections = {"data": plain["data"], "binaryData": plain.get("binary_data") or {}}
    held = {s: {key: value(s, key, ours) for key, ours in given.items()} for s, given in sections.items()}
    return Reading(Before(config_map=held), later=later)


def _unread(who: str, error: ClusterError) -> str:
    """Return what to say where the cluster cannot be read: the provider says what is wrong."""
    return f"{who}: what the cluster has could not be read: {error}"


def _observed(cluster: Cluster, namespace: str, name: str, uid: str) -> Object:
    """Return the DaemonSet once its controller has made the revision of what it is now."""
    give_up = time.monotonic() + _OBSERVED_SECONDS
    while True:
        daemon_set = cluster.prove("daemonsets", name, namespace, uid)
        if live.is_observed(daemon_set):
            return daemon_set
        if time.monotonic() > give_up:
            raise ClusterError(
                f"DaemonSet {namespace}/{name}: no controller looks at it. See that kube-controller-manager runs."
            )
        time.sleep(0.1)
