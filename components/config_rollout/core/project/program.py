"""What a program in any language says: one component, its arguments, and the values among them that are no literals."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..arguments.case import camel_case

_OF_ARGUMENTS = ("external", "strategy", "update_strategy", "rolling_update")
"""Arguments whose value has arguments too, where that of others has names of the user's."""


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


@dataclass(frozen=True)
class Program:
    """
    The program that makes one component.

    `arguments` are called as in Python, and `about` says in a sentence what it is. `files` are those below `config/`,
    and `settings` is what Pulumi.yaml has besides.
    """

    component: str
    name: str
    arguments: Mapping[str, Any]
    about: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    settings: str = ""

    @property
    def has_hash(self) -> bool:
        """Whether the component is of one workload, and has the hash of its configuration as an output."""
        return self.component != "ConfiguredChart"

    def has(self, *kinds: type) -> bool:
        """Return whether some argument is of a kind that is no literal."""
        return any(isinstance(one, kinds) for one in computed(self.arguments))


def computed(value: object) -> Iterator[FileText | FileBytes | SecretSetting]:
    """Return the values in some arguments that are no literals."""
    if isinstance(value, FileText | FileBytes | SecretSetting):
        yield value
    elif isinstance(value, Mapping | list | tuple):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from computed(item)


def in_other_languages(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments under the names that they have in all languages but Python."""
    made = {}
    for key, value in arguments.items():
        if key in _OF_ARGUMENTS:
            made[camel_case(key)] = in_other_languages(value)
        elif key == "config_maps" and isinstance(value, Mapping):
            made["configMaps"] = {name: in_other_languages(of) for name, of in value.items()}
        else:
            made[camel_case(key)] = value
    return made
