"""Which run of a program this is: components are made in the program itself, or in a host for other languages."""

from contextvars import ContextVar

from pulumi.runtime import settings


class Host:
    """
    One run of a program in another language, whose components are made in this process.

    `scope` is where the component that is being made stands: its parents' types, its type and its name, which no other
    of the program's has.
    """

    def __init__(self, run: object, scope: str) -> None:
        self.run, self.scope = run, scope


_host: ContextVar[Host | None] = ContextVar("host", default=None)


def hosted_by(host: Host) -> None:
    """Say, for everything that follows in this task and what it begins, that it is made for another language."""
    _host.set(host)


def is_hosted() -> bool:
    """Return whether the component is made for a program in another language."""
    return _host.get() is not None


def scope() -> str:
    """Return where a hosted component stands; empty for one of a Python program."""
    host = _host.get()
    return host.scope if host else ""


def this_maker() -> object:
    """Return what stands for the program, or for what a host makes at once; `None` where there is neither."""
    return _host.get() or settings.get_monitor()


def this_run() -> object:
    """
    Return what stands for this run of the program; `None` where there is none.

    It is the program's connection to the engine. A host has one for each component, so there it is the run's own.
    """
    host = _host.get()
    return host.run if host else settings.get_monitor()
