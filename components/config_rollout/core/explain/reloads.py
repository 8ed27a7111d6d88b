"""What is said of keys that running pods read again: when that begins and ends, and what a change of them does."""

from collections.abc import Mapping, Sequence

from ..configuration.diff import KeyChange
from ..kubernetes.pod_spec import references
from ..revisions.naming import is_reload_name
from ..words.changes import reloads

NO_RESTART_BUT_RELOAD = "reload, nothing restarts"
"""How the first line of a message ends where pods read something again and keep running."""


def in_place(where: str, staged: bool = False) -> list[str]:
    """Return how the new text reaches the pods of a workload, which is in waves if `staged`."""
    first = "  canary: before any pod gets the text, one more pod has to come up with it, on a node of the first wave"
    how = "its ConfigMap changes in place and reaches all nodes at once"
    return [
        *([first] if staged else []),
        f"  {how}{', waves or not' if staged else ''}; `up` ends when each pod of {where} has read it",
    ]


def before_restart(keys: Sequence[KeyChange]) -> list[str]:
    """Return that a text which running pods read again changes first, where the same `up` restarts them."""
    named = [key.key for key in keys if reloads(key)]
    if not named:
        return []
    return [f"  {', '.join(named)}: pods that have not restarted yet read the new text at once"]


def from_now_on(old: Mapping[str, object], new: Mapping[str, object]) -> list[str]:
    """Return which ConfigMaps pods begin, or cease, to read that change in place: that alone costs a restart."""
    before, after = _in_place(old), _in_place(new)
    begun = [f"  from now on ConfigMap {one} changes in place: a change of its keys reloads" for one in after - before]
    ended = [f"  ConfigMap {one} no longer changes in place: a change of its keys restarts" for one in before - after]
    return sorted([*begun, *ended])


def _in_place(workload: Mapping[str, object]) -> set[str]:
    metadata, spec = workload.get("metadata"), workload.get("spec")
    template = spec.get("template") if isinstance(spec, Mapping) else None
    pod_spec = template.get("spec") if isinstance(template, Mapping) else None
    name = str(metadata.get("name")) if isinstance(metadata, Mapping) else ""
    named = [reference.name for reference in references(pod_spec)]
    return {one for one in named if isinstance(one, str) and is_reload_name(one, name)}
