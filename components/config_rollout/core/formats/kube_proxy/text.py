"""
The text of a configuration as kube-proxy decodes it: untyped and unchecked, with its oddities.

A text that begins with `{` is JSON; of any other the first YAML document is read.
Source: apimachinery pkg/runtime/serializer/json `Decode`, pkg/util/yaml `IsJSONBuffer`; sigs.k8s.io/json.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ...arguments.finding import Finding
from ..meaning import NotUnderstood, decode_utf_8
from .values import Number
from .yaml import NotRead, decode

_GO_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""White space to Go's `unicode.IsSpace`."""

_QUANTITY_WITH_ESCAPES = re.compile(r'infoBufferSize"\s*:\s*"[^"\n]*\\')
_HALF_OF_A_PAIR = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Several:
    """The values of a key that appears more than once in a JSON text, the last one last."""

    values: tuple[object, ...]

    def __repr__(self) -> str:
        return " and ".join(map(repr, self.values))


@dataclass(frozen=True)
class Text:
    """
    What a text holds. `tree` nests null, bool, text, `Number`, list, dict and `Several`.

    `api_version` and `kind` are empty where there are none. `odd` is what kube-proxy accepts and nobody should write.
    `more` tells that other documents follow, which kube-proxy does not read.
    """

    tree: object
    api_version: str = ""
    kind: str = ""
    odd: tuple[Finding, ...] = ()
    more: bool = False
    lines: Mapping[str, int] = field(default_factory=dict)
    """Key of the root -> where it stands, where that is known."""


def read_text(text: bytes) -> Text:
    """
    Return what kube-proxy decodes of a text.

    Raises:
      NotRead: It does not decode it.

    """
    try:
        decoded = decode_utf_8(text)
    except NotUnderstood as why:
        raise NotRead(str(why), fix="Save it as UTF-8") from None
    if decoded.lstrip(_GO_SPACE).startswith("{"):
        return _read_json(decoded)
    document = decode(decoded.removeprefix("\ufeff"))
    odd = [_told_twice(twice.path, f" (lines {', '.join(map(str, twice.lines))})") for twice in document.twice]
    if decoded.startswith("\ufeff"):
        odd.append(Finding("line 1", "begins with a byte order mark, which kube-proxy skips", "Save it without one"))
    if document.more:
        odd.append(Finding("---", "kube-proxy reads only the first document", "Keep one document"))
    tree = document.value
    # kube-proxy makes JSON of the YAML, and there keys are sorted
    head = _head(sorted(tree.items(), key=lambda item: item[0].encode()) if isinstance(tree, dict) else ())
    return Text(tree, *head, tuple(odd), document.more, document.lines)


def parse_text(text: bytes) -> object:
    """
    Return what a text holds, if there is nothing odd about it.

    Raises:
      NotUnderstood: kube-proxy does not decode it, or it does although it is odd.

    """
    read = read_text(text)
    if read.odd:
        raise NotUnderstood(f"{read.odd[0].where} {read.odd[0].what}")
    return read.tree


def decoded_into(one: object, other: object) -> object:
    """Return what Go's JSON makes of two values with one name: it decodes the second into the first."""
    if one is None:
        return other
    if isinstance(one, dict) and isinstance(other, dict):
        return one | {name: decoded_into(one[name], value) if name in one else value for name, value in other.items()}
    return Several((*(one.values if isinstance(one, Several) else (one,)), other))


def _read_json(text: str) -> Text:
    odd: list[Finding] = []
    root: list[tuple[str, object]] = []

    def mapping(pairs: list[tuple[str, object]]) -> dict[str, object]:
        root[:] = pairs  # the root is closed last
        members: dict[str, object] = {}
        for name, value in pairs:
            if name in members:
                both = isinstance(members[name], dict) and isinstance(value, dict)
                odd.append(_told_twice((name,), "", "merges them" if both else "takes the last"))
            members[name] = decoded_into(members[name], value) if name in members else value
        return members

    try:
        tree = json.loads(
            text, object_pairs_hook=mapping, parse_int=Number, parse_float=Number, parse_constant=_no_constant
        )
    except json.JSONDecodeError as error:
        why = f"it is JSON to kube-proxy, since it begins with {{, but it is not valid JSON ({error.msg})"
        fix = "Write names and texts in double quotes, or the configuration as YAML without the outer braces"
        raise NotRead(why, error.lineno, fix) from None
    except RecursionError:
        raise NotRead("it is nested too deeply") from None
    if escapes := _QUANTITY_WITH_ESCAPES.search(text):
        line = text.count("\n", 0, escapes.start()) + 1
        raise NotRead("it writes a quantity with escapes", line, "Write the characters themselves")
    if "\\u" in text:  # Go puts U+FFFD in the place of half a surrogate pair
        tree, root = _whole(tree), [(name, _whole(value)) for name, value in root]
    return Text(tree, *_head(root), tuple(dict.fromkeys(odd)))


def _no_constant(name: str) -> object:
    raise NotRead(f"it contains {name}, which is not valid JSON")


def _whole(value: object) -> object:
    if isinstance(value, str):
        return _HALF_OF_A_PAIR.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_HALF_OF_A_PAIR.sub("\ufffd", name): _whole(item) for name, item in value.items()}
    if isinstance(value, Several):
        return Several(tuple(map(_whole, value.values)))
    return list(map(_whole, value)) if isinstance(value, list) else value


def _head(pairs: Iterable[tuple[str, object]]) -> tuple[str, str]:
    """
    Return apiVersion and kind, as kube-proxy looks for them: in any case, the last one counts, null is none.

    Source: apimachinery pkg/runtime/serializer/json/meta.go `Interpret`, which is encoding/json's.
    """
    head = {"apiversion": "", "kind": ""}
    for name, value in pairs:
        if name.casefold() in head and value is not None:
            if not isinstance(value, str):
                raise NotRead(f"{name} must be text", fix=f"Quote the value of {name}")
            head[name.casefold()] = value
    return head["apiversion"], head["kind"]


def _told_twice(path: tuple[str, ...], where: str, does: str = "takes the last") -> Finding:
    what = f"is set more than once{where}, and kube-proxy {does}"
    return Finding(".".join(path).replace(".[", "["), what, "Keep one of them")
