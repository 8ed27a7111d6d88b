"""
One `Stash` for each wave in Pulumi's state: it is written when the wave has finished, and only then.

A stash's hook is what runs the wave, so a wave that fails leaves its stash as it was, and the next `up` comes back to
it. Not here: what a wave does (driver/rollout.py).
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import pulumi

from ..cluster.client import Cluster, Object
from ..core.audit.finished import asked_generation
from ..core.waves.gate_answers import WantedProxy
from ..core.waves.gates import Gate
from ..core.waves.order import MEMBERSHIP, Division, Waves
from ..core.waves.words import waits
from ..driver.deleting import Restarted
from ..driver.driven import Say, Stopped, Target
from ..driver.ending import driving
from ..driver.report import Report
from ..driver.rollout import Rollout
from ..driver.shared_watch import SharedWatch
from .audit import Auditor, Subject
from .listeners import Listeners, heard_by, refusing
from .plain_inputs import UNKNOWN_OUTPUT
from .threads import in_thread
from .voice import Voice

STASH = "pulumi:index:Stash"
"""The type of every stash."""


@dataclass(frozen=True)
class Driven:
    """
    What the driver has to know: where the workload is, its waves, and what `Rollout` says of the rest.

    `written` is the pod template as far as it is the program's, where that is not the whole workload.
    `window` returns the window that keeps a wave from beginning now, empty if none does; it may ask the cluster.
    `applied` returns what puts the template of another revision in place, where the provider patches.
    """

    cluster: Cluster
    waves: Waves
    audit: Auditor
    stack: str
    window: Callable[[Division], str]
    applied: Callable[[Object], Object] | None = None
    proxy: WantedProxy | None = None
    excused: Mapping[Gate, Mapping[str, str]] = field(default_factory=dict)
    written: Object | None = None
    restarted: Restarted = field(default_factory=dict)
    shared_watch: SharedWatch = field(default_factory=lambda: SharedWatch(lasts=True))
    config_maps: Collection[str] = ()
    secrets: Collection[str] = ()
    """The names of the ConfigMaps and Secrets that hold the configuration."""


def register_stashes(
    name: str,
    parent: pulumi.Resource,
    workload: pulumi.CustomResource,
    config_hash: str,
    driven: Driven,
    divisions: Sequence[Division],
    previewed: Callable[[Division], None],
) -> list[pulumi.Stash]:
    """
    Register the stashes, one after the other, up to the wave that `through` names.

    Args:
      name: The component's name; a stash is called `NAME-WAVE`.
      parent: The component.
      workload: Its workload, which the first stash comes after.
      config_hash: The configuration that the program wants.
      driven: Where the workload is, and its waves.
      divisions: The waves with their nodes, as they are now.
      previewed: Called in preview for each wave whose stash `up` will write.

    """
    stashes: list[pulumi.Stash] = []
    beginnings = _Beginnings(driven.window, any(division.wave.windows for division in divisions))
    for division in divisions:
        hook = _WaveHook(parent, workload, driven, division, previewed)
        before, called = [refusing(hook.before)], f"{name}-{division.wave.name}"
        stash = pulumi.Stash(
            called,
            input={
                **{key: of_metadata(workload, key) for key in ("name", "namespace", "uid")},
                "generation": of_metadata(workload, "generation", asked_generation),
                "configHash": config_hash,
                "wave": division.wave.definition(),
                **beginnings.input_of(division, stashes[-1] if stashes else workload),
            },
            opts=pulumi.ResourceOptions(
                parent=parent,
                depends_on=[stashes[-1] if stashes else workload],
                protect=False,  # a stash is nobody's data, and is removed together with its wave
                hooks=heard_by(Listeners(before, before), STASH, called, parent),
            ),
        )
        hook.stash = stash
        stashes.append(stash)
        if division.wave.name == driven.waves.through:
            break
    hook.is_last = True
    stashes[-1].urn.apply(lambda _: driven.shared_watch.close())  # where nothing of it changes, no hook runs
    return stashes


class _Beginnings:
    """
    Tells, when it is a wave's turn, which window keeps it from beginning.

    That is in its stash's input, so that a stash itself says that its wave has not finished, `up` succeeds, and
    the next one, outside of the window, finds an input that differs. Where one wave waits all later ones do.
    """

    def __init__(self, window: Callable[[Division], str], any_window: bool) -> None:
        self._window, self._any, self._waits = window, any_window, ""

    def input_of(self, division: Division, before: pulumi.Resource) -> dict[str, Any]:
        """Return what the input of a stash has beside the wave; nothing where no wave has a window."""
        return {"waits": pulumi.Output.from_input(self._turn(division, before))} if self._any else {}

    async def _turn(self, division: Division, before: pulumi.Resource) -> str:
        await before.urn.future()
        self._waits = self._waits or await in_thread(self._window, division)
        return self._waits


class _WaveHook:
    """The hook of one stash."""

    def __init__(
        self,
        component: pulumi.Resource,
        workload: pulumi.CustomResource,
        driven: Driven,
        division: Division,
        previewed: Callable[[Division], None],
    ) -> None:
        self._component, self._driven, self._division, self._previewed = component, driven, division, previewed
        self._workload = workload
        self.stash: pulumi.Resource = component
        self.is_last = False

    async def before(self, args: pulumi.ResourceHookArgs) -> None:
        """Run the wave; a preview only takes note of it."""
        inputs = (args.new_inputs or {})["input"]
        if waiting := inputs.get("waits"):
            pulumi.log.info(waits(waiting), self.stash)
            return
        if pulumi.runtime.is_dry_run():
            self._previewed(self._division)
            return
        driven, audit = self._driven, self._driven.audit
        target = await _with_template(target_of(inputs), driven, self._workload)
        voice = Voice(self._component)
        rollout = _rollout(driven, target, voice.say, audit.report)
        rollout.shared_watch = driven.shared_watch
        subject = Subject(target.namespace, target.name, target.uid, target.config_hash)
        own, has_passed = self._division.wave.name, _has_passed(args)
        await drive(rollout, lambda: rollout.run(own, has_passed), voice, audit, subject)
        if self.is_last:
            await audit.ended(subject, "done")


async def restart_of_all(
    workload: pulumi.CustomResource, config_hash: str, driven: Driven, report: Report, say: Say
) -> Rollout:
    """Return what restarts all pods in waves, once something has asked for that in the pod template."""
    names = ("name", "namespace", "uid", "generation")
    read = [of_metadata(workload, key, asked_generation if key == "generation" else None) for key in names]
    inputs = {key: await of.future() for key, of in zip(names, read, strict=True)}
    target = await _with_template(target_of({**inputs, "configHash": config_hash}), driven, workload)
    return _rollout(driven, target, say, report)


def _rollout(driven: Driven, target: Target, say: Say, report: Report) -> Rollout:
    return Rollout(
        driven.cluster,
        target,
        driven.waves,
        say,
        driven.applied,
        driven.stack,
        driven.proxy,
        driven.excused,
        report,
        driven.restarted,
    )


async def _with_template(target: Target, driven: Driven, workload: pulumi.CustomResource) -> Target:
    """Return a target with the pod template that this program has written, as far as it is ours."""
    template = driven.written
    if not template:
        spec = await workload.spec.future()  # type: ignore[attr-defined]
        template = _plain(spec).get("template") if spec else None
    names = driven.config_maps, driven.secrets
    return replace(target, template=template, config_maps=names[0], secrets=names[1], kind=driven.waves.kind)


def _plain(value: Any) -> Any:
    """Return what the SDK gives as plain values: `items` and others may be fields of its mappings."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in dict.items(value)}
    return [_plain(item) for item in value] if isinstance(value, list) else value


