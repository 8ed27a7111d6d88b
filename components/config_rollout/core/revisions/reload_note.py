"""What the driver of reloads notes at the ConfigMap that changes in place, in an annotation."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

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

    def __str__(self) -> str:
        return json.dumps({"to": self.to, "known": [*self.known], **({"failed": self.failed} if self.failed else {})})


def reload_note(config_map: Object) -> ReloadNote:
    """Return what is noted at a ConfigMap; nothing if it is missing or not one of ours."""
    if not config_map:
        return ReloadNote()
    try:
        noted = json.loads(str(annotations_of(config_map).get(RELOAD_ANNOTATION, "{}")))
        return ReloadNote(str(noted["to"]), [str(one) for one in noted["known"]], str(noted.get("failed", "")))
    except (ValueError, TypeError, KeyError, AttributeError):
        return ReloadNote()
