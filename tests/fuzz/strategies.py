"""What hypothesis makes: texts of every format, ordinary, damaged and raw, and pairs of them."""

import json
import random
from pathlib import Path

from hypothesis import strategies as st

from tests.judge.generate import families
from tests.judge.shapes import SHAPES, WAYS
from tests.objects import corefiles
from tests.objects.format_rows import rows
from tests.unit import generate

ROOT = Path(__file__).parents[2]

REAL = [(ROOT / name).read_bytes() for name in ("config.conf", "Pulumi.yaml", "pyproject.toml")]
REAL += [text for row in rows() for text in row.values[1:3]]
"""The configurations of this repository, and every example of docs/what-counts.md."""

MANIFEST = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "agent"}, "data": {"a.yaml": "b: 1\n"}}

formats = st.sampled_from(["yaml", "yaml", "json", "toml", "corefile", "kube-proxy", "text"])

makers = st.randoms(use_true_random=False)


@st.composite
def texts(draw: st.DrawFn, form: str) -> bytes:
    """Return a text that is of the format, or was, or never."""
    kind = draw(st.integers(0, 9))
    if kind == 0:
        return draw(st.binary(max_size=200))
    if kind == 1:
        return draw(st.text(max_size=200)).encode(errors="surrogatepass")
    maker = draw(makers)
    if kind <= 3:
        return _damaged(maker, maker.choice(REAL))
    if form == "corefile":
        return maker.choice(corefiles.CHANGES)(maker, corefiles.corefile(maker)).encode()
    if form == "kube-proxy":
        text = maker.choice([*next(families(maker.randrange(10**6), 1, 3)), maker.choice(SHAPES).text])
        for _ in range(maker.randint(0, 2)):
            text = maker.choice(WAYS)(maker, text)
        raw = text.encode(errors="surrogatepass")
        return raw if kind < 8 else _damaged(maker, raw)
    return generate.text_of(maker, form)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[str, bytes, bytes]:
    """Return a format and two texts: one structure written twice, a text and one like it, or two of any kind."""
    form = draw(formats)
    kind, maker = draw(st.integers(0, 3)), draw(makers)
    if kind <= 1 and form in ("yaml", "json", "toml"):
        value, writer = generate.value(maker), getattr(generate, f"as_{form}")
        one, other = (writer(maker, value).encode(errors="replace") for _ in range(2))
        return form, one, other
    if kind == 2 and form == "kube-proxy":
        one, other, *_ = next(families(maker.randrange(10**6), 1, 3))
        return form, one.encode(), other.encode()
    if kind == 2 and form == "corefile":
        text = corefiles.corefile(maker)
        return form, text.encode(), maker.choice(corefiles.CHANGES)(maker, text).encode()
    one = draw(texts(form))
    return form, one, draw(texts(form)) if kind == 3 else generate.damaged(maker, one)


@st.composite
def manifests(draw: st.DrawFn) -> bytes:
    """Return a manifest as Kubernetes has it, or something that looks like one."""
    maker = draw(makers)
    objects = [_manifest(maker) for _ in range(maker.randint(1, 3))]
    if maker.random() < 0.3:
        text = json.dumps({"apiVersion": "v1", "kind": maker.choice(["List", "ConfigMapList"]), "items": objects})
    else:
        text = "---\n".join(generate.as_yaml(maker, one) for one in objects)
    raw = text.encode(maker.choice(["utf-8"] * 8 + ["utf-8-sig", "utf-16", "latin-1"]), errors="replace")
    return _damaged(maker, raw) if maker.random() < 0.5 else raw


ENCODED = ["AAE=", "AAEC\nAAE=", "AAE", "AA==AA==", " AAE=", "AAF=", "=", "_-8=", "AAE=\r\n"]
"""What is base64, or was."""


def _manifest(maker: random.Random) -> dict:
    """Return a ConfigMap with a part left out, or of another kind."""
    one: dict = dict(MANIFEST)
    if maker.random() < 0.3:
        one["data"] = {maker.choice(generate.KEYS): maker.choice(generate.EDGES) for _ in range(2)}
    if maker.random() < 0.3:
        one["binaryData"] = {"b": maker.choice(ENCODED)}
    for key in ("data", "binaryData", "metadata", "kind", "apiVersion", "items"):
        if maker.random() < 0.15:
            one[key] = generate.value(maker)
        elif maker.random() < 0.05:
            one.pop(key, None)
    return one


def _damaged(maker: random.Random, text: bytes) -> bytes:
    for _ in range(maker.randint(1, 4)):
        text = generate.damaged(maker, text)
    return text
