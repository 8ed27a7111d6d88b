"""What an object held before an update, in the terms of what is written now."""

from collections.abc import Mapping

from ..configuration.diff import diff_values
from ..configuration.effects import by_name, by_position
from ..kubernetes.quantities import same_quantity
from ..markers import ABSENT


def recorded(live: object, old_inputs: object, new_inputs: object) -> object:
    """
    Return the fields of the live object that either inputs name: what an update with `new_inputs` starts from.

    After a failed update the engine still holds the inputs of the one before (seen with pulumi 3.259), and only
    the live object tells what the cluster has. Fields that neither names are Kubernetes' defaults and left out.
    """
    if isinstance(live, Mapping):
        old, new = (side if isinstance(side, Mapping) else {} for side in (old_inputs, new_inputs))
        empty = {key: item for key, item in new.items() if key not in live and _is_empty(item)}
        named = [key for key in live if key in old or key in new]
        return {key: recorded(live[key], old.get(key, ABSENT), new.get(key, ABSENT)) for key in named} | empty
    if isinstance(live, list):
        return _recorded_items(live, old_inputs, new_inputs)
    unchanged = old_inputs is not ABSENT and old_inputs == new_inputs
    return new_inputs if unchanged and same_quantity(live, new_inputs) else live


def is_template(revision: object, live: object, old_inputs: object, new_inputs: object) -> bool:
    """
    Return whether an update of a pod template gives the one that an earlier revision has, so that its pods stay.

    The update changes what either inputs name; what others have set in the live template stays as it is.
    """
    wanted = diff_values(recorded(revision, old_inputs, new_inputs), new_inputs)
    touched = [change.path for change in diff_values(recorded(live, old_inputs, new_inputs), new_inputs)]
    return not wanted and all(
        any(_within(change.path, path) or _within(path, change.path) for path in touched)
        for change in diff_values(revision, live)
    )


def _within(path: str, other: str) -> bool:
    return path == other or path.startswith((f"{other}.", f"{other}["))


def _recorded_items(live: list[object], old_inputs: object, new_inputs: object) -> list[object]:
    old, new = (side if isinstance(side, list) else [] for side in (old_inputs, new_inputs))
    named = [by_name(side) for side in (live, old, new)]
    positions = None in named
    if positions:
        named = [by_position(side) for side in (live, old, new)]
    lives, olds, news = (side or {} for side in named)
    if not positions:  # what others added is theirs: Kubernetes merges such lists by name
        lives = {name: item for name, item in lives.items() if name in olds or name in news}
    return [recorded(item, olds.get(name, ABSENT), news.get(name, ABSENT)) for name, item in lives.items()]


def _is_empty(value: object) -> bool:
    """Return whether the API server leaves such a value out."""
    return value in ("", 0, False) or value == []
