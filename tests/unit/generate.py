"""Contents to try things on: ordinary configurations, and edges on which readers of the formats disagree."""

import json
import random

EDGES = [
    "", "~", "null", "NULL", "true", "True", "tRUE", "yes", "NO", "y", "n", "on", "Off", "=", "<<", "*", "!", "!x",
    "!!", "!1", "0", "-0", "+1", "1", "-1", "10", "010", "0o10", "0x1F", "0_x10", "0b1", "1_000", "1,000", "_1",
    "-_1", "1_", "-_.5", "1.", ".5", ".", "-", "+.", "1.0", "1.00", "1e3", "1E3", "1e+_3", "e5", "1e", ".inf",
    "-.INF", ".nan", "inf", "NaN", "12:30", "1:2:3.4", "190:20:30", "2001-12-14", "2001-12-14t21:59:43.10-05:00",
    "20011-12-14", "0x1p-2", "123456789012345678", "1234567890123456789", "-12345678901234567", "9" * 40, "1.2.3",
    "10.0.0.0/8", "30s", "5m0s", "0.0.0.0:10256", "a b", "a: b", "a #b", "# c", " x ", "x\ny", "\n", "\t", "a\tb",
    "\r\n", "é", "\u017f", "ye\u017f", "K", "ß", "SS", "İ", "\u2028", "\x85", "\ufeff", "\U0001f600", "\x7f", "\x00",
    "\x1b", "\ud800", "{{ x }}", "{% x %}", "%x", "---", "...", "- a", "? a", ": a", "[a", "{a", "'", '"', "\\",
    "\\u0041", "@a", "`a", "&a", "*a", "|", ">", "key", "name", "Name", "mode", "Mode", "level", "info", "/etc/agent",
    "level: info", "x" * 50, "$A", "${A}", "$1", "a$_b", "$", "$$", "$ A", "$(A)", "$A, b", "{$A}", "$A\nb",
    "# $A", "x # ${A}", "$A'", '"$A', "$0x", "\\$A", "${A:-1}", "+$A",
]  # fmt: skip
"""Texts that are something else to some reader, somewhere."""

KEYS = [
    "a",
    "b",
    "A",
    "name",
    "Name",
    "mode",
    "level",
    "port",
    "10",
    "!a",
    "é",
    "a.b",
    "a b",
    "",
    "on",
    "$A",
    "<<",
    "ß",
    "SS",
]


def value(maker: random.Random, depth: int = 0):
    """Return a random structure of dicts, lists, texts, numbers, booleans and nulls."""
    kind = maker.random()
    if depth < 4 and kind < 0.3:
        keys = maker.sample(KEYS[:8] if maker.random() < 0.8 else KEYS, maker.randint(0, 4))
        return {key: value(maker, depth + 1) for key in keys}
    if depth < 4 and kind < 0.45:
        return [value(maker, depth + 1) for _ in range(maker.randint(0, 4))]
    return maker.choice([maker.choice(EDGES), maker.choice(EDGES), maker.randint(-99, 99), 0.5, True, False, None])


def as_json(maker: random.Random, one) -> str:
    if isinstance(one, dict):
        pairs = [(k, v) for k, v in one.items() for _ in range(1 + (maker.random() < 0.02))]
        return "{" + ",".join(f"{_space(maker)}{_quoted(maker, k)}:{as_json(maker, v)}" for k, v in pairs) + "}"
    if isinstance(one, list):
        return "[" + ",".join(as_json(maker, item) for item in one) + _space(maker) + "]"
    if isinstance(one, str):
        return _quoted(maker, one)
    number = maker.choice(["1", "-0", "0", "1.0", "1.00", "1e3", "-1E+3", "12345678901234567890", "1" * 18, "1" * 19])
    return _space(maker) + (number if maker.random() < 0.3 and not isinstance(one, bool) else json.dumps(one))


def as_yaml(maker: random.Random, one, indent: str = "") -> str:
    """Return YAML that is written in many ways, and now and then is none."""
    if isinstance(one, dict) and one and maker.random() < 0.7:
        lines = (f"{indent}{_scalar(maker, k)}:{_anchor(maker)}{_below(maker, v, indent)}" for k, v in one.items())
        return "".join(lines)
    if isinstance(one, list) and one and maker.random() < 0.7:
        return "".join(f"{indent}-{_anchor(maker)}{_below(maker, item, indent)}" for item in one)
    return f"{indent}{_flow(maker, one)}\n"


