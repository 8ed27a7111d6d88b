"""Waits for an API server that does not answer, before anything is registered."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

import pulumi

from .cluster import ClusterError
from .core.retry import delay_seconds, is_passing

WAIT_SECONDS = 60
"""How long to wait for an API server that does not answer, in seconds."""

T = TypeVar("T")


def patiently(read: Callable[[], T]) -> T:
    """
    Return what `read` gives, tried again with growing waits while the API server cannot serve it, for a minute.

    A Kubernetes provider that is configured while the API server is away stays unusable for the whole run, so it is
    waited for before the first resource is registered. Source: pulumi-kubernetes 4.25, seen on the real engine.

    Raises:
      ClusterError: It cannot be served, or not within the minute.

    """
    give_up, attempt = time.monotonic() + WAIT_SECONDS, 0
    while True:
        try:
            return read()
        except ClusterError as error:
            attempt += 1
            if not is_passing(error.status) or time.monotonic() > give_up:
                raise
            if attempt == 1:
                pulumi.log.info(f"{error} Waiting for it, at most {WAIT_SECONDS} s")
            time.sleep(delay_seconds(attempt, random.random()))
