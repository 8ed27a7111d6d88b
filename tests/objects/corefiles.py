"""Corefiles: one as clusters have it, random ones, and ways to write them differently or to change them."""

import random
import re
from collections.abc import Callable

CLUSTER = """\
.:53 {
    errors
    health {
        lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
        max_concurrent 1000
    }
    cache 30
    loop
    reload
    loadbalance
}
"""

NODE_LOCAL = """\
cluster.local:53 {
    errors
    cache {
        success 9984 30
        denial 9984 5
    }
    reload
    loop
    bind 169.254.20.10
    forward . __PILLAR__CLUSTER__DNS__ {
        force_tcp
    }
    prometheus :9253
    health 169.254.20.10:8080
}
.:53 {
    errors
    cache 30
    bind 169.254.20.10
    forward . __PILLAR__UPSTREAM__SERVERS__
}
"""

_ZONES = [
    ".",
    ".:53",
    "a.org",
    "a.org:53",
    "10.0.0.0/24",
    "dns://.",
    "{$ZONE}",
    "tls://b.org",
    "a.org, b.org",
    "a.org b.org",
]
_PLUGINS = ["errors", "log", "cache", "forward", "rewrite", "hosts", "loop", "import", "log", "cache", "forward"]
_WORDS = [
    "30", ".", "1.1.1.1", "a", '"a b"', '""', '"a"', r'"\"a\" \\ \x"', "{$WORD}", '"{$WORD}"', "a{$WORD}", '"a\nb"',
    "a.conf", "unbalanced.conf", "open.conf", "two", "(two)", "é", "a\\", 'a"b', "{}", "{", "}", "#c", "a#b", "a#b c",
    "{%WORD%}", "$WORD", "a,", "import", "a\rb", "\u2003a\u00a0b", "__PILLAR__X__",
]  # fmt: skip
_SPACES = [" ", " ", " ", "  ", "\t", "\f"]
_COMMENTS = ["# a comment", "#", '# "', "# {", "# }", "#a#b", "# import x", "# {$WORD}"]
_EDGES = ["{", "}", '"', "\\", "#", "\n", "\r\n", " ", ",", "import two", "{$WORD}", "\ufeff", "\x00", "(two)", "\n\n"]

_BLOCK = re.compile(r"(?m)^([^\s(].*\{\n)((?: {4}.*\n)*)\}\n")
_DIRECTIVE = re.compile(r"(?m)^ {4}[^ }].*\n(?: {8}.*\n)*(?: {4}\}\n)?")

Change = Callable[[random.Random, str], str]


def corefile(maker: random.Random) -> str:
    """Return a text that is a Corefile more often than not."""
    if maker.random() < 0.1:
        return maker.choice([CLUSTER, NODE_LOCAL])
    snippet = "(two) {\n  log\n  cache 30\n}\n" if maker.random() < 0.3 else ""
    return snippet + "".join(_block(maker) for _ in range(maker.randint(1, 3)))


def _block(maker: random.Random) -> str:
    if maker.random() < 0.1:
        return f"import {maker.choice(['a.conf', 'zones.conf', 'none/*.conf', 'unbalanced.conf'])}\n"
    lines = [_directive(maker, "    ") for _ in range(maker.randint(1, 6))]
    return f"{maker.choice(_ZONES)} {{\n{''.join(lines)}}}\n"


def _directive(maker: random.Random, indent: str) -> str:
    name = maker.choice(_PLUGINS)
    if name == "import":
        return f"{indent}import {maker.choice(['two', 'a.conf', 'unbalanced.conf', 'open.conf', '{$WORD}'])}\n"
    args = "".join(f" {_word(maker)}" for _ in range(maker.randint(0, 2)))
    if maker.random() < 0.3 and indent == "    ":
        return f"{indent}{name}{args} {{\n{''.join(_option(maker) for _ in range(maker.randint(0, 3)))}{indent}}}\n"
    return f"{indent}{name}{args}\n"


def _option(maker: random.Random) -> str:
    return f"        {maker.choice(['ttl', 'import', 'a', 'a'])} {_word(maker)}\n"


def _word(maker: random.Random) -> str:
    return maker.choice(_WORDS[:8] if maker.random() < 0.7 else _WORDS)


def with_other_layout(maker: random.Random, text: str) -> str:
    """Return the text with comments, empty lines and other white space: it means the same if no word has spaces."""
    lines = []
    for line in text.split("\n"):
        indent = maker.choice(["", " ", "\t", "    "])
        comment = " " + maker.choice(_COMMENTS[:-1]) if maker.random() < 0.2 else ""
        lines += [maker.choice(["", "  ", maker.choice(_COMMENTS[:-1])])] if maker.random() < 0.2 else []
        lines.append(indent + maker.choice(_SPACES).join(line.split()) + comment)
    return maker.choice(["\n", "\r\n"]).join(lines)


def with_other_plugin_order(maker: random.Random, text: str) -> str:
    """Return the text with the directives of each block in another order."""

    def shuffled(block: re.Match[str]) -> str:
        directives = _DIRECTIVE.findall(block[2])
        return f"{block[1]}{''.join(maker.sample(directives, len(directives)))}}}\n"

    return _BLOCK.sub(shuffled, text)


def with_other_quotes(maker: random.Random, text: str) -> str:
    """Return the text with some plain words in quotes."""
    words = text.split(" ")
    plain = [at for at, word in enumerate(words) if word.isalnum()]
    for at in maker.sample(plain, min(len(plain), 2)):
        words[at] = f'"{words[at]}"'
    return " ".join(words)


def damaged(maker: random.Random, text: str) -> str:
    """Return the text with a part cut out, doubled, moved or replaced."""
    at, to = sorted(maker.choices(range(len(text) + 1), k=2))
    to = min(to, at + maker.randint(0, 6))
    return (
        text[:at] + maker.choice(["", text[at:to] * 2, maker.choice(_EDGES), f" {maker.choice(_WORDS)} "]) + text[to:]
    )


CHANGES: tuple[Change, ...] = (
    with_other_layout,
    with_other_plugin_order,
    with_other_quotes,
    damaged,
    lambda maker, text: with_other_layout(maker, with_other_plugin_order(maker, text)),
    lambda maker, text: with_other_layout(maker, damaged(maker, text)),
)
