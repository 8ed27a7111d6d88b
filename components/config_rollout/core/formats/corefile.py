r"""
Corefile, the configuration of CoreDNS and node-local-dns: the tokens that each plugin gets, line by line.

Comments, white space, empty lines and quotes mean nothing. Neither does the order of the plugins in a server block, in
which CoreDNS runs them as it was compiled. Everything else has an order: blocks, zones, a plugin's arguments and lines,
and the directives of one plugin. An import can end a block, and a variable a line, so from the first of either on the
order of plugins counts too. A variable's value is taken to have one line break at most, at its end.

The value is `{"blocks": [BLOCK,...]}`, and texts in it are tokens as CoreDNS reads them, with a space between two:

    {"name": HEADER, PLUGIN: DIRECTIVE, PLUGIN: [DIRECTIVE,...], "order": "PLUGIN PLUGIN"}    a server block or snippet
    {"name": "import custom/*.server"}                                                        an import between blocks
    ". 1.1.1.1"                                                                               a directive of one line
    {"args": ". 1.1.1.1", "options": [{"name": "max_concurrent", "args": "1000"},...]}        one with a block

Source: github.com/coredns/caddy 1.1.4, `caddyfile/lexer.go`, `parse.go` and `dispenser.go`, `executeDirectives` in
`caddy.go`; coredns 1.15.0, `core/dnsserver/zdirectives.go`; kubernetes/dns `cmd/node-cache/app/configmap.go`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .meaning import Meaning, NotParsed, NotUnderstood, decode_utf_8, encode_value, with_comments
from .variables import holds_variable, refuse_templates, with_variables

_SPACE = r"\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""The characters that Go's `unicode.IsSpace` takes for white space; carriage returns end no token, they are dropped."""

_LEXED = re.compile(
    rf"""(?xs)
    [{_SPACE}]+
    | (?P<comment>\#[^\n]*)
    | "(?P<quoted>(?:[^"\\]++|\\.)*+)(?P<end>"?)
    | (?P<word>[^{_SPACE}\#"](?:[^{_SPACE}\#]|\r)*)(?P<glued>\#(?:[^{_SPACE}]|\r)*)?   # only up to the next space
    """
)

_NEEDS_QUOTES = re.compile(rf'\A"|[{_SPACE}#]|\A\Z')

_PLACEHOLDER = "__PILLAR__"
"""What node-local-dns replaces in the text, with addresses that have spaces between them."""

_NAME, _ORDER = "name", "order"


@dataclass(frozen=True)
class _Token:
    """
    What a plugin gets, and how it is written in a meaning: a token with a variable keeps its quotes.

    `line` is where it begins, `end` where it ends.
    """

    text: str
    written: str
    line: int
    end: int


_Line = list[_Token]


def read_corefile(text: bytes) -> Meaning:
    """
    Return what a Corefile means.

    Raises:
      NotParsed: CoreDNS would refuse it.
      NotUnderstood: It is laid out so that what is imported could change what a line means.

    """
    if text.startswith(b"\xef\xbb\xbf"):
        raise NotUnderstood("it begins with a byte order mark")
    refuse_templates(text)
    lines, all_comments = _lines(decode_utf_8(text))
    value = {"blocks": _Reader(lines).blocks()}
    comments = with_variables(all_comments)
    return Meaning("corefile", with_comments(encode_value(value), comments), value, comments=comments)


def _lines(text: str) -> tuple[list[_Line], list[str]]:
    """Return the lines that hold tokens, and the comments."""
    lines: list[_Line] = []
    comments: list[str] = []
    number = 1
    for match in _LEXED.finditer(text):
        start, number = number, number + match[0].count("\n")
        if comment := match["comment"] or match["glued"]:
            comments.append(comment)
        if match["end"] == "":
            raise _wrong("a quote is not closed", start)
        if (token := _token(match, start, number)) is None:
            continue
        if lines and lines[-1][-1].end == start:
            lines[-1].append(token)
            continue
        if lines and holds_variable(lines[-1][-1].text) and start > lines[-1][-1].end + 1:
            last = lines[-1][-1]
            lines[-1][-1] = replace(last, written=last.written + "\n")
        lines.append([token])
    return lines, comments


def _token(match: re.Match[str], start: int, end: int) -> _Token | None:
    if match["quoted"] is not None:
        raw, text = match[0], re.sub(r"(?s)\\(.)", lambda m: '"' if m[1] == '"' else m[0], match["quoted"])
    elif match["word"] is not None:
        raw = text = match["word"].replace("\r", "")
    else:
        return None
    if not holds_variable(raw) and _PLACEHOLDER not in raw:
        raw = '"' + text.replace('"', '\\"') + '"' if _NEEDS_QUOTES.search(text) else text
    return _Token(text, raw, start, end)


