"""Brings the line of a record to where the argument `audit` says."""

import urllib.request
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from ..core.audit.sinks import Sink

_SECONDS = 10


def deliver(line: str, sink: Sink) -> str:
    """Write a record there; return what kept it from being written, empty if nothing did."""
    try:
        if sink.kind == "stdout":
            print(line, flush=True)
        elif sink.kind == "file":
            with Path(sink.place).expanduser().open("a", encoding="utf-8") as file:
                file.write(f"{line}\n")
        else:
            headers = {"Content-Type": "application/x-ndjson", "User-Agent": "config-rollout"}
            request = urllib.request.Request(sink.place, f"{line}\n".encode(), headers)
            with urllib.request.urlopen(request, timeout=_SECONDS):
                pass
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "strerror", None) or getattr(error, "reason", None) or error
        place = urlsplit(sink.place).hostname if sink.kind == "url" else sink.place
        return f"audit.{sink.kind}: {place or 'the program'}: cannot be written ({reason}). Correct it."
    return ""
