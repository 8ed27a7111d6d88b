"""Names in Python's case and in Kubernetes'."""

from functools import lru_cache

_CAPITALS = {word.lower(): word for word in ("API", "FQDN", "ID", "IO", "IP", "IPC", "PID", "URI", "UUID", "WWNs")}
"""Words that Kubernetes writes in capitals, in the fields of a pod spec."""


@lru_cache(1024)
def camel_case(name: str) -> str:
    """Return `init_containers` as `initContainers`, and `host_ipc` as `hostIPC`."""
    first, *others = name.split("_")
    return first + "".join(_CAPITALS.get(word) or word.capitalize() for word in others)


@lru_cache(1024)
def snake_case(camel_case: str) -> str:
    """Return `maxUnavailable` as `max_unavailable`."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in camel_case)
