"""
Reads what a cluster has of a component's earlier configurations, and keeps each ConfigMap while a revision needs it.

Not here: what is to be kept, and why (core/revisions/config_maps.py).
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import pulumi
from pulumi.runtime import mocks, settings

from ..cluster.client import Cluster, ClusterError, Forbidden, Object
from ..cluster.observe import (
    add_config_maps,
    add_nodes,
    add_pods,
    add_revisions,
    add_secrets,
    observe,
    wait_until_observed,
)
from ..cluster.owners import give_owners
from ..core.arguments.finding import Finding
from ..core.configuration.secret_content import SecretContent, encoded, secret_of
from ..core.kubernetes import daemon_sets, workloads
from ..core.kubernetes.field_managers import DRIVER, MANAGER
from ..core.kubernetes.objects import annotations_of
from ..core.kubernetes.stateful_sets import all_updated
from ..core.kubernetes.workload_kinds import DAEMON_SET, STATEFUL_SET, WorkloadKind
from ..core.revisions.config_maps import (
    check_keys,
    check_reload,
    check_same,
    content_of,
    hash_in_name,
    other_content,
    plain_names,
)
from ..core.revisions.naming import history_name
from ..core.revisions.observation import Observation
from ..core.waves.strategy import has_partition_of_driver, with_partition
from ..core.workload.configuration import Configuration
from ..core.workload.secret import SecretSource
from ..hooks.plain_inputs import plain_arguments
from ..hooks.threads import in_thread
from ..hooks.voice import Voice
from .cluster import find_cluster
from .errors import BadArguments
from .waiting import WAIT_SECONDS, wait_for_server

RESOURCES = {"ConfigMap": "configmaps", "Secret": "secrets"}
_WHERE = ("namespace", "kubeconfig", "context")


def read(
    cluster: Cluster,
    who: str,
    observation: Observation,
    configuration: Configuration,
    waves: bool = False,
    secrets: Sequence[SecretSource] = (),
) -> Observation:
    """
    Add to the observation of a workload what is there of its configurations, and with waves its fleet.

    Args:
      cluster: Where to look.
      who: The component, for what is refused.
      observation: The workload.
      configuration: What the program wants.
      waves: Whether waves drive it.
      secrets: The Secrets that it wants. Where they may not be read, the provider still may write them.

    Raises:
      ClusterError: It cannot be read.
      BadArguments: A ConfigMap or Secret has a name of its objects and holds something else.

    """
    namespace, name = observation.namespace, observation.name
    names = configuration.object_names(name)
    reloads = [one.config_map for one in configuration.reloads(name).values()]
    wanted = [*names.values(), *reloads]
    observation = add_config_maps(cluster, replace(observation, wanted=wanted), wanted)
    there = [(observation.config_maps.get(names[source.name]), source) for source in configuration.own]
    findings = [one for of, source in there if of for one in check_same(of, source.hash, source.content)]
    for of, source in there:
        keys = source.lasting.meanings.keys() - source.content.unread
        findings += check_keys(of, observation.workload, source.reload_name(name), sorted(keys)) if of else []
    for called in reloads:
        findings += check_reload(observation.config_maps.get(called), observation.kind, name)
    with suppress(Forbidden):
        observation = add_secrets(cluster, observation, configuration.secret_names(name).values())
    findings += [one for secret in secrets for one in _check_same_secret(observation, secret)]
    if findings:
        raise BadArguments.of(who, findings)
    if waves:
        observation = add_nodes(cluster, observation) if observation.kind is DAEMON_SET else observation
        observation = add_pods(cluster, add_revisions(cluster, observation))
    if observation.workload is None:
        return replace(observation, has_namespace=_has_namespace(cluster, namespace))
    if observation.config_hash == configuration.hash:
        return observation
    with suppress(Forbidden):
        observation = observation if waves else add_revisions(cluster, observation)
    with suppress(Forbidden):  # without permission to read records, the report is longer than necessary
        records = [history_name(name, observation.kind)] if waves else []
        observation = add_config_maps(cluster, observation, records)
    return _add_contents(cluster, observation, configuration, secrets)


def _check_same_secret(observation: Observation, secret: SecretSource) -> list[Finding]:
    """Find a Secret under the name of the program's that holds something else."""
    live = None if secret.unknown else observation.secrets.get(secret.public.object_name(secret.workload))
    if live is None or secret.of(secret_of(live, secret.content)).public.hash == secret.public.hash:
        return []
    return [other_content(live)]


