"""The argument `audit`: where records go beside the cluster."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from ...args.audit import AuditSinkArgs
from ..arguments.fields import as_written, wrong_value
from ..arguments.finding import Finding
from ..arguments.nearest import did_you_mean

_KINDS = tuple(AuditSinkArgs.__annotations__)
_FIX = "Pass {'file': PATH}, {'stdout': True} or {'url': 'https://...'}, or a list of them"


@dataclass(frozen=True)
class Sink:
    """One place: `kind` is `file`, `stdout` or `url`, `place` the path or the address."""

    kind: str
    place: str = ""


def parse_audit(audit: object, where: str = "audit") -> tuple[list[Sink], list[Finding]]:
    """Return the places, and everything that is wrong with the argument."""
    if isinstance(audit, list | tuple):
        sinks: list[Sink] = []
        findings: list[Finding] = []
        for number, item in enumerate(audit):
            more, wrong = _parse_one(item, f"{where}[{number}]")
            sinks, findings = [*sinks, *more], [*findings, *wrong]
        return sinks, findings
    return _parse_one(audit, where)


def _parse_one(sink: object, where: str) -> tuple[list[Sink], list[Finding]]:
    if not isinstance(sink, Mapping):
        return [], [Finding(where, f"must be a mapping (got {type(sink).__name__})", _FIX)]
    if len(sink) != 1:
        named = f"has {len(sink)} keys" if sink else "is empty"
        return [], [Finding(where, named, "Pass one mapping for each place, in a list")]
    ((kind, value),) = sink.items()
    place = f"{where}.{kind}"
    if kind not in _KINDS:
        return [], [Finding(place, "is not a known place", did_you_mean(kind, _KINDS, _FIX))]
    if kind == "stdout":
        wrong_one = wrong_value(place, "must be True", value, "Pass True" if value is None else "Leave it out")
        return ([Sink(kind)], []) if value is True else ([], [wrong_one])
    if not isinstance(value, str) or not value:
        got = type(value).__name__ if value else as_written(value)  # an address may be a secret
        what = "is required" if value is None else f"must be plain text (got {got})"
        return [], [Finding(place, what, "Pass a str")]
    wrong = _wrong_url(value) if kind == "url" else ""
    if wrong:
        return [], [Finding(place, wrong, "Pass an address as https://HOST/PATH")]
    return [Sink(kind, value)], []


def _wrong_url(text: str) -> str:
    """Return what is wrong with an address; it may hold a secret, so it is not shown."""
    try:
        address = urlsplit(text)
        known = address.scheme in ("http", "https") and address.hostname and address.port != 0
    except ValueError as error:
        return f"is not a valid address ({error})"
    if not known:
        return "is not an http or https address"
    return "has a user or a password, which preview and logs may show" if "@" in address.netloc else ""