class Drives(Protocol):
    """A driver. Both may be called from any thread."""

    def stop(self, why: str = ...) -> None:
        """Let its run end before its next request, and say why."""

    def now(self) -> str:
        """Return in one line how far it is."""


async def drive(driver: Drives, run: Callable[[], None], voice: Voice, audit: Auditor, subject: Subject) -> None:
    """
    Let a driver run in a thread, and record it where it is stopped.

    A hook that blocks the event loop would block the whole program.

    Raises:
      Stopped: It was.

    """

    def until_stopped() -> None:
        with driving(driver.stop):
            run()

    try:
        with voice.never_silent(driver.now):
            await in_thread(until_stopped)
    except asyncio.CancelledError:
        driver.stop()  # the engine was killed, and this program outlives it: another `up` may come at any time
        raise
    except Stopped as stopped:
        await audit.ended(subject, "stopped", str(stopped))
        raise


def _has_passed(args: pulumi.ResourceHookArgs) -> bool:
    """Return whether the stash says of this very wave and template that it was held, and only how is another."""
    old, new = ((inputs or {}).get("input") or {} for inputs in (args.old_inputs, args.new_inputs))
    same = all(old.get(key) == new.get(key) for key in ("uid", "generation", "configHash"))
    was, now = (of.get("wave") or {} for of in (old, new))
    return same and not old.get("waits") and all(was.get(key) == now.get(key) for key in MEMBERSHIP)


def of_metadata(
    workload: pulumi.CustomResource, key: str, read: Callable[[Mapping[str, Any]], Any] | None = None
) -> pulumi.Output[Any]:
    """Return what the provider returned; the preview of a patch that is new has no UID and no generation."""
    metadata: pulumi.Output[Any] = workload.metadata  # type: ignore[attr-defined]
    take = read or (lambda of: of[key])
    return metadata.apply(lambda of: take(of) if of and key in of else UNKNOWN_OUTPUT)


def target_of(inputs: Mapping[str, Any]) -> Target:
    """Return which workload the input of a stash is about."""
    return Target(
        str(inputs["namespace"]), str(inputs["name"]), str(inputs["uid"]), int(inputs["generation"]),
        str(inputs["configHash"]),
    )  # fmt: skip
