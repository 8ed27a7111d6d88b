"""
Shapes of text: one configuration written in every way that somebody might, and what kube-proxy makes of it.

The unit tests hold the reading to this table, and the judge holds the table to the real programs.
"""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass

HEAD = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"
HEAD_JSON = '"apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration"'


@dataclass(frozen=True)
class Shape:
    """A text. `means` is a plain one that kube-proxy reads alike, `None` says that it refuses it."""

    name: str
    text: str
    means: str | None
    warned: str = ""
    """Where the one warning is, if there is one beside that of an unset mode."""

    def __str__(self) -> str:
        return self.name


def _yaml(name: str, fields: str, means: str | None, warned: str = "") -> Shape:
    return Shape(name, HEAD + fields, None if means is None else HEAD + means, warned)


IPVS = "mode: ipvs\n"

SHAPES = [
    # One document, and what is around it
    _yaml("a comment and an end", "mode: ipvs # why\n...\n", IPVS),
    Shape("a document mark", "---\n" + HEAD + IPVS, HEAD + IPVS),
    Shape("comments first", "# a\n\n--- # b\n" + HEAD + IPVS, HEAD + IPVS),
    Shape("a YAML directive", "%YAML 1.1\n---\n" + HEAD + IPVS, HEAD + IPVS),
    Shape("a directive of YAML 1.2", "%YAML 1.2\n---\n" + HEAD + IPVS, None),
    Shape("a byte order mark", "\ufeff" + HEAD + IPVS, HEAD + IPVS, "line 1"),
    Shape("a byte order mark before JSON", '\ufeff{"mode": "ipvs", ' + HEAD_JSON + "}", HEAD + IPVS, "line 1"),
    _yaml("a document mark at the end", IPVS + "---\n", IPVS),
    _yaml("a comment behind it", IPVS + "---\n# nothing\n", IPVS),
    _yaml("another document", IPVS + "---\nmode: nftables\n", IPVS, "---"),
    _yaml("another document that is no YAML", IPVS + "---\nmode: [\n", IPVS, "---"),
    Shape("a document of another kind first", "a: 1\n---\n" + HEAD + IPVS, None),
    Shape("an empty document first", "---\n---\n" + HEAD + IPVS, None),
    Shape("line ends of Windows", (HEAD + IPVS).replace("\n", "\r\n"), HEAD + IPVS),
    Shape("line ends of old Macs", (HEAD + IPVS).replace("\n", "\r"), HEAD + IPVS),
    Shape("no line end", (HEAD + IPVS).rstrip(), HEAD + IPVS),
    Shape("all indented", "  " + (HEAD + IPVS).replace("\n", "\n  ").rstrip(), HEAD + IPVS),
    Shape("nothing", "", None),
    Shape("a comment alone", "# " + HEAD.replace("\n", " "), None),
    Shape("null", "null\n", None),
    Shape("a list", "- " + (HEAD + IPVS).replace("\n", "\n  ").rstrip(), None),
    Shape("a text", "KubeProxyConfiguration", None),
    # What calls itself something else
    Shape("kind in upper case", (HEAD + IPVS).replace("kind:", "KIND:"), HEAD + IPVS, "KIND"),
    Shape("no kind", HEAD.splitlines()[0] + "\n" + IPVS, None),
    Shape("no apiVersion", HEAD.splitlines()[1] + "\n" + IPVS, None),
    Shape("a letter less in kind", (HEAD + IPVS).replace("Configuration", "Configuraton"), None),
    Shape("kind in lower case", (HEAD + IPVS).replace("KubeProxyConfiguration", "kubeproxyconfiguration"), None),
    Shape("v1beta1", (HEAD + IPVS).replace("v1alpha1", "v1beta1"), None),
    Shape("v1alpha2", (HEAD + IPVS).replace("v1alpha1", "v1alpha2"), None),
    Shape("the version alone", (HEAD + IPVS).replace("kubeproxy.config.k8s.io/", ""), None),
    Shape("the group of old", (HEAD + IPVS).replace("kubeproxy.config.k8s.io", "componentconfig"), None),
    Shape("kind is a number", (HEAD + IPVS).replace("KubeProxyConfiguration", "1"), None),
    # White space
    _yaml("a tab before a key", "iptables:\n\tmasqueradeAll: true\n", None),
    _yaml("a tab behind a value", "mode: ipvs\t\n", IPVS),
    _yaml("a tab before a value", "mode:\tipvs\n", IPVS),
    _yaml("a tab before a comment", "mode: ipvs\t# why\n", IPVS),
    _yaml("one blank too many", " mode: ipvs\n", None),
    _yaml("one blank too few", "iptables:\n  masqueradeAll: true\n syncPeriod: 31s\n", None),
    _yaml("no blank behind a colon", "mode:ipvs\n", None),
    _yaml("a no-break space behind a colon", "mode:\u00a0ipvs\n", None),
    _yaml("a no-break space behind a value", "mode: ipvs\u00a0\n", None),
    _yaml("no-break spaces before a key", "mode: ipvs\nipvs:\n\u00a0\u00a0strictARP: true\n", IPVS + "ipvs:\n",
          "\u00a0\u00a0strictARP"),
    _yaml("a zero-width space", "mode: ipvs\u200b\n", None),
    _yaml("a line break of YAML 1.1", "mode: ipvs\u2028oomScoreAdj: 1\n", IPVS + "oomScoreAdj: 1\n"),
    _yaml("next line", "mode: ipvs\x85oomScoreAdj: 1\n", IPVS + "oomScoreAdj: 1\n"),
    _yaml("a control character", "mode: ipvs\nhostnameOverride: a\x07\n", None),
    _yaml("delete", "mode: ipvs\nhostnameOverride: a\x7f\n", None),
    _yaml("an emoji", "mode: ipvs # \U0001f600\n", IPVS),
    # Styles
    _yaml("quoted keys", "\"mode\": 'ipvs'\n'oomScoreAdj': 1\n", IPVS + "oomScoreAdj: 1\n"),
    _yaml("escapes", 'mode: "ip\\x76s"\n', IPVS),
    _yaml("a block scalar", "mode: |-\n  ipvs\n", IPVS),
    _yaml("a block scalar with its line end", "mode: |\n  ipvs\n", None),
    _yaml("a folded scalar", "mode: >-\n  ipvs\n", IPVS),
    _yaml("question marks", "? mode\n: ipvs\n", IPVS),
    _yaml("a flow mapping", "{mode: ipvs}\n", None),
    _yaml("flow inside", "mode: ipvs\nipvs: {scheduler: rr, excludeCIDRs: [10.0.0.0/8,],}\n",
          IPVS + "ipvs:\n  scheduler: rr\n  excludeCIDRs:\n  - 10.0.0.0/8\n"),
    _yaml("flow over lines", "mode: ipvs\nipvs: {\n  scheduler: rr\n}\n", IPVS + "ipvs:\n  scheduler: rr\n"),
    _yaml("no value in flow style", "mode: ipvs\nipvs: {scheduler:,strictARP: true, x: [a:], tcpTimeout: 1s}\n"
          "iptables: {masqueradeBit:}\n", IPVS + "ipvs: {strictARP: true, tcpTimeout: 1s}\n", "ipvs.x"),
    _yaml("no blank behind a colon in flow style", "mode: ipvs\nextra: {a:[x]}\n", None),
    _yaml("a question mark in flow style", "mode: ipvs\nextra: [a?b]\n", None),
    _yaml("a question mark elsewhere", "mode: ipvs\nhostnameOverride: a?b\nextra: ['a?b']\n",
          IPVS + "hostnameOverride: 'a?b'\n", "extra"),
    _yaml("colons in flow style", "mode: ipvs\nnodePortAddresses: [fd00::/8, 10.0.0.0/8]\nextra: {a:b, c: d:e}\n",
          IPVS + "nodePortAddresses: ['fd00::/8', 10.0.0.0/8]\n", "extra"),
    _yaml("JSON inside", 'mode: ipvs\nipvs: {"scheduler":"rr"}\n', IPVS + "ipvs:\n  scheduler: rr\n"),
    # Keys
    _yaml("dots in a key", "mode: ipvs\nipvs.strictARP: true\n", IPVS, "'ipvs.strictARP'"),
    _yaml("dots in a quoted key", 'mode: ipvs\n"conntrack.maxPerCore": 0\n', IPVS, "'conntrack.maxPerCore'"),
    _yaml("dots in a section", "mode: ipvs\nlogging: {options.text: {splitStream: true}}\n", IPVS,
          "logging.'options.text'"),
    _yaml("metadata", "mode: ipvs\nmetadata: {name: config.conf, labels: {a: b}}\n", IPVS, "metadata"),
    _yaml("a key twice", "mode: nftables\nmode: ipvs\n", IPVS, "mode"),
    _yaml("a key twice, the first of no type", "mode: [1]\nmode: ipvs\n", IPVS, "mode"),
    _yaml("a section twice", "mode: ipvs\nipvs: {scheduler: rr}\nipvs: {strictARP: true}\n",
          IPVS + "ipvs: {strictARP: true}\n", "ipvs"),
    _yaml("a key quoted and not", "mode: nftables\n'mode': ipvs\n", IPVS, "mode"),
    _yaml("a boolean key", "mode: ipvs\non: 1\n", IPVS, "true"),
    _yaml("a number as key", "mode: ipvs\n017: 1\n", IPVS, "15"),
    _yaml("a float as key", "mode: ipvs\n1.5: 1\n", IPVS, "'1.5'"),
    _yaml("null as key", "mode: ipvs\n~: 1\n", None),
    _yaml("no key", "mode: ipvs\n: 1\n", None),
    _yaml("a list as key", "mode: ipvs\n? [a]\n: 1\n", None),
    _yaml("a mapping as key", "mode: ipvs\n{a: b}: 1\n", None),
    # Anchors, aliases, merge keys
    _yaml("an anchor", "mode: &m ipvs\n", IPVS),
    _yaml("an anchor and a bad value", "mode: ipvs\noomScoreAdj: &a -2000\n", None),
    _yaml("an alias", "mode: ipvs\niptables: {masqueradeBit: &b 7}\noomScoreAdj: *b\n",
          IPVS + "iptables: {masqueradeBit: 7}\noomScoreAdj: 7\n"),
    _yaml("an alias of a section", "mode: ipvs\nnftables: &n {masqueradeAll: true}\niptables: *n\n",
          IPVS + "iptables: {masqueradeAll: true}\n"),
    _yaml("an anchor set again", "mode: ipvs\nportRange: &a x\nhostnameOverride: &a z\n",
          IPVS + "hostnameOverride: z\n"),
    _yaml("an alias without an anchor", "mode: *m\n", None),
    _yaml("an alias of what holds it", "mode: ipvs\nipvs: &i {scheduler: *i}\n", None),
    _yaml("a merge key", "mode: ipvs\nnftables: &n {masqueradeAll: true}\niptables: {<<: *n, masqueradeBit: 7}\n",
          IPVS + "iptables: {masqueradeAll: true, masqueradeBit: 7}\n"),
    _yaml("a merge key at the root", "<<: {mode: ipvs, oomScoreAdj: 1}\noomScoreAdj: 2\n", IPVS + "oomScoreAdj: 2\n"),
    _yaml("a merge key behind what it sets", "oomScoreAdj: 2\n<<: {mode: ipvs, oomScoreAdj: 1}\n",
          IPVS + "oomScoreAdj: 1\n", "oomScoreAdj"),
    _yaml("a merge key with a list", "<<: [{mode: ipvs}, {mode: nftables, oomScoreAdj: 1}]\n",
          IPVS + "oomScoreAdj: 1\n"),
    _yaml("a merge key with a text", "<<: a\nmode: ipvs\n", None),
    _yaml("a quoted merge key", "'<<': {mode: nftables}\nmode: ipvs\n", IPVS, "<<"),
    # Tags
    _yaml("a tag of text", "mode: !!str ipvs\nhostnameOverride: !!str 12\n", IPVS + "hostnameOverride: '12'\n"),
    _yaml("a tag of numbers", "mode: ipvs\noomScoreAdj: !!int '12'\n", IPVS + "oomScoreAdj: 12\n"),
    _yaml("a tag that does not fit", "mode: ipvs\noomScoreAdj: !!int abc\n", None),
    _yaml("a tag of floats on a whole number", "mode: ipvs\nclientConnection: {qps: !!float 7}\n",
          IPVS + "clientConnection: {qps: 7}\n"),
    _yaml("a tag of booleans", "mode: ipvs\nenableProfiling: !!bool yes\n", IPVS + "enableProfiling: true\n"),
    _yaml("a tag of null", "mode: ipvs\noomScoreAdj: !!null ''\n", IPVS),
    _yaml("a tag of bytes", "mode: !!binary aXB2cw==\n", IPVS),
    _yaml("a tag of bytes on others", "mode: !!binary ipvs!\n", None),
    _yaml("a tag of its own", "mode: !mine ipvs\n", IPVS),
    _yaml("a tag of its own on a number", "mode: ipvs\noomScoreAdj: !mine 1\n", None),
    _yaml("the tag !", "mode: ipvs\nhostnameOverride: ! 12\n", IPVS + "hostnameOverride: '12'\n"),
    _yaml("the tag ! on a number", "mode: ipvs\noomScoreAdj: ! 12\n", None),
    _yaml("a tag on a mapping", "mode: ipvs\nipvs: !!map {scheduler: rr}\n", IPVS + "ipvs: {scheduler: rr}\n"),
    # What JSON cannot hold
    _yaml("not a number, where nobody reads it", "mode: ipvs\nextra: .nan\n", None),
    _yaml("infinity, where nobody reads it", "mode: ipvs\nextra: [-.inf]\n", None),
    # JSON, and what begins like it
    Shape("JSON", "{" + HEAD_JSON + ', "mode": "ipvs"}', HEAD + IPVS),
    Shape("JSON over lines", "\n\t {\n\t" + HEAD_JSON + ',\n\t"mode": "ipvs"\n}\n', HEAD + IPVS),
    Shape("JSON with escapes", "{" + HEAD_JSON + ', "mode": "ip\\u0076s", "hostnameOverride": "\\ud800"}',
          HEAD + IPVS + "hostnameOverride: '\ufffd'\n"),
    Shape("JSON with a name twice", "{" + HEAD_JSON + ', "mode": "nftables", "mode": "ipvs"}', HEAD + IPVS, "mode"),
    Shape("JSON with a name twice, then null", "{" + HEAD_JSON + ', "mode": "ipvs", "mode": null}', HEAD + IPVS,
          "mode"),
    Shape("JSON with a pointer twice, then null", "{" + HEAD_JSON + ', "mode": "ipvs", "oomScoreAdj": 1, '
          '"oomScoreAdj": null}', HEAD + IPVS, "oomScoreAdj"),
    Shape("JSON with a name twice, the first of no type", "{" + HEAD_JSON + ', "mode": 1, "mode": "ipvs"}', None),
    Shape("JSON with a section twice", "{" + HEAD_JSON + ', "mode": "ipvs", "ipvs": {"scheduler": "rr"}, "ipvs": '
          '{"strictARP": true}}', HEAD + IPVS + "ipvs: {scheduler: rr, strictARP: true}\n", "ipvs"),
    Shape("JSON with dots in a name", "{" + HEAD_JSON + ', "mode": "ipvs", "ipvs.strictARP": true}', HEAD + IPVS,
          "'ipvs.strictARP'"),
    Shape("JSON with a comment", "{" + HEAD_JSON + ', "mode": "ipvs"} # why', None),
    Shape("JSON with a comma at the end", "{" + HEAD_JSON + ', "mode": "ipvs",}', None),
    Shape("JSON twice", "{" + HEAD_JSON + "}\n{}", None),
    Shape("JSON behind a no-break space", "\u00a0{" + HEAD_JSON + ', "mode": "ipvs"}', None),
    Shape("JSON behind a document mark", "---\n{" + HEAD_JSON + ', "mode": "ipvs"}', HEAD + IPVS),
    Shape("JSON behind a comment", "# why\n{" + HEAD_JSON + ', "mode": "ipvs"}', HEAD + IPVS),
    Shape("a flow root", "{apiVersion: kubeproxy.config.k8s.io/v1alpha1, kind: KubeProxyConfiguration, mode: ipvs}",
          None),
    Shape("a flow root in single quotes", "{" + HEAD_JSON.replace('"', "'") + "}", None),
    Shape("a flow root behind a document mark", "---\n{apiVersion: kubeproxy.config.k8s.io/v1alpha1, "
          "kind: KubeProxyConfiguration, mode: ipvs}", HEAD + IPVS),
    Shape("a template", HEAD + "mode: {{ mode }}\n", None),
]  # fmt: skip


