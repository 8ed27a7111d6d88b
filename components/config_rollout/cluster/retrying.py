"""The one loop that tries a request again, with growing waits, while the API server cannot serve it."""

import math
import random
import threading
import time
from collections.abc import Callable, Collection
from typing import TypeVar

from ..core.kubernetes.retry import delay_seconds, is_passing
from .client import ClusterError

T = TypeVar("T")


class Backoff:
    """
    Tries that failed one after the other, and the waits between them.

    Args:
      seconds: How long to go on, from the first try, in seconds.
      tries: How many times to try at most.
      passing: Statuses that may be others soon, beside those that always may.
      over: Ends a wait when it is set, and then no other try is made after a failure.
      retries: Called with each failure that is worth another try, before the wait.

    """

    def __init__(
        self,
        seconds: float = math.inf,
        tries: float = math.inf,
        passing: Collection[int] = (),
        over: threading.Event | None = None,
        retries: Callable[[ClusterError], None] | None = None,
    ) -> None:
        self._limit, self._tries, self._passing, self._retries = seconds, tries, passing, retries
        self._over = over or threading.Event()
        self._since: float | None = None
        self.failures = 0
        """How many tries have failed in a row."""

    def run(self, request: Callable[[], T]) -> T:
        """
        Return what a request gives.

        Raises:
          ClusterError: It would fail again, or has for too long.

        """
        self._since = time.monotonic()
        while True:
            try:
                return request()
            except ClusterError as error:
                self.after(error)

    def after(self, error: ClusterError) -> None:
        """
        Wait until a request that failed may be tried again.

        Raises:
          ClusterError: It would fail again, or has for too long.

        """
        self._since = time.monotonic() if self._since is None else self._since
        self.failures += 1
        may_pass = is_passing(error.status) or error.status in self._passing
        is_last = self.failures >= self._tries or self.seconds() >= self._limit or self._over.is_set()
        if is_last or not may_pass:
            raise error
        if self._retries:
            self._retries(error)
        self._sleep()

    def wait(self) -> bool:
        """Wait before another attempt that is not a request; return whether it is over."""
        self.failures += 1
        return self._sleep()

    def seconds(self) -> float:
        """Return how long it has been going on, in seconds."""
        return 0.0 if self._since is None else time.monotonic() - self._since

    def reset(self) -> None:
        """Begin again, after a success."""
        self._since, self.failures = None, 0

    def _sleep(self) -> bool:
        return self._over.wait(delay_seconds(self.failures, random.random()))
