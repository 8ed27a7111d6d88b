"""Says at the component, in preview and in up, what the engine is about to change and what follows."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pulumi

from ..core.audit.record import Change
from ..core.audit.writing import changes_between as of_changes
from ..core.audit.writing import changes_of
from ..core.configuration.diff import KeyChange
from ..core.explain.drift import Drift, drifted, without, written
from ..core.explain.drift_words import (
    explain_drift,
    explain_gone,
    explain_made,
    explain_not_reached,
    explain_refused,
    explain_undone,
    made_again,
    runs_another,
    undone_by,
)
from ..core.explain.previous import recorded
from ..core.explain.reasons import (
    WorkloadUpdate,
    explain,
    explain_keys,
    explain_older_text,
    explain_replace,
    explain_retained,
    explain_taken_back,
    explain_taken_over,
    explain_unfinished,
    explain_unknown,
    explain_waiting,
)
from ..core.explain.unwritten import older_texts, taken_back
from ..core.kubernetes.annotations import CHANGE_CAUSE_ANNOTATION, CONFIG_HASH_ANNOTATION
from ..core.kubernetes.camel import camel
from ..core.kubernetes.daemon_sets import restored
from ..core.kubernetes.field_managers import MANAGER, OWNER
from ..core.kubernetes.property_paths import parse_path
from ..core.kubernetes.retry import cause_of, is_not_in_time
from ..core.kubernetes.stateful_sets import is_rolled_out
from ..core.kubernetes.workload_kinds import DAEMON_SET, DEPLOYMENT, WorkloadKind
from ..core.kubernetes.workloads import config_hash_of, name_of
from ..core.revisions.observation import Observation
from ..core.waves.words import WavePlan
from ..core.words.changes import reloads
from ..core.workload.configuration import Configuration, diff_configurations
from ..core.workload.recorded import changes_between, from_inputs
from ..core.workload.secret import Secret, SecretSource
from .audit import Auditor, Begun, Subject
from .awaiting import Awaiting
from .deployment_end import wait_for_the_rest
from .listeners import Listener, Listeners, explaining, refusing
from .plain_inputs import plain_arguments, plain_inputs
from .retry import Retries

OURS = (MANAGER, OWNER)
"""The field managers of what the provider, and the driver of waves, write for us."""

Limit = Callable[[bool], tuple[float, str]]
"""Gives how long a rollout may take, in seconds and in words: the first one (`True`), and any later one."""

Plan = Callable[[Mapping[str, Any], Mapping[str, Any]], WavePlan]
"""Gives how a restart goes, wave by wave, for the inputs of an update before and now."""


class Explainer:
    """
    Listens to the updates of one component and of its workload, and logs one message at the component.

    The component's update tells what changed in the configuration; the workload's update tells whether anything
    restarts. Only the second is sure to happen, so only it speaks of restarts: `restarts` is what it found,
    `restarts_all` that it is for more than the configuration. What it starts from is the workload of the cluster,
    where that could be read: the engine knows only what it wrote last.
    """

    def __init__(
        self,
        component: pulumi.Resource,
        name: str,
        audit: Auditor,
        observe: Callable[[], Awaitable[Observation]],
        configuration: Configuration | None = None,
        plan: Plan | None = None,
        secrets: Sequence[SecretSource] = (),
        kind: WorkloadKind = DAEMON_SET,
    ) -> None:
        self._component, self.audit, self._plan, self._kind = component, audit, plan, kind
        self._observe, self._wanted, self._secrets = observe, configuration, secrets
        self._configuration = configuration if configuration and configuration.is_known else None
        self._unknown = configuration.unknown if configuration else []
        self.restarts = self.restarts_all = False
        self._retries = Retries(component)
        self.awaiting = Awaiting(audit.find, None if audit.staged else kind)
        self._keys: list[KeyChange] = []
        self._back: list[str] = []
        self._since: Configuration | None = None
        self._moved: tuple[str, str] | None = None
        self._where = ""
        self.has_plan = False
        """Whether a message has said how a restart goes, wave by wave; `has_told` whether there was any."""
        self.has_told = self._made = self._is_new = self._is_written = False
        self._made_contents: list[tuple[str, str]] = []
        self.limit: Limit = lambda is_first: (0.0, "")
        self.withdraw: Callable[[str, str], Awaitable[None]] | None = None
        """Deletes the ConfigMap or Secret of a name that this `up` made, where it comes to nothing."""

    def of_component(self) -> Listeners:
        """Return the listeners of the component itself."""
        return Listeners([explaining(self._component_is_new)], [explaining(self._component_updates)])

    def of_workload(self) -> Listeners:
        """Return the listeners of the component's workload."""
        updates = [explaining(self._workload_updates), refusing(self._refuse_gone)]
        done = [Listener(self._workload_done, refuses=self._kind is DEPLOYMENT)]
        if not self._kind.provider_waits or self.audit.staged:
            done = []
        created = [explaining(self._workload_created)]
        return self.awaiting.heard(Listeners(created, updates, done, self._child_failed))

    def of_content(self) -> Listeners:
        """Return the listeners of each ConfigMap and Secret of the program's configuration."""
        return self.awaiting.heard(Listeners([explaining(self._content_is_new)], on_error=self._child_failed))

    def of_child(self) -> Listeners:
        """Return the listeners of whatever else of the component the provider writes."""
        return self.awaiting.heard(Listeners(on_error=self._child_failed))

    def registered(
        self,
        last: pulumi.CustomResource,
        workload: pulumi.CustomResource,
        wanted: Mapping[str, Any] | None = None,
        ignored: Sequence[str] = (),
    ) -> None:
        """
        Say, once the engine is done with the last child, what the workload's own update did not say.

        `wanted` is what the program passes for the workload, `ignored` the paths in it that the engine leaves alone.
        """
        last.urn.apply(lambda _: self._settle(workload, wanted, ignored))  # type: ignore[arg-type,return-value]

    async def is_gone(self) -> bool:
        """Return whether someone deleted the workload since the last `up`."""
        observation = await self._observe()
        return observation.is_read and observation.workload is None and not self._made

    def what_reloads(self) -> tuple[Change, ...]:
        """Return what changes of the keys that running pods read again."""
        return of_changes([key for key in self._keys if reloads(key)], ())[0]

    async def goes_on(self, subject: Subject | None = None) -> None:
        """
        Say that this `up` waits for a rollout of an earlier one, where it does and writes nothing to the workload.

        In `up` the `subject` is what the record is of.
        """
        live = (await self._observe()).workload
        if self._is_written or live is None or is_rolled_out(live):
            return
        runs = config_hash_of(live)
        self.tell(explain_waiting(name_of(live), runs))
        if subject:
            await self.audit.begins(subject, Begun(runs, goes_on=True))

    async def _component_is_new(self, args: pulumi.ResourceHookArgs) -> None:
        new, _ = await plain_inputs(args.new_inputs)
        self._is_new, self._where = True, f"{new.get('namespace')}/{new.get('name')}"

    async def _content_is_new(self, args: pulumi.ResourceHookArgs) -> None:
        name = str((await plain_inputs(args.new_inputs))[0]["metadata"]["name"])
        observation, kind = await self._observe(), "Secret" if ":Secret" in args.type else "ConfigMap"
        if name not in (observation.secrets if kind == "Secret" else observation.config_maps):
            self._made_contents.append((kind, name))

    async def _component_updates(self, args: pulumi.ResourceHookArgs) -> None:
        old, _ = await plain_inputs(args.old_inputs)
        new, _ = await plain_inputs(args.new_inputs)
        self._since = from_inputs(old)
        keys = changes_between(old, new)
        back = taken_back(keys, await self._observe(), self._wanted, self._secrets) if self._wanted else []
        self._keys, self._back = [key for key in keys if key not in back], [key.name for key in back]
        was, self._where = (f"{inputs.get('namespace')}/{inputs.get('name')}" for inputs in (old, new))
        if was != self._where:
            self._moved = was, self._where

    async def _workload_created(self, args: pulumi.ResourceHookArgs) -> None:
        self._made = self._is_written = True
        new, secret = await plain_inputs(args.new_inputs)
        observation = await self._observe()
        live = observation.workload
        if self._moved:
            return
        if live is None:
            if observation.is_read and not self._is_new:
                self.tell(explain_made(name_of(new)))
            return
        update, _ = await self._update(live, {}, new, secret)
        self.tell(explain_taken_over(update))
        if update.restarts():
            await self._audit_begins(new, live, Begun(update.hashes()[0], *changes_of(update)))

    async def _workload_updates(self, args: pulumi.ResourceHookArgs) -> None:
        self._is_written = True
        (old, _), (new, secret), (known, was_secret) = [
            await plain_inputs(values) for values in (args.old_inputs, args.new_inputs, args.old_outputs)
        ]
        if await self.is_gone():
            self.tell(explain_gone(name_of(new), changes=True))
            return
        observation = await self._observe()
        live = observation.workload or known
        update, drift = await self._update(live, old, new, secret or was_secret)
        lines = [explain(replace(update, waits=not WorkloadUpdate(_recorded(known, old, new), new).changes()))]
        lines += [f"  {line}" for line in explain_taken_back(self._back)]
        lines.append(self._retained())
        there = observation.workload
        # An `up` that was stopped recorded the component alone: what runs is as the one before it wrote it.
        is_ours = any(one.is_hash and one.ours for one in drift)
        is_as_written = there and is_ours and config_hash_of(there) == config_hash_of(old)
        if there and update.keys_since != self._hash_since and not is_as_written:
            another = runs_another(there, observation.revision, update.hashes()[1])
            lines.append(f"  {another}: {undone_by(drift)}")
        if there:
            lines.append(made_again(there, str((known.get("metadata") or {}).get("uid") or "")))
        self.tell("\n".join(line for line in lines if line))
        if update.restarts() or not update.other_changes():
            changes, goes_on = changes_of(update), not update.restarts()
            await self._audit_begins(new, known, Begun(update.hashes()[0], *changes, goes_on))

    async def _update(
        self, live: Mapping[str, Any], old: Mapping[str, Any], new: Mapping[str, Any], secret: bool
    ) -> tuple[WorkloadUpdate, list[Drift]]:
        """
        Return an update that starts from what is live, and what of that differs from what the last `up` wrote.

        Whether it restarts anything is noted.
        """
        observation, before = await self._observe(), _recorded(live, old, new)
        keys, since = self._keys_of(before, observation)
        drift = drifted(new, observation.workload, OURS) if observation.workload else []
        by = {one.path: one.who() for one in drift if one.by and not one.ours}
        update = WorkloadUpdate(before, new, keys, since, secret, by=by, unknown=self._unknown)
        self.restarts, self.restarts_all = update.restarts(), bool(update.template_changes())
        self.has_plan = self.restarts and self.audit.staged
        return replace(update, plan=self._plan(old, new) if self._plan else None), drift

    async def _refuse_gone(self, args: pulumi.ResourceHookArgs) -> None:
        """Fail before the provider does, which reports a missing workload only as not found."""
        if await self.is_gone():
            if self.withdraw and not pulumi.runtime.is_dry_run():
                for kind, name in self._made_contents:
                    await self.withdraw(kind, name)
            raise ValueError(explain_refused(name_of((await plain_inputs(args.new_inputs))[0])))

    async def _audit_begins(self, new: Mapping[str, Any], live: Mapping[str, Any], begun: Begun) -> None:
        new, _ = await plain_inputs(new)
        says_cause = CHANGE_CAUSE_ANNOTATION in (new["metadata"].get("annotations") or {})
        await self.audit.begins(_subject(new, live), replace(begun, says_cause=says_cause))

    async def _workload_done(self, args: pulumi.ResourceHookArgs) -> None:
        """Record a rollout that has ended; fail where the provider's write of a Deployment ended before it."""
        new, _ = await plain_inputs(args.new_inputs)
        live, _ = await plain_inputs(args.new_outputs)
        subject = _subject(new, live)
        if self._kind is DEPLOYMENT:
            generation, limit = int(live["metadata"].get("generation") or 0), self.limit(not args.old_inputs)
            await wait_for_the_rest(self._component, self.audit, subject, generation, limit)
        await self.audit.ended(subject, "done")

    def _keys_of(self, workload: Mapping[str, Any], observation: Observation) -> tuple[list[KeyChange], str]:
        """Return what changes in the configuration, and since which: the live one, where something else changed it."""
        runs, wanted = config_hash_of(workload), self._configuration
        known = observation.contents or observation.secret_contents
        if runs == self._hash_since or not known or wanted is None:
            return self._keys, self._hash_since
        external = [source for source in wanted.sources if source.external]
        sources = [*Configuration.of(observation.contents).sources, *external]
        live = Configuration(sources, [*self._public(observation), *wanted.external_secrets])
        return (diff_configurations(live, wanted), runs) if live.hash == runs else (self._keys, self._hash_since)

    def _public(self, observation: Observation) -> list[Secret]:
        """Return what may be known of the Secrets that the pods read, where that is another configuration."""
        if not self._secrets:
            return []
        like = self._secrets[0]
        return [replace(like, name=name, secret=of).public for name, of in observation.secret_contents.items()]

    @property
    def earlier_secrets(self) -> list[str]:
        """The names of the Secrets that the engine has of the last `up`; none where the component did not change."""
        return list(self._since.secret_names(self._where.partition("/")[2]).values()) if self._since else []

    @property
    def _hash_since(self) -> str:
        """The hash of the configuration that the engine has of the last `up`; empty if it has none."""
        return self._since.hash if self._since else ""

    async def _child_failed(self, args: pulumi.ErrorHookArgs) -> bool:
        """Try what is worth another try again, and say what to do about a rollout that did not finish in time."""
        new, _ = await plain_inputs(args.new_inputs)
        of_workload = new and f":{self._kind.kind}" in args.type
        if of_workload and is_not_in_time(args.errors[0]):
            pulumi.log.info(explain_unfinished(new, self.limit(False)[1]), self._component)
        again = await self._retries.again(args)
        if of_workload and again:
            self.audit.report.retries += 1
        elif of_workload:
            await self.audit.ended(_subject(new, {}), "failed", cause_of(args.errors[0]))
        if not again:
            await self.awaiting.is_over(args.urn)
        return again

    async def _settle(
        self, workload: pulumi.CustomResource, wanted: Mapping[str, Any] | None, ignored: Sequence[str]
    ) -> None:
        if self._moved:
            self.tell(explain_replace(*self._moved, self._kind))
            return
        try:
            left = "" if self.has_told else await self._left(workload, wanted, ignored)
        except Exception as error:  # an explanation that fails must never keep a change from being made
            what = f"the {self._kind.kind} could not be compared"
            pulumi.log.warn(f"{what}: {type(error).__name__}: {error}", self._component)
            return
        if left:
            self.tell(left)
        if self._unknown and not self.has_told:
            self.tell(explain_unknown(self._unknown))
        if not self.has_told and (self._keys or self._back or pulumi.runtime.is_dry_run()):
            where, staged = f"{self._kind.kind} {self._where}", self.audit.staged
            lines = [explain_keys(self._keys, where, staged)] if self._keys else []
            lines += explain_taken_back(self._back)
            if self._configuration:
                lines += explain_older_text(older_texts(await self._observe(), self._configuration))
            if text := "\n  ".join(lines):
                self.tell("\n".join(filter(None, (text, self._retained()))) if self._keys else text)

    async def _left(
        self, workload: pulumi.CustomResource, wanted: Mapping[str, Any] | None, ignored: Sequence[str]
    ) -> str:
        """Return what is to be said of a workload that this `up` does not touch and that is not as it should be."""
        observation = await self._observe()
        live, full_hash = observation.workload, self._configuration.hash if self._configuration else ""
        if self._made or not full_hash or (live and restored(live)):
            return ""
        state = await state_of(workload)
        metadata = state["metadata"]
        where = f"{metadata.get('namespace')}/{metadata.get('name')}" if metadata else self._where
        where = f"{self._kind.kind} {where}"
        if self._is_left_out(state):
            has = live or (state if state["spec"] else None)
            return explain_not_reached(where, config_hash_of(has) if has else None, full_hash)
        if not observation.is_read:
            return ""
        if live is None:
            return explain_gone(where, changes=False)
        if another := made_again(live, str(metadata.get("uid") or "")):
            return another
        drift, secret = await _drift(live, wanted, ignored, state)
        if config_hash_of(live) != full_hash:
            return explain_undone(live, observation.revision, full_hash, drift, self.audit.staged)
        return explain_drift(where, drift, self.audit.staged, secret) if drift else ""

    def _retained(self) -> str:
        """Return what becomes of the ConfigMaps and Secrets that leave the engine's state, if any do."""
        if not self._wanted or not self._since:
            return ""
        workload = self._where.partition("/")[2]
        both = self._since, self._wanted
        lines = []
        for kind, (old, new) in (
            ("ConfigMap", [one.object_names(workload).values() for one in both]),
            ("Secret", [one.secret_names(workload).values() for one in both]),
        ):
            lines.append(explain_retained([name for name in old if name not in new], kind))
        return "\n".join(filter(None, lines))

    def _is_left_out(self, state: Mapping[str, Any]) -> bool:
        """Return whether the workload was excluded from the update, so that its state differs from the program."""
        return self._configuration is not None and config_hash_of(state) != self._configuration.hash

    def tell(self, message: str) -> None:
        """Log a message at the component: what its children have to say."""
        self.has_told = True
        pulumi.log.info(message, self._component)


