"""Says how far a write of the provider is, while the engine waits for it: the provider itself may be silent."""

import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from typing import Any

import pulumi

from ..cluster.client import Cluster, ClusterError
from ..core.kubernetes.workload_kinds import WorkloadKind
from ..core.waves.progress import rolling
from .listeners import Listener, Listeners
from .plain_inputs import plain_inputs
from .threads import in_thread
from .voice import Voice

_LOOK_SECONDS = 5
"""How long one look at the cluster may take, in seconds: a line comes without it rather than late."""


class Awaiting:
    """
    The writes of one component's children. `find` gives the cluster, and may raise `ClusterError`.

    Of a workload of the kind `rolls`, which Kubernetes rolls out by itself, the pods are counted, of all else the time.
    """

    def __init__(self, find: Callable[[], Awaitable[Cluster]], rolls: WorkloadKind | None) -> None:
        self._find, self._rolls = find, rolls
        self._speaking: dict[str, ExitStack] = {}

    def heard(self, listeners: Listeners) -> Listeners:
        """Return the listeners of a child, and beside them those that speak; they begin last and end first."""
        begins, ends = [Listener(self.begins)], [Listener(self.ends)]
        return Listeners(after=ends) + listeners + Listeners(begins, begins)

    async def begins(self, args: pulumi.ResourceHookArgs) -> None:
        """Begin to speak of a child, once, however often its write is tried."""
        await self.is_over(args.urn)
        metadata = (await plain_inputs(args.new_inputs))[0]["metadata"]
        where, began = f"{metadata.get('namespace', 'default')}/{metadata['name']}", time.monotonic()
        kind = args.type.split(":")[-1].removesuffix("Patch")
        rolls = self._rolls
        look = await self._looking(rolls, metadata) if rolls and kind == rolls.kind else None
        speaking = self._speaking[args.urn] = ExitStack()
        speaking.enter_context(Voice().never_silent(lambda: rolling(kind, where, time.monotonic() - began, look)))

    async def ends(self, args: pulumi.ResourceHookArgs) -> None:
        """Say no more of a child."""
        await self.is_over(args.urn)

    async def is_over(self, urn: str) -> None:
        """Say no more of the child with this URN."""
        if speaking := self._speaking.pop(urn, None):
            await in_thread(speaking.close)  # a line that is being made may wait for the API server

    async def _looking(self, kind: WorkloadKind, metadata: dict[str, Any]) -> Callable[[], dict[str, Any] | str]:
        """Return what reads the workload: it, or why it cannot be read, in a few seconds."""
        try:
            cluster = await self._find()
        except ClusterError as error:
            why = str(error)
            return lambda: why
        name, namespace = str(metadata["name"]), str(metadata.get("namespace", "default"))

        def look() -> dict[str, Any] | str:
            answers: list[dict[str, Any] | str] = []

            def ask() -> None:
                try:
                    answers.append(cluster.get(kind.resource, name, namespace) or "it does not exist yet")
                except ClusterError as error:
                    answers.append(str(error))

            thread = threading.Thread(target=ask, daemon=True)
            thread.start()
            thread.join(_LOOK_SECONDS)
            return answers[0] if answers else f"{cluster.server}: does not answer"

        return look
