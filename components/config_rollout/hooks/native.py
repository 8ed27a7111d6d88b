"""
The `Stash` of a workload whose rollout the provider cannot wait for: it is written when that has ended.

Its hook waits, so a rollout that fails leaves the stash as it was, and the next `up` waits again. Not here: when a
rollout has ended (driver/native.py).
"""

from dataclasses import replace

import pulumi

from ..cluster.client import Cluster
from ..core.kubernetes.workload_kinds import WorkloadKind
from ..driver.driven import Target
from ..driver.native import NativeRollout
from .audit import Auditor, Subject
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
    is_others: bool = False,
) -> pulumi.Stash:
    """
    Register the stash of a component `name`, `NAME-rollout`, after its workload.

    `is_others` tells that somebody else may have rolled the workload out before this component first does.
    """
    waiting = _Waiting(parent, kind, explainer, is_others)
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

    def __init__(self, component: pulumi.Resource, kind: WorkloadKind, explainer: Explainer, is_others: bool) -> None:
        self._component, self._kind, self._explainer, self._is_others = component, kind, explainer, is_others

    async def before(self, args: pulumi.ResourceHookArgs) -> None:
        """Wait for the rollout; a preview only says that it goes on, where nothing else says so."""
        inputs = (args.new_inputs or {})["input"]
        if pulumi.runtime.is_dry_run():
            await self._explainer.goes_on()
            return
        target = replace(target_of(inputs), kind=self._kind)
        subject = Subject(target.namespace, target.name, target.uid, target.config_hash)
        await self._explainer.goes_on(subject)
        audit, has_finished = self._explainer.audit, bool(args.old_inputs) or self._is_others
        limit = self._explainer.limit(not has_finished)
        await wait_for(self._component, audit, await audit.find(), target, limit, has_finished)
        await audit.ended(subject, "done")


async def wait_for(
    component: pulumi.Resource,
    audit: Auditor,
    cluster: Cluster,
    target: Target,
    limit: tuple[float, str],
    has_finished: bool = True,
) -> None:
    """
    Wait until Kubernetes has rolled a workload out, and record it where it does not within the limit.

    The limit is in seconds and in words; `has_finished` is that of `NativeRollout`.

    Raises:
      Stopped: It did not.

    """
    voice = Voice(component)
    rollout = NativeRollout(cluster, target, *limit, has_finished, voice.say, audit.report)
    subject = Subject(target.namespace, target.name, target.uid, target.config_hash)
    await drive(rollout, rollout.run, voice, audit, subject)
