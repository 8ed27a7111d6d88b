"""
A KubeProxyConfiguration as kube-proxy reads it: what is effective, what the active mode never reads, what is refused.

Not how its text is decoded (text.py), nor what a change of it does (fields.py).

The judge is the real program: `kube-proxy --config X --write-config-to Y` prints what this calls effective.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce

from ...arguments.finding import Finding
from ...arguments.nearest import did_you_mean
from ...kinds import KUBE_PROXY
from ...ports import HEALTHZ_PORT, METRICS_PORT
from .fields import BY_PATH, FIELDS, LEGACY, LINUX, LOCAL_MODES, LOG_FORMATS, MODES, PLATFORMS
from .gates import warn_of_gates
from .text import Several, Text, decoded_into, read_text
from .types import ABSENT, Refused, show, value_of
from .validation import validate
from .values import address, is_ipv4, with_port
from .yaml import NotRead

API_VERSION, KIND = "kubeproxy.config.k8s.io/v1alpha1", KUBE_PROXY

UNSET_MODE = "unset (iptables)"
"""The effective mode when none is given: iptables today, another in a later release, so not equal to `iptables`."""

UNSET_ON_WINDOWS = "unset (kernelspace)"
"""The same where the platform is Windows."""

NO_SUCH_FIELD = "kube-proxy does not know this field and drops it"
"""The words for a field that the real kube-proxy ignores: always a warning."""

MODE_NOT_SET = Finding(
    "mode",
    "is not set: the default is iptables today, and will change in a later release",
    "Set the mode that you want",
)
"""The words for a mode left to the release: a warning, and refused if this library creates kube-proxy."""

_SECTIONS = {path[:i] for path in BY_PATH for i, letter in enumerate(path) if letter == "."}


@dataclass(frozen=True)
class Reading:
    """
    What a text configures. Only `effective` decides about a restart, and only if there are no findings.

    `findings` is what kube-proxy refuses, `warnings` what it drops and what it should not have to read.
    `effective` and `inactive` nest plain values by field: durations in Go's spelling (`1h0m0s`), quantities as whole
    numbers, lists and mappings as they are. Together they hold every field.
    """

    findings: list[Finding]
    warnings: list[Finding]
    effective: dict[str, object]
    inactive: dict[str, object]


def read_kube_proxy(text: bytes, platform: str = "") -> Reading | None:
    """Return what the text configures on `linux`, `windows` or any platform; `None` if kube-proxy cannot read it."""
    try:
        return read_or_refuse(text, platform)
    except NotRead:
        return None


def read_or_refuse(text: bytes, platform: str = "") -> Reading:
    """
    Return what the text configures on `linux`, `windows` or any platform.

    Raises:
      NotRead: kube-proxy cannot read it as a KubeProxyConfiguration.

    """
    return reading_of(read_text(text), platform)


def reading_of(read: Text, platform: str = "") -> Reading:
    """Return what a text configures that is decoded already; otherwise as `read_or_refuse`."""
    if read.kind != KIND:
        near = ", if that was meant" if read.kind else ""
        what = f"its kind is {read.kind!r}, and kube-proxy reads only {KIND}" if read.kind else "it has no kind"
        raise NotRead(what, read.lines.get("kind", 0), f"Write kind: {KIND}{near}")
    if read.api_version != API_VERSION:
        got = f"its apiVersion is {read.api_version!r}" if read.api_version else "it has no apiVersion"
        what = f"{got}, and kube-proxy reads only {API_VERSION}"
        raise NotRead(what, read.lines.get("apiVersion", 0), f"Write apiVersion: {API_VERSION}")
    assert isinstance(read.tree, dict)
    return _read(read.tree, read.odd, platform)


def says_so(read: Text) -> bool:
    """Tell whether a decoded text calls itself a KubeProxyConfiguration, be it with a mistake in one of the words."""
    return read.kind == KIND or read.api_version.startswith("kubeproxy.config.k8s.io/")


_FIRST_LINE = re.compile(
    r"(?:\ufeff|\s|#[^\n]*\n|---[^\n]*\n|%[^\n]*\n)*+(?:\{\s*+)?[\"']?(?:"
    + "|".join(sorted({"apiVersion", "kind", "metadata", *(path.split(".")[0] for path in BY_PATH)}))
    + r")[\"']?\s*+:"
)
_CALLS_ITSELF = re.compile(
    r"(?:^|[{,])[^\S\n]*+[\"']?(?:kind[\"']?\s*+:\s*+[\"']?KubeProxyConfiguration\b"
    r"|apiVersion[\"']?\s*+:\s*+[\"']?kubeproxy\.config\.k8s\.io/)",
    re.MULTILINE,
)


def seems_so(text: bytes) -> bool:
    """Tell whether a text that cannot be decoded calls itself one, and begins like one, as no script does."""
    decoded = text.decode(errors="replace")
    return bool(_FIRST_LINE.match(decoded) and _CALLS_ITSELF.search(decoded))


def _read(tree: dict[str, object], odd: Iterable[Finding], platform: str) -> Reading:
    findings, warnings = _structure(tree)
    values: dict[str, object] = {}
    refused: dict[str, object] = {}
    for field in FIELDS:
        try:
            values[field.path] = value_of(field, _get(tree, field.path))
        except Refused as why:
            findings.append(Finding(field.path, *why.args))
            refused[field.path] = f"refused: {_get(tree, field.path)!r}"
    mode_field = values.get("mode")
    mode = mode_field if isinstance(mode_field, str) and mode_field else PLATFORMS[platform][0]
    _complete(values, mode)
    if mode not in PLATFORMS[platform]:
        findings.append(_wrong_mode(mode, platform))
    findings += validate(values, mode)
    if mode_field == "":
        values["mode"] = UNSET_ON_WINDOWS if platform == "windows" else UNSET_MODE
        if platform != "windows":
            warnings.append(MODE_NOT_SET)
    gates = values.get("featureGates")
    warnings += [*_without_effect(values), *warn_of_gates(gates if isinstance(gates, dict) else {}), *odd]
    modes = [mode] if mode_field or platform else ["iptables", "kernelspace"]  # unset, and nobody says which platform
    local, form = values.get("detectLocalMode"), values.get("logging.format")
    known = mode in MODES and local in LOCAL_MODES and form in LOG_FORMATS  # else everything counts
    live = {field.path for field in FIELDS if not known or any(field.is_read(mode, values) for mode in modes)}
    every = values | refused
    return Reading(findings, warnings, _nest(every, live), _nest(every, set(BY_PATH) - live))


def _wrong_mode(mode: str, platform: str) -> Finding:
    use = f"Use one of {', '.join(PLATFORMS[platform])}"
    use = "Use kernelspace, or leave it out" if platform == "windows" else use
    if mode in MODES:
        there = "Windows" if mode not in LINUX else "Linux"
        return Finding("mode", f"is only valid for kube-proxy on {there} (got {mode!r})", use)
    return Finding("mode", f"is not valid (got {mode!r})", use)


def _without_effect(values: Mapping[str, object]) -> Iterator[Finding]:
    for path in ("logging.options.text.splitStream", "logging.options.json.splitStream"):
        if values.get(path) is True:
            flag = f"--log-{path.split('.')[2]}-split-stream"
            yield Finding(path, "kube-proxy resets it to false when it merges its flags", f"Use the flag {flag}")


def _complete(values: dict[str, object], mode: str) -> None:
    """Set what depends on other fields. Source: `SetDefaults_KubeProxyConfiguration`, `platformApplyDefaults`."""
    ip = values.get("bindAddress")
    four = is_ipv4(address(ip)) if isinstance(ip, str) else True
    for path, port, any_host in (
        ("healthzBindAddress", HEALTHZ_PORT, "0.0.0.0" if four else "[::]"),
        ("metricsBindAddress", METRICS_PORT, "127.0.0.1" if four else "[::1]"),
    ):
        value = values.get(path)
        if isinstance(value, str):
            values[path] = with_port(value, port) if value else f"{any_host}:{port}"
    if mode == "nftables" and values.get("nodePortAddresses") == []:
        values["nodePortAddresses"] = ["primary"]
    if values.get("winkernel.rootHnsEndpointName") == "cbr0":
        values["winkernel.rootHnsEndpointName"] = ""  # its default on Windows; nothing reads it elsewhere


def _structure(tree: dict[str, object]) -> tuple[list[Finding], list[Finding]]:
    """Return findings on sections that are not mappings, and warnings on fields that kube-proxy drops."""
    findings: list[Finding] = []
    warnings: list[Finding] = []
    for path, leaf, value in _entries(tree, ""):
        if leaf:
            warnings += _dropped(path, leaf)
        elif value is not None:
            findings.append(Finding(path, f"must be a mapping (got {show(value)})", "Nest its fields in it"))
    modules = _get(tree, "logging.vmodule")
    for i, item in enumerate(modules if isinstance(modules, list) else []):
        for key in item.keys() - {"filePattern", "verbosity"} if isinstance(item, dict) else ():
            where = f"logging.vmodule[{i}].{key}"
            warnings.append(Finding(where, NO_SUCH_FIELD, "Write filePattern and verbosity only"))
    return findings, warnings


def _entries(section: Mapping[str, object], prefix: str) -> Iterator[tuple[str, str, object]]:
    """Yield path, key and value of each field, and, without a key, of each section that is not a mapping."""
    for key, value in section.items():
        path = f"{prefix}{key}"
        if "." in key or path not in _SECTIONS:
            yield path, key, value
            continue
        for one in value.values if isinstance(value, Several) else (value,):
            if isinstance(one, dict):
                yield from _entries(one, f"{path}.")
            else:
                yield path, "", one


def _dropped(path: str, key: str) -> Iterator[Finding]:
    """Find a field that kube-proxy drops. A key with dots is not a path, and kube-proxy drops it."""
    if "." in key:
        depth, where = path.count("."), f"{path.removesuffix(key)}{key!r}"
        nested = f"Nest it: {path.replace('.', ': {')}: ...{'}' * depth}"
        advice = nested if path in BY_PATH or path in _SECTIONS else _nearest(path, [*BY_PATH, *_SECTIONS])
        yield Finding(where, NO_SUCH_FIELD, advice)
    elif path in LEGACY:
        yield Finding(path, f"no supported kube-proxy reads it: {LEGACY[path]}", "Remove it")
    elif path.casefold() in ("apiversion", "kind") and path not in ("apiVersion", "kind"):
        right = "kind" if len(path) == len("kind") else "apiVersion"
        yield Finding(
            path, "has the wrong case; kube-proxy reads it anyway, but should not be relied on to", f"Write {right!r}"
        )
    elif path == "metadata":
        yield Finding(path, NO_SUCH_FIELD, "Remove it: a configuration file has no metadata")
    elif path not in BY_PATH and path not in ("apiVersion", "kind"):
        yield Finding(path, NO_SUCH_FIELD, _nearest(path, [*BY_PATH, *_SECTIONS]))


def _nearest(path: str, known: list[str]) -> str:
    """Return advice: the same name in a different case, the same name elsewhere, or the most similar one."""
    lower, leaf = path.lower(), path.rpartition(".")[2].lower()
    near = [name for name in known if name.lower() == lower]
    near = near or [name for name in known if name.lower().rpartition(".")[2] == leaf]
    if not near:
        return did_you_mean(path, known, "Remove it")
    return f"Write {' or '.join(repr(name) for name in sorted(near))}, if that was meant"


def _get(tree: object, path: str) -> object:
    """Return the value at a path as it is written, or `ABSENT`."""
    for key in path.split("."):
        if isinstance(tree, Several):  # of a section: what is none is refused, and null changes nothing
            tree = reduce(decoded_into, [one for one in tree.values if isinstance(one, dict)], None)
        if not isinstance(tree, dict) or key not in tree:
            return ABSENT
        tree = tree[key]
    return tree


def _nest(values: Mapping[str, object], paths: Iterable[str]) -> dict[str, object]:
    """Return `{"ipvs": {"scheduler": ...}}` from the values at these paths, sorted by path."""
    nested: dict[str, object] = {}
    for path in sorted(paths):
        *parents, leaf = path.split(".")
        place = nested
        for key in parents:
            inner = place.setdefault(key, {})
            assert isinstance(inner, dict)
            place = inner
        place[leaf] = values[path]
    return nested
