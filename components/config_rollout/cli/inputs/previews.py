"""Reads what `pulumi preview --json` prints: the steps that an `up` would take, and what was said about them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...core.markers import UNKNOWN
from ...core.words.shown import escaped
from ..errors import Trouble
from .files import STDIN, read_limited

MAX_BYTES = 256 * 1024 * 1024
"""The largest preview that is read."""

_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Stands for a text that a preview does not know. Source: pulumi 3.259 sdk/go/common/resource/plugin/rpc.go."""

_REPLACES = ("replace", "create-replacement", "delete-replaced")
_WHOLE = "Pass what `pulumi preview --json` prints"


@dataclass(frozen=True)
class Step:
    """
    What the engine would do with one resource.

    `op` is Pulumi's word; every step of a replacement is a `replace`. `old` and `new` are the inputs, empty on a side
    that does not exist; `paths` the properties that differ, as the provider says. With `stays` a delete leaves the
    object where it is.
    """

    op: str
    type: str
    name: str
    parent: str
    old: Mapping[str, Any] = field(default_factory=dict)
    new: Mapping[str, Any] = field(default_factory=dict)
    paths: Sequence[str] = ()
    stays: bool = False

    @property
    def kind(self) -> str:
        """The kind of a Kubernetes object, or the last word of another type."""
        return self.type.rpartition(":")[2].removesuffix("Patch")

    @property
    def where(self) -> str:
        """The resource as messages name it: `DaemonSet NAMESPACE/NAME`, or `Bucket NAME` outside Kubernetes."""
        metadata = (self.new or self.old).get("metadata")
        fields = metadata if self.type.startswith("kubernetes:") and isinstance(metadata, Mapping) else {}
        name = fields.get("name")
        if not isinstance(name, str) or name == _UNKNOWN:
            return escaped(f"{self.kind} {self.name}")
        namespace = fields.get("namespace")
        return escaped(f"{self.kind} {f'{namespace}/' if isinstance(namespace, str) else ''}{name}")


@dataclass(frozen=True)
class Preview:
    """`steps` is URN -> what happens to it, in the engine's order; `messages` is URN -> messages; `errors` end it."""

    steps: Mapping[str, Step]
    messages: Mapping[str, Sequence[str]]
    errors: Sequence[str]


def read_preview(path: str) -> Preview:
    """
    Return the preview in a file, or in standard input (`-`).

    Raises:
      Trouble: It cannot be read, is not what Pulumi prints, or is not all of it.

    """
    where = STDIN if path == "-" else path
    smaller = "Preview fewer resources, with --target"
    text = read_limited(path, MAX_BYTES, path, f"{_WHOLE}, as a file or '-'", smaller)
    if not text.strip():
        raise Trouble(f"{where}: is empty: the preview failed before it printed anything. Read its error output.")
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Trouble(f"{where}: {_not_json(text, error)}. {_WHOLE}.") from None
    try:
        return _preview(whole)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Trouble(f"{where}: is JSON, but not that of a preview. {_WHOLE}.") from None


def split(urn: str) -> tuple[str, str]:
    """Return type and name of a URN, without the types of its parents; no type where it is none."""
    parts = urn.split("::", 3)
    return (parts[2].rpartition("$")[2], parts[3]) if len(parts) == 4 else ("", urn)


def _not_json(text: bytes, error: Exception) -> str:
    """Return what is wrong with a text that is not one JSON value."""
    if not isinstance(error, json.JSONDecodeError):
        return "is not JSON"
    begun = text.lstrip().startswith(b"{")
    if begun and error.msg == "Extra data" and text.lstrip().startswith(b'{"sequence"'):
        return "is a stream of events. Unset PULUMI_ENABLE_STREAMING_JSON_PREVIEW"
    if begun and (error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated")):
        return f"ends in the middle, on line {error.doc.count(chr(10)) + 1:,}: the preview was interrupted"
    return f"is not JSON (line {error.lineno}: {error.msg})"


def _preview(whole: Any) -> Preview:
    """Return the parts of a preview; what has another shape raises what Python raises."""
    if not {"steps", "diagnostics", "changeSummary"} & whole.keys() or "duration" not in whole:
        raise ValueError("not a preview")
    steps: dict[str, Step] = {}
    for one in whole.get("steps") or []:
        step = _step(one)
        if one["urn"] not in steps or step.op != "replace":
            steps[one["urn"]] = step
    messages: dict[str, list[str]] = {}
    errors = []
    for urn, message, severity in _diagnostics(whole.get("diagnostics") or []):
        if severity == "error":
            errors.append(message.removeprefix("error: "))
        elif severity == "info" and urn:
            messages.setdefault(urn, []).append(message)
    return Preview(steps, messages, list(dict.fromkeys(errors)))


def _diagnostics(every: list[Any]) -> Iterator[tuple[str, str, str]]:
    for one in every:
        yield one.get("urn", "") + "", one["message"].strip("\n"), one["severity"]


def _step(one: Mapping[str, Any]) -> Step:
    old, new = ({**(one.get(side) or {})} for side in ("oldState", "newState"))
    kind, name = split(one["urn"])
    op = "replace" if one["op"] in _REPLACES else one["op"] + ""
    was, now = ({**(_known(side.get("inputs")) or {})} for side in (old, new))
    state = new or old
    paths = [*(one.get("detailedDiff") or {})]
    return Step(op, kind, name, str(state.get("parent", "")), was, now, paths, bool(state.get("retainOnDelete")))


def _known(value: Any) -> Any:
    """Return inputs with a marker for each value that the preview does not know."""
    if isinstance(value, dict):
        return {key: _known(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_known(item) for item in value]
    return UNKNOWN if value == _UNKNOWN else value
