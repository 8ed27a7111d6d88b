"""
Reports what is going on while it is going on.

A line about a child of the component would wait until the engine has written that child, which is after the hook. And
a terminal shows of a line what fits beside the tree: so what passes is said at the stack, whose row has most room.
"""

import asyncio
import contextvars
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pulumi

SILENT_SECONDS = 20.0
"""After how long no output it is said how far things are, in seconds."""


class Voice:
    """
    Takes lines from any thread.

    `component` is where lines that stay are said, which takes a running event loop; those that pass go to the stack.
    """

    def __init__(self, component: pulumi.Resource | None = None) -> None:
        self._component = component
        self._loop = asyncio.get_running_loop() if component else None
        self._context = contextvars.copy_context()  # which engine this is about: a program may run in a thread
        self._spoke = threading.Event()

    def say(self, message: str, ephemeral: bool = False) -> None:
        """Say a line now; one that is `ephemeral` is not repeated when all is over."""
        self._spoke.set()
        context = self._context.copy()
        if self._loop and not ephemeral:
            self._loop.call_soon_threadsafe(lambda: pulumi.log.info(message, self._component), context=context)
        else:
            context.run(lambda: pulumi.log.info(message, ephemeral=ephemeral))

    @contextmanager
    def never_silent(self, now: Callable[[], str]) -> Iterator[None]:
        """Say how far things are (`now`) whenever nothing else was said for a while."""
        over = threading.Event()

        def watch() -> None:
            while not over.is_set():
                self._spoke.clear()
                if not self._spoke.wait(SILENT_SECONDS) and not over.is_set():
                    with suppress(Exception):  # the engine may have ended; a lost message is not a failure
                        self.say(now(), ephemeral=True)

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            self._spoke.set()
            thread.join()
