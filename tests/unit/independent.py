"""The canonical bytes once more, in 100 lines, from docs/what-counts.md and not from the library."""

import hashlib
import json
import re
from itertools import takewhile
from pathlib import Path
from tomllib import loads as toml_value

import yaml

DOCUMENT = (Path(__file__).parents[2] / "docs" / "what-counts.md").read_text().split("<!-- scalars -->\n```text\n")[1]
NOT_TEXT = re.compile(DOCUMENT.split("\n```")[0].replace("\n", "|"), re.IGNORECASE | re.ASCII)
ONLY_SOME = re.compile("\\A\ufeff|(?:\\A|[\r\n])%|[\x85\u2028\u2029]")
TEMPLATE = re.compile("\\{\\{|\\{%|<%")
VARIABLE = re.compile("[$][A-Za-z0-9_{]")
WHOLE = re.compile("(?!.{19})(0|-?[1-9][0-9]*)")
KEY = re.compile(f"<<|{WHOLE.pattern}")
WORDS = dict.fromkeys(["true", "True", "TRUE"], True) | dict.fromkeys(["false", "False", "FALSE"], False)
WORDS |= dict.fromkeys(["", "~", "null", "Null", "NULL"])
Other = type("Other", (str,), {"__doc__": "A scalar, or a key, that is not text.", "value": property(str)})
Variable = type("Variable", (Other,), {"__doc__": "One that holds a variable.", "value": ""})
IN_ITSELF = {"a": "refused", "A": "refused"}
quote = json.JSONEncoder(ensure_ascii=False).encode


def canonical(data, binary, formats, version=""):
    entries = [("data", key, *read(data[key], formats[key])) for key in sorted(data)]
    entries += [("binary", key, "bytes", binary[key]) for key in sorted(binary)]
    parts = [f"{s} {len(key)}:{key} {form} {len(value)}:".encode() + value + b"\n" for s, key, form, value in entries]
    parts += [f"text-version {len(version.encode())}:{version}\n".encode()] if version else []
    return b"config-rollout/v1\n" + b"".join(parts)


def several(of):
    """Return the bytes of version 2 for name -> bytes of version 1."""
    entries = [(name.encode(), hashlib.sha256(of[name]).hexdigest().encode()) for name in of]
    lines = [b"config-map " + str(len(name)).encode() + b":" + name + b" " + hash_ for name, hash_ in sorted(entries)]
    return next(iter(of.values())) if len(of) == 1 else b"\n".join([b"config-rollout/v2", *lines, b""])


def read(raw, form):
    try:
        values, comments = PARSERS[form](raw.decode())
        refuse(TEMPLATE.search(raw.decode()))
        lines = [*(write(one, 100) for one in values), *filter(VARIABLE.search, comments)]
        return form, "\n".join(lines).encode()
    except (KeyError, ValueError, yaml.YAMLError, RecursionError):
        return "text", raw


def refuse(wrong):
    if wrong:
        raise ValueError("can be read in two ways")


def mapping(pairs):
    refuse(len({getattr(key, "value", key).casefold() for key, _ in pairs}) < len(pairs))
    return dict(pairs)


def variable(raw, value):
    made = Variable(raw)
    made.value = value
    return made


def write(value, depth):
    refuse(isinstance(value, dict | list) and depth == 0)
    if isinstance(value, dict):
        named = {"!" * (isinstance(k, Other) or k[:1] == "!") + k: item for k, item in mapping(value.items()).items()}
        return "{" + ",".join(f"{quote(k)}:{write(named[k], depth - 1)}" for k in sorted(named, key=str.encode)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(write(item, depth - 1) for item in value) + "]"
    if value is None or isinstance(value, bool) or (type(value) is not str and WHOLE.fullmatch(str(value))):
        return {"None": "null", "True": "true", "False": "false"}.get(str(value), str(value))
    return quote("!" * (type(value) is not str or value[:1] == "!") + str(value))


def documents(text):
    refuse(ONLY_SOME.search(text))
    events, comments = spelled(text)
    events = iter(events)
    values = [node(next(events), events, {}) for event in events if isinstance(event, yaml.DocumentStartEvent)]
    return values or [None], comments


def spelled(text):
    events, inside, rest = list(yaml.parse(text, Loader=yaml.CSafeLoader)), [], text
    for event in events:
        inside += [event.flow_style] if isinstance(event, yaml.CollectionStartEvent) else []
        inside = inside[:-1] if isinstance(event, yaml.CollectionEndEvent) else inside
        if isinstance(event, yaml.ScalarEvent):
            start, end = event.start_mark.index, event.end_mark.index
            start += len(re.match("(&[^ \t\r\n]+([ \t\r\n]|#[^\r\n]*)*)?", text[start:end])[0])
            raw = text[start:end]
            if raw[:1] in ("|", ">") and not re.match("[^\r\n]*[+]", raw):
                raw = re.sub("[\r\n]+\\Z", "\n", raw)
            event.raw = "[" * (event.implicit[0] and inside[-1:] == [True]) + raw
            rest = rest[:start] + "x" * (end - start) + rest[end:]
    return events, re.findall("#[^\r\n]*", rest)


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
    refuse(not all(type(k) in (str, Variable) or (type(k) is Other and KEY.fullmatch(k)) for k in items[::2]))
    return mapping(list(zip(items[::2], items[1::2], strict=True)))


def scalar(event):
    if VARIABLE.search(event.raw):
        return variable(event.raw, event.value)
    if not event.implicit[0] or event.value in WORDS:
        return WORDS[event.value] if event.implicit[0] else event.value
    return (Other if NOT_TEXT.fullmatch(event.value.replace("_", "").replace(",", "")) else str)(event.value)


def told(value, mark, value_of):
    """Return a value in which strings that are marked, and then in hexadecimal, are variables as they are spelled."""
    if isinstance(value, dict):
        return {told(key, mark, value_of): told(item, mark, value_of) for key, item in value.items()}
    if isinstance(value, list):
        return [told(item, mark, value_of) for item in value]
    if isinstance(value, str) and value[:1] == mark:
        raw = bytes.fromhex(value[1:]).decode()
        return variable(raw, value_of(raw))
    return value


def with_spellings(text, strings, parse, value_of):
    parse(text)
    mark = next(sign for sign in map(chr, range(0xE000, 0xF000)) if sign not in text)
    marked = strings.sub(lambda found: in_hexadecimal(found[0], mark), text)
    return [told(parse(marked), mark, value_of)], [found[0] for found in strings.finditer(text) if found[0][0] == "#"]


def in_hexadecimal(raw, mark):
    return f'"{mark}{raw.encode().hex()}"' if VARIABLE.search(raw) and raw[0] != "#" else raw


def json_documents(text):
    return with_spellings(text, JSON_STRING, json_value, json.loads)


def toml_documents(text):
    return with_spellings(text, TOML_STRING, toml_floats, lambda raw: toml_value("v=" + raw)["v"])


def toml_floats(text):
    return toml_value(text, parse_float=Other)


JSON_STRING = re.compile(r'"(?:\\.|[^"\\])*"')
LONG = r'"""(?:\\.|[^\\])*?"""(?:"{1,2}(?!"))?' + r"|'''.*?'''(?:'{1,2}(?!'))?"
TOML_STRING = re.compile(f"{LONG}|#[^\r\n]*|{JSON_STRING.pattern}|'[^']*'", re.DOTALL)
json_value = json.JSONDecoder(object_pairs_hook=mapping, parse_int=Other, parse_float=Other, parse_constant=int).decode
PARSERS = {"yaml": documents, "json": json_documents, "toml": toml_documents}
