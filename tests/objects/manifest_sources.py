"""ConfigMap manifests that the API server takes or refuses; tests/engine asks it."""

from config_rollout.cli.inputs.config_maps import config_map_in
from config_rollout.cli.inputs.files import maps_of
from config_rollout.core.configuration.content import parse_content

HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"


def held(text: str | bytes, name: str | None = None) -> dict[str, bytes] | None:
    """Return what the ConfigMap of a text holds; `None` where the text is no manifest."""
    found = config_map_in("c.yaml", text.encode() if isinstance(text, str) else text, name)
    if found is None:
        return None
    content, findings = parse_content(*maps_of(found))
    assert [] == findings
    return {**content.data, **content.binary_data}


ACCEPTED = {
    "a date": ("data:\n  a: 2024-01-05\n", {"a": b"2024-01-05"}),
    "a time": ("data:\n  a: 12:30\n", {"a": b"12:30"}),
    "an equals sign": ("data:\n  a: =\n", {"a": b"="}),
    "nothing": ("data:\n  a:\n  b: ~\n", {"a": b"", "b": b""}),
    "a number as key": ("data:\n  80: x\n  010: z\n  1.50: w\n", {"80": b"x", "8": b"z", "1.5": b"w"}),
    "a boolean as key": ("data:\n  on: x\n", {"true": b"x"}),
    "a key twice": ("data:\n  a: x\n  a: z\n", {"a": b"z"}),
    "data twice": ("data: {b: x}\ndata: {a: x}\n", {"a": b"x"}),
    "a tag": ("data: {a: !!str 10, b: !x 10, c: ! 10}\n", {"a": b"10", "b": b"10", "c": b"10"}),
    "a merge key": ("data:\n  <<: {a: x, b: z}\n  b: w\n", {"a": b"x", "b": b"w"}),
    "a merge key after a key that it has too": ("data:\n  b: w\n  <<: {a: x, b: z}\n", {"a": b"x", "b": b"z"}),
    "a merge key with a list": ("data:\n  <<: [{a: x}, {a: z, b: w}]\n", {"a": b"x", "b": b"w"}),
    "an anchor": ("data: {a: &n x, b: *n}\n", {"a": b"x", "b": b"x"}),
    "a template in quotes": ("data:\n  a: '{{ x }}'\n", {"a": b"{{ x }}"}),
    "base64 with line breaks": ("binaryData:\n  a: |\n    AAEC\n    AAE=\n", {"a": b"\0\1\2\0\1"}),
    "base64 with line breaks of Windows": ('binaryData:\n  a: "AAEC\\r\\nAAE=\\r\\n"\n', {"a": b"\0\1\2\0\1"}),
    "base64 with bits left over": ("binaryData:\n  a: AAF=\n", {"a": b"\0\1"}),
    "base64 of nothing": ("binaryData:\n  a:\n", {"a": b""}),
    "a list of bytes": ("binaryData:\n  a: [0, 255]\n", {"a": b"\0\xff"}),
    "the end of a document": ("data: {a: x}\n...\n---\n", {"a": b"x"}),
}
"""What is odd -> the text after `HEAD`, and what the API server holds then."""

REFUSED = {
    "a number": ("data:\n  a: 1_0\n", "line 5: data['a']: must be text, but 1_0 is a number. Quote it."),
    "a boolean": ("data:\n  a: yes\n", "line 5: data['a']: must be text, but yes is a boolean. Quote it."),
    "a mapping": ("data:\n  a: {b: c}\n", "line 5: data['a']: must be text, not a mapping. Write it as one text."),
    "a number as base64": (
        "binaryData:\n  a: 1234\n",
        "line 5: binaryData['a']: must be text, but 1234 is a number. Quote it.",
    ),
    "data as text": ("data: x\n", "line 4: data: must be a mapping (got str). Write key: text."),
    "a misspelt field": ("dta: {a: x}\n", "line 4: a ConfigMap has no field 'dta'. Write 'data', if that was meant."),
    "a tab": (
        "data:\n\ta: x\n",
        "is not a readable manifest: it is not valid YAML (found character that cannot "
        "start any token; the line begins with a tab), line 5. Correct it.",
    ),
    "a template": ("data:\n  a: {{ x }}\n", "is not a readable manifest: it has template syntax. Render it first."),
    "a key without a name": ("data:\n  ~: x\n", "is not a readable manifest: a key is null, line 5. Correct it."),
}
"""What is wrong -> the text after `HEAD`, and what is said."""