def _add_contents(
    cluster: Cluster, observation: Observation, like: Configuration, secrets: Sequence[SecretSource]
) -> Observation:
    """Add what the pods read by now of all that is content-named; nothing if a part of it is gone."""
    template = (observation.workload or {})["spec"]["template"]
    pod_spec, config_hash = template["spec"], hash_in_name(annotations_of(template))
    names = plain_names(pod_spec, observation.name, config_hash)
    observation = add_config_maps(cluster, observation, names)
    objects = {source: observation.config_maps.get(called) for called, source in names.items()}
    contents = {source: content_of(of, like.contents.get(source)) for source, of in objects.items() if of}
    secret_names = plain_names(pod_spec, observation.name, config_hash, "Secret") if secrets else {}
    secret_contents: dict[str, SecretContent] = {}
    likes = {secret.name: secret.content for secret in secrets}
    with suppress(Forbidden):
        live = add_secrets(cluster, Observation(observation.namespace), secret_names).secrets
        secret_contents = {
            secret_names[called]: secret_of(of, likes.get(secret_names[called])) for called, of in live.items()
        }
    if len(contents) != len(names) or len(secret_contents) != len(secret_names):
        return replace(observation, contents={})
    return replace(observation, contents=contents, secret_contents=secret_contents)


def _has_namespace(cluster: Cluster, namespace: str) -> bool:
    """Tell whether a namespace is there; where we may not ask, the provider finds out."""
    with suppress(Forbidden):
        return cluster.get("namespaces", namespace) is not None
    return True


@dataclass(frozen=True)
class Reading:
    """What was read of a cluster: at once, or `later` where its place is known only once Outputs are."""

    observation: Observation = field(default_factory=Observation)
    later: pulumi.Output[Observation] | None = None
    cluster: Cluster | None = None
    """Where it was read; nothing where that was not possible at once."""

    async def resolved(self) -> Observation:
        """Return what was read; nothing where a preview does not know the place."""
        return self.observation if self.later is None else await self.later.future() or Observation()

    def warn(self, component: pulumi.Resource, mounted: Collection[str]) -> None:
        """Say at the component what could not be read, and which ConfigMaps that its pods mount are not there."""

        def tell(observation: Observation) -> None:
            missing = map(observation.missing, mounted)
            for line in filter(None, (observation.trouble, observation.without_namespace(), *missing)):
                pulumi.log.warn(line, component)

        if self.later is None:
            tell(self.observation)
        else:
            self.later.apply(tell)


def read_before(
    who: str,
    plain: Mapping[str, Any],
    name: str,
    configuration: Configuration,
    secrets: Sequence[SecretSource] = (),
    kind: WorkloadKind = DAEMON_SET,
) -> Reading:
    """
    Return what is there.

    A unit test with mocks has no cluster, and nothing is read; but waves are planned by one.

    Raises:
      BadArguments: A ConfigMap has the name of the program's and holds something else; or there are waves, or an `up`
        is to take something over, and the cluster cannot be read.

    """
    waves = "waves" in plain
    if is_mocked() and not waves:
        return Reading()
    if any(isinstance(plain.get(key), pulumi.Output) for key in _WHERE):
        return _read_later(who, plain, name, configuration, secrets, kind)
    try:
        cluster = find_cluster(plain)
        wait_seconds = 0 if pulumi.runtime.is_dry_run() and not waves else WAIT_SECONDS

        def once() -> Observation:
            observation = observe(cluster, plain["namespace"], name, kind=kind)
            return read(cluster, who, observation, configuration, waves, secrets)

        return Reading(wait_for_server(once, wait_seconds), cluster=cluster)
    except ClusterError as error:
        if waves:
            raise BadArguments(f"{who}: waves: {error}") from None
        if plain.get("take_over") and not pulumi.runtime.is_dry_run():
            raise BadArguments(f"{who}: take_over: {error}") from None
        return Reading(Observation(trouble=_unread(who, error)))


