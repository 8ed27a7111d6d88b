"""Says at a component what is noted of its objects, each note in the run in which it is new."""

from typing import Any

import pulumi

from .hook_name import hook_name
from .plain_inputs import plain_inputs


class ToldOnce:
    """The input `notes` of a component: title of an object -> what to know about it."""

    def __init__(self, component: pulumi.Resource, name: str) -> None:
        self._component, self._hook_name = component, hook_name(f"{name}:notes")

    def hooks(self) -> pulumi.ResourceHookBinding:
        """Return the hooks of the component, in preview too."""
        options = pulumi.ResourceHookOptions(on_dry_run=True, ignore_errors=True)
        new = pulumi.ResourceHook(f"{self._hook_name}:new", self._tell, options)
        changed = pulumi.ResourceHook(f"{self._hook_name}:changed", self._tell, options)
        return pulumi.ResourceHookBinding(before_create=[new], before_update=[changed])

    async def _tell(self, args: pulumi.ResourceHookArgs) -> None:
        old, new = [((await plain_inputs(side))[0].get("notes") or {}) for side in (args.old_inputs, args.new_inputs)]
        if lines := new_lines(old, new):
            pulumi.log.info("\n".join(lines), self._component)


def new_lines(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Return a line for each note that was not there before."""
    return [f"{title}: {text}" for title, texts in new.items() for text in texts if text not in old.get(title, [])]
