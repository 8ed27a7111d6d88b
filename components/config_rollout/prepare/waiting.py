"""Waits for an API server that does not answer, before anything is registered."""

import math
import threading
import time
from collections.abc import Callable
from typing import TypeVar

import pulumi
from pulumi.runtime.sync_await import _sync_await

from ..cluster.client import ClusterError
from ..cluster.retrying import Backoff
from ..hooks.run import is_hosted
from ..hooks.threads import in_thread
from ..hooks.voice import Voice

WAIT_SECONDS = 60
"""How long to wait for an API server that does not answer, in seconds."""

_SAY_SECONDS = 15
"""How often it is said that it still waits, in seconds."""

T = TypeVar("T")


def wait_for_server(read: Callable[[], T], wait_seconds: int = WAIT_SECONDS) -> T:
    """
    Return what `read` gives, tried again with growing waits while the API server cannot serve it, for `wait_seconds`.

    A Kubernetes provider that is configured while the API server is away stays unusable for the whole run, so it is
    waited for before the first resource is registered. Source: pulumi-kubernetes 4.25, seen on the real engine.

    Raises:
      ClusterError: It cannot be served, or not in time.

    """
    last_line = -math.inf

    def say(error: ClusterError) -> None:
        nonlocal last_line
        now = time.monotonic()
        if backoff.failures == 1:
            pulumi.log.info(f"{error} Waiting for it, at most {wait_seconds} s")
        elif now - last_line >= _SAY_SECONDS:
            pulumi.log.info(f"{error} Still waiting, at most {wait_seconds - round(backoff.seconds())} s more")
        else:
            return
        last_line = now

    backoff = Backoff(wait_seconds, retries=say)
    with Voice().never_silent(lambda: "still waiting for the API server to answer"):  # one may take half a minute
        return meanwhile(lambda: backoff.run(read))


def meanwhile(wait: Callable[[], T]) -> T:
    """
    Return what a function gives that waits, such as for the cluster.

    A Python program stands still, so that nothing is registered while a later component may still be refused. In a
    host the event loop runs on: the hooks of the program's other components run in it.
    """
    if not is_hosted() or threading.current_thread() is not threading.main_thread():
        return wait()
    return _sync_await(in_thread(wait))