def keep(
    component: pulumi.Resource,
    workload: pulumi.CustomResource,
    plain: Mapping[str, Any],
    wanted: Sequence[Mapping[str, Any]],
    has_waves: bool,
    is_gone: Callable[[], Awaitable[bool]],
    earlier: Callable[[], Collection[str]] = tuple,
    kind: WorkloadKind = DAEMON_SET,
) -> None:
    """
    Give the ConfigMaps and Secrets their owners once the provider has written the workload, or found nothing to write.

    `wanted` are those that the program's configuration has, `earlier` gives the Secrets that the last `up` wanted.
    Where `is_gone` tells that someone deleted the workload there is nothing to do. What fails is a warning at the
    component: the next `up` does it.
    """

    async def once_written(outputs: dict[str, Any]) -> list[str]:
        metadata = outputs["metadata"]
        if not (metadata and metadata.get("uid")):
            return []
        namespace, name, uid = metadata["namespace"], metadata["name"], metadata["uid"]
        if await is_gone():
            return []
        objects = [(await plain_arguments(one))[0] for one in wanted]

        def write_owners() -> list[str]:
            at = find_cluster(outputs), kind, namespace, name, uid
            return settle(*at, objects, has_waves, earlier())

        try:
            with Voice().never_silent(lambda: f"{namespace}/{name}: waiting for its controller"):
                lines = await in_thread(write_owners)
        except ClusterError as error:
            what = "the ConfigMaps and Secrets of earlier configurations are not kept until an `up` can do it"
            lines = [f"{what}: {error}"]
        for line in lines:
            pulumi.log.warn(line, component)
        return lines

    if pulumi.runtime.is_dry_run() or is_mocked():
        return
    every = {key: plain[key] for key in _WHERE[1:] if key in plain}
    written: pulumi.Output[Any] = pulumi.Output.all(metadata=workload.metadata, **every)  # type: ignore[attr-defined]
    written.apply(once_written)  # type: ignore[arg-type]  # mypy finds two readings of an Awaitable, and takes neither


def settle(
    cluster: Cluster,
    kind: WorkloadKind,
    namespace: str,
    name: str,
    uid: str,
    wanted: Sequence[Mapping[str, Any]],
    has_waves: bool,
    earlier: Collection[str] = (),
) -> list[str]:
    """
    Write the owners that are not as they should be, and put the wanted ConfigMaps and Secrets back that pods need.

    `earlier` are the names of the Secrets that the last `up` wanted: those that no revision reads are deleted.

    Where there are no waves (any more), what only their driver would remove is removed.

    Return what a user should know. Without anything to do it reads three times and writes nothing. What the API server
    cannot serve is tried again for a minute.

    Raises:
      ClusterError: The cluster cannot be read or written, or is not the provider's.

    """

    def observed() -> Object:
        return _observed(cluster, kind, namespace, name, uid)

    of = kind, namespace, name
    return wait_for_server(lambda: _settle(cluster, of, observed, wanted, has_waves, earlier))


def _settle(
    cluster: Cluster,
    of: tuple[WorkloadKind, str, str],
    observed: Callable[[], Object],
    wanted: Sequence[Mapping[str, Any]],
    has_waves: bool,
    earlier: Collection[str],
) -> list[str]:
    (of_kind, namespace, name), lines = of, list[str]()
    by_name = {one["metadata"]["name"]: one for one in wanted}

    secrets = {*earlier, *(called for called, one in by_name.items() if one.get("kind") == "Secret")}

    def give() -> list[tuple[str, str]]:
        return give_owners(cluster, observed, by_name, secrets=secrets)

    if has_waves and of_kind is STATEFUL_SET:
        _release(cluster, namespace, name, observed())
    if not has_waves and (left := daemon_sets.leftovers(observed())):
        cluster.patch(of_kind.resource, name, namespace, {"metadata": {"annotations": dict.fromkeys(left)}})
    lost = give()
    back = [(kind, one) for kind, one in lost if one in by_name]
    for kind, one in back:
        cluster.apply(RESOURCES[kind], one, namespace, by_name[one], MANAGER)
        lines.append(f"{kind} {namespace}/{one}, which pods mount, was missing and is restored")
    if back:
        lost = give()
    return lines + [
        f"{kind} {namespace}/{one}, which a kept revision of {of_kind.kind} {name} mounts, is missing: "
        "`kubectl rollout undo` to that revision would start pods that wait for it"
        for kind, one in lost
    ]


