"""The ConfigMaps that others own and pods read: read before anything is registered, since their meaning counts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from ..cluster.client import ClusterError, Forbidden, Object
from ..core.arguments.fields import check_config_map_name, named
from ..core.arguments.finding import Finding
from ..core.configuration.content import Content
from ..core.kubernetes.asked_keys import Keys, missing_keys
from ..core.kubernetes.uses import uses
from ..core.workload.external import external_source
from ..core.workload.source import CONFIG_MAP, Source
from .cluster import find_cluster
from .revisions import is_mocked
from .waiting import WAIT_SECONDS, wait_for_server

_WHERE = "external.config_maps"
_OUTPUTS = ("namespace", "kubeconfig", "context")

_NEVER = "does not exist: a new pod would wait for it forever"
_CREATE = "Create it first, or write `optional: true` where pod_spec reads it"
_WITHOUT = "pods start without it, since pod_spec says `optional`"


@dataclass(frozen=True)
class External:
    """What the pods read of objects that others own; `missing` is what is to be said of those that are not there."""

    sources: tuple[Source, ...] = ()
    missing: tuple[str, ...] = ()


def external_names(plain: Mapping[str, Any]) -> list[str]:
    """Return what the pod spec calls the ConfigMaps that others own."""
    external = plain.get("external")
    listed = external.get("config_maps") if isinstance(external, Mapping) else None
    return [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []


def read_external(workload: str, plain: Mapping[str, Any], own: list[str]) -> tuple[External, list[Finding]]:
    """
    Return what the cluster has of them, and everything that is wrong.

    `own` are the ConfigMaps of the component itself, and `workload` is its Kubernetes name.

    A preview that cannot reach the cluster does not know them. A unit test with mocks has none.
    """
    findings = list(_check(plain, own))
    names = external_names(plain)
    if findings or not names or "namespace" not in plain:  # without it more is wrong, and said
        return External(), findings
    if is_mocked():
        return External(tuple(external_source(plain.get("pod_spec"), one, None) for one in names)), []
    try:
        found = _read(plain, names)
    except Forbidden as error:
        command = " ".join([f"rbac {plain['namespace']}/{workload}", *(f"--external {one}" for one in names)])
        fix = f"Grant the user of this kubeconfig what `config-rollout {command}` prints"
        return External(), [Finding("external", f"may not {error.right}", fix)]
    except ClusterError as error:
        if pulumi.runtime.is_dry_run():  # that it could not be read is said where the rest is read
            return External(tuple(Source(one, Content(), unknown=["*"], external=True) for one in names)), []
        return External(), [Finding("external", str(error).rstrip("."), "Run this again once it answers")]
    sources = tuple(external_source(plain.get("pod_spec"), one, found[one]) for one in names)
    absent = [one for one in names if not found[one]]
    optional = [one for one in absent if _is_optional(plain.get("pod_spec"), one)]
    where = plain["namespace"]
    findings = [
        Finding(f"{_WHERE}[{names.index(one)}]", f"ConfigMap {where}/{one} {_NEVER}", _CREATE)
        for one in absent
        if one not in optional
    ]
    findings += _missing_keys(plain.get("pod_spec"), found)
    told = tuple(f"external ConfigMap {where}/{one} does not exist: {_WITHOUT}" for one in optional)
    return External(sources, told), findings


def _missing_keys(pod_spec: object, found: Mapping[str, Object | None]) -> Iterator[Finding]:
    """Find keys that the pods ask for and that the ConfigMaps that are there do not have."""

    def keys_of(kind: str, name: object) -> Keys | None:
        of = found.get(name) if kind == CONFIG_MAP and isinstance(name, str) else None
        return Keys(list(of.get("data") or {}), list(of.get("binaryData") or {})) if of else None

    return missing_keys(pod_spec, keys_of)


def _read(plain: Mapping[str, Any], names: list[str]) -> dict[str, Object | None]:
    def once() -> dict[str, Object | None]:
        cluster = find_cluster(plain)
        return {name: cluster.get("configmaps", name, plain["namespace"]) for name in names}

    return wait_for_server(once, 0 if pulumi.runtime.is_dry_run() else WAIT_SECONDS)


def _is_optional(pod_spec: object, name: str) -> bool:
    return all(use.optional for use in uses(pod_spec, str) if use.kind == CONFIG_MAP and use.name == name)


def _check(plain: Mapping[str, Any], own: list[str]) -> Iterator[Finding]:
    if "external" not in plain:
        return
    external = plain["external"]
    if not isinstance(external, Mapping):
        what = f"must be a mapping with `config_maps` (got {type(external).__name__})"
        yield Finding("external", what, "Pass {'config_maps': ['NAME']}")
        return
    yield from named("external", external, ("config_maps",))[1]
    listed = external.get("config_maps")
    if not isinstance(listed, list) or not listed:
        got = "[]" if listed == [] else type(listed).__name__
        yield Finding(_WHERE, f"must be a list of names (got {got})", "Pass ['NAME']")
        return
    for position, name in enumerate(listed):
        place = f"{_WHERE}[{position}]"
        yield from check_config_map_name(place, name, 253)
        if name in own:
            fix = "Leave it out here, or in `data` and `config_maps`"
            yield Finding(place, f"{name!r} is a ConfigMap of this component", fix)
        if name in listed[:position]:
            yield Finding(place, f"{name!r} is listed twice", "Keep one of the two")
    for key in _OUTPUTS:
        if isinstance(plain.get(key), pulumi.Output):
            what = "must be plain with `external`: the component reads the cluster before it registers anything"
            yield Finding(key, what, "Pass a plain str")
