"""A clock that tests move: what waits an hour takes a moment, and the same on a busy machine as on an idle one."""

import heapq
import itertools
import math
import threading
import time
from collections.abc import Callable

_GIVE_UP_SECONDS = 60
"""After how long, by the machine's clock, a test fails whose threads in the background neither wait nor end."""


class Clock:
    """
    The time of a test, in place of the machine's.

    Whoever waits moves it on, but daemon threads, which follow something in the background: they wait until others
    have moved it. It moves once all of those wait, to the next moment at which anything is due.
    """

    def __init__(self) -> None:
        self.now = 1_000.0
        self._epoch = time.time() - self.now
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = itertools.count()
        self._waiting: dict[threading.Thread, tuple[float, threading.Event]] = {}
        self._threads = {threading.current_thread()}
        self._moved = threading.Condition(threading.RLock())
        self._sleep, self._monotonic = time.sleep, time.monotonic
        self._start, self._wait, self._set = threading.Thread.start, threading.Event.wait, threading.Event.set

    def install(self, monkeypatch) -> None:
        """Take the place of the machine's clock, for this thread and all that are started from now on."""
        clock = self

        def start(thread):
            clock._threads.add(thread)
            clock._start(thread)

        def wait(event, timeout=None):
            thread = threading.current_thread()
            if thread not in clock._threads or (timeout is None and not thread.daemon):
                return clock._wait(event, timeout)
            deadline = clock.now + (math.inf if timeout is None else max(0.0, timeout))
            return clock._stand_by(event, deadline) if thread.daemon else clock._move_to(deadline, event)

        def set_(event):
            clock._set(event)
            with clock._moved:
                clock._moved.notify_all()

        monkeypatch.setattr(threading.Thread, "start", start)
        monkeypatch.setattr(threading.Event, "wait", wait)
        monkeypatch.setattr(threading.Event, "set", set_)
        monkeypatch.setattr(time, "monotonic", lambda: clock.now)
        monkeypatch.setattr(time, "time", lambda: clock._epoch + clock.now)
        monkeypatch.setattr(time, "sleep", lambda seconds: wait(threading.Event(), seconds))

    def end(self) -> None:
        """Let go of the threads that still wait."""
        with self._moved:
            self.now = math.inf
            self._moved.notify_all()

    def after(self, seconds: float, action: Callable[[], object]) -> None:
        """Do something so many seconds from now."""
        with self._moved:
            heapq.heappush(self._due, (self.now + seconds, next(self._numbers), action))

    def settle(self) -> None:
        """Let the threads in the background do all that they have to do now."""
        give_up = self._monotonic() + _GIVE_UP_SECONDS
        with self._moved:
            while busy := [thread for thread in tuple(self._threads) if thread.daemon and not self._waits(thread)]:
                if self._monotonic() > give_up:
                    raise TimeoutError(f"neither wait nor end: {busy}")
                self._moved.wait(0.001)

    def _waits(self, thread: threading.Thread) -> bool:
        if not thread.is_alive() and thread.ident is not None:
            return True
        deadline, event = self._waiting.get(thread, (-math.inf, None))
        return self.now < deadline and not event.is_set()

    def _stand_by(self, event: threading.Event, deadline: float) -> bool:
        """Wait until an event is set, or others have moved the clock so far."""
        thread = threading.current_thread()
        with self._moved:
            self._waiting[thread] = deadline, event
            self._moved.notify_all()
            while not event.is_set() and self.now < deadline:
                self._moved.wait()
            del self._waiting[thread]
            return event.is_set()

    def _move_to(self, deadline: float, event: threading.Event) -> bool:
        """Move the clock from one moment at which something is due to the next, until an event is set."""
        while True:
            self.settle()
            with self._moved:
                if event.is_set() or self.now >= deadline:
                    return event.is_set()
                moments = [moment for moment, _ in self._waiting.values() if moment > self.now]
                moments += [moment for moment, _, _ in self._due[:1]]
                self.now = max(self.now, min([deadline, *moments]))
                self._moved.notify_all()
                actions = []
                while self._due and self._due[0][0] <= self.now:
                    actions.append(heapq.heappop(self._due)[2])
            for action in actions:
                action()
