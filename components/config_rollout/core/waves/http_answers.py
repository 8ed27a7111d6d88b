"""What a plain HTTP answer says."""

import json
import re

_LONGEST = 200
"""How much of an answer is shown, in characters."""

_ADMISSION = re.compile(r' is forbidden: (?!User ".*" cannot )')


def judge_http(status: int, body: bytes) -> str:
    """Any 2xx is good."""
    return "" if 200 <= status < 300 else f"{status} {message_of(body)}".rstrip()


def message_of(data: bytes) -> str:
    """Return what an answer reports as wrong, without its full stop; of the API server's own only the message."""
    try:
        told = json.loads(data)
        message = str(told["message"]).rstrip(".")
        if len(message) <= 2 * _LONGEST:
            return message
        every = (told.get("details") or {}).get("causes") or []
        causes = [f"{one['field']}: {_short(one['message'])}" for one in every if one.get("field")]
        head, is_invalid, _ = message.partition(" is invalid: ")
        return f"{head}{is_invalid}{'; '.join(causes)}" if causes and is_invalid else _short(message)
    except (ValueError, KeyError, TypeError, AttributeError):
        return " ".join(data[:_LONGEST].decode(errors="replace").split())


def _short(text: str) -> str:
    """Return a text without its middle: the API server ends with the cause, after the whole value that it is about."""
    half = _LONGEST // 2
    return text if len(text) <= _LONGEST else f"{text[:half]} ... {text[-half:]}"


def breaks_a_rule(data: bytes) -> bool:
    """
    Return whether a 403 of the API server is about the object and not the user: a quota, or Pod Security.

    Source: kubernetes 1.36 apimachinery pkg/api/errors `NewForbidden`; apiserver pkg/endpoints/handlers
    responsewriters/errors.go `forbiddenMessage`, which says what a user cannot do.
    """
    return bool(_ADMISSION.search(message_of(data)))
