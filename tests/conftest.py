"""What every test finds, wherever it was started from and whatever ran before it in its process."""

import asyncio
import signal

import pytest


def pytest_configure() -> None:
    """Heed interrupts: a shell without job control starts its background without, and programs inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def event_loop_to_make_outputs_in() -> None:
    """Give the thread an event loop where an earlier test took it away, as `asyncio.run` does: Outputs need one."""
    policy = asyncio.get_event_loop_policy()
    try:
        policy.get_event_loop()
    except RuntimeError:
        policy.set_event_loop(policy.new_event_loop())
