"""Whether what is stated to reload can reach a running pod: only the files of a folder change under a process."""

from collections.abc import Iterator, Mapping

from ..arguments.finding import Finding
from ..configuration.effects import Effects
from ..configuration.reloading import mixed_keys, reload_keys
from ..kubernetes.uses import How, Use, uses
from .source import CONFIG_MAP

_NOT_UPDATED = {
    How.ENVIRONMENT: (
        "reads it as an environment variable, which never changes under a running process",
        "Let it read the file alone, or use 'restart'",
    ),
    How.SUB_PATH: (
        "mounts it by subPath, and Kubernetes never updates such a file",
        "Mount the volume as a folder, without subPath, or use 'restart'",
    ),
}
"""How a key is read that a running process never reads again -> what is wrong with that, and what to do."""


def check_reloads(effects: Mapping[str, Effects], name: str, pod_spec: object) -> Iterator[Finding]:
    """
    Find what keeps keys that are stated to reload from being read again.

    Args:
      effects: Key -> what is stated of it, of one ConfigMap.
      name: What the pod spec calls that.
      pod_spec: How pods read it.

    """
    yield from mixed_keys(effects)
    keys = reload_keys(effects)
    if not keys or not isinstance(pod_spec, Mapping):  # that it is none is said elsewhere
        return
    of_source = [use for use in uses(pod_spec, str) if use.kind == CONFIG_MAP and use.name == name]
    for key in keys:
        reading = [use for use in of_source if use.keys is None or key in use.keys]
        path = next((at for at, effect in effects[key].items() if effect == "reload"), "")
        where = f"effects['{key}:{path}']" if path else f"effects['{key}']"
        for how, (why, fix) in _NOT_UPDATED.items():
            for use in reading:
                if use.how is how:
                    what = f"is reload, but container '{use.container.get('name')}' {why}"
                    yield Finding(where, what, fix)
        if not any(use.how in (How.DIRECTORY, *_NOT_UPDATED) for use in reading):
            yield Finding(where, _unread(reading), "Mount the key where a container that keeps running reads it")


def _unread(reading: list[Use]) -> str:
    if reading:
        return f"is reload, but only init container '{reading[0].container.get('name')}' reads it"
    return "is reload, but no container reads it"
