"""The argument `audit`: where the record of each rollout goes beside the cluster. docs/audit.md has the record."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict


class AuditSinkArgs(TypedDict, total=False):
    """One place for the records, as lines of JSON. Exactly one of the fields."""

    file: str
    """The path of a file that the lines are appended to; a relative path is in the program's folder."""
    stdout: bool
    """`True`: in the output of `pulumi up`."""
    url: str
    """An http or https address without a user or a password. Each record is a POST to it."""


if TYPE_CHECKING:
    Audit = AuditSinkArgs | Sequence[AuditSinkArgs]
    """One place, or a list of them. In other languages it is always a list."""
else:
    Audit = Sequence[AuditSinkArgs]
