"""
TOML: comments, layout, key order, quote style and the way a table is written mean nothing.

Source: TOML 1.0.0. A float or a date counts as it is spelled, or as it prints. Whole numbers have 64 bits.
"""

import re
import tomllib

from .meaning import MAX_DEPTH, TOO_DEEP, Meaning, NotParsed, NotUnderstood, Spelled, decode_utf_8, encode_value

_PART = r"""(?:[\w-]++|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*"""
_TOO_MANY_PARTS = re.compile(rf"(?<![\w-])(?:{_PART}){{{MAX_DEPTH}}}", re.ASCII)


def read_toml(text: bytes) -> Meaning:
    """
    Return what a TOML text means.

    Raises:
      NotUnderstood: Readers could read it differently, or not at all.

    """
    decoded = decode_utf_8(text)
    if _TOO_MANY_PARTS.search(decoded):  # the parser takes time with the square of a key's parts
        raise NotUnderstood(TOO_DEEP)
    try:
        value = tomllib.loads(decoded, parse_float=Spelled)
        return Meaning("toml", encode_value(value), value)
    except tomllib.TOMLDecodeError as error:
        what, _, place = str(error).partition(" (at line ")
        line = place.partition(",")[0]
        raise NotParsed(f"it is not valid TOML ({what})", int(line) if line.isdigit() else 0) from None
    except RecursionError:
        raise NotUnderstood(TOO_DEEP) from None
    except ValueError:
        raise NotUnderstood("it has a number with thousands of digits") from None
