"""Which object that pods read now is in the place of each of the program's."""

from collections.abc import Collection, Mapping
from typing import Any

from ..kubernetes.pod_spec import references_of

Place = tuple[object, ...]


def counterparts(
    now: Mapping[str, Any], then: Mapping[str, Any], names: Mapping[str, str], others: Collection[str], kind: str
) -> dict[str, str]:
    """
    Return name in the program's pod spec -> name of the object that the pods read now in its place.

    That is the object of the same name, else that of the same volume or variable, else the only one that is left on
    both sides.

    Args:
      now: The pod spec as it is.
      then: The same as it is to be; objects of ours have the names of their content.
      names: Name in the program's pod spec -> name of our object that holds it.
      others: The names of the objects that others own: they are no one's counterparts.
      kind: The kind of object, ConfigMap or Secret.

    """
    read = {place: name for place, name in _places(now, kind).items() if name not in others}
    called = {content_name: name for name, content_name in names.items()}
    pairs = {name: name for name in names if name in read.values()}
    for place, content_name in _places(then, kind).items():
        if content_name in called and place in read and read[place] not in pairs.values():
            pairs.setdefault(called[content_name], read[place])
    rest = [one for one in dict.fromkeys(read.values()) if one not in pairs.values()]
    alone = [name for name in names if name not in pairs]
    return {**pairs, **({alone[0]: rest[0]} if len(alone) == len(rest) == 1 else {})}


def _places(pod_spec: Mapping[str, Any], kind: str) -> dict[Place, str]:
    """Return where a pod spec reads each object of a kind, by the names of volumes and containers."""
    places: dict[Place, str] = {}
    for reference in references_of(kind, pod_spec):
        at: Any = pod_spec
        steps: list[object] = []
        for step in reference.path:
            at = at[step]
            steps.append(at.get("name", step) if isinstance(step, int) and isinstance(at, Mapping) else step)
        if isinstance(reference.name, str):
            places.setdefault(tuple(steps), reference.name)
    return places
