"""
TOML: comments, layout, key order, quote style and the way a table is written mean nothing.

Source: TOML 1.0.0. A float or a date counts as it is spelled, or as it prints.
"""

import tomllib

from .meaning import Meaning, NotUnderstood, Spelled, check_utf_8, encode_number, encode_text, encode_value


def read_toml(text: bytes) -> Meaning:
    """
    Return what a TOML text means.

    Raises:
      NotUnderstood: Readers could read it differently, or not at all.

    """
    check_utf_8(text)
    try:
        value = tomllib.loads(text.decode(), parse_float=Spelled)
    except tomllib.TOMLDecodeError as error:
        raise NotUnderstood(f"it is no TOML ({error})") from None
    except RecursionError:
        raise NotUnderstood("it is nested too deep") from None
    return Meaning("toml", encode_value(value, _other), value)


def _other(value: object) -> bytes:
    if isinstance(value, int):
        return encode_number(str(value))
    return encode_text(value.text if isinstance(value, Spelled) else str(value), b"p")
