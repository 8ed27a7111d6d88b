"""What the driver of reloads notes at the ConfigMap that changes in place, in an annotation."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..kubernetes.annotations import RELOAD_ANNOTATION
from ..kubernetes.objects import Object, annotations_of


@dataclass(frozen=True)
class ReloadNote:
    """
    `to` is the hash of the text that pods are to read, and `known` are digests of their answers for the texts before.

    `failed` is empty, or what became of a text that not all have read: `back`, so that `to` is the one before it, or
    `keep`.
    """

    to: str = ""
    known: Sequence[str] = ()
    failed: str = ""
    ask: Mapping[str, object] = field(default_factory=dict, hash=False)
    """The fields of the question that pods answer, for whoever asks later; empty where a command answers."""

    def __str__(self) -> str:
        more = {key: value for key, value in (("failed", self.failed), ("ask", self.ask)) if value}
        return json.dumps({"to": self.to, "known": [*self.known], **more})


def reload_note(config_map: Object) -> ReloadNote:
    """Return what is noted at a ConfigMap; nothing if it is missing or not one of ours."""
    if not config_map:
        return ReloadNote()
    try:
        noted = json.loads(str(annotations_of(config_map).get(RELOAD_ANNOTATION, "{}")))
        known = [str(one) for one in noted["known"]]
        return ReloadNote(str(noted["to"]), known, str(noted.get("failed", "")), dict(noted.get("ask", {})))
    except (ValueError, TypeError, KeyError, AttributeError):
        return ReloadNote()
