"""A KubeProxyConfiguration as the value of a ConfigMap: its effective values are hashed, all values are shown."""

from collections.abc import Iterator, Mapping

from ..meaning import FieldEffect, Meaning, encode_value
from .fields import BY_PATH, LINUX, WINDOWS, Field
from .gate_table import RELEASES
from .read import UNSET_MODE, UNSET_ON_WINDOWS, Reading, read_or_refuse, reading_of, says_so, seems_so
from .text import read_text
from .yaml import NotRead

SAME_RULES = "same rules"
"""The class of a change that makes no difference to a supported release; it may to a later one."""

_ALIKE = {
    "mode": (
        frozenset({UNSET_MODE, "iptables"}),
        FieldEffect(
            "restart",
            SAME_RULES,
            f"iptables is the default of {RELEASES[0]} to {RELEASES[-1]} on Linux; written out, it stays when a later "
            "release changes the default",
        ),
    )
}
"""Field -> the values that are equivalent in every known release."""

INACTIVE = "inactive"
"""The class of a change that the active mode never reads."""


def read_meaning(text: bytes, platform: str = "") -> Meaning:
    """
    Return what a KubeProxyConfiguration means. `value` holds every field, in force or not.

    Raises:
      NotRead: kube-proxy does not read it.

    """
    return _meaning(read_or_refuse(text, platform), platform)


def read_undeclared(text: bytes) -> Meaning | None:
    """
    Return what a text means that nobody calls a KubeProxyConfiguration but itself; `None` if it does not.

    Several documents are for another reader than kube-proxy. What kube-proxy does not read is `text`, with why.
    """
    try:
        read = read_text(text)
    except NotRead as why:
        return _refused(text, why) if seems_so(text) else None
    if not says_so(read) or read.more:
        return None
    try:
        return _meaning(reading_of(read), "")
    except NotRead as why:
        return _refused(text, why)


def _refused(text: bytes, why: NotRead) -> Meaning:
    return Meaning("text", text, note=str(why), findings=why.findings)


def _meaning(reading: Reading, platform: str) -> Meaning:
    return Meaning(
        "kube-proxy",
        encode_value(_without_defaults(reading.effective)),
        _merged(reading.effective, reading.inactive),
        effects=_effects(reading, platform),
        alike=_ALIKE,
        findings=tuple(reading.findings),
        warnings=tuple(reading.warnings),
    )


def _without_defaults(effective: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """Return the effective values other than defaults: then a field that a later kube-proxy adds changes no hash."""
    left: dict[str, object] = {}
    for key, value in effective.items():
        field = BY_PATH.get(f"{prefix}{key}")
        if field is None and isinstance(value, Mapping):
            if inside := _without_defaults(value, f"{prefix}{key}."):
                left[key] = inside
        elif field is None or value != (list(field.default) if isinstance(field.default, tuple) else field.default):
            left[key] = UNSET_MODE if value == UNSET_ON_WINDOWS else value  # one hash, whoever says the platform
    return left


def _effects(reading: Reading, platform: str) -> dict[str, FieldEffect]:
    """Return field -> what its change does. A field that is not in force does nothing."""
    every, dead = _merged(reading.effective, reading.inactive), set(_paths(reading.inactive))
    return {
        path: FieldEffect("none", INACTIVE, _never_read(field, every, platform))
        if path in dead
        else FieldEffect("restart", field.effect.name.lower().replace("_", " "), field.says[0].lower() + field.says[1:])
        for path, field in BY_PATH.items()
    }


def _never_read(field: Field, every: Mapping[str, object], platform: str) -> str:
    """Return why a field is not read."""
    mode = str(every.get("mode"))
    if platform == "windows" and not set(field.modes) & set(WINDOWS):
        return "kube-proxy on Windows never reads it"
    if platform == "linux" and not set(field.modes) & set(LINUX):
        return "kube-proxy on Linux never reads it"
    modes = {UNSET_MODE: ("iptables", "kernelspace"), UNSET_ON_WINDOWS: WINDOWS}.get(mode, (mode,))
    if not set(field.modes) & set(modes):
        return f"mode {mode} never reads it"
    if field.unless_zero:
        return f"it is not read if {field.unless_zero} is 0"
    if field.local_mode:
        return f"detectLocalMode {every.get('detectLocalMode')} never reads it"
    return f"the log format is not {field.log_format}"


def _merged(one: Mapping[str, object], other: Mapping[str, object]) -> dict[str, object]:
    """Return both nested mappings in one; no leaf is in both."""
    merged = dict(one)
    for key, value in other.items():
        here = merged.get(key)
        merged[key] = _merged(here, value) if isinstance(here, Mapping) and isinstance(value, Mapping) else value
    return merged


def _paths(nested: Mapping[str, object], prefix: str = "") -> Iterator[str]:
    for key, value in nested.items():
        path = f"{prefix}{key}"
        if path in BY_PATH or not isinstance(value, Mapping):
            yield path
        else:
            yield from _paths(value, f"{path}.")
