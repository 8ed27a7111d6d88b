"""What a program has where its arguments are no literals; each language writes it in its own way."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class FileText:
    """The text of a file below `config/`, as it is."""

    path: str


@dataclass(frozen=True)
class FileBytes:
    """The bytes of a file below `config/`, in base64."""

    path: str


@dataclass(frozen=True)
class SecretSetting:
    """A setting of the stack that is a secret."""

    name: str


def computed(value: object) -> Iterator[FileText | FileBytes | SecretSetting]:
    """Return the values in some arguments that are no literals."""
    if isinstance(value, FileText | FileBytes | SecretSetting):
        yield value
    elif isinstance(value, Mapping | list | tuple):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from computed(item)
