"""
The formats that are read for their meaning, and which of them a key has.

A format is declared for the key, or told by the text itself (a KubeProxyConfiguration), or by the key's suffix, or it
is text. What cannot be understood in one way only counts byte for byte. `kube-proxy-linux` and `kube-proxy-windows` are
`kube-proxy` where the platform is known.
"""

from collections.abc import Mapping
from dataclasses import replace

from ..arguments.finding import Finding
from .meaning import Meaning, NotParsed, NotUnderstood

BY_SUFFIX = {".yaml": "yaml", ".yml": "yaml", ".json": "json", ".toml": "toml"}
"""The end of a key, and the format it stands for."""

FORMATS = ("text", "yaml", "json", "toml", "corefile", "kube-proxy", "kube-proxy-linux", "kube-proxy-windows")
"""
The formats that can be declared.

`corefile` is only declared: a key called Corefile was text before the format was there, and its hash stays.
"""

_IN_WORDS = {"corefile": "a Corefile"}
"""Format -> what a text of it is called, if not by its capitals."""

_HEAD = 64 * 1024
"""Where a KubeProxyConfiguration says that it is one, in bytes: searching further would cost more than hashing."""


def read_key(key: str, text: bytes, declared: Mapping[str, str]) -> Meaning:
    """Return what a key's text means in its format: as declared, else by what it holds, else by its suffix."""
    if key in declared:
        return read(text, declared[key])
    suffix = next((name for suffix, name in BY_SUFFIX.items() if key.endswith(suffix)), "text")
    if mentions_kube_proxy(text):
        from .kube_proxy.meaning import read_undeclared

        meaning = read_undeclared(text)
        if meaning is not None and meaning.findings and meaning.format == "text":
            # What kube-proxy cannot read keeps the hash of its suffix, and is refused.
            return replace(read(text, suffix), findings=meaning.findings, warnings=())
        if meaning is not None:
            return meaning
    return read(text, suffix)


def on_platform(data: Mapping[str, object], declared: Mapping[str, str], platform: str) -> dict[str, str]:
    """Return the formats that are declared, with `linux` or `windows` for each KubeProxyConfiguration in the data."""
    known = dict(declared)
    for key, text in data.items():
        if key not in declared and isinstance(text, str) and mentions_kube_proxy(raw := text.encode(errors="replace")):
            known |= {key: "kube-proxy"} if read_key(key, raw, {}).format == "kube-proxy" else {}
    return {key: f"{name}-{platform}" if name == "kube-proxy" else name for key, name in known.items()}


def mentions_kube_proxy(text: bytes) -> bool:
    """Tell whether a text may be a KubeProxyConfiguration, at little cost."""
    return text.find(b"kubeproxy.config.k8s.io", 0, _HEAD) >= 0 or text.find(b"KubeProxyConfiguration", 0, _HEAD) >= 0


def read(text: bytes, name: str) -> Meaning:
    """Return what a text in a format means; text that cannot be parsed means its bytes."""
    if name == "text":
        return Meaning("text", text)
    try:
        return _read(text, name)
    except NotParsed as why:
        where = f"line {why.line}" if why.line else "the text"
        fix = f"Correct it, or declare the key's format as text if it is not {_IN_WORDS.get(name, name.upper())}"
        return Meaning("text", text, note=str(why), warnings=(Finding(where, why.what, fix),))
    except NotUnderstood as why:
        return Meaning("text", text, note=str(why), findings=why.findings)


def _read(text: bytes, name: str) -> Meaning:
    """Import a format when it is first needed: most programs use one."""
    if name.startswith("kube-proxy"):
        from .kube_proxy.meaning import read_meaning

        return read_meaning(text, name.removeprefix("kube-proxy").removeprefix("-"))
    if name == "yaml":
        from .yaml_text import read_yaml

        return read_yaml(text)
    if name == "json":
        from .json_text import read_json

        return read_json(text)
    if name == "corefile":
        from .corefile import read_corefile

        return read_corefile(text)
    from .toml_text import read_toml

    return read_toml(text)
