"""A KubeProxyConfiguration as the value of a ConfigMap: hashed by what is in force, shown with what is not."""

from collections.abc import Iterator, Mapping

from .kube_proxy import UNSET_MODE, Reading, read_kube_proxy
from .kube_proxy_fields import BY_PATH, Field
from .meaning import FieldEffect, Meaning, NotUnderstood, encode_value

INACTIVE = "inactive"
"""The class of a change that the active mode never reads."""


def read_meaning(text: bytes) -> Meaning:
    """
    Return what a KubeProxyConfiguration means. `value` holds every field, in force or not.

    Raises:
      NotUnderstood: It is something else, or could be read in two ways.

    """
    reading = read_kube_proxy(text)
    if reading is None:
        raise NotUnderstood("it is no KubeProxyConfiguration that can be read in one way only")
    return Meaning(
        "kube-proxy",
        encode_value(_without_defaults(reading.effective)),
        _merged(reading.effective, reading.inactive),
        effects=_effects(reading),
        findings=tuple(reading.findings),
        warnings=tuple(reading.warnings),
    )


def _without_defaults(effective: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """Return what is in force other than by default: a field that a later kube-proxy adds then changes no hash."""
    left: dict[str, object] = {}
    for key, value in effective.items():
        field = BY_PATH.get(f"{prefix}{key}")
        if field is None and isinstance(value, Mapping):
            if inside := _without_defaults(value, f"{prefix}{key}."):
                left[key] = inside
        elif field is None or value != (list(field.default) if isinstance(field.default, tuple) else field.default):
            left[key] = value
    return left


def _effects(reading: Reading) -> dict[str, FieldEffect]:
    """Return field -> what its change does. A field that is not in force does nothing."""
    every, dead = _merged(reading.effective, reading.inactive), set(_paths(reading.inactive))
    return {
        path: FieldEffect("none", INACTIVE, _never_read(field, every))
        if path in dead
        else FieldEffect("restart", field.effect.name.lower().replace("_", " "), field.says[0].lower() + field.says[1:])
        for path, field in BY_PATH.items()
    }


def _never_read(field: Field, every: Mapping[str, object]) -> str:
    """Return which setting keeps a field from being read."""
    if every.get("mode") not in (*field.modes, *((UNSET_MODE,) if "iptables" in field.modes else ())):
        return f"mode {every.get('mode')} never reads it"
    if field.local_mode:
        return f"detectLocalMode {every.get('detectLocalMode')} never reads it"
    return f"log format {field.log_format} is not in use"


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
