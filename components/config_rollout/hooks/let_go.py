"""Has those who made an object let go of what a component that has taken it over writes."""

from collections.abc import Callable

import pulumi

from ..cluster.client import Cluster
from ..cluster.retrying import Backoff
from ..core.kubernetes.field_managers import PROVIDERS_OWN
from ..core.manifests.items import Item
from .listeners import Listener, Listeners
from .threads import in_thread

_CONFLICT = 409
_SECONDS = 300
"""How long it is tried for one object, in seconds."""


def lets_go(item: Item, find: Callable[[], Cluster]) -> Listeners:
    """
    Return the listeners of an object that is taken over, whose fields are ours alone once it is written.

    Else a later apply that changes one of them would conflict with whoever made it. Where that fails it is a warning.
    """

    async def after(args: pulumi.ResourceHookArgs) -> None:
        manager = str((args.new_outputs or {})[PROVIDERS_OWN])

        def once() -> None:
            find().let_go(item.of.value, *item.key[2:], manager)

        await in_thread(Backoff(_SECONDS, passing=(_CONFLICT,)).run, once)

    return Listeners(after=[Listener(after)])
