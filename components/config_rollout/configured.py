"""
What the components have in common whose workload is made from their arguments, whatever its kind.

Not here: what a configuration means (core/), and the words that explain a change (core/explain/reasons.py).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pulumi
from pulumi_kubernetes.core.v1 import ConfigMapPatch, SecretPatch

from .configured_workload import ConfiguredWorkload
from .core.arguments.finding import report
from .core.kubernetes.workload_kinds import WorkloadKind
from .core.workload.asked import workload_of
from .core.workload.recorded import inputs_of
from .core.workload.workload import Workload
from .driver.ending import heed
from .hooks.plain_inputs import UNKNOWN_OUTPUT
from .prepare import compatibility
from .prepare.arguments import checked, doubtful
from .prepare.revisions import read_before

OfManifest = Callable[[Workload], Workload]
"""Gives the workload that a manifest describes, from the one that the arguments ask for."""


class Configured(pulumi.ComponentResource):
    """
    A workload of one kind and the ConfigMaps that its pods read. The class of a kind says what that means.

    Args:
      kind: The kind.
      name: The component's name.
      args: Its arguments, of the type `args_type`.
      opts: Its resource options.

    Raises:
      BadArguments: The arguments have faults; all of them are in the message, and nothing was registered.

    """

    config_hash: pulumi.Output[str]
    """The SHA-256 of the configuration, 64 hex digits, as in the annotation."""
    config_map: ConfigMapPatch | None
    """The ConfigMap of `data`, or the first of `config_maps`, for what this component does not offer."""
    config_maps: dict[str, ConfigMapPatch]
    """The ConfigMaps by their names in `pod_spec`."""
    secrets: dict[str, SecretPatch]
    """The Secrets by their names in `pod_spec`."""

    def __init__(
        self,
        kind: WorkloadKind,
        name: str,
        args: Mapping[str, Any],
        args_type: type,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        who = f"{type(self).__name__} '{name}'"
        compatibility.check(who)
        heed()
        self._read_before(who, kind, name, args, args_type, opts)
        self._register_parts()

    def _read_before(
        self,
        who: str,
        kind: WorkloadKind,
        name: str,
        args: Mapping[str, Any],
        args_type: type,
        opts: pulumi.ResourceOptions | None,
        of_manifest: OfManifest | None = None,
    ) -> None:
        """
        Read what there is, and refuse what is wrong, before anything is registered.

        `of_manifest` is what the workload is made of beside the arguments, where a manifest says it.
        """
        arguments = checked(who, name, args, args_type, opts, kind, may_read_nothing=of_manifest is not None)
        plain, configuration = arguments.plain, arguments.configuration
        kubernetes_name: str = plain.get("name", name)
        reading = read_before(who, plain, kubernetes_name, configuration, arguments.secrets.sources, kind)
        workload = workload_of(kind, kubernetes_name, plain)
        self._identity = f"config-rollout:index:Configured{kind.kind}", name
        self._who, self._arguments, self._reading = who, arguments, reading
        self._kubernetes_name, self._is_of_manifest = kubernetes_name, of_manifest is not None
        self._of = ConfiguredWorkload(
            self,
            who,
            self._identity,
            plain,
            opts,
            of_manifest(workload) if of_manifest else workload,
            configuration,
            reading,
            waves=arguments.waves,
            sinks=arguments.sinks,
            needs=arguments.needs,
            may_select=True,
            secrets=arguments.secrets.sources,
            reload=arguments.reload,
        )

    def _register_parts(
        self, after: Sequence[pulumi.Resource] = (), opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Register the component and all that it has; its workload comes `after` these, with more options."""
        of, who, arguments, name = self._of, self._who, self._arguments, self._kubernetes_name
        plain, configuration = arguments.plain, arguments.configuration
        recorded = {**inputs_of(name, plain, configuration, UNKNOWN_OUTPUT), **of.recorded}
        super().__init__(*self._identity, recorded, of.options_of_component())

        for line in report(who, doubtful(arguments, name, not self._is_of_manifest)).splitlines():
            pulumi.log.warn(line, self)
        for line in arguments.missing:
            pulumi.log.info(line, self)
        names = configuration.object_names(name), configuration.secret_names(name)
        reloads = [one.config_map for one in configuration.reloads(name).values()]
        self._reading.warn(self, [*(called for of_kind in names for called in of_kind.values()), *reloads])
        if of.staged:
            of.staged.warn(self)
        self.workload = of.register(after, opts)
        self.config_maps = of.config_maps
        self.config_map = of.config_maps.get(name) or next(iter(of.config_maps.values()), None)
        self.secrets = of.secrets
        of.register_reload(of.register_waves())
        of.finish(self.workload, of.options.ignored)

        self.config_hash = pulumi.Output.from_input(configuration.hash) if configuration.is_known else UNKNOWN_OUTPUT
        # Not the children: a resource among the outputs makes the next run's hook of this component fail, since
        # the SDK looks it up ("unknown resource") before the program has registered it (pulumi 3.272).
        self.register_outputs({"configHash": self.config_hash})
