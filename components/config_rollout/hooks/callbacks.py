"""One server for all hooks of a program, through which the engine calls them."""

import asyncio

from pulumi.runtime import settings
from pulumi.runtime._callbacks import _CallbackServicer

_starting: set[asyncio.Future[None]] = set()
"""Those that are about to listen: the event loop alone would forget them."""


def share_callbacks() -> None:
    """
    Let all hooks that are made from here on share one server, unless they have one.

    The SDK keeps it in a context variable that it sets in the task which registers a hook, so that every hook gets a
    server and a port of its own, and the engine a connection to each: more than a dozen for one component.

    Source: pulumi 3.272 runtime/settings.py `_get_callbacks`, _utils.py `ContextProperty`.
    """
    monitor = settings.get_monitor()
    if monitor is None or settings.SETTINGS.callbacks is not None:
        return
    callbacks = _CallbackServicer(monitor)
    starting = asyncio.ensure_future(callbacks.serve())  # type: ignore[no-untyped-call]
    _starting.add(starting)
    starting.add_done_callback(_starting.discard)
    settings.SETTINGS.callbacks = callbacks
