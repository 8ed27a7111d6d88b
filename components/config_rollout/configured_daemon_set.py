"""
A DaemonSet and the ConfigMap that it reads, as one component.

Not here: what a configuration means (core/), and the words that explain a change (core/explain/reasons.py).
"""

from collections.abc import Mapping
from typing import Any, cast

import pulumi
from pulumi_kubernetes.apps.v1 import DaemonSet
from pulumi_kubernetes.core.v1 import ConfigMapPatch, SecretPatch

from .args.configured_daemon_set import ConfiguredDaemonSetArgs
from .configured_workload import ConfiguredWorkload
from .core.arguments.finding import report
from .core.kubernetes.annotations import NAME_LABEL
from .core.kubernetes.workload_kinds import DAEMON_SET
from .core.workload.recorded import external_recorded, keys_read, secrets_recorded
from .core.workload.workload import Workload
from .driver.ending import heed
from .hooks.plain_inputs import UNKNOWN_OUTPUT
from .prepare import compatibility
from .prepare.arguments import checked, doubtful, selector_of
from .prepare.revisions import read_before

_TYPE = "config-rollout:index:ConfiguredDaemonSet"


class ConfiguredDaemonSet(pulumi.ComponentResource):
    """
    A DaemonSet whose pods restart when, and only when, what its ConfigMap holds has changed.

    The ConfigMap is immutable and named after its content. The config hash is in the pod template's annotation
    `checksum/config`; when it changes, Kubernetes does a rolling restart and every pod keeps the ConfigMap of
    its own revision until it is replaced. A ConfigMap is kept as long as Kubernetes keeps a revision that mounts it, so
    `kubectl rollout undo` brings the configuration back too.

    Raises:
      BadArguments: The arguments have faults; all of them are in the message, and nothing was registered.
        A ValueError that Pulumi prints without a stack trace.

    """

    config_hash: pulumi.Output[str]
    """The SHA-256 of the configuration, 64 hex digits, as in the annotation."""
    config_map: ConfigMapPatch | None
    """The ConfigMap of `data`, or the first of `config_maps`, for what this component does not offer."""
    config_maps: dict[str, ConfigMapPatch]
    """The ConfigMaps by their names in `pod_spec`."""
    secrets: dict[str, SecretPatch]
    """The Secrets by their names in `pod_spec`."""
    daemon_set: DaemonSet
    """The DaemonSet, for what this component does not offer."""

    def __init__(self, name: str, args: ConfiguredDaemonSetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        who = f"{type(self).__name__} '{name}'"
        compatibility.check(who)
        heed()
        arguments = checked(who, name, args, ConfiguredDaemonSetArgs, opts)
        plain, configuration = arguments.plain, arguments.configuration
        kubernetes_name: str = plain.get("name", name)
        reading = read_before(who, plain, kubernetes_name, configuration, arguments.secrets.sources)
        workload = _workload(kubernetes_name, plain)
        of = ConfiguredWorkload(
            self,
            (_TYPE, name),
            plain,
            opts,
            workload,
            configuration,
            reading,
            waves=arguments.waves,
            sinks=arguments.sinks,
            needs=arguments.needs,
            may_select=True,
            secrets=arguments.secrets.sources,
        )

        super().__init__(
            _TYPE,
            name,
            {
                "name": kubernetes_name,
                "namespace": plain["namespace"],
                **_recorded(plain),
                "configMaps": {called: _recorded(of) for called, of in plain.get("config_maps", {}).items()} or None,
                "external": external_recorded(configuration),
                "keysRead": keys_read(configuration),
                "secretHashes": secrets_recorded(configuration, UNKNOWN_OUTPUT),
                "retained": of.options.retain_on_delete or None,
            },
            of.options_of_component(),
        )

        for line in report(who, doubtful(arguments, kubernetes_name)).splitlines():
            pulumi.log.warn(line, self)
        for line in arguments.missing:
            pulumi.log.info(line, self)
        names = configuration.object_names(kubernetes_name), configuration.secret_names(kubernetes_name)
        reading.warn(self, [called for of in names for called in of.values()])
        if of.staged:
            of.staged.warn(self)
        self.daemon_set = cast(DaemonSet, of.register())
        self.config_maps = of.config_maps
        self.config_map = of.config_maps.get(kubernetes_name) or next(iter(of.config_maps.values()), None)
        self.secrets = of.secrets
        of.register_waves()
        of.finish(self.daemon_set, of.options.ignored)

        self.config_hash = pulumi.Output.from_input(configuration.hash) if configuration.is_known else UNKNOWN_OUTPUT
        # Not the children: a resource among the outputs makes the next run's hook of this component fail, since
        # the SDK looks it up ("unknown resource") before the program has registered it (pulumi 3.272).
        self.register_outputs({"configHash": self.config_hash})


def _recorded(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a ConfigMap holds and how it is read, as the component records it among its inputs."""
    every = {
        "data": fields.get("data"),
        "binaryData": fields.get("binary_data"),
        "formats": fields.get("formats"),
        "effects": fields.get("effects"),
        "textVersion": fields.get("text_version"),
    }
    return {name: value for name, value in every.items() if value is not None}


def _workload(name: str, plain: Mapping[str, Any]) -> Workload:
    selector = selector_of(plain, name)
    return Workload(
        DAEMON_SET,
        name,
        plain["namespace"],
        plain["pod_spec"],
        {
            "updateStrategy": DAEMON_SET.frozen if "waves" in plain else plain.get("update_strategy"),
            "minReadySeconds": plain.get("min_ready_seconds"),
            "revisionHistoryLimit": plain.get("revision_history_limit"),
        },
        selector=selector,
        labels={NAME_LABEL: name, **plain.get("labels", {})},
        pod_labels={**plain.get("pod_labels", {}), **selector},
        pod_annotations=plain.get("pod_annotations", {}),
    )
