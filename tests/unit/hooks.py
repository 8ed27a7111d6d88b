"""Runs the hooks that a component gives the engine."""

import asyncio


def run(hook):
    """Run a hook in a loop of its own: `asyncio.run` would leave the tests that come after none."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(hook)
    finally:
        loop.close()
