"""The threads of hooks."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar

from config_rollout.hooks.threads import in_thread

WHERE: ContextVar[str] = ContextVar("where", default="nowhere")


def test_hook_runs_while_every_thread_of_the_event_loop_waits():
    async def run():
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        over = threading.Event()
        busy = asyncio.create_task(asyncio.to_thread(over.wait))
        try:
            return await asyncio.wait_for(in_thread(lambda number: number + 1, 1), 30)
        finally:
            over.set()
            await busy

    assert 2 == asyncio.run(run())


def test_thread_has_the_context_of_its_caller():
    async def run():
        WHERE.set("here")
        return await in_thread(WHERE.get)

    assert "here" == asyncio.run(run())