async def state_of(workload: pulumi.CustomResource) -> dict[str, Any]:
    """Return what the engine's state has of a workload that an `up` does not touch; parts may be empty."""
    of: Any = workload
    parts = {"metadata": await of.metadata.future() or {}, "spec": await of.spec.future() or {}}
    plain: dict[str, Any] = camel((await plain_arguments(parts))[0])
    return plain


async def _drift(
    live: dict[str, Any], wanted: Mapping[str, Any] | None, ignored: Sequence[str], state: Mapping[str, Any]
) -> tuple[list[Drift], bool]:
    """Return what of a workload differs from what the last `up` wrote, and whether any of that is secret."""
    if wanted is None:
        return [], False
    plain, secret = await plain_arguments(wanted)
    plain = camel(plain)
    for path in ignored:
        plain = without(plain, parse_path(path) or ())
    return written(drifted(plain, live, OURS), plain, state), secret


def _recorded(live: Any, old: Any, new: Any) -> Mapping[str, object]:
    inputs = recorded(live, old, new)
    return inputs if isinstance(inputs, Mapping) else {}


def _subject(new: Mapping[str, Any], live: Mapping[str, Any]) -> Subject:
    """Return which workload this is, by what is asked for and by what the provider returned."""
    metadata, returned = new["metadata"], live.get("metadata") or {}
    annotations = new["spec"]["template"]["metadata"]["annotations"]
    name, namespace = str(metadata["name"]), str(metadata.get("namespace", "default"))
    return Subject(namespace, name, str(returned.get("uid") or ""), str(annotations[CONFIG_HASH_ANNOTATION]))