def _release(cluster: Cluster, namespace: str, name: str, live: Object) -> None:
    """Take the driver's partition out of a StatefulSet where it holds nothing back: a write after it has failed."""
    if has_partition_of_driver(live) and all_updated(live):
        cluster.apply(STATEFUL_SET.resource, name, namespace, with_partition(namespace, name, None), DRIVER)


async def withdraw(plain: Mapping[str, Any], kind: str, name: str) -> None:
    """Delete a ConfigMap or Secret that an `up` created for a missing workload: no pod reads it."""
    every = pulumi.Output.all(**{key: plain[key] for key in _WHERE if key in plain})
    values: dict[str, Any] = await every.future() or {}

    def delete() -> None:
        cluster, namespace = find_cluster(values), values["namespace"]
        if there := cluster.get(RESOURCES[kind], name, namespace):
            cluster.delete(RESOURCES[kind], name, namespace, there["metadata"]["uid"])

    with suppress(ClusterError):
        await in_thread(delete)


def is_mocked() -> bool:
    """Tell whether this is a unit test with Pulumi's mocks: then there is no cluster that could be the provider's."""
    return isinstance(settings.SETTINGS.monitor, mocks.MockMonitor)


def _read_later(
    who: str,
    plain: Mapping[str, Any],
    name: str,
    configuration: Configuration,
    secrets: Sequence[SecretSource],
    kind: WorkloadKind,
) -> Reading:
    """
    Return what is there once Outputs are known.

    Until then the data of the ConfigMaps and Secrets are Outputs too: of what is kept, or else ours.
    """

    async def look(values: dict[str, Any]) -> Observation:
        def once() -> Observation:
            cluster = find_cluster(values)
            observation = observe(cluster, values["namespace"], name, kind=kind)
            return read(cluster, who, observation, configuration, secrets=secrets)

        try:
            return await in_thread(once)
        except ClusterError as error:
            return Observation(trouble=_unread(who, error))
        except BadArguments as error:  # too late to refuse it here: the API server does
            return Observation(trouble=str(error))

    def value(kind: str, called: str, section: str, key: str, ours: str) -> pulumi.Output[str]:
        return later.apply(lambda now: str(((getattr(now, kind).get(called) or {}).get(section) or {}).get(key, ours)))

    outputs = {key: plain[key] for key in _WHERE if key in plain}
    later: pulumi.Output[Observation] = pulumi.Output.all(**outputs).apply(look)
    config_maps = {}
    for source in configuration.own:
        called, sections = source.object_name(name), {"data": source.data, "binaryData": source.binary_data or {}}
        config_maps[called] = {
            section: {key: value("config_maps", called, section, key, ours) for key, ours in values.items()}
            for section, values in sections.items()
        }
    of_secrets = {}
    for secret in (one for one in secrets if not one.unknown):
        called = secret.public.object_name(name)
        data = {key: value("secrets", called, "data", key, ours) for key, ours in encoded(secret.content).items()}
        of_secrets[called] = {"data": data}
    return Reading(Observation(config_maps=config_maps, wanted=[*config_maps], secrets=of_secrets), later=later)


def _unread(who: str, error: ClusterError) -> str:
    """Return what to say where the cluster cannot be read: the provider says what is wrong."""
    return f"{who}: the cluster could not be read: {error}"


def _observed(cluster: Cluster, kind: WorkloadKind, namespace: str, name: str, uid: str) -> Object:
    """Return the workload once its controller has made the revision of what it is now."""
    workload = wait_until_observed(lambda: cluster.prove(kind.resource, name, namespace, uid))
    if workload is None or not workloads.is_observed(workload):
        raise ClusterError(
            f"{kind.where(namespace, name)}: no controller has seen it. Make sure that kube-controller-manager runs."
        )
    return workload
