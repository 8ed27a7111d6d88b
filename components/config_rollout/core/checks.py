"""Rules on plain values. Components and policies share them; leaves of other types are not known yet and pass."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping

from . import paths
from . import pod_spec as pods
from .content import Content
from .digest import SHORT_HASH_LENGTH
from .finding import Finding
from .update_strategy import PERCENT, UpdateStrategy, is_number_of_pods, is_zero

CONFIG_HASH_ANNOTATION = "checksum/config"
"""The pod template annotation that holds the config hash: Helm's convention, which operators know."""

MAX_NAME_LENGTH = 63 - 1 - SHORT_HASH_LENGTH
"""The longest Kubernetes name that leaves room for `-` and the short hash in a DNS label, in characters."""

_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")


def check_argument_names(given: Iterable[str], known: Iterable[str], required: Iterable[str]) -> Iterator[Finding]:
    """Find arguments that do not exist, with the nearest that does, and required ones that are missing."""
    given, known = list(given), sorted(known)
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            fix = f"Write '{near[0]}', if that was meant" if near else f"Known are {', '.join(known)}"
            yield Finding(name, "there is no such argument", fix)
    for name in required:
        if name not in given:
            yield Finding(name, "is required", "Pass it")


def check_name(where: str, name: object, max_length: int = 63) -> Iterator[Finding]:
    """Find what keeps a name from being a DNS label. Source: RFC 1123, Kubernetes "Object Names and IDs"."""
    if not isinstance(name, str):
        yield Finding(where, f"must be text (got {type(name).__name__})", "Pass a plain str")
    elif not _DNS_LABEL.fullmatch(name):
        yield Finding(
            where,
            f"is no DNS label (got {name!r})",
            "Use lowercase letters, digits and '-', and begin and end with a letter or digit",
        )
    elif len(name) > max_length:
        room = "" if max_length == 63 else f", since the ConfigMap's name adds {63 - max_length} for the hash"
        yield Finding(where, f"has {len(name)} characters", f"Use at most {max_length}{room}")


def check_text_map(where: str, given: object) -> Iterator[Finding]:
    """Find entries of labels or annotations that are not text."""
    if not isinstance(given, Mapping):
        yield Finding(where, f"must map key to text (got {type(given).__name__})", "Pass a dict")
        return
    for key, value in given.items():
        if value is None or isinstance(value, bool | int | float | bytes | Mapping | list | tuple):
            yield Finding(f"{where}[{key!r}]", f"must be text (got {value!r})", "Quote it")


def check_whole_number(where: str, value: object, least: int = 0) -> Iterator[Finding]:
    """Find a number of seconds or revisions that is none, or is too small."""
    if isinstance(value, bool | str | Mapping | list) or value is None:
        yield Finding(where, f"must be a whole number (got {value!r})", "Pass an int")
    elif isinstance(value, int | float) and (value < least or value != int(value)):
        yield Finding(where, f"must be a whole number of at least {least} (got {value})", "Pass such an int")


def check_update_strategy(given: object, pod_spec: object) -> Iterator[Finding]:
    """Find update strategies that the API server refuses, or that can never start a pod."""
    where = "update_strategy"
    if not isinstance(given, Mapping):
        yield Finding(where, f"must be a mapping (got {type(given).__name__})", "Pass a dict")
        return
    yield from _check_keys(where, given, "type", "rollingUpdate")
    for path, rolling in pods.values(given, "rollingUpdate"):
        if isinstance(rolling, Mapping):
            yield from _check_keys(f"{where}.{path[0]}", rolling, "maxUnavailable", "maxSurge")
    strategy = UpdateStrategy.of(given)
    if isinstance(strategy.type, str) and strategy.type not in ("RollingUpdate", "OnDelete"):
        yield Finding(f"{where}.type", f"is unknown (got {strategy.type!r})", "Use 'RollingUpdate' or 'OnDelete'")
    wrong = [
        *_check_budget(f"{where}.max_unavailable", strategy.max_unavailable),
        *_check_budget(f"{where}.max_surge", strategy.max_surge),
    ]
    yield from wrong or _check_budgets(where, strategy, pod_spec)


