"""Starts the policy pack without the parts of Pulumi's SDK that no policy uses: each preview waits for its start."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType

UNUSED = ("pulumi.automation", "pulumi.dynamic")
"""What `import pulumi` takes along: a quarter of its time."""

TRACING = "pulumi.runtime._instrumentation"
"""Traces what the SDK does for whoever sets TRACEPARENT, and is a tenth of its time for everyone else."""


class _WhenUsed(MetaPathFinder):
    """Finds modules whose code runs when something in them is first used."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target) if fullname in self._names else None
        if spec and spec.loader:
            spec.loader = LazyLoader(spec.loader)
        return spec


@contextmanager
def without_unused() -> Iterator[None]:
    """Put off what is imported here and named in `UNUSED`, and tracing if nobody asks for it."""
    finder = _WhenUsed(UNUSED if "TRACEPARENT" in os.environ else (*UNUSED, TRACING))
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


def main() -> None:
    """Serve the policies to the engine, until it ends the process."""
    with without_unused():
        from .policies import serve
    serve()