def _with_dots(maker: random.Random, text: str) -> str:
    path = maker.choice(["ipvs.strictARP: true", "conntrack.maxPerCore: '0'", "logging.format: json", "a.b: 1"])
    return f"{text}\n{path}\n"


def _flow_root(maker: random.Random, text: str) -> str:
    body = " , ".join(line for line in text.splitlines() if line[:1] not in (" ", "#", ""))
    return maker.choice(["", "---\n", "\ufeff", " \n"]) + "{" + body + maker.choice(["}", ",}"])


def _as_json(maker: random.Random, text: str) -> str:
    names = [json.dumps(maker.choice(["mode", "kind", "oomScoreAdj", "ipvs", "a.b"])) for _ in range(2)]
    values = [maker.choice(['"ipvs"', "1", "null", "{}", '{"scheduler": "rr"}', "[]"]) for _ in range(2)]
    return "{" + ", ".join([HEAD_JSON, *(f"{name}: {value}" for name, value in zip(names, values, strict=True))]) + "}"


WAYS: list[Callable[[random.Random, str], str]] = [
    _with_dots,
    _flow_root,
    _as_json,
    lambda maker, text: "\ufeff" + text,
    lambda maker, text: text + maker.choice(["---\n", "---\na: 1\n", "...\n", "--- {\n"]),
    lambda maker, text: text.replace("\n", maker.choice(["\r\n", "\r", "\n\n", " \n", "\t\n", "\u2028"])),
    lambda maker, text: text.replace(": ", maker.choice([":\t", ": &a ", ": !!str ", ":\u00a0", " : "]), 3),
    lambda maker, text: text + maker.choice(["<<: {oomScoreAdj: 1}\n", "mode: ipvs\n", "metadata: {name: a}\n"]),
    lambda maker, text: text.replace("\n", "\n" + maker.choice([" ", "\t", "\u00a0"]), maker.randint(1, 4)),
]
"""What is done to a text to give it another shape; it may be refused then."""