def check_no_reload(content: Content) -> Iterator[Finding]:
    """Find what is stated to be read again by a running pod: it would have to see its ConfigMap change."""
    for key, stated in content.effects.items():
        for path, effect in stated.items():
            if effect == "reload":
                yield Finding(
                    f"effects['{key}:{path}']" if path else f"effects['{key}']",
                    "is reload, and the ConfigMap that a pod mounts never changes",
                    "Use 'restart', or 'none' if the program needs no restart to be right",
                )


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
        argument = pods.snake_case(str(steps[0]))
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
    near = difflib.get_close_matches(name, named, n=1)
    return Finding(
        "pod_spec",
        f"no volume or env reads ConfigMap '{name}', so no pod would see this data",
        f"Write '{name}' where it says '{near[0]}'"
        if near
        else f"Add a config_map volume with the name '{name}', or an env_from",
    )


def _meant(written: str, name: str) -> bool:
    """Return whether a name can only be meant as `name`: other case, `_` for `-`, or an old hash at its end."""
    looks_same = written.lower().replace("_", "-") == name and written != name
    return looks_same or bool(re.fullmatch(rf"{re.escape(name)}-[0-9a-f]{{{SHORT_HASH_LENGTH}}}", written))


def _check_keys(where: str, given: Mapping[str, object], *known: str) -> Iterator[Finding]:
    """Find keys that are none of the known camelCase names nor their snake_case spelling."""
    names = [spelling for name in known for spelling in (name, pods.snake_case(name))]
    for key in given:
        if key not in names:
            near = difflib.get_close_matches(str(key), names, n=1)
            yield Finding(
                f"{where}.{key}",
                "there is no such field",
                f"Write '{near[0]}', if that was meant"
                if near
                else f"Known are {', '.join(dict.fromkeys(names[1::2]))}",
            )


def _check_budget(where: str, value: object) -> Iterator[Finding]:
    """Find a number or share of pods that the API server refuses. Source: `ValidateRollingUpdateDaemonSet`."""
    share = PERCENT.fullmatch(value) if isinstance(value, str) else None
    if isinstance(value, str) and (not share or int(share[1]) > 100):
        yield Finding(where, f"is no number or share of pods (got {value!r})", "Pass an int or '0%' to '100%'")
    elif isinstance(value, bool | int | float) and not is_number_of_pods(value):
        yield Finding(where, f"is no number of pods (got {value!r})", "Pass an int of at least 0, or '10%'")


def _check_budgets(where: str, strategy: UpdateStrategy, pod_spec: object) -> Iterator[Finding]:
    """Find the two budgets contradicting each other. Source: `ValidateRollingUpdateDaemonSet`."""
    if strategy.type != "RollingUpdate" or not isinstance(strategy.max_surge, int | float | str):
        return
    no_surge, no_unavailable = is_zero(strategy.max_surge), is_zero(strategy.max_unavailable)
    if no_surge and no_unavailable:
        yield Finding(
            where, "max_unavailable and max_surge are both 0, so no pod could ever be replaced", "Raise one of them"
        )
    if not no_surge and not no_unavailable and isinstance(strategy.max_unavailable, int | float | str):
        yield Finding(
            where,
            f"max_surge is {strategy.max_surge} and max_unavailable {strategy.max_unavailable} (1 unless set)",
            "Set max_unavailable to 0 with max_surge: the API server takes only one of them",
        )
    if not no_surge and (taken := _host_ports(pod_spec)):
        yield Finding(
            f"{where}.max_surge",
            f"{taken}, so old and new pod cannot run on one node",
            "Use max_unavailable, with max_surge 0",
        )


def _host_ports(pod_spec: object) -> str | None:
    """Return what takes ports of the node. A hostNetwork pod's container ports are host ports too."""
    host_network = any(value is True for _, value in pods.values(pod_spec, "hostNetwork"))
    for containers in ("containers", "initContainers"):
        for path, port in pods.values(pod_spec, containers, "*", "ports", "*"):
            if isinstance(port, Mapping) and (host_network or "hostPort" in port or "host_port" in port):
                return f"pod_spec.{pods.show_path(path)} is a port of the node"
    return None
