"""
One record for each wave in Pulumi's state: it is written when the wave is through, and only then.

A record's hook is what runs the wave, so a wave that fails leaves its record as it was, and the next `up` comes back to
it. Not here: what a wave does (rollout.py).
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pulumi

from ..cluster import Cluster
from ..core.wave_words import wave_task
from ..core.waves import Division, Waves
from .hook_name import hook_name
from .rollout import Rollout, Target


def register_records(
    name: str,
    parent: pulumi.Resource,
    daemon_set: pulumi.CustomResource,
    config_hash: str,
    waves: Waves,
    divisions: Sequence[Division],
    cluster: Cluster,
    pending: Callable[[Division], int],
) -> list[pulumi.Stash]:
    """
    Register the records, one after the other, up to the wave that `through` names.

    Args:
      name: The component's name; a record is called `NAME-WAVE`.
      parent: The component.
      daemon_set: Its DaemonSet, which the first record comes after.
      config_hash: The configuration that the program wants.
      waves: The waves.
      divisions: The waves with their nodes, as they are now.
      cluster: Where the DaemonSet is.
      pending: How many pods of a wave this `up` will restart, as far as preview knows.

    """
    records: list[pulumi.Stash] = []
    for division in divisions:
        hook = _Record(parent, cluster, waves, division, pending)
        options = pulumi.ResourceHookOptions(on_dry_run=True)
        unique = hook_name(f"{name}:wave:{division.wave.name}")
        bound: list[Any] = [pulumi.ResourceHook(unique, hook.before, options)]
        record = pulumi.Stash(
            f"{name}-{division.wave.name}",
            input={
                "name": daemon_set.metadata["name"],  # type: ignore[attr-defined]
                "namespace": daemon_set.metadata["namespace"],  # type: ignore[attr-defined]
                "uid": daemon_set.metadata["uid"],  # type: ignore[attr-defined]
                "generation": daemon_set.metadata["generation"],  # type: ignore[attr-defined]
                "configHash": config_hash,
                "wave": division.wave.definition(),
            },
            opts=pulumi.ResourceOptions(
                parent=parent,
                depends_on=[records[-1] if records else daemon_set],
                protect=False,  # a record is nobody's data, and a wave that is no more takes its own away
                hooks=pulumi.ResourceHookBinding(before_create=bound, before_update=bound),
            ),
        )
        hook.record = record
        records.append(record)
        if division.wave.name == waves.through:
            break
    return records


class _Record:
    """The hook of one record."""

    def __init__(
        self,
        component: pulumi.Resource,
        cluster: Cluster,
        waves: Waves,
        division: Division,
        pending: Callable[[Division], int],
    ) -> None:
        self._component, self._cluster, self._waves = component, cluster, waves
        self._division, self._pending = division, pending
        self.record: pulumi.Resource = component

    async def before(self, args: pulumi.ResourceHookArgs) -> None:
        """Say in preview what the wave will do, and do it in `up`."""
        if pulumi.runtime.is_dry_run():
            pulumi.log.info(wave_task(self._division, self._pending(self._division)), self.record)
            return
        target = _target((args.new_inputs or {})["input"])
        loop = asyncio.get_running_loop()

        def say(message: str, ephemeral: bool = False) -> None:
            loop.call_soon_threadsafe(lambda: pulumi.log.info(message, self.record, ephemeral=ephemeral))

        rollout = Rollout(self._cluster, target, self._waves, say)
        try:
            # In a thread: a hook that blocks the event loop would block the whole program.
            await asyncio.to_thread(rollout.run, self._division.wave.name)
        except asyncio.CancelledError:
            rollout.stop()  # the engine was killed, and this program outlives it: another `up` may come at any time
            raise


def _target(given: Mapping[str, Any]) -> Target:
    return Target(
        str(given["namespace"]), str(given["name"]), str(given["uid"]), int(given["generation"]),
        str(given["configHash"]),
    )  # fmt: skip
