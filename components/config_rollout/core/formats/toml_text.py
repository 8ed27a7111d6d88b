"""
TOML: comments, layout, key order, quote style and the way a table is written mean nothing.

A float or a date counts as it is spelled, or as it prints. A text with a variable counts as it is spelled, and so does
a comment with one. Source: TOML 1.0.0; whole numbers have 64 bits.
"""

import re
import tomllib

from .meaning import (
    MAX_DEPTH,
    TOO_DEEP,
    Meaning,
    NotParsed,
    NotUnderstood,
    Spelled,
    decode_utf_8,
    encode_value,
    with_comments,
)
from .variables import holds_variable, marked, refuse_templates, unmarked, with_variables

_PART = r"""(?:[\w-]++|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*"""
_TOO_MANY_PARTS = re.compile(rf"(?<![\w-])(?:{_PART}){{{MAX_DEPTH}}}", re.ASCII)

_STRING = r'"{3}(?:[^\\]|\\.)*?"{3,5}|"(?:[^"\\\n]|\\.)*"' + r"|'{3}.*?'{3,5}|'[^'\n]*'"
_STRING_OR_COMMENT = re.compile(rf"({_STRING})|(#[^\r\n]*)", re.DOTALL)


def read_toml(text: bytes) -> Meaning:
    """
    Return what a TOML text means.

    Raises:
      NotUnderstood: Parsers could read it differently, or not at all.

    """
    refuse_templates(text)
    decoded = decode_utf_8(text)
    if _TOO_MANY_PARTS.search(decoded):  # the parser takes time with the square of a key's parts
        raise NotUnderstood(TOO_DEEP)
    try:
        value = tomllib.loads(decoded, parse_float=Spelled)
        canonical = encode_value(value)
        if not holds_variable(decoded):
            return Meaning("toml", canonical, value)
        spelled = _with_spellings(decoded)
        comments = with_variables(match[2] for match in _STRING_OR_COMMENT.finditer(decoded) if match[2])
        return Meaning("toml", with_comments(encode_value(spelled), comments), spelled, comments=comments)
    except tomllib.TOMLDecodeError as error:
        what, _, place = str(error).partition(" (at line ")
        line = place.partition(",")[0]
        raise NotParsed(f"it is not valid TOML ({what})", int(line) if line.isdigit() else 0) from None
    except RecursionError:
        raise NotUnderstood(TOO_DEEP) from None
    except ValueError:
        raise NotUnderstood("it has a number with thousands of digits") from None


def _with_spellings(text: str) -> object:
    """Return the value of a text that is TOML, in which quotes stand around strings only, or in comments."""
    spelled = _STRING_OR_COMMENT.sub(lambda match: marked(match[1], _value) if match[1] else match[0], text)
    return unmarked(tomllib.loads(spelled, parse_float=Spelled), _value)


def _value(spelling: str) -> str:
    return str(tomllib.loads(f"value = {spelling}")["value"])
