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
        return str(json.loads(data)["message"]).rstrip(".")[:_LONGEST]
    except (ValueError, KeyError, TypeError):
        return " ".join(data[:_LONGEST].decode(errors="replace").split())


def breaks_a_rule(data: bytes) -> bool:
    """
    Return whether a 403 of the API server is about the object and not the user: a quota, or Pod Security.

    Source: kubernetes 1.36 apimachinery pkg/api/errors `NewForbidden`; apiserver pkg/endpoints/handlers
    responsewriters/errors.go `forbiddenMessage`, which says what a user cannot do.
    """
    return bool(_ADMISSION.search(message_of(data)))
