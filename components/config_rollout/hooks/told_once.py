"""Says at a component what is noted of its objects, each note in the run in which it is new."""

from typing import Any

import pulumi

from .listeners import Listeners, explaining
from .plain_inputs import plain_inputs


class ToldOnce:
    """The input `notes` of a component: title of an object -> what to know about it."""

    def __init__(self, component: pulumi.Resource) -> None:
        self._component = component

    def listeners(self) -> Listeners:
        """Return the listeners of the component, in preview too."""
        tells = [explaining(self._tell)]
        return Listeners(tells, tells)

    async def _tell(self, args: pulumi.ResourceHookArgs) -> None:
        old, new = [((await plain_inputs(side))[0].get("notes") or {}) for side in (args.old_inputs, args.new_inputs)]
        if lines := new_lines(old, new):
            pulumi.log.info("\n".join(lines), self._component)


def new_lines(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Return a line for each note that was not there before."""
    return [f"{title}: {text}" for title, texts in new.items() for text in texts if text not in old.get(title, [])]
