"""The references of a pod spec to its ConfigMap: those that are there, and those that only look like one."""

import re
from collections.abc import Iterable, Iterator, Mapping

from ..arguments.case import snake_case
from ..arguments.finding import Finding
from ..arguments.nearest import nearest
from ..configuration.digest import SHORT_HASH_LENGTH
from ..kubernetes import pod_spec as pods
from ..kubernetes import property_paths as paths


def check_references(name: str, pod_spec: object) -> Iterator[Finding]:
    """Find a pod spec that never reads ConfigMap `name`, and references that only look as if they named it."""
    if not isinstance(pod_spec, Mapping):
        kind = type(pod_spec).__name__
        yield Finding("pod_spec", f"must be a plain mapping (got {kind})", "Pass a dict; its leaves may be Outputs")
        return
    references = pods.references(pod_spec)
    for reference in references:
        if isinstance(reference.name, str) and _meant(reference.name, name):
            yield Finding(
                f"pod_spec.{pods.show_path(reference.path)}",
                f"names ConfigMap {reference.name!r}, which is not {name!r}",
                f"Write {name!r}: the component points it at the right revision",
            )
    mine = [reference for reference in references if reference.name == name and isinstance(reference.name, str)]
    if not mine:
        yield _never_read(name, [r.name for r in references if isinstance(r.name, str)])
    elif all(reference.path[0] == "volumes" for reference in mine):
        yield from _check_mounted(name, pod_spec, mine)


def check_ignore_changes(given: Iterable[str], name: str, pod_spec: object) -> Iterator[Finding]:
    """Find paths in `ignore_changes` that are none of the arguments', or would cut the pods off their ConfigMap."""
    for path in given:
        where = f"ignore_changes: '{path}'"
        steps = paths.parse_path(path) or ("",)
        argument = snake_case(str(steps[0]))
        if argument not in paths.IGNORABLE:
            yield Finding(
                where,
                "cannot be ignored" if argument in ("data", "binary_data", "name", "namespace") else "is no argument",
                f"Use a path that begins with {', '.join(paths.IGNORABLE)}",
            )
        for reference in pods.references(pod_spec) if argument == "pod_spec" else ():
            if reference.name == name and isinstance(reference.name, str) and paths.covers(steps[1:], reference.path):
                yield Finding(
                    where,
                    f"holds the reference to ConfigMap '{name}', which changes with its content",
                    "Ignore a field beside it",
                )
        if argument == "pod_annotations" and len(steps) == 1:
            yield Finding(where, "holds the config hash", "Ignore one annotation: pod_annotations['key']")


def _check_mounted(name: str, pod_spec: Mapping[str, object], mine: list[pods.Reference]) -> Iterator[Finding]:
    """Find that every volume with the ConfigMap is mounted by no container."""
    used = {
        volume
        for containers in ("containers", "initContainers", "ephemeralContainers")
        for _, volume in pods.values(pod_spec, containers, "*", "volumeMounts", "*", "name")
    }
    volumes = [
        volume for path, volume in pods.values(pod_spec, "volumes", "*", "name") for r in mine if r.path[1] == path[1]
    ]
    if volumes and not any(volume in used or not isinstance(volume, str) for volume in volumes):
        yield Finding(
            "pod_spec",
            f"volume {volumes[0]!r} holds ConfigMap '{name}' and no container mounts it",
            "Add a volume mount with that name",
        )


def _never_read(name: str, named: list[str]) -> Finding:
    near = nearest(name, named)
    return Finding(
        "pod_spec",
        f"no volume or env reads ConfigMap '{name}', so no pod would see this data",
        f"Write '{name}' where it says '{near}'"
        if near
        else f"Add a config_map volume with the name '{name}', or an env_from",
    )


def _meant(written: str, name: str) -> bool:
    """Return whether a name can only be meant as `name`: other case, `_` for `-`, or an old hash at its end."""
    looks_same = written.lower().replace("_", "-") == name and written != name
    return looks_same or bool(re.fullmatch(rf"{re.escape(name)}-[0-9a-f]{{{SHORT_HASH_LENGTH}}}", written))
