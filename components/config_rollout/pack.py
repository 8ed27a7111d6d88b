"""Starts the policy pack with the engine's protocol alone: each preview waits for its start."""

import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.util import find_spec
from types import ModuleType

from .when_used import put_off

UNUSED = ("asyncio", "grpc.aio")
"""What `import grpc` takes along for servers of another kind: half of its time."""

PACKAGES = ("pulumi", "pulumi.runtime", "pulumi.runtime.proto")
"""The packages around the protocol. Their own code is the whole SDK, most of which no policy uses."""

MOST_BYTES = 400 * 2**20
"""How large a message may be, as in Pulumi's SDK: all resources of a stack come in one."""


@contextmanager
def protocol_alone() -> Iterator[None]:
    """Let modules of `PACKAGES` be imported without the code of these packages, and put off what is `UNUSED`."""
    stand_ins = [name for name in PACKAGES if name not in sys.modules]
    for name in stand_ins:
        spec = find_spec(name)  # its parent is there: the one before
        sys.modules[name] = package = ModuleType(name)
        package.__path__ = list(spec.submodule_search_locations or []) if spec else []
    try:
        with put_off(*UNUSED):
            yield
    finally:
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
