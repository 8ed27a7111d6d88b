"""The canonical bytes of version 1 once more, in 60 lines, from docs/what-counts.md and not from the library."""

import json
import re
from itertools import takewhile
from pathlib import Path
from tomllib import loads as toml_value

import yaml

DOCUMENT = (Path(__file__).parents[2] / "docs" / "what-counts.md").read_text().split("<!-- scalars -->\n```text\n")[1]
NOT_TEXT = re.compile(DOCUMENT.split("\n```")[0].replace("\n", "|"), re.IGNORECASE | re.ASCII)
ONLY_SOME = re.compile("\\A\ufeff|(?:\\A|[\r\n])%|[\x85\u2028\u2029]|\\{\\{|\\{%|<%")
WHOLE = re.compile("(?!.{19})(0|-?[1-9][0-9]*)")
WORDS = dict.fromkeys(["true", "True", "TRUE"], True) | dict.fromkeys(["false", "False", "FALSE"], False)
WORDS |= dict.fromkeys(["", "~", "null", "Null", "NULL"])
Other = type("Other", (str,), {"__doc__": "A scalar, or a key, that is not text."})
IN_ITSELF = {"a": "refused", "A": "refused"}
quote = json.JSONEncoder(ensure_ascii=False).encode


def canonical(data, binary, formats):
    entries = [("data", key, *read(data[key], formats[key])) for key in sorted(data)]
    entries += [("binary", key, "bytes", binary[key]) for key in sorted(binary)]
    parts = [f"{s} {len(key)}:{key} {form} {len(value)}:".encode() + value + b"\n" for s, key, form, value in entries]
    return b"config-rollout/v1\n" + b"".join(parts)


def read(raw, form):
    try:
        return form, "\n".join(write(one, 100) for one in PARSERS[form](raw.decode())).encode()
    except (KeyError, ValueError, yaml.YAMLError, RecursionError):
        return "text", raw


def refuse(wrong):
    if wrong:
        raise ValueError("can be read in two ways")


def mapping(pairs):
    refuse(len({key.casefold() for key, _ in pairs}) < len(pairs))
    return dict(pairs)


def write(value, depth):
    refuse(isinstance(value, dict | list) and depth == 0)
    if isinstance(value, dict):
        named = {"!" * (type(k) is Other or k[:1] == "!") + k: item for k, item in mapping(value.items()).items()}
        return "{" + ",".join(f"{quote(k)}:{write(named[k], depth - 1)}" for k in sorted(named, key=str.encode)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(write(item, depth - 1) for item in value) + "]"
    if value is None or isinstance(value, bool) or (type(value) is not str and WHOLE.fullmatch(str(value))):
        return {"None": "null", "True": "true", "False": "false"}.get(str(value), str(value))
    return quote("!" * (type(value) is not str or value[:1] == "!") + str(value))


def documents(text):
    refuse(ONLY_SOME.search(text))
    events = yaml.parse(text, Loader=yaml.CSafeLoader)
    return [node(next(events), events, {}) for event in events if isinstance(event, yaml.DocumentStartEvent)] or [None]


def node(event, events, anchors):
    if isinstance(event, yaml.AliasEvent):
        return anchors[event.anchor]
    name = event.anchor or event
    refuse(event.tag or name in anchors)
    anchors[name] = IN_ITSELF
    anchors[name] = scalar(event) if isinstance(event, yaml.ScalarEvent) else collection(event, events, anchors)
    return anchors[name]


def collection(event, events, anchors):
    inside = takewhile(lambda one: not isinstance(one, yaml.CollectionEndEvent), events)
    items = [node(item, events, anchors) for item in inside]
    if isinstance(event, yaml.SequenceStartEvent):
        return items
    refuse(any(type(k) is not str and not (type(k) is Other and (k == "<<" or WHOLE.fullmatch(k))) for k in items[::2]))
    return mapping(list(zip(items[::2], items[1::2], strict=True)))


def scalar(event):
    if not event.implicit[0] or event.value in WORDS:
        return WORDS[event.value] if event.implicit[0] else event.value
    return (Other if NOT_TEXT.fullmatch(event.value.replace("_", "").replace(",", "")) else str)(event.value)


json_value = json.JSONDecoder(object_pairs_hook=mapping, parse_int=Other, parse_float=Other, parse_constant=int).decode
PARSERS = {"yaml": documents, "json": lambda t: [json_value(t)], "toml": lambda t: [toml_value(t, parse_float=Other)]}
