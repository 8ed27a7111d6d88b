"""A pod spec's references to its ConfigMap: the real ones, and those that only look like one."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..arguments.case import snake_case
from ..arguments.finding import Finding
from ..arguments.nearest import nearest
from ..configuration.digest import SHORT_HASH_LENGTH
from ..kubernetes import pod_spec as pods
from ..kubernetes import property_paths as paths
from ..kubernetes.workload_kinds import DAEMON_SET, WorkloadKind

_NEVER_IGNORED = ("data", "binary_data", "config_maps", "secrets", "hash_key", "name", "namespace")

ROOT_CA = "kube-root-ca.crt"
"""
In every namespace, and in every pod with a service account.

Source: kubernetes 1.36 pkg/controller/certificates/rootcacertpublisher, plugin/pkg/admission/serviceaccount.
"""


def check_references(names: Sequence[str], pod_spec: object, kind: str = "ConfigMap") -> Iterator[Finding]:
    """Find objects of these names that a pod spec never reads, and references that only look like one of them."""
    if not isinstance(pod_spec, Mapping):
        if kind != "ConfigMap":  # said once
            return
        kind = type(pod_spec).__name__
        yield Finding("pod_spec", f"must be a plain mapping (got {kind})", "Pass a dict; its leaves may be Outputs")
        return
    references = [one for one in pods.references_of(kind, pod_spec) if isinstance(one.name, str)]
    for reference in references:
        if meant := _meant(str(reference.name), names):
            yield Finding(
                f"pod_spec.{pods.show_path(reference.path)}",
                f"names {kind} {reference.name!r}, not {meant!r}",
                f"Write {meant!r}: the component points it at the right revision",
            )
    for name in names:
        mine = [reference for reference in references if reference.name == name]
        if not mine:
            yield _never_read(name, [str(one.name) for one in references if one.name not in names], kind)
        elif all(reference.path[0] == "volumes" for reference in mine):
            yield from _check_mounted(name, pod_spec, mine, kind)


def check_undeclared(names: Sequence[str], pod_spec: object, kind: str = "ConfigMap") -> Iterator[Finding]:
    """Find objects that a pod spec reads and that are none of these names: nothing follows from their changes."""
    others: dict[str, pods.Reference] = {}
    for reference in pods.references_of(kind, pod_spec):
        if isinstance(reference.name, str) and reference.name not in {*names, ROOT_CA}:
            others.setdefault(reference.name, reference)
    for name, reference in others.items():
        near = nearest(name, names, cutoff=0.75)
        what = f"reads {kind} {name!r}, which is not one of this component's: its changes restart nothing"
        fix = f"Write '{near}', if that was meant, or" if near else "If this program makes it,"
        place = f"pod_spec.{pods.show_path(reference.path)}"
        ours = "secrets" if kind == "Secret" else "config_maps"
        yield Finding(place, what, f"{fix} pass it in `{ours}`; if not, name it in `external`")


def check_ignore_changes(
    ignore_changes: Iterable[str],
    names: Sequence[str],
    pod_spec: object,
    secrets: Sequence[str] = (),
    kind: WorkloadKind = DAEMON_SET,
) -> Iterator[Finding]:
    """Find paths in `ignore_changes` that are none of the arguments', or would cut the pods off their ConfigMap."""
    for path in ignore_changes:
        where = f"ignore_changes: '{path}'"
        steps = paths.parse_path(path) or ("",)
        argument = snake_case(str(steps[0]))
        if argument not in (ignorable := paths.places(kind)):
            yield Finding(
                where,
                "cannot be ignored" if argument in _NEVER_IGNORED else "is not a known argument",
                f"Use a path that begins with {', '.join(ignorable)}",
            )
        both = [*pods.references(pod_spec), *pods.secret_references(pod_spec)] if argument == "pod_spec" else []
        for reference in both:
            name, ours = reference.name, secrets if reference.kind == "Secret" else names
            if isinstance(name, str) and name in ours and paths.covers(steps[1:], reference.path):
                yield Finding(
                    where,
                    f"holds the reference to {reference.kind} '{name}', which changes with its content",
                    "Ignore other fields instead",
                )
        if argument == "pod_annotations" and len(steps) == 1:
            yield Finding(where, "holds the config hash", "Ignore a single annotation: pod_annotations['key']")


def _check_mounted(
    name: str, pod_spec: Mapping[str, object], mine: list[pods.Reference], kind: str
) -> Iterator[Finding]:
    """Find that no container mounts any volume with the ConfigMap or Secret."""
    used = {
        volume
        for containers in pods.CONTAINERS
        for _, volume in pods.values(pod_spec, containers, "*", "volumeMounts", "*", "name")
    }
    volumes = [
        volume for path, volume in pods.values(pod_spec, "volumes", "*", "name") for r in mine if r.path[1] == path[1]
    ]
    if volumes and not any(volume in used or not isinstance(volume, str) for volume in volumes):
        yield Finding(
            "pod_spec",
            f"volume {volumes[0]!r} holds {kind} '{name}', but no container mounts it",
            "Add a volume mount with that name",
        )


def _never_read(name: str, named: list[str], kind: str) -> Finding:
    near = nearest(name, named)
    volume = (
        f"secret volume with the secret_name '{name}'"
        if kind == "Secret"
        else f"config_map volume with the name '{name}'"
    )
    return Finding(
        "pod_spec",
        f"no volume or env reads {kind} '{name}', so no pod would see this data",
        f"Write '{name}' where it says '{near}'" if near else f"Add a {volume}, or an env_from",
    )


def _meant(written: str, names: Sequence[str]) -> str:
    """Return the name that one can only mean: in other case, with `_` for `-`, or with an old hash at its end."""
    if written in names:
        return ""
    plain = re.sub(rf"-[0-9a-f]{{{SHORT_HASH_LENGTH}}}$", "", written)
    ends = [name for name in names if plain != written and (plain == name or plain.endswith(f".{name}"))]
    return next((name for name in names if written.lower().replace("_", "-") == name), ends[0] if ends else "")
