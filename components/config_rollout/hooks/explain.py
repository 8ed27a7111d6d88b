"""Says at the component, in preview and in up, what the engine is about to change and what follows."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pulumi

from ..core.audit import changes_of
from ..core.checks import CONFIG_HASH_ANNOTATION
from ..core.content import Content, parse_content
from ..core.diff import UNKNOWN, KeyChange, diff_contents
from ..core.digest import config_hash
from ..core.explain import DaemonSetUpdate, explain, explain_keys, explain_replace, explain_unfinished
from ..core.kept import Before
from ..core.live import CHANGE_CAUSE_ANNOTATION, config_hash_of
from ..core.recorded import recorded
from ..core.retry import NOT_IN_TIME, cause_of
from .audit import Auditor, Begun, Subject
from .hook_name import hook_name
from .retry import Retries


class Explainer:
    """
    Listens to the updates of one component and of its DaemonSet, and logs one message at the component.

    The component's update tells what changed in the configuration; the DaemonSet's update tells whether anything
    restarts. Only the second is sure to happen, so only it speaks of restarts: `restarts` is what it found,
    `restarts_all` that it is for more than the configuration. `plan` are lines on how a restart goes. `before` is what
    the cluster has, and `content` what it is to have: they tell what something else changed since the last `up`.
    """

    def __init__(
        self,
        component: pulumi.Resource,
        name: str,
        audit: Auditor,
        plan: Sequence[str] = (),
        before: Before | None = None,
        content: Content | None = None,
    ) -> None:
        self._component, self.audit, self._plan = component, audit, plan
        self._cluster_has, self._content = before or Before(), content
        self._undone = self._cluster_has.undone(config_hash(content)) if content else ""
        self.restarts = self.restarts_all = False
        self._hook_name = hook_name(name)
        self._retries = Retries(component)
        self._on_error = pulumi.ErrorHook(f"{self._hook_name}:failed", self._child_failed)
        self._keys: list[KeyChange] = []
        self._keys_since = ""
        self._moved: tuple[str, str] | None = None
        self._where = ""
        self._told = False
        self.time_limit = ""
        """How long a rolling restart may take, in words."""

    def of_component(self) -> pulumi.ResourceHookBinding:
        """Return the hooks for the component itself."""
        return self._before_update("configuration", self._component_updates)

    def of_daemon_set(self) -> pulumi.ResourceHookBinding:
        """Return the hooks for the component's DaemonSet."""
        hooks = self._before_update("daemon-set", self._daemon_set_updates)
        hooks.on_error = [self._on_error]
        if not self.audit.staged:
            options = pulumi.ResourceHookOptions(ignore_errors=True)
            hooks.after_update = [pulumi.ResourceHook(f"{self._hook_name}:done", self._daemon_set_done, options)]
        return hooks

    def of_child(self) -> pulumi.ResourceHookBinding:
        """Return the hooks for whatever else of the component the provider writes."""
        return pulumi.ResourceHookBinding(on_error=[self._on_error])

    def daemon_set_registered(self, daemon_set: pulumi.CustomResource) -> None:
        """Say, once the engine is done with the DaemonSet, what its own update did not say."""
        daemon_set.urn.apply(lambda _: self._settle())

    def _before_update(self, what: str, function: Any) -> pulumi.ResourceHookBinding:
        # An explanation that fails is a warning: it must never keep a change from going through.
        options = pulumi.ResourceHookOptions(on_dry_run=True, ignore_errors=True)
        return pulumi.ResourceHookBinding(
            before_update=[pulumi.ResourceHook(f"{self._hook_name}:{what}", function, options)]
        )

    async def _component_updates(self, args: pulumi.ResourceHookArgs) -> None:
        old, _ = await _plain(args.old_inputs)
        new, _ = await _plain(args.new_inputs)
        before = _content(old)
        self._keys, self._keys_since = diff_contents(before, _content(new)), config_hash(before)
        was, self._where = (f"{inputs.get('namespace')}/{inputs.get('name')}" for inputs in (old, new))
        if was != self._where:
            self._moved = was, self._where

    async def _daemon_set_updates(self, args: pulumi.ResourceHookArgs) -> None:
        (old, _), (new, secret), (live, was_secret) = [
            await _plain(values) for values in (args.old_inputs, args.new_inputs, args.old_outputs)
        ]
        before = recorded(live, old, new)
        if isinstance(before, dict):
            keys, since = self._keys_of(before)
            update = DaemonSetUpdate(before, new, keys, since, secret or was_secret, self._plan)
            self.restarts, self.restarts_all = update.restarts(), bool(update.template_changes())
            undone = self._cluster_has.was_undone(update.hashes()[1]) if since != self._keys_since else ""
            self._tell(explain(update) + (f"\n  {undone}" if undone else ""))
            if update.restarts() or not update.other_changes():
                changes, goes_on = changes_of(update), not update.restarts()
                await self._audit_begins(new, live, Begun(update.hashes()[0], *changes, goes_on))

    async def _audit_begins(self, new: Mapping[str, Any], live: Mapping[str, Any], begun: Begun) -> None:
        new, _ = await _plain(new)
        says_cause = CHANGE_CAUSE_ANNOTATION in (new["metadata"].get("annotations") or {})
        await self.audit.begins(_subject(new, live), replace(begun, says_cause=says_cause))

    async def _daemon_set_done(self, args: pulumi.ResourceHookArgs) -> None:
        new, _ = await _plain(args.new_inputs)
        live, _ = await _plain(args.new_outputs)
        await self.audit.ended(_subject(new, live), "done")

    def _keys_of(self, daemon_set: Mapping[str, Any]) -> tuple[list[KeyChange], str]:
        """Return what changes in the configuration, and since which: the live one, where something else changed it."""
        runs, content = config_hash_of(daemon_set), self._cluster_has.content
        if runs == self._keys_since or content is None or self._content is None or runs != config_hash(content):
            return self._keys, self._keys_since
        return diff_contents(content, self._content), runs

    async def _child_failed(self, args: pulumi.ErrorHookArgs) -> bool:
        """Try what is worth another try again, and say what to do about a rollout that was not through in time."""
        new, _ = await _plain(args.new_inputs)
        of_daemon_set = new and ":DaemonSet" in args.type
        if of_daemon_set and args.errors[0].rstrip().endswith(NOT_IN_TIME):
            pulumi.log.info(explain_unfinished(new, self.time_limit), self._component)
        again = await self._retries.again(args)
        if of_daemon_set and again:
            self.audit.report.retries += 1
        elif of_daemon_set:
            await self.audit.ended(_subject(new, {}), "failed", cause_of(args.errors[0]))
        return again

    def _settle(self) -> None:
        if self._moved:
            self._tell(explain_replace(*self._moved))
        elif self._keys and not self._told:
            self._tell(explain_keys(self._keys, self._where))
        elif self._undone and not self._told:
            self._tell(self._undone)

    def _tell(self, message: str) -> None:
        self._told = True
        pulumi.log.info(message, self._component)


