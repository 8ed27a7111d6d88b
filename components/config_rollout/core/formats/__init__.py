"""
The formats that are read for their meaning, and which of them a key has.

A format is declared for the key, or told by the key's suffix, or it is text. What cannot be understood in one way
only counts byte for byte.
"""

from collections.abc import Mapping

from .meaning import Meaning, NotUnderstood

BY_SUFFIX = {".yaml": "yaml", ".yml": "yaml", ".json": "json", ".toml": "toml"}
"""The end of a key, and the format it stands for."""

FORMATS = ("text", "yaml", "json", "toml")
"""The formats that can be declared."""


def format_of(key: str, declared: Mapping[str, str]) -> str:
    """Return the format of a key: as declared, else by its suffix, else `text`."""
    if key in declared:
        return declared[key]
    return next((name for suffix, name in BY_SUFFIX.items() if key.endswith(suffix)), "text")


def read(text: bytes, name: str) -> Meaning:
    """Return what a text in a format means; text that cannot be understood means its bytes."""
    if name == "text":
        return Meaning("text", text)
    try:
        return _read(text, name)
    except NotUnderstood as why:
        return Meaning("text", text, note=str(why))


def _read(text: bytes, name: str) -> Meaning:
    """Import a format when it is first needed: most programs use one."""
    if name == "yaml":
        from .yaml_text import read_yaml

        return read_yaml(text)
    if name == "json":
        from .json_text import read_json

        return read_json(text)
    from .toml_text import read_toml

    return read_toml(text)
