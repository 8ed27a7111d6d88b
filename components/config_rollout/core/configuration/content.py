"""What a ConfigMap holds, validated once. Not how it is hashed (digest.py) or compared (diff.py)."""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from .. import formats
from ..arguments.finding import Finding
from ..arguments.nearest import did_you_mean
from ..formats.meaning import Meaning
from .effects import Effects, check_paths, parse_effects, state

MAX_BYTES = 1024 * 1024
"""The most that all values of a ConfigMap may hold together, in bytes; keys do not count.

Source: kubernetes 1.36 `ValidateConfigMap`, `MaxSecretSize`.
"""

MAX_KEY_LENGTH = 253
"""The longest key of a ConfigMap, in characters. Source: apimachinery `IsConfigMapKey`."""

Fault = tuple[str, str]
"""What is wrong, and what to do about it."""

_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/=]")
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_NOT_IN_A_KEY = re.compile(r"[^-._a-zA-Z0-9]")


@dataclass(frozen=True)
class Content:
    """
    What a ConfigMap holds: `data` as key -> UTF-8 bytes of the text, `binary_data` as key -> bytes.

    `formats` names the format of keys of `data` whose suffix does not tell it, `effects` is key -> what changes of its
    fields do. `text_version` is any text, which counts beside what the values mean. `unread` are keys that no pod
    reads, so that they do not count. Make one with `parse_content`; one made by hand is not checked.
    """

    data: Mapping[str, bytes] = field(default_factory=dict)
    binary_data: Mapping[str, bytes] = field(default_factory=dict)
    formats: Mapping[str, str] = field(default_factory=dict)
    effects: Mapping[str, Effects] = field(default_factory=dict)
    text_version: str = ""
    unread: frozenset[str] = frozenset()

    @cached_property
    def meanings(self) -> Mapping[str, Meaning]:
        """Return what the values mean, `data` and `binary_data` together: no key is in both."""
        every = {key: formats.read_key(key, value, self.formats) for key, value in self.data.items()}
        every |= {key: Meaning("bytes", value) for key, value in self.binary_data.items()}
        stated = {key: state(m, self.effects[key]) if key in self.effects else m for key, m in every.items()}
        unread = {key: replace(stated[key], canonical=None, unread=True) for key in self.unread if key in stated}
        return stated | unread

    @property
    def declared_effects(self) -> dict[str, str]:
        """Return the effects as a caller states them: `KEY` or `KEY:PATH` -> effect."""
        return {
            f"{key}:{path}" if path else key: effect
            for key, stated in self.effects.items()
            for path, effect in stated.items()
        }

    def as_read(self, read: Callable[[str, bool], bool]) -> "Content":
        """Return the content with what pods read of it: `read` tells that of a key, and of whether it holds text."""
        unread = [key for section, values in self.sections() for key in values if not read(key, section == "data")]
        return replace(self, unread=frozenset(unread))

    def sections(self) -> list[tuple[str, Mapping[str, bytes]]]:
        """Return the two maps with their argument names, in the order in which they are hashed and shown."""
        return [("data", self.data), ("binary_data", self.binary_data)]


def parse_content(
    data: object,
    binary_data: object = None,
    declared: object = None,
    effects: object = None,
    text_version: object = None,
) -> tuple[Content, list[Finding]]:
    """
    Return the content and everything wrong with it.

    The content is complete only if there are no findings.

    Args:
      data: key -> text.
      binary_data: key -> base64 text (RFC 4648, padded), as in a ConfigMap manifest; `None` is none.
      declared: key of `data` -> its format, for keys whose suffix does not tell it; `None` is none.
      effects: `KEY` or `KEY:PATH` -> `restart`, `reload` or `none`; `None` is none. Paths are for `unmatched` to check.
      text_version: Text whose change rolls out what is written differently but means the same; `None` is none.

    """
    findings: list[Finding] = []
    texts = _values("data", data, _text, findings)
    binaries = _values("binary_data", {} if binary_data is None else binary_data, decode_base64, findings)
    known = {} if declared is None else _formats(declared, data, findings)
    stated, wrong = parse_effects({} if effects is None else effects, [*texts, *binaries])
    findings += wrong
    findings += _check_text_version(text_version)
    content = Content(texts, binaries, known, stated, text_version if isinstance(text_version, str) else "")
    for key in sorted(content.data.keys() & content.binary_data.keys()):
        findings.append(Finding(f"binary_data['{key}']", "the key is in data too", "Keep it in one of the two"))
    size = sum(len(value) for _, values in content.sections() for value in values.values())
    if size > MAX_BYTES:
        findings.append(
            Finding(
                "data",
                f"all values together are {size:,} bytes; a ConfigMap holds at most {MAX_BYTES:,}",
                "Ship large files in the image or in a volume",
            )
        )
    if not findings and not content.data and not content.binary_data:
        findings.append(Finding("data", "has no keys, so there is no configuration", "Add at least one key"))
    if not findings:
        findings += refusals(content)
    return content, findings