class _Reader:
    """Reads the lines of a Corefile, as the parser of CoreDNS does where no import intervenes."""

    def __init__(self, lines: Sequence[_Line]) -> None:
        self._lines = lines
        self._next = 0
        self._order_counts = False
        self._snippets: set[str] = set()

    def blocks(self) -> list[dict[str, object]]:
        blocks: list[dict[str, object]] = []
        while self._next < len(self._lines):
            line = self._lines[self._next]
            self._look_for_import([line])
            if line[0].text == "import":
                self._next += 1
                blocks.append({_NAME: _written(line)})
            else:
                blocks.append(self._block())
        return blocks

    def _block(self) -> dict[str, object]:
        name, is_snippet, start = self._header()
        plugins: dict[str, list[object]] = {}
        order: list[str] = []
        while (line := self._peek(start, is_snippet))[0].text != "}":
            plugin, directive = self._directive(is_snippet)
            plugins.setdefault(plugin, []).append(directive)
            if is_snippet or self._order_counts:
                order.append(plugin)
        if len(line) > 1:
            raise NotUnderstood("more follows the '}' of a server block on its line")
        self._next += 1
        return {
            _NAME: name,
            **{plugin: each[0] if len(each) == 1 else each for plugin, each in plugins.items()},
            **({_ORDER: " ".join(order)} if order else {}),
        }

    def _header(self) -> tuple[str, bool, int]:
        """Return a block's header up to its `{`, whether it is that of a snippet, and the line of its `{`."""
        header = [self._lines[self._next]]
        while header[-1][-1].text != "{":
            self._next += 1
            following = self._lines[self._next : self._next + 1]
            if header[-1][0].text == "}":
                raise NotParsed(
                    "it has a '}' too many", header[-1][0].line
                )  # a zone to CoreDNS, if it is the last word
            goes_on = header[-1][-1].text.endswith(",") or (following and following[0][0].text == "{")
            if any(token.text == "{" for token in header[-1]):
                raise NotUnderstood("more follows the '{' of a server block on its line")
            if not following or not goes_on or following[0][0].text == "import":
                raise NotUnderstood("a server block has no braces")
            header += following
        self._next += 1
        *tokens, brace = (token for line in header for token in line)
        if any(token.text in ("{", "}") for token in tokens):
            raise NotUnderstood("a brace stands among the zones of a server block")
        if tokens and tokens[-1].text.endswith(","):
            raise _wrong("a zone is missing after a comma", brace.line)
        if any(holds_variable(token.text) for token in tokens):
            self._order_counts = True
        names = [token.text for token in tokens if token.text]
        is_snippet = len(names) == 1 and names[0].startswith("(") and names[0].endswith(")")
        if is_snippet and names[0] in self._snippets:
            raise _wrong(f"snippet {names[0]} stands twice", brace.line)
        self._snippets.update(names if is_snippet else ())
        return "\n".join(map(_written, header)).removesuffix("{").removesuffix(" "), is_snippet, brace.line

    def _directive(self, in_snippet: bool) -> tuple[str, object]:
        """Return a directive's plugin and what it gets: the rest of its line, and the lines up to its `}`."""
        first = self._lines[self._next]
        name = first[0]
        lines: list[_Line] = []
        nesting = 0
        while not lines or nesting:
            lines.append(self._peek(name.line, counted=True))
            self._next += 1
            for token in lines[-1][len(lines) == 1 :]:
                nesting += {"{": 1, "}": -1}.get(token.text, 0)
                if nesting < 0 and in_snippet:
                    raise NotUnderstood("the '}' of a snippet stands on the line of a plugin")
                if nesting < 0:
                    raise _wrong("unexpected '}'", token.line)
        following = self._lines[self._next : self._next + 1]
        if name.text == "{" or (following and following[0][0].text == "{"):
            raise NotUnderstood("a line of a server block begins with '{'")
        if name.text in (_NAME, _ORDER) or holds_variable(name.text):
            raise NotUnderstood(f"{name.text} is not known to be a plugin")
        self._look_for_import(lines)
        return name.written, _directive(lines)

    def _look_for_import(self, lines: Sequence[_Line]) -> None:
        """Refuse imports that CoreDNS would, and note from where on the order of plugins counts."""
        for line in lines:
            if line[0].text == "import":
                if [bool(token.text) for token in line[1:]] != [True]:
                    raise _wrong("import takes one argument", line[0].line)
                self._order_counts = True
        if any(holds_variable(token.text) for line in lines for token in line):
            self._order_counts = True

    def _peek(self, start: int, counted: bool = False) -> _Line:
        """Return the next line; where there is none, what began at a line has no end, if CoreDNS counted its braces."""
        if self._next == len(self._lines) and not counted and self._lines[-1][-1].text == "}":
            raise NotUnderstood("the last '}' is missing, which CoreDNS does not notice after another one")
        if self._next == len(self._lines):
            raise _wrong("'}' is missing", start)
        return self._lines[self._next]


def _directive(lines: Sequence[_Line]) -> object:
    """Return what a plugin gets, without its name."""
    first, *others = lines
    if not others:
        return _written(first[1:])
    if first[-1].text != "{" or len(others[-1]) > 1:
        return {"lines": [_written(first[1:]), *map(_written, others)]}
    options = [{_NAME: line[0].written} | _args(line[1:]) for line in others[:-1]]
    return _args(first[1:-1]) | {"options": options}


def _args(tokens: Sequence[_Token]) -> dict[str, object]:
    return {"args": _written(tokens)} if tokens else {}


def _written(tokens: Sequence[_Token]) -> str:
    return " ".join(token.written for token in tokens)


def _wrong(what: str, line: int) -> NotParsed:
    return NotParsed(f"it is not a valid Corefile ({what})", line)
