"""
JSON: key order and white space mean nothing; the spelling of a number does.

Source: RFC 8259; readers differ on duplicate keys, NaN and what is beyond a double, so those count byte for byte.
"""

import json

from .meaning import Meaning, NotUnderstood, Spelled, check_keys, check_utf_8, encode_number, encode_value


def read_json(text: bytes) -> Meaning:
    """
    Return what a JSON text means.

    Raises:
      NotUnderstood: Readers could read it differently, or not at all.

    """
    check_utf_8(text)
    try:
        value = json.loads(
            text.decode(),
            object_pairs_hook=_mapping,
            parse_int=Spelled,
            parse_float=Spelled,
            parse_constant=_constant,
        )
    except json.JSONDecodeError as error:
        raise NotUnderstood(f"it is no JSON ({error.msg}, line {error.lineno})") from None
    except RecursionError:
        raise NotUnderstood("it is nested too deep") from None
    return Meaning("json", encode_value(value, _number), value)


def _mapping(pairs: list[tuple[str, object]]) -> dict[str, object]:
    check_keys([key for key, _ in pairs])
    return dict(pairs)


def _number(value: object) -> bytes:
    assert isinstance(value, Spelled)
    return encode_number(value.text)


def _constant(name: str) -> object:
    raise NotUnderstood(f"{name} is no JSON number")
