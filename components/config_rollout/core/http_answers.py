"""What a plain HTTP answer says."""

import json

_LONGEST = 200
"""How much of an answer is told, in characters."""


def judge_http(status: int, body: bytes) -> str:
    """Any 2xx is good."""
    return "" if 200 <= status < 300 else f"{status} {message_of(body)}".rstrip()


def message_of(data: bytes) -> str:
    """Return what an answer says is wrong, without its full stop; of the API server's own only its message."""
    try:
        return str(json.loads(data)["message"]).rstrip(".")[:_LONGEST]
    except (ValueError, KeyError, TypeError):
        return " ".join(data[:_LONGEST].decode(errors="replace").split())
