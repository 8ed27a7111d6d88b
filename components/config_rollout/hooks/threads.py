"""Threads in which hooks read and write the cluster."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_THREADS = ThreadPoolExecutor(max_workers=1000, thread_name_prefix="config-rollout")
"""Started as they are needed: more than the engine ever runs hooks at once."""


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """
    Run a function in a thread of our own, as `asyncio.to_thread` does in one of the event loop's.

    The SDK needs those: each waits until one resource is registered, which it is once its hooks have run. If every
    one of them waited so, a hook that asked for one more would never get it.

    Source: pulumi 3.272 runtime/resource.py `register_resource`; automation/_server.py, four for each parallel step.
    """
    run = partial(copy_context().run, function, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_THREADS, run)
