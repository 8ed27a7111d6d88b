"""
Holds the pods of a StatefulSet with waves back before the provider writes a new pod template, which they would follow
at once.

Without waves (any more) it lets go of what the driver of waves has held. Not here: what lowers the partition wave by
wave (driver/rollout.py).
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pulumi

from ..cluster.client import Cluster
from ..core.kubernetes.annotations import WAVES_ANNOTATION
from ..driver.partition import hold, let_go
from .listeners import Listener, Listeners
from .plain_inputs import plain_inputs
from .threads import in_thread


class Partition:
    """
    The listener of the StatefulSet of a component; `find` gives the cluster.

    It is no part of what the program writes: so a refresh finds no difference in it, and between rollouts nothing of it
    remains.
    """

    def __init__(self, find: Callable[[], Awaitable[Cluster]], has_waves: bool) -> None:
        self._find, self._has_waves = find, has_waves

    def listeners(self) -> Listeners:
        """Return the listeners of the StatefulSet. None is called in a preview."""
        before = [Listener(self._before, refuses=True)]
        return Listeners(before, before)

    async def _before(self, args: pulumi.ResourceHookArgs) -> None:
        new, _ = await plain_inputs(args.new_inputs)
        old, _ = await plain_inputs(args.old_inputs)
        namespace, name = str(new["metadata"].get("namespace", "default")), str(new["metadata"]["name"])
        if self._has_waves:
            cluster = await self._find()
            was, wanted = ((of.get("spec") or {}).get("template") or {} for of in (old, new))
            await in_thread(lambda: hold(cluster, namespace, name, was, wanted))
        elif WAVES_ANNOTATION in ((old.get("metadata") or {}).get("annotations") or {}) and not _has_partition(new):
            cluster = await self._find()
            await in_thread(lambda: let_go(cluster, namespace, name))


def _has_partition(inputs: Mapping[str, Any]) -> bool:
    """Return whether a program says a partition, which the provider then writes in place of the driver's."""
    rolling = ((inputs.get("spec") or {}).get("updateStrategy") or {}).get("rollingUpdate") or {}
    return rolling.get("partition") is not None
