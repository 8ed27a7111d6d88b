"""Everything that the pods of one workload read, and its hash."""

from collections.abc import Sequence
from dataclasses import dataclass

from .source import Source


@dataclass(frozen=True)
class Configuration:
    """The sources of one workload, each with a name of its own in the pod spec."""

    sources: Sequence[Source]

    @property
    def hash(self) -> str:
        """The config hash, 64 hex digits: with one ConfigMap the SHA-256 of its canonical bytes."""
        (source,) = self.sources
        return source.hash

    def object_names(self, workload: str) -> dict[str, str]:
        """Return name in the pod spec -> name of the object that holds it."""
        return {source.name: source.object_name(workload) for source in self.sources}