def as_toml(maker: random.Random, one) -> str:
    if not isinstance(one, dict):
        return f"a = {_inline(maker, one)}\n"
    notes = [maker.choice(["", "", " # note", " # $A", "\n# '${B}' \"", "\r"]) for _ in one]
    lines = zip(one.items(), notes, strict=True)
    return "".join(f"{_quoted(maker, key) if key else 'x'} = {_inline(maker, v)}{note}\n" for (key, v), note in lines)


def damaged(maker: random.Random, text: bytes) -> bytes:
    """Return the text with a part cut out, doubled, swapped or replaced."""
    at, to = sorted(maker.choices(range(len(text) + 1), k=2))
    to = min(to, at + maker.randint(1, 8))
    part = text[at:to]
    other = maker.choice([b"", part * 2, part[::-1], maker.choice(EDGES).encode(errors="replace"), maker.randbytes(1)])
    return text[:at] + other + text[to:]


def text_of(maker: random.Random, form: str) -> bytes:
    """Return a text of a format, one in ten damaged."""
    writer = {"json": as_json, "toml": as_toml}.get(form, as_yaml)
    text = writer(maker, value(maker)).encode(errors="surrogatepass" if maker.random() < 0.02 else "replace")
    return damaged(maker, text) if maker.random() < 0.1 else text


def _space(maker: random.Random) -> str:
    return maker.choice(["", "", " ", "\n", "\t"])


def _quoted(maker: random.Random, text: str) -> str:
    if text and text[0] < "\x80" and maker.random() < 0.1:
        return f'"\\u{ord(text[0]):04x}{json.dumps(text[1:], ensure_ascii=False)[1:]}'
    return json.dumps(text, ensure_ascii=maker.random() < 0.3)


def _anchor(maker: random.Random) -> str:
    return maker.choice([" &x", " *x", " &y", " *y", " !", " !!str", " !t"]) if maker.random() < 0.04 else ""


def _scalar(maker: random.Random, one) -> str:
    if not isinstance(one, str):
        return json.dumps(one)
    style = maker.random()
    if style < 0.6:
        return one
    return "'" + one.replace("'", "''") + "'" if style < 0.75 else _quoted(maker, one)


def _flow(maker: random.Random, one) -> str:
    if isinstance(one, dict):
        return "{" + ", ".join(f"{_scalar(maker, k)}: {_flow(maker, v)}" for k, v in one.items()) + "}"
    if isinstance(one, list):
        return "[" + ", ".join(_flow(maker, item) for item in one) + "]"
    return _scalar(maker, one)


def _below(maker: random.Random, one, indent: str) -> str:
    """Return a value after a key or a dash, on the same line or below."""
    if isinstance(one, dict | list) and one and maker.random() < 0.8:
        return "\n" + as_yaml(maker, one, indent + "  ")
    if isinstance(one, str) and maker.random() < 0.15:
        return f" {maker.choice(['|', '>', '|-', '>+'])}\n" + "".join(f"{indent}  {line}\n" for line in one.split("\n"))
    note = maker.choice(["", "", "  # note", " #", "\r", "  # $A", " # ${B} "])
    return f" {_flow(maker, one)}{note}\n"


def _inline(maker: random.Random, one) -> str:
    if isinstance(one, dict):
        return "{" + ", ".join(f"{_quoted(maker, k)} = {_inline(maker, v)}" for k, v in one.items()) + "}"
    if isinstance(one, list):
        return "[" + ", ".join(_inline(maker, item) for item in one) + "]"
    if isinstance(one, str) and "'" not in one and maker.random() < 0.3:
        return f"'{one}'"
    if isinstance(one, str) and maker.random() < 0.2:
        return maker.choice([f"'''{one}'''", f'"""{one}"""', f'"""\n{one}"""""', f"'''\n{one}''''"])
    numbers = ["0x1F", "1_000", "1e3", "1.0", "1.00", "inf", "-nan", "1979-05-27", "07:32:00", "1979-05-27T07:32:00Z"]
    return maker.choice(numbers) if one is None else json.dumps(one)
