"""
The `Stash` of a workload whose rollout the provider cannot wait for: it is written when that has ended.

Its hook waits, so a rollout that fails leaves the stash as it was, and the next `up` waits again. Not here: when a
rollout has ended (driver/native.py).
"""

from dataclasses import replace

import pulumi

from ..core.kubernetes.workload_kinds import WorkloadKind
from ..driver.native import NativeRollout
from .audit import Subject
from .deployment_end import Limit
from .explain import Explainer
from .listeners import Listeners, heard_by, refusing
from .stashes import STASH, drive, of_metadata, target_of
from .voice import Voice


def register_rollout(
    name: str,
    parent: pulumi.Resource,
    workload: pulumi.CustomResource,
    config_hash: pulumi.Input[str],
    kind: WorkloadKind,
    explainer: Explainer,
    limit: Limit,
    is_others: bool = False,
) -> pulumi.Stash:
    """
    Register the stash of a component `name`, `NAME-rollout`, after its workload.

    `is_others` tells that somebody else may have rolled the workload out before this component first does.
    """
    waiting = _Waiting(parent, kind, explainer, limit, is_others)
    before, called = [refusing(waiting.before)], f"{name}-rollout"
    return pulumi.Stash(
        called,
        input={
            **{key: of_metadata(workload, key) for key in ("name", "namespace", "uid", "generation")},
            "configHash": config_hash,
        },
        opts=pulumi.ResourceOptions(
            parent=parent,
            depends_on=[workload],
            protect=False,  # a stash is nobody's data
            hooks=heard_by(Listeners(before, before), STASH, called, parent),
        ),
    )


class _Waiting:
    """The hook of the stash."""

    def __init__(
        self, component: pulumi.Resource, kind: WorkloadKind, explainer: Explainer, limit: Limit, is_others: bool
    ) -> None:
        self._component, self._kind, self._explainer, self._limit = component, kind, explainer, limit
        self._is_others = is_others

    async def before(self, args: pulumi.ResourceHookArgs) -> None:
        """Wait for the rollout; a preview only says that it goes on, where nothing else says so."""
        inputs = (args.new_inputs or {})["input"]
        if pulumi.runtime.is_dry_run():
            await self._explainer.goes_on()
            return
        target = replace(target_of(inputs), kind=self._kind)
        subject = Subject(target.namespace, target.name, target.uid, target.config_hash)
        await self._explainer.goes_on(subject)
        audit, voice = self._explainer.audit, Voice(self._component)
        has_finished = bool(args.old_inputs) or self._is_others
        seconds, words = self._limit(not has_finished)
        rollout = NativeRollout(await audit.find(), target, seconds, words, has_finished, voice.say, audit.report)
        await drive(rollout, rollout.run, voice, audit, subject)
        await audit.ended(subject, "done")
