"""What is wrong with the arguments, as the engine shows it: at each property, in the words of any language."""

from typing import TypedDict

from ..core.arguments.finding import Finding
from ..prepare.errors import BadArguments
from .names import in_other_languages, property_path
from .schema import fields


class PropertyError(TypedDict):
    """One finding. Source: pulumi 3.272 errors.py `InputPropertyErrorDetails`."""

    property_path: str
    reason: str


def refusal(error: BadArguments, args_type: type) -> tuple[str, list[PropertyError]]:
    """Return the message of the whole, and the findings on properties; what is about the cluster is in the message."""
    if not error.findings:
        return in_other_languages(str(error)), []
    errors, others = list[PropertyError](), list[str]()
    for finding in error.findings:
        path, rest = property_path(finding.where, fields(args_type))
        reason = in_other_languages(str(finding) if not path else _reason(finding, rest))
        if path:
            # The engine would print the value there too: a whole pod spec, or a Secret's. It finds none where the
            # path ends in a space. Source: pulumi 3.259 deploy/source_eval.go `errorToMessage`.
            errors.append({"property_path": f"{path} ", "reason": reason})
        else:
            others.append(reason)
    return "\n".join(others), errors


def _reason(finding: Finding, rest: str) -> str:
    return f"{f'{rest}: ' if rest else ''}{finding.what}. {finding.fix}."
