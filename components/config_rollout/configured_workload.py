"""
What every component with a workload does: its ConfigMaps, its Secrets and the workload are registered, owned,
explained and kept.

Not here: which objects these are (core/workload/render.py), and what is read before (prepare/).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi_kubernetes.apps import v1 as apps
from pulumi_kubernetes.core.v1 import ConfigMapPatch, SecretPatch

from .core.audit.sinks import Sink
from .core.kubernetes.annotations import SKIP_AWAIT
from .core.kubernetes.field_managers import DRIVEN, FORCED
from .core.kubernetes.objects import Object
from .core.kubernetes.workload_kinds import DAEMON_SET, DEPLOYMENT, STATEFUL_SET
from .core.revisions.naming import content_name
from .core.workload.configuration import Configuration
from .core.workload.render import render, render_workload
from .core.workload.secret import SecretSource
from .core.workload.workload import Workload
from .hooks.audit import Auditor
from .hooks.explain import Explainer
from .hooks.listeners import Listeners, heard_by
from .hooks.plain_inputs import UNKNOWN_OUTPUT
from .prepare.cluster import find_cluster
from .prepare.options import CONTENT, Options
from .prepare.ownership import Ownership
from .prepare.revisions import Reading, keep, withdraw

# What most programs do without is imported where it is used: the driver takes as long as all the rest.
if TYPE_CHECKING:
    from .core.waves.order import Waves
    from .core.waves.reload_check import ReloadCheck
    from .hooks.reloads import Reloads
    from .prepare.waves import StagedRollout

_UNKNOWN = "unknown"
"""Stands for the hash in the name of a ConfigMap or Secret that a preview does not know."""

Explain = Callable[[Auditor, "StagedRollout | None"], Explainer]
"""Makes the explainer of a component, before that is registered; `None` for waves that it has not."""

WorkloadResource = (
    apps.DaemonSet
    | apps.DaemonSetPatch
    | apps.Deployment
    | apps.DeploymentPatch
    | apps.StatefulSet
    | apps.StatefulSetPatch
)
_RESOURCES: dict[str, tuple[type[Any], type[Any]]] = {
    DAEMON_SET.kind: (apps.DaemonSet, apps.DaemonSetPatch),
    DEPLOYMENT.kind: (apps.Deployment, apps.DeploymentPatch),
    STATEFUL_SET.kind: (apps.StatefulSet, apps.StatefulSetPatch),
}
"""Kind -> the resource of a whole workload, and that of some fields of one."""


class ConfiguredWorkload:
    """
    The workload of one component. All of it is read, and refused, before the component is registered.

    Args:
      component: The component, of the type and name `identity`.
      who: The component, for what is refused.
      plain: Its arguments: `namespace`, and as far as there are any `kubeconfig`, `context`, `update_strategy`
        or `strategy`, `replicas`, `min_ready_seconds`, `rollout_timeout_seconds`, `take_over`.
      opts: Its resource options.
      workload: What runs the pods; its `owner` and `annotations` are set here.
      configuration: What they read; `None` if that is not known in this preview.
      reading: What the cluster has of it.
      waves: The argument `waves`, parsed; `None` if there is none.
      sinks: The argument `audit`, parsed.
      needs: The resources that the configuration comes from.
      explain: Makes another explainer than the usual one.
      may_select: Whether the component takes another selector.
      has_fleet: Whether the cluster could be read, so that its waves can be planned.
      secrets: The Secrets that the pods read.
      reload: How pods are asked whether they have read a text again; `None` where none of it reloads.

    Raises:
      BadArguments: Something else owns the workload, or its waves do not fit the cluster.

    """

    def __init__(
        self,
        component: pulumi.ComponentResource,
        who: str,
        identity: tuple[str, str],
        plain: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None,
        workload: Workload,
        configuration: Configuration | None,
        reading: Reading,
        *,
        waves: "Waves | None",
        sinks: Sequence[Sink],
        needs: Sequence[pulumi.Resource] = (),
        explain: Explain | None = None,
        may_select: bool = False,
        has_fleet: bool = True,
        secrets: Sequence[SecretSource] = (),
        reload: "ReloadCheck | None" = None,
    ) -> None:
        name = identity[1]
        self._component, self._name, self._plain, self._reading = component, name, plain, reading
        self._identity = identity
        self._workload, self._configuration, self._secrets = workload, configuration, secrets
        self._waves, self._needs, self._check = waves, needs, reload
        self._reloads: Reloads | None = None
        self.options = Options(plain, opts, workload.kind)
        where = workload.kind, workload.namespace, workload.name
        spec = workload.spec
        self._ownership = Ownership(who, identity, where, workload.selector, reading, plain, may_select, spec)
        self.staged: StagedRollout | None = None
        if waves and configuration and has_fleet:
            from .prepare import waves as staged

            self.staged = staged.StagedRollout(who, plain, waves, reading, configuration)
        cluster = {key: plain[key] for key in ("kubeconfig", "context") if key in plain}
        audit = Auditor(component, find_cluster, cluster, sinks, waves is not None, workload.kind)
        self.explainer = explain(audit, self.staged) if explain else self._explain(audit)
        self.explainer.limit = self.options.limit

    @property
    def recorded(self) -> dict[str, Any]:
        """What the component records beside its configuration; `None` stands for nothing."""
        return {"retained": self.options.retain_on_delete or None, "fixed": self._ownership.fixed}

    def options_of_component(self) -> pulumi.ResourceOptions:
        """Return the options of the component itself."""
        listeners = self.explainer.of_component() + self._ownership.of_component()
        return self.options.for_component(self._component, self._identity, listeners, self._ownership.aliases())

    def register(
        self, after: Sequence[pulumi.Resource] = (), opts: pulumi.ResourceOptions | None = None
    ) -> WorkloadResource:
        """
        Register the ConfigMaps, and the workload that reads them, once the component is.

        Args:
          after: What the workload needs beside them.
          opts: More options of the workload.

        """
        is_patch, waves = self._workload.is_patch, self._waves
        driven: Mapping[str, str] = {} if self._workload.kind.provider_waits else SKIP_AWAIT
        if waves is not None:
            driven = DRIVEN if is_patch else waves.annotations()
        self.owner = self._ownership.annotations(self._component)
        annotations = {**self._workload.annotations, **driven}
        self._workload = workload = replace(self._workload, annotations=annotations, owner=self.owner)
        if is_patch and waves is not None:  # the strategy has a patch of its own
            spec = {key: value for key, value in workload.spec.items() if key != workload.kind.strategy}
            self._workload = workload = replace(workload, spec=spec)
        self.config_maps: dict[str, ConfigMapPatch] = {}
        self.secrets: dict[str, SecretPatch] = {}
        self._reload_config_maps: list[ConfigMapPatch] = []
        self._reload_objects: dict[str, Object] = {}
        if self._configuration:
            rendered = render(workload, self._configuration, UNKNOWN_OUTPUT, self._secrets)
            self._rendered, self._objects, self._secret_objects = rendered.workload, rendered.sources, rendered.secrets
            self._rendered_reloads = rendered.reloads
            self.explainer.withdraw = lambda kind, name: withdraw(self._plain, kind, name)
            listeners = self.explainer.of_content()
            self._register_config_maps(self._configuration, listeners)
            self._register_secrets(listeners)
            self._register_reload_config_maps(self._configuration)
        else:
            self._rendered = render_workload(workload, UNKNOWN_OUTPUT, {workload.name: UNKNOWN_OUTPUT})
        contents = [*self.config_maps.values(), *self.secrets.values(), *self._reload_config_maps]
        self.workload = self._register_workload([*contents, *after], opts)
        return self.workload

    def register_waves(self, applied: Callable[[Object], Object] | None = None) -> pulumi.CustomResource:
        """
        Register the stashes of the waves, or of a rollout that the provider cannot wait for; return the last child.

        Where the workload is a patch, `applied` gives what is applied for the pod template of another revision.
        """
        staged, component, explainer = self.staged, self._component, self.explainer
        if not staged:
            return self.workload if self._workload.kind.provider_waits else self._register_rollout()
        if not self._workload.is_patch:
            return staged.register(self._name, component, self.workload, explainer)
        written = self._rendered["spec"]["template"]
        return staged.register(self._name, component, self.workload, explainer, applied, written)

    def register_reload(self, last: pulumi.CustomResource) -> pulumi.CustomResource:
        """Register what proves a reload, after the `last` child, where there are keys that reload; return the last."""
        if not self._reloads:
            return last
        return self._reloads.register([*self._reload_config_maps, self.workload, last])

    def _register_rollout(self) -> pulumi.Stash:
        from .hooks.native import register_rollout

        configuration, kind = self._configuration, self._workload.kind
        config_hash = configuration.hash if configuration and configuration.is_known else UNKNOWN_OUTPUT
        usual = self._name, self._component, self.workload, config_hash, kind
        return register_rollout(*usual, self.explainer, bool(self._plain.get("take_over")))

    def finish(self, last: pulumi.CustomResource, ignored: Sequence[str] = ()) -> None:
        """Explain, once the `last` child is written, what is left to say, and see that each ConfigMap lives on."""
        wanted = None if self._workload.is_patch else self._parts()
        self.explainer.registered(last, self.workload, wanted, ignored)
        every = (self._objects, self._secret_objects, self._reload_objects)
        objects, has_waves = [one for of in every for one in of.values()], self._waves is not None
        earlier = lambda: self.explainer.earlier_secrets  # noqa: E731 - known once the component is registered
        is_gone, kind = self.explainer.is_gone, self._workload.kind
        keep(self._component, self.workload, self._plain, objects, has_waves, is_gone, earlier, kind)

    @property
    def applied(self) -> Object:
        """The workload as the provider applies it."""
        return self._rendered

    def _explain(self, audit: Auditor) -> Explainer:
        plan = self.staged.plan if self.staged else None
        usual, kind = (self._component, self._name, audit, self._reading.resolved), self._workload.kind
        live, cluster, configuration = self._reading.observation.workload, self._reading.cluster, self._configuration
        if not (self._ownership.takes and live and cluster and configuration):
            return Explainer(*usual, configuration, plan, self._secrets, kind)
        from .hooks.take_over import TakeOverExplainer
        from .prepare.taking_over import read_now

        wanted = render(self._workload, configuration, UNKNOWN_OUTPUT).workload
        others = [secret.name for secret in configuration.external_secrets]
        read = cluster, wanted, live, read_now(self._reading, self._secrets, others)
        return TakeOverExplainer(*usual, configuration, plan, *read, self._secrets, kind, self.options.ignored)

    def _parts(self) -> dict[str, Any]:
        return {"metadata": self._rendered["metadata"], "spec": self._rendered["spec"]}

    def _register_config_maps(self, configuration: Configuration, listeners: Listeners) -> None:
        """
        Register the ConfigMap of each source's content, which lives as long as a revision mounts it.

        The hash is in the logical name too, so a new content is a create, and an old one leaves the state only at the
        end of a successful `up`. A patch makes it, or finds it as an earlier revision left it.
        """
        for source in configuration.sources:
            if source.external:
                continue
            # No name of a ConfigMap has a `/`, so none of another component's is this one.
            name = self._name if source.name == self._workload.name else f"{self._name}/{source.name}"
            called = content_name(name, _UNKNOWN if source.unknown else source.hash)
            opts = self.options.for_content(self._component, called, self._needs, listeners)
            values = self._unknown(source.name)
            if not source.unknown:
                values = self._reading.observation.as_it_is(self._objects[source.name])
            self.config_maps[source.name] = ConfigMapPatch(called, **values, opts=opts)

    def _register_secrets(self, listeners: Listeners) -> None:
        """Register the Secret of each content, like a ConfigMap; its values are secret in the engine's state too."""
        for secret in self._secrets:
            name = f"{self._name}/{secret.name}"
            called = content_name(name, _UNKNOWN if secret.unknown else secret.public.hash)
            opts = self.options.for_content(self._component, called, self._needs, listeners, "Secret")
            values = self._unknown(secret.name)
            if not secret.unknown:
                values = self._reading.observation.secret_as_it_is(self._secret_objects[secret.name])
                values["data"] = pulumi.Output.secret(values["data"])
            self.secrets[secret.name] = SecretPatch(called, **values, opts=opts)

    def _register_reload_config_maps(self, configuration: Configuration) -> None:
        """Register the ConfigMap of each source with keys that running pods read again: one that changes in place."""
        sources = [source for source in configuration.sources if source.reloads]
        if not sources or not self._check:
            return
        from .hooks.reloads import Reloads

        workload = self._workload
        metadata = {"namespace": workload.namespace}
        for source in sources:
            called = source.reload_name(workload.name)
            body = self._rendered_reloads.get(source.name)
            if body:
                body = self._reading.observation.reload_as_it_is(body, source.reloaded)
            self._reload_objects[called] = body or {"metadata": {"name": called, **metadata}, "data": UNKNOWN_OUTPUT}
        self._reloads = Reloads(
            self._component, self._name, workload.kind, self._check, self.explainer,
            configuration.hash if configuration.is_known else "",
            self._reload_objects, configuration.reload_hash, self.staged.canary if self.staged else None,
            self.staged.restart_of_all if self.staged else None,
        )  # fmt: skip
        for called, body in self._reload_objects.items():
            logical = self._name + called.removeprefix(workload.name)
            listeners = self._reloads.of_config_map(workload.name) + self.explainer.of_child()
            hooks = heard_by(listeners, CONTENT["ConfigMap"], logical, self._component)
            opts = pulumi.ResourceOptions(
                parent=self._component, depends_on=list(self._needs), protect=False, retain_on_delete=True, hooks=hooks
            )
            values = {"data": body.get("data"), "binary_data": body.get("binaryData")}
            self._reload_config_maps.append(ConfigMapPatch(logical, metadata=body["metadata"], **values, opts=opts))

    def _unknown(self, source: str) -> dict[str, Any]:
        """
        Return the arguments of an object whose content this preview does not know.

        A patch needs some name. This one is never written: what is not known is refused in `up`.
        """
        name = content_name(self._workload.name, _UNKNOWN, source)
        return {"metadata": {"name": name, "namespace": self._workload.namespace}, "data": UNKNOWN_OUTPUT}

    def _register_workload(
        self, after: Sequence[pulumi.Resource], opts: pulumi.ResourceOptions | None
    ) -> WorkloadResource:
        listeners = self.explainer.of_workload()
        if self._workload.is_patch:
            after = [*after, self._register_owner(), *([self._register_strategy(self._waves)] if self._waves else [])]
        else:
            listeners = self._ownership.of_workload() + listeners  # what is refused is not explained
        if self._workload.kind is STATEFUL_SET:
            from .hooks.partition import Partition

            has_waves, find = self._waves is not None, self.explainer.audit.find
            listeners += Partition(find, has_waves).listeners()
        whole, patch = _RESOURCES[self._workload.kind.kind]
        resource = patch if self._workload.is_patch else whole
        every = self.options.for_workload(self._component, (resource.pulumi_type, self._name), after, listeners)
        every = pulumi.ResourceOptions.merge(every, opts)
        if self._ownership.takes:
            every = pulumi.ResourceOptions.merge(every, self._in_place())
        every.retain_on_delete = self._workload.is_patch or every.retain_on_delete
        made: WorkloadResource = resource(self._name, **self._parts(), opts=every)
        return made

    def _in_place(self) -> pulumi.ResourceOptions:
        """
        Return the options with which what exists is imported, and updated: a create would fail, or replace it.

        A resource of this program's own, which the component is written for, goes on as the component's.
        Source: pulumi 3.259 deploy/step_generator.go `continueStepsFromImport`; pulumi-kubernetes 4.29 await.go
        `Creation`, which no longer updates what exists.
        """
        aliases = [pulumi.Alias(name, parent=pulumi.ROOT_STACK_RESOURCE) for name in {self._name, self._workload.name}]
        where = f"{self._workload.namespace}/{self._workload.name}"
        return pulumi.ResourceOptions(import_=where, aliases=aliases)

    def _register_strategy(self, waves: "Waves") -> WorkloadResource:
        """
        Register the one field that keeps Kubernetes from restarting pods by itself, as a patch of its own.

        Whoever removes the waves lets go of it, and Kubernetes puts its default, RollingUpdate, in its place.
        """
        frozen = {"updateStrategy": self._workload.kind.frozen}
        return self._register_let_go("strategy", waves.annotations(), frozen)

    def _register_owner(self) -> WorkloadResource:
        """
        Register who has adopted the workload, as a patch of its own: whoever leaves it leaves no owner behind.

        With waves it must not wait for pods either: they restart after it.
        """
        driven = {} if self._waves is None else DRIVEN
        return self._register_let_go("owner", {**FORCED, **driven, **self._workload.owner}, None)

    def _register_let_go(self, what: str, annotations: Any, spec: Any) -> WorkloadResource:
        """
        Register fields of an adopted workload that are not retained: they go with the component, or with the stack.

        Source: pulumi-kubernetes 4.25 ssa `Relinquish`.
        """
        metadata = {"name": self._workload.name, "namespace": self._workload.namespace, "annotations": annotations}
        name, (_, patch) = f"{self._name}-{what}", _RESOURCES[self._workload.kind.kind]
        hooks = heard_by(self.explainer.of_child(), patch.pulumi_type, name, self._component)
        opts = pulumi.ResourceOptions(parent=self._component, protect=False, hooks=hooks)
        made: WorkloadResource = patch(name, metadata=metadata, spec=spec, opts=opts)
        return made
