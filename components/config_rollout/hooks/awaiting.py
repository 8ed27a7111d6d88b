"""Says how far a DaemonSet without waves is, while the provider waits for its pods: the provider itself may not."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from typing import Any

import pulumi

from ..cluster import Cluster, ClusterError
from ..core.progress import rolling
from ..voice import Voice
from .plain_inputs import plain_inputs


class Awaiting:
    """One DaemonSet. `find` gives its cluster, and may raise `ClusterError`: then only the time is told."""

    def __init__(self, find: Callable[[], Awaitable[Cluster]]) -> None:
        self._find, self._voices = find, ExitStack()

    async def begins(self, args: pulumi.ResourceHookArgs) -> None:
        """Begin to speak, once, however often the write is tried."""
        await self.ends()
        metadata = (await plain_inputs(args.new_inputs))[0]["metadata"]
        name, namespace = str(metadata["name"]), str(metadata.get("namespace", "default"))
        cluster, began = await self._cluster(), time.monotonic()

        def now() -> str:
            found: dict[str, Any] | None = None
            trouble = ""
            try:
                found = cluster.get("daemonsets", name, namespace) if cluster else None
            except ClusterError as error:
                trouble = str(error)
            return rolling(f"{namespace}/{name}", found, time.monotonic() - began, trouble)

        self._voices.enter_context(Voice().never_silent(now))

    async def ends(self) -> None:
        """Say no more."""
        voices = self._voices.pop_all()
        await asyncio.to_thread(voices.close)  # a line that is being made waits for the API server

    async def _cluster(self) -> Cluster | None:
        try:
            return await self._find()
        except ClusterError:
            return None