def _check_text_version(value: object) -> list[Finding]:
    if value is None or (isinstance(value, str) and 0 < len(value) <= MAX_KEY_LENGTH and value.isprintable()):
        return []
    what = f"must be printable text of at most {MAX_KEY_LENGTH} characters (got {value!r})"
    return [Finding("text_version", what, "Pass a date or a number, quoted")]


def unmatched(*contents: Content) -> list[Finding]:
    """Return a finding for every path of `effects` that names no field in any of the contents that have its key."""
    findings = []
    for key in dict.fromkeys(key for content in contents for key in content.effects):
        each = [check_paths(key, content.meanings[key]) for content in contents if key in content.effects]
        shared = set.intersection(*({finding.where for finding in of_content} for of_content in each))
        findings += [finding for finding in each[-1] if finding.where in shared]
    return findings


def warnings(content: Content) -> list[Finding]:
    """Return what is not wrong with the content but should be changed."""
    return _inside(content, "warnings")


def refusals(content: Content) -> list[Finding]:
    """Return what the program would refuse in an otherwise complete content."""
    return _inside(content, "findings")


def _inside(content: Content, what: str) -> list[Finding]:
    """Return the findings or warnings of the formats that know their fields, with the key before the field."""
    return [
        Finding(f"data[{key!r}]: {finding.where}", finding.what, finding.fix)
        for key, meaning in content.meanings.items()
        for finding in getattr(meaning, what)
    ]


def _values(
    where: str, section: object, to_bytes: Callable[[object], bytes | Fault], findings: list[Finding]
) -> dict[str, bytes]:
    """Return key -> bytes of one map; what does not fit goes to the findings and is left out."""
    if not isinstance(section, Mapping):
        findings.append(Finding(where, f"must map key to text (got {type(section).__name__})", "Pass a dict"))
        return {}
    values: dict[str, bytes] = {}
    for key, value in section.items():
        place = f"{where}[{key!r}]"
        if fault := _key_fault(key):
            findings.append(Finding(place, *fault))
        converted = to_bytes(value)
        if isinstance(converted, bytes):
            values[str(key)] = converted
        else:
            findings.append(Finding(place, *converted))
    return values


def _formats(declared: object, data: object, findings: list[Finding]) -> dict[str, str]:
    """Return key -> format; unknown formats and keys become findings."""
    if not isinstance(declared, Mapping):
        findings.append(Finding("formats", f"must map key to format (got {type(declared).__name__})", "Pass a dict"))
        return {}
    known = ", ".join(f"'{name}'" for name in formats.FORMATS)
    for key, name in declared.items():
        place = f"formats[{key!r}]"
        if name not in formats.FORMATS:
            findings.append(Finding(place, f"is not a known format (got {name!r})", f"Use one of {known}"))
        if isinstance(data, Mapping) and key not in data:
            fix = did_you_mean(key, data, "Name a key of data")
            findings.append(Finding(place, "data has no such key", fix))
    return {str(key): name for key, name in declared.items() if name in formats.FORMATS}


def _key_fault(key: object) -> Fault | None:
    """Return what is wrong with a ConfigMap key. Source: apimachinery `IsConfigMapKey`."""
    if not isinstance(key, str):
        return f"the key must be text (got {type(key).__name__})", "Quote it"
    if not key:
        return "the key is empty", "Give it the name of the file that the text becomes"
    if len(key) > MAX_KEY_LENGTH:
        return f"the key has {len(key)} characters", f"Use at most {MAX_KEY_LENGTH}"
    if wrong := _NOT_IN_A_KEY.search(key):
        char = {" ": "a space", "/": "a slash, but a ConfigMap has no folders"}.get(wrong[0], repr(wrong[0]))
        return f"the key contains {char}", "Use letters, digits, '-', '_' or '.'"
    if key == "." or key.startswith(".."):
        return "the key is a path, not a file name", "Do not begin it with '..'"
    return None


def _text(value: object) -> bytes | Fault:
    if not isinstance(value, str):
        return f"must be text (got {type(value).__name__})", "Pass a plain str, quoted or written out"
    try:
        return value.encode()
    except UnicodeEncodeError as error:
        return (
            f"is not UTF-8 text (character {error.start} is half of a surrogate pair)",
            "Decode the file as UTF-8, or pass its bytes in binary_data",
        )


def decode_base64(value: object) -> bytes | Fault:
    """Return what base64 means to the API server. Source: Go's encoding/base64 `StdEncoding` skips line breaks."""
    if not isinstance(value, str):
        return f"must be base64 text (got {type(value).__name__})", "Pass base64.b64encode(...).decode()"
    plain = value.replace("\r", "").replace("\n", "")
    if wrong := _NOT_BASE64.search(plain):
        char = {" ": "a space", "\t": "a tab"}.get(wrong[0], repr(wrong[0]))
        return f"is not base64 (it has {char})", "Write it without blanks, or with line breaks as in a block with |"
    if not _BASE64.fullmatch(plain):
        return "is not base64 (its length or its padding is wrong)", "Pass base64.b64encode(...).decode()"
    return base64.b64decode(plain)
