"""What others own and pods read: ConfigMaps and Secrets, read before anything is registered, since they count."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pulumi

from ..cluster.client import ClusterError, Forbidden, Object
from ..core.arguments.fields import check_config_map_name, named
from ..core.arguments.finding import Finding
from ..core.configuration.content import Content
from ..core.configuration.diff import SECRET_KIND
from ..core.configuration.keyed import HashKey
from ..core.kubernetes.asked_keys import Keys, missing_keys
from ..core.kubernetes.uses import uses
from ..core.workload.external import external_secret, external_source
from ..core.workload.secret import Secret
from ..core.workload.source import CONFIG_MAP, Source
from .cluster import find_cluster
from .revisions import RESOURCES, is_mocked
from .waiting import WAIT_SECONDS, wait_for_server

_KINDS = {"config_maps": CONFIG_MAP, "secrets": SECRET_KIND}
"""Field of `external` -> the kind that it names."""
_OPTIONS = {CONFIG_MAP: "--external", SECRET_KIND: "--external-secret"}
_OUTPUTS = ("namespace", "kubeconfig", "context")

_NEVER = "does not exist: a new pod would wait for it forever"
_CREATE = "Create it first, or write `optional: true` where pod_spec reads it"
_WITHOUT = "pods start without it, since pod_spec says `optional`"

_Read = dict[tuple[str, str], Object | None]
"""Kind and name -> what the cluster has of it."""


@dataclass(frozen=True)
class External:
    """
    What the pods read of objects that others own; of Secrets what may be known of them.

    `missing` is what is to be said of those that are not there.
    """

    sources: tuple[Source, ...] = ()
    secrets: tuple[Secret, ...] = ()
    missing: tuple[str, ...] = ()


def external_names(plain: Mapping[str, Any], field: str = "config_maps") -> list[str]:
    """Return what the pod spec calls the ConfigMaps, or with that field the `secrets`, that others own."""
    external = plain.get("external")
    listed = named("", external, ())[0].get(field) if isinstance(external, Mapping) else None
    return [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []


def read_external(
    workload: str, plain: Mapping[str, Any], own: Mapping[str, Sequence[str]], key: HashKey
) -> tuple[External, list[Finding]]:
    """
    Return what the cluster has of them, and everything that is wrong.

    A preview that cannot reach the cluster does not know them. A unit test with mocks has none.

    Args:
      workload: The Kubernetes name of the component.
      plain: Its arguments.
      own: What the pod spec calls its own `config_maps` and `secrets`.
      key: The key of what is recorded of Secrets; their values go nowhere.

    """
    findings = list(_check(plain, own))
    every = [(kind, name) for field, kind in _KINDS.items() for name in external_names(plain, field)]
    if findings or not every or "namespace" not in plain:  # without it more is wrong, and said
        return External(), findings
    pod_spec = plain.get("pod_spec")
    if is_mocked():
        return _external(workload, pod_spec, dict.fromkeys(every), key), []
    try:
        objects = _read(plain, every)
    except Forbidden as error:
        options = (f"{_OPTIONS[kind]} {name}" for kind, name in every)
        command = " ".join([f"rbac {plain['namespace']}/{workload}", *options])
        fix = f"Grant the user of this kubeconfig what `config-rollout {command}` prints"
        return External(), [Finding("external", f"may not {error.right}", fix)]
    except ClusterError as error:
        if pulumi.runtime.is_dry_run():  # that it could not be read is said where the rest is read
            return _not_known(every, key), []
        return External(), [Finding("external", str(error).rstrip("."), "Run this again once it answers")]
    absent = [one for one in every if not objects[one]]
    optional = [one for one in absent if _is_optional(pod_spec, *one)]
    where = plain["namespace"]
    findings = [
        Finding(_place(plain, kind, name), f"{kind} {where}/{name} {_NEVER}", _CREATE)
        for kind, name in absent
        if (kind, name) not in optional
    ]
    findings += _missing_keys(pod_spec, objects)
    missing = tuple(f"external {kind} {where}/{name} does not exist: {_WITHOUT}" for kind, name in optional)
    return replace(_external(workload, pod_spec, objects, key), missing=missing), findings


def _external(workload: str, pod_spec: object, objects: _Read, key: HashKey) -> External:
    """Return what the pods read of these."""
    return External(
        tuple(external_source(pod_spec, name, of) for (kind, name), of in objects.items() if kind == CONFIG_MAP),
        tuple(
            external_secret(pod_spec, name, of, key, workload)
            for (kind, name), of in objects.items()
            if kind == SECRET_KIND
        ),
    )


def _not_known(every: Sequence[tuple[str, str]], key: HashKey) -> External:
    """Return these as a preview has them that could not read any."""
    return External(
        tuple(Source(one, Content(), unknown=["*"], external=True) for kind, one in every if kind == CONFIG_MAP),
        tuple(Secret(one, "", key.id, unknown=["*"], external=True) for kind, one in every if kind == SECRET_KIND),
    )


def _place(plain: Mapping[str, Any], kind: str, name: str) -> str:
    """Return where in the arguments it is named."""
    field = next(field for field, one in _KINDS.items() if one == kind)
    return f"external.{field}[{external_names(plain, field).index(name)}]"


def _missing_keys(pod_spec: object, objects: _Read) -> Iterator[Finding]:
    """Find keys that the pods ask for and that the objects that are there do not have."""

    def keys_of(kind: str, name: object) -> Keys | None:
        of = objects.get((kind, name)) if isinstance(name, str) else None
        return Keys(list(of.get("data") or {}), list(of.get("binaryData") or {})) if of else None

    return missing_keys(pod_spec, keys_of)


def _read(plain: Mapping[str, Any], every: Sequence[tuple[str, str]]) -> _Read:
    """Read each by its name: whoever may list Secrets may read all of them."""

    def once() -> _Read:
        cluster = find_cluster(plain)
        return {(kind, name): cluster.get(RESOURCES[kind], name, plain["namespace"]) for kind, name in every}

    return wait_for_server(once, 0 if pulumi.runtime.is_dry_run() else WAIT_SECONDS)


def _is_optional(pod_spec: object, kind: str, name: str) -> bool:
    return all(use.optional for use in uses(pod_spec, str) if use.kind == kind and use.name == name)


def _check(plain: Mapping[str, Any], own: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    if "external" not in plain:
        return
    external = plain["external"]
    if not isinstance(external, Mapping) or not external:
        got = "{}" if external == {} else type(external).__name__
        what = f"must be a mapping with `config_maps` or `secrets` (got {got})"
        yield Finding("external", what, "Pass {'config_maps': ['NAME']}")
        return
    fields, wrong = named("external", external, tuple(_KINDS))
    yield from wrong
    for field, kind in _KINDS.items():
        if field in fields:
            yield from _check_names(f"external.{field}", fields[field], kind, own[field])
    for key in _OUTPUTS:
        if isinstance(plain.get(key), pulumi.Output):
            what = "must be plain with `external`: the component reads the cluster before it registers anything"
            yield Finding(key, what, "Pass a plain str")


def _check_names(where: str, listed: object, kind: str, own: Sequence[str]) -> Iterator[Finding]:
    if not isinstance(listed, list) or not listed:
        got = "[]" if listed == [] else type(listed).__name__
        yield Finding(where, f"must be a list of names (got {got})", "Pass ['NAME']")
        return
    for position, name in enumerate(listed):
        place = f"{where}[{position}]"
        yield from check_config_map_name(place, name, 253, kind)
        if name in own:
            fix = f"Leave it out here, or in {'`data` and `config_maps`' if kind == CONFIG_MAP else '`secrets`'}"
            yield Finding(place, f"{name!r} is a {kind} of this component", fix)
        if name in listed[:position]:
            yield Finding(place, f"{name!r} is listed twice", "Keep one of the two")
