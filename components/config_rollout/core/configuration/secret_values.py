"""
Which values look like secrets and must not be printed. By the rules of detect-secrets, but for its entropy rules,
which take every digest for a secret, and with one of our own: a field whose name ends in `token`.

A rule is a plugin of detect-secrets as its docs/plugins.md describes them, asked for what it finds in a text. None may
verify what it finds, which would send it to whoever issued it.
"""

from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import TYPE_CHECKING

from ..formats.meaning import Spelled

if TYPE_CHECKING:
    from detect_secrets.plugins.base import BasePlugin

_ENDS = 2000
"""How much of a long line is searched, from either end, in characters: more is never shown."""

_NOT_USED = {"Base64HighEntropyString", "HexHighEntropyString", "IPPublicDetector"}
_KEYWORD = "KeywordDetector"


class _Secret:
    def __repr__(self) -> str:
        return "[secret]"


SECRET = _Secret()
"""Stands for a hidden value."""


def hide(value: object, name: str = "") -> object:
    """Return the value of a field with `SECRET` in place of what looks like one; a list's name is its items'."""
    if isinstance(value, Mapping):
        variable = value.get("name")  # as in an `env` of a pod: `{name: DB_PASSWORD, value: ...}`
        return {
            key: hide(item, variable if key == "value" and isinstance(variable, str) else str(key))
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [hide(item, name) for item in value]
    if isinstance(value, bool) or not isinstance(value, str | int | Spelled):
        return value
    return SECRET if _looks_secret(name, str(value)) else value


def secret_lines(text: str) -> set[str]:
    """Return the lines of a text that look like secrets, those of a private key included."""
    secrets, in_key = set(), False
    for line in text.split("\n"):
        in_key = in_key or _is_key(line)
        if in_key or _any_rule(line):
            secrets.add(line)
        in_key = in_key and "-----END" not in line
    return secrets


def _looks_secret(name: str, text: str) -> bool:
    name = "secret" if name.lower().endswith("token") else name
    return any(_any_rule(f'{name}: "{line}"') for line in text.split("\n"))


def _any_rule(line: str) -> bool:
    line = line if len(line) <= 2 * _ENDS else f"{line[:_ENDS]} {line[-_ENDS:]}"
    return any(rule(line) for rule in _rules().values())


def _is_key(line: str) -> bool:
    return "PRIVATE KEY" in line and bool(_rules()["PrivateKeyDetector"](line))


@cache
def _rules() -> Mapping[str, Callable[[str], Collection[object]]]:
    """Return name -> rule. They are imported when a value is first to be shown, which takes a tenth of a second."""
    import importlib
    import inspect
    import pkgutil

    from detect_secrets import plugins
    from detect_secrets.plugins.base import BasePlugin

    modules = [
        importlib.import_module(f"{plugins.__name__}.{one.name}") for one in pkgutil.iter_modules(plugins.__path__)
    ]
    classes = {name: value for module in modules for name, value in inspect.getmembers(module, inspect.isclass)}
    rules: dict[str, BasePlugin] = {
        name: of()
        for name, of in classes.items()
        if issubclass(of, BasePlugin) and not inspect.isabstract(of) and name not in _NOT_USED
    }
    return {name: _keyword(rule) if name == _KEYWORD else _in_text(rule) for name, rule in rules.items()}


def _in_text(rule: "BasePlugin") -> Callable[[str], Collection[object]]:
    return lambda line: list(rule.analyze_string(line))


def _keyword(rule: "BasePlugin") -> Callable[[str], Collection[object]]:
    """Return the rule on names, which alone looks at lines as a kind of file has them, and verifies nothing."""
    return lambda line: rule.analyze_line(filename="x.yaml", line=line)
