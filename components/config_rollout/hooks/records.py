"""
One record for each wave in Pulumi's state: it is written when the wave is through, and only then.

A record's hook is what runs the wave, so a wave that fails leaves its record as it was, and the next `up` comes back to
it. Not here: what a wave does (rollout.py).
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from ..cluster import Cluster, Object
from ..core.wave_words import wave_task
from ..core.waves import Division, Waves
from .audit import Auditor, Subject
from .hook_name import hook_name
from .rollout import Rollout, Stopped, Target

_UNKNOWN: pulumi.Output[Any] = pulumi.Output.from_input(pulumi.UNKNOWN)


@dataclass(frozen=True)
class Driven:
    """Where the DaemonSet is, how it is restarted and recorded, and how another revision's template is put in place."""

    cluster: Cluster
    waves: Waves
    audit: Auditor
    applied: Callable[[Object], Object] | None = None


def register_records(
    name: str,
    parent: pulumi.Resource,
    daemon_set: pulumi.CustomResource,
    config_hash: str,
    driven: Driven,
    divisions: Sequence[Division],
    pending: Callable[[Division], int],
) -> list[pulumi.Stash]:
    """
    Register the records, one after the other, up to the wave that `through` names.

    Args:
      name: The component's name; a record is called `NAME-WAVE`.
      parent: The component.
      daemon_set: Its DaemonSet, which the first record comes after.
      config_hash: The configuration that the program wants.
      driven: Where the DaemonSet is, and its waves.
      divisions: The waves with their nodes, as they are now.
      pending: How many pods of a wave this `up` will restart, as far as preview knows.

    """
    records: list[pulumi.Stash] = []
    for division in divisions:
        hook = _Record(parent, driven, division, pending)
        options = pulumi.ResourceHookOptions(on_dry_run=True)
        unique = hook_name(f"{name}:wave:{division.wave.name}")
        bound: list[Any] = [pulumi.ResourceHook(unique, hook.before, options)]
        record = pulumi.Stash(
            f"{name}-{division.wave.name}",
            input={
                **{key: _of_metadata(daemon_set, key) for key in ("name", "namespace", "uid", "generation")},
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
        if division.wave.name == driven.waves.through:
            break
    hook.is_last = True
    return records


class _Record:
    """The hook of one record."""

    def __init__(
        self,
        component: pulumi.Resource,
        driven: Driven,
        division: Division,
        pending: Callable[[Division], int],
    ) -> None:
        self._driven, self._division, self._pending = driven, division, pending
        self.record: pulumi.Resource = component
        self.is_last = False

    async def before(self, args: pulumi.ResourceHookArgs) -> None:
        """Say in preview what the wave will do, and do it in `up`."""
        if pulumi.runtime.is_dry_run():
            pulumi.log.info(wave_task(self._division, self._pending(self._division)), self.record)
            return
        target = _target((args.new_inputs or {})["input"])
        loop = asyncio.get_running_loop()

        def say(message: str, ephemeral: bool = False) -> None:
            loop.call_soon_threadsafe(lambda: pulumi.log.info(message, self.record, ephemeral=ephemeral))

        driven, audit = self._driven, self._driven.audit
        rollout = Rollout(driven.cluster, target, driven.waves, say, driven.applied, audit.report)
        subject = Subject(target.namespace, target.name, target.uid, target.config_hash)
        try:
            # In a thread: a hook that blocks the event loop would block the whole program.
            await asyncio.to_thread(rollout.run, self._division.wave.name)
        except asyncio.CancelledError:
            rollout.stop()  # the engine was killed, and this program outlives it: another `up` may come at any time
            raise
        except Stopped as stopped:
            await audit.ended(subject, "stopped", str(stopped))
            raise
        if self.is_last:
            await audit.ended(subject, "done")


def _of_metadata(daemon_set: pulumi.CustomResource, key: str) -> pulumi.Output[Any]:
    """Return what the provider returned; the preview of a patch that is new has no UID and no generation."""
    metadata: pulumi.Output[Any] = daemon_set.metadata  # type: ignore[attr-defined]
    return metadata.apply(lambda of: of[key] if of and key in of else _UNKNOWN)


def _target(given: Mapping[str, Any]) -> Target:
    return Target(
        str(given["namespace"]), str(given["name"]), str(given["uid"]), int(given["generation"]),
        str(given["configHash"]),
    )  # fmt: skip
