"""
What the components for manifests that others wrote have in common: each object is a child with a stable name.

Not here: what becomes of the objects (core/manifests/), and where they come from (prepare/).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pulumi

from .args.configured_daemon_set import ConfiguredDaemonSetArgs
from .args.configured_deployment import ConfiguredDeploymentArgs
from .args.configured_stateful_set import ConfiguredStatefulSetArgs
from .cluster.client import Cluster
from .configured import Configured
from .core.arguments.finding import Finding
from .core.kubernetes.workload_kinds import DAEMON_SET, DEPLOYMENT, STATEFUL_SET
from .core.manifests.items import Item
from .core.manifests.order import Key
from .core.manifests.plan import Plan
from .core.manifests.workloads import ConfiguredPart
from .hooks.let_go import lets_go
from .hooks.listeners import heard_by
from .hooks.told_once import ToldOnce
from .prepare.compatibility import provider_version
from .prepare.errors import BadArguments

_ARGS: dict[str, type] = {
    DAEMON_SET.kind: ConfiguredDaemonSetArgs,
    DEPLOYMENT.kind: ConfiguredDeploymentArgs,
    STATEFUL_SET.kind: ConfiguredStatefulSetArgs,
}
"""Kind -> the arguments of its component."""


class ManifestWorkload(Configured):
    """The component of a workload that a manifest describes, of the type of its kind's own. It is read when made."""

    def __init__(self, who: str, name: str, part: ConfiguredPart, opts: pulumi.ResourceOptions) -> None:
        kind, self.item = part.kind, part.item
        self._read_before(who, kind, name, part.arguments, _ARGS[kind.kind], opts, part.as_written)

    def register(self, after: Sequence[pulumi.Resource], aliases: Sequence[pulumi.Alias]) -> None:
        """Register it, its workload after these; `aliases` are what that was called before."""
        self._register_parts(after, pulumi.ResourceOptions(aliases=list(aliases)))


