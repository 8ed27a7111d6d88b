"""
Ends a program that is interrupted, or whose engine has ended: first its rollouts, before their next pod, and then
itself.

A driver runs in a thread, and Python waits for its threads: an interrupt would end the program's event loop, so that
the engine waits for a hook for ever, while the driver restarts pod after pod.
"""

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

GONE = "the `up` that ran this has ended"

_SECONDS = 15
"""How long the drivers of a program whose engine has ended may take to end, in seconds; then it ends anyway."""

_drivers: dict[object, Callable[[str], None]] = {}
_ended = ""
_heeds = False


def heed(engine: str = "") -> None:
    """
    Take SIGINT and SIGTERM, and see to it that the program ends with its engine; nothing where that is not ours.

    It is ours in a process that Pulumi's language host has made for one program, whose command line has the engine's
    address, and as far as the program has not taken these signals itself; and in a host for other languages, which
    knows the address. Source: pulumi-language-python-exec 3.187.
    """
    global _heeds
    arguments = ["--engine", engine] if engine else sys.orig_argv
    if _heeds or "--engine" not in arguments or threading.current_thread() is not threading.main_thread():
        return
    _heeds = True
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, _got)
    host, _, port = arguments[arguments.index("--engine") + 1].rpartition(":")
    threading.Thread(target=_end_with_engine, args=(host, int(port)), daemon=True).start()


@contextmanager
def driving(stop: Callable[[str], None]) -> Iterator[None]:
    """Say how a driver is stopped, with the reason, as long as it runs; if the program is ending, at once."""
    key = object()
    _drivers[key] = stop
    if _ended:
        stop(_ended)
    try:
        yield
    finally:
        del _drivers[key]


def _got(number: int, frame: FrameType | None) -> None:
    """
    Stop the drivers; their hooks then fail with the reason, and the engine ends. Without any, end no output.

    The language host sends SIGINT too, after each `up` that failed.
    """
    name = signal.Signals(number).name
    if _drivers and not _ended:
        stop(f"the program got {name} and stops before the next pod. `pulumi up` continues from here")
        return
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def stop(why: str) -> None:
    """Stop every driver before its next pod, and those that begin from now on; their hooks fail with the reason."""
    global _ended
    _ended = why
    for stop in [*_drivers.values()]:
        stop(why)


def _end_with_engine(host: str, port: int) -> None:
    """End the program once nobody listens where its engine did: nothing that it does reaches anyone any more."""
    while _listens(host, port):
        time.sleep(0.2)
    stop(GONE)
    give_up = time.monotonic() + _SECONDS
    while _drivers and time.monotonic() < give_up:
        time.sleep(0.05)
    os._exit(1)


def _listens(host: str, port: int) -> bool:
    """Return whether there is an engine, for as long as it keeps a connection open on which nothing is said."""
    try:
        with socket.create_connection((host, port), timeout=10) as connection:
            connection.settimeout(None)
            while connection.recv(4096):
                pass
    except ConnectionRefusedError:
        return False
    except OSError:
        pass
    return True