def _subject(new: Mapping[str, Any], live: Mapping[str, Any]) -> Subject:
    """Return which DaemonSet this is, by what is asked for and by what the provider returned."""
    metadata, returned = new["metadata"], live.get("metadata") or {}
    annotations = new["spec"]["template"]["metadata"]["annotations"]
    name, namespace = str(metadata["name"]), str(metadata.get("namespace", "default"))
    return Subject(namespace, name, str(returned.get("uid") or ""), str(annotations[CONFIG_HASH_ANNOTATION]))


def _content(inputs: Mapping[str, Any]) -> Content:
    """Return the content that a component recorded; what an older version let through is compared all the same."""
    declared = inputs.get("formats"), inputs.get("effects")
    return parse_content(inputs.get("data") or {}, inputs.get("binaryData"), *declared)[0]


async def _plain(inputs: Mapping[str, Any] | None) -> tuple[dict[str, Any], bool]:
    """
    Return the inputs as plain values, and whether any of them is secret.

    A secret leaf makes its whole top-level input secret here, so which leaf it was cannot be told.
    Source: pulumi 3.272 `deserialize_property` in runtime/rpc.py.
    """
    plain: dict[str, Any] = {}
    secret = False
    for key, value in (inputs or {}).items():
        if isinstance(value, pulumi.Output):
            secret = True
            value = await value.future()
        plain[key] = _without_unknowns(value)
    return plain, secret


def _without_unknowns(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_unknowns(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_unknowns(item) for item in value]
    return UNKNOWN if isinstance(value, pulumi.output.Unknown) else value
