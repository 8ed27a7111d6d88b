"""Starts the policy pack with the engine's protocol alone: each preview waits for its start."""

import signal
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader, find_spec
from types import ModuleType

UNUSED = ("asyncio", "grpc.aio")
"""What `import grpc` takes along for servers of another kind: half of its time."""

PACKAGES = ("pulumi", "pulumi.runtime", "pulumi.runtime.proto")
"""The packages around the protocol. Their own code is the whole SDK, most of which no policy uses."""

MOST_BYTES = 400 * 2**20
"""How large a message may be, as in Pulumi's SDK: all resources of a stack come in one."""


class _WhenUsed:
    """Finds modules whose code runs when something in them is first used."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target) if fullname in UNUSED else None
        if spec and spec.loader:
            spec.loader = LazyLoader(spec.loader)
        return spec


@contextmanager
def protocol_alone() -> Iterator[None]:
    """Let modules of `PACKAGES` be imported without the code of these packages, and put off what is `UNUSED`."""
    finder, stand_ins = _WhenUsed(), [name for name in PACKAGES if name not in sys.modules]
    for name in stand_ins:
        spec = find_spec(name)  # its parent is there: the one before
        sys.modules[name] = package = ModuleType(name)
        package.__path__ = list(spec.submodule_search_locations or []) if spec else []
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in stand_ins:
            del sys.modules[name]


def main() -> None:
    """Serve the policies to the engine, until it ends the process."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # which is how it ends it: no traceback then
    with protocol_alone():
        import grpc  # type: ignore[import-untyped]

        from .policies import Analyzer, add_AnalyzerServicer_to_server
    server = grpc.server(ThreadPoolExecutor(max_workers=2), options=[("grpc.max_receive_message_length", MOST_BYTES)])
    add_AnalyzerServicer_to_server(Analyzer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    server.wait_for_termination()
