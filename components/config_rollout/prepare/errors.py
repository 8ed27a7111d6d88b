"""What refuses a component before anything is registered."""

from collections.abc import Iterable

import pulumi

from ..core.arguments.finding import Finding, report


class BadArguments(pulumi.RunError, ValueError):
    """
    Everything wrong with a component's arguments, one line each; Pulumi prints it without a stack trace.

    `findings` are the same one by one, where each is about something that a caller can look up.
    """

    def __init__(self, message: str, findings: Iterable[Finding] = ()) -> None:
        super().__init__(message)
        self.findings = list(findings)

    @classmethod
    def of(cls, who: str, findings: Iterable[Finding]) -> "BadArguments":
        """Return the error that reports these, of the component `who`."""
        every = list(findings)
        return cls(report(who, every), every)