class ConfiguredObjects(pulumi.ComponentResource):
    """
    Objects that others wrote. The workloads among them whose kind the library has get what these components give.

    Raises:
      BadArguments: The arguments have faults; all of them are in the message, and nothing was registered.

    """

    objects: dict[str, pulumi.CustomResource]
    """`KIND/NAMESPACE/NAME`, or `KIND/NAME` -> the object, of all that are registered as they are."""
    workloads: dict[str, Configured]
    """`KIND/NAMESPACE/NAME` -> the component of a workload."""
    _earlier: tuple[str, ...] = ()
    """
    The types of the provider's components whose objects this one goes on with.

    It is no alias of theirs itself: it would get their outputs, and the SDK asks the engine for each object in these by
    the URN that it no longer has. Source: pulumi 3.272 runtime/rpc.py `deserialize_resource`.
    """

    def _register_all(
        self,
        who: str,
        identity: tuple[str, str],
        planned: Plan,
        recorded: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None,
        needs: Sequence[pulumi.Resource],
        takes: Callable[[], Cluster] | None = None,
    ) -> None:
        """
        Read what there is of all workloads, and register all objects; `needs` come before them.

        Those that exist are taken over where `takes` finds their cluster.
        """
        self._opts, self._takes, self._token = opts or pulumi.ResourceOptions(), takes, identity[0]
        self._urns: dict[str, pulumi.Output[str]] = {}
        parts = {part.item.key: self._workload(who, identity[1], part) for part in planned.parts}
        if wrong := [str(one) for one in parts.values() if isinstance(one, BadArguments)]:
            raise BadArguments("\n".join(wrong))
        notes = {title: list(texts) for title, texts in planned.notes.items()}
        hooks = heard_by(ToldOnce(self).listeners(), *identity, self._opts.parent, self)
        own = pulumi.ResourceOptions.merge(self._opts, pulumi.ResourceOptions(hooks=hooks))
        own.ignore_changes = None
        super().__init__(*identity, {**recorded, "notes": notes}, own)
        self.objects, self.workloads = {}, {}
        made: dict[Key, pulumi.Resource] = {}
        by_key = {item.key: item for item in planned.objects}
        for key in planned.after:
            after = [*needs, *(made[one] for one in planned.after[key] if one in made)]
            if key in by_key:
                made[key] = self._register_object(identity[1], by_key[key], after)
            elif isinstance(part := parts.get(key), ManifestWorkload):
                part.register(after, self._called_before(identity[1], part.item))
                made[key] = self.workloads[f"{key[1]}/{key[2]}/{key[3]}"] = part
        self.register_outputs({})

    def _workload(self, who: str, name: str, part: ConfiguredPart) -> "ManifestWorkload | BadArguments":
        """Return the component of a workload, not registered yet, or everything that refuses it."""
        mine = self._opts
        opts = pulumi.ResourceOptions(
            parent=self, retain_on_delete=mine.retain_on_delete, custom_timeouts=mine.custom_timeouts
        )
        where = f"{who}: {part.kind.kind} {part.item.name}"
        try:
            return ManifestWorkload(where, f"{name}:{part.item.name}", part, opts)
        except BadArguments as refused:
            return refused

    def _called_before(self, name: str, item: Item) -> list[pulumi.Alias]:
        """Return what an object was called before: below a component of the provider's, or of this one another way."""
        called = f"{name}:{item.name}"
        names = {earlier: called if "/v" in earlier and "v3" not in earlier else item.name for earlier in self._earlier}
        aliases = [pulumi.Alias(names[earlier], parent=self._urn_as(earlier)) for earlier in self._earlier]
        if item.of.kind in _ARGS:
            component = f"{self._token}$config-rollout:index:Configured{item.of.kind}"
            below = self._urn_as(component).apply(lambda urn: f"{urn.rpartition('::')[0]}::{called}")
            aliases += [pulumi.Alias(called, parent=self), pulumi.Alias(called, parent=below)]
        return aliases

    def _urn_as(self, type_: str) -> pulumi.Output[str]:
        """Return the URN that this component would have with another type: one Output for all of its objects."""
        if type_ not in self._urns:
            self._urns[type_] = self.urn.apply(
                lambda urn: f"{urn.rpartition(self._token)[0]}{type_}::{urn.rpartition('::')[2]}"
            )
        return self._urns[type_]

    def _register_object(self, name: str, item: Item, after: Sequence[pulumi.Resource]) -> pulumi.CustomResource:
        """
        Register an object. What is taken over is a patch, which makes it or changes it in place, whatever it holds.

        An import would not do: the provider replaces a ConfigMap whose data change, and a Job of which the cluster has
        filled in anything, and the engine refuses to replace what is imported.
        Source: pulumi-kubernetes 4.25 provider.go `Diff`; pulumi 3.259 deploy/step_generator.go.
        """
        version = str(item.of.get("apiVersion"))
        whole = f"kubernetes:{version if '/' in version else f'core/{version}'}:{item.of.kind}"
        patch = f"{whole}Patch"
        keep = item.of.texts("metadata", "annotations").get("helm.sh/resource-policy") == "keep"
        opts = pulumi.ResourceOptions(
            parent=self,
            depends_on=list(after),
            retain_on_delete=bool(self._takes) or self._opts.retain_on_delete or keep or None,
            custom_timeouts=self._opts.custom_timeouts,
            version=provider_version(),
            ignore_changes=item.chosen_by_the_cluster,
        )
        earlier = self._called_before(name, item)
        values: dict[str, Any] = dict(item.written)
        if self._takes:
            for alias in earlier:
                alias.type_ = whole
            metadata = dict(values["metadata"])
            metadata["annotations"] = {**(metadata.get("annotations") or {}), **item.taken_over_with}
            values["metadata"] = metadata
        opts.aliases = [*earlier, pulumi.Alias(type_=whole if self._takes else patch)]
        if item.of.kind == "Secret":
            values |= {key: pulumi.Output.secret(values[key]) for key in ("data", "stringData") if key in values}
        logical = f"{name}:{item.name}"
        if self._takes:
            opts.hooks = heard_by(lets_go(item, self._takes), patch, logical, self, self)
        made = pulumi.CustomResource(patch if self._takes else whole, logical, values, opts)
        self.objects[f"{item.of.kind}/{item.name}"] = made
        return made


def refuse(who: str, findings: Sequence[Finding]) -> None:
    """Raise everything that is wrong, if anything is."""
    if findings:
        raise BadArguments.of(who, findings)
