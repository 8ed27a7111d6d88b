"""One thing that is wrong with what the caller passed, and how a list of them is printed."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """
    One fault, in the form `where: what. fix`.

    `where` is the argument's path (`data['agent.yaml']`), `what` says what is wrong and what was passed,
    `fix` says what to do instead. None of them ends in a full stop.
    """

    where: str
    what: str
    fix: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}. {self.fix}."


def report(who: str, findings: Iterable[Finding]) -> str:
    """Return the findings as text, one line each, every line beginning with `who`."""
    return "\n".join(f"{who}: {finding}" for finding in findings)
