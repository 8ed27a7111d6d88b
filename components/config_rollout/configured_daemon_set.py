"""
A DaemonSet and the ConfigMap that it reads, as one component.

Not here: what a configuration means (core/), and the words that explain a change (core/explain/reasons.py).
"""

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict, cast

import pulumi
from pulumi import Input
from pulumi_kubernetes.apps.v1 import DaemonSet
from pulumi_kubernetes.core.v1 import ConfigMapPatch

from .configured_workload import ConfiguredWorkload
from .core.arguments.finding import report
from .core.configuration.content import Content, warnings
from .core.kubernetes.annotations import NAME_LABEL
from .core.kubernetes.workload_kinds import DAEMON_SET
from .core.workload.configuration import Configuration
from .core.workload.source import Source
from .core.workload.workload import Workload
from .driver.ending import heed
from .prepare import compatibility
from .prepare.arguments import checked, selector_of, unknown_in
from .prepare.revisions import read_before

_TYPE = "config-rollout:index:ConfiguredDaemonSet"


class ConfiguredDaemonSetArgs(TypedDict):
    """What a `ConfiguredDaemonSet` takes. Mappings and lists are plain; where it says so, leaves may be Outputs."""

    namespace: Input[str]
    """The namespace of both objects. May be an Output. A change replaces them."""
    data: Mapping[str, str]
    """The configuration: key -> UTF-8 text, plain; as files where `pod_spec` mounts it. With `binary_data` 1 MiB."""
    pod_spec: Mapping[str, Any]
    """
    The pods' spec, in snake_case or camelCase, passed through unedited but for the references to the ConfigMap.

    Refer to the ConfigMap by the component's `name`. Leaves may be Outputs.
    """
    name: NotRequired[str]
    """
    The Kubernetes name of the DaemonSet, a DNS label of at most 52 characters; by default the component's name.

    The ConfigMap is called `NAME-` and the first 10 digits of the config hash. A change replaces both.
    """
    formats: NotRequired[Mapping[str, str]]
    """
    Key of `data` -> `text`, `yaml`, `json`, `toml` or `kube-proxy`, for keys that do not tell it.

    A KubeProxyConfiguration is known by what it holds, the others by the key's suffix.

    What a format does not count restarts nothing. A change of the format itself changes the hash.
    """
    effects: NotRequired[Mapping[str, str]]
    """
    `KEY` or `KEY:PATH` -> `restart` or `none`, for programs whose fields nobody here knows.

    Paths are as preview prints them. What restarts nothing is not in the hash: pods get it with the next change that
    restarts. A path that names no field is refused.
    """
    text_version: NotRequired[str]
    """
    Any text, as a date. A change of it rolls `data` out as it is written, although it may mean the same.

    It is in the config hash. By default there is none.
    """
    binary_data: NotRequired[Mapping[str, str]]
    """More configuration: key -> base64 text. The hash is of the decoded bytes."""
    labels: NotRequired[Mapping[str, Input[str]]]
    """Labels of the ConfigMap and the DaemonSet, never of the pods: a change restarts nothing."""
    pod_labels: NotRequired[Mapping[str, Input[str]]]
    """Labels of the pods beside the selector's, as NetworkPolicies and Services need. A change restarts the pods."""
    selector: NotRequired[Mapping[str, str]]
    """
    The labels by which the DaemonSet finds its pods, which get them; by default `app.kubernetes.io/name: NAME`. Plain.

    For a DaemonSet that exists: nobody can change its selector, so another one is refused.
    """
    pod_annotations: NotRequired[Mapping[str, Input[str]]]
    """Annotations of the pods, beside the config hash. A change restarts them."""
    update_strategy: NotRequired[Mapping[str, Any]]
    """The DaemonSet's `updateStrategy`; by default Kubernetes' own, one pod at a time."""
    waves: NotRequired[Mapping[str, Any]]
    """
    In which order the nodes get a change, in place of `update_strategy`; docs/waves.md has every field.

    `first` lists waves (`name`, and `nodes`, `match_labels` or `match_expressions`), `by` is a label whose values are
    one wave each, and the rest is the last. A change of the waves themselves restarts nothing.
    """
    kubeconfig: NotRequired[Input[str]]
    """
    The kubeconfig of the cluster, as a path or as its content; or `context`. Required with a provider of your own.

    May be an Output without `waves`. By default the cluster is found as the default provider finds it.
    """
    context: NotRequired[Input[str]]
    """The context of that kubeconfig; by default `kubernetes:context`, or its current one."""
    audit: NotRequired[Any]
    """
    Where the record of each rollout goes beside the cluster, as a line of JSON; docs/audit.md has its fields.

    `{"file": PATH}`, `{"stdout": True}`, `{"url": "https://..."}`, or a list of them. Plain.
    """
    min_ready_seconds: NotRequired[Input[int]]
    """How long a new pod must be ready to count as available, in seconds; by default Kubernetes' own, 0."""
    revision_history_limit: NotRequired[Input[int]]
    """How many old revisions Kubernetes keeps for `kubectl rollout undo`; by default Kubernetes' own, 10."""
    rollout_timeout_seconds: NotRequired[int]
    """
    How long `up` waits for a rolling restart, in seconds. `custom_timeouts` on the component goes before it.

    By default what 1,000 nodes need at this `update_strategy`: 15 s and `min_ready_seconds` for each turn, at
    least 600. Past it `up` fails, the ConfigMap of before stays, and the next `up` goes on or back.
    """


class ConfiguredDaemonSet(pulumi.ComponentResource):
    """
    A DaemonSet whose pods restart when, and only when, what its ConfigMap holds has changed.

    The ConfigMap is immutable and named after its content. The config hash stands in the pod template's annotation
    `checksum/config`; when it changes, Kubernetes does a rolling restart and every pod keeps the ConfigMap of
    its own revision until it is replaced. A ConfigMap is kept as long as Kubernetes keeps a revision that mounts it, so
    `kubectl rollout undo` brings the configuration back too.

    Raises:
      BadArguments: The arguments have faults; all of them are in the message, and nothing was registered.
        A ValueError that Pulumi prints without a stack trace.

    """

    config_hash: pulumi.Output[str]
    """The SHA-256 of the configuration, 64 hex digits, as in the annotation."""
    config_map: ConfigMapPatch
    """The ConfigMap of the configuration, for what this component does not offer."""
    daemon_set: DaemonSet
    """The DaemonSet, for what this component does not offer."""

    def __init__(self, name: str, args: ConfiguredDaemonSetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        who = f"{type(self).__name__} '{name}'"
        compatibility.check(who)
        heed()
        plain, content = checked(who, name, args, ConfiguredDaemonSetArgs, opts)
        kubernetes_name: str = plain.get("name", name)
        configuration = Configuration([_source(kubernetes_name, content, plain)])
        reading = read_before(who, plain, kubernetes_name, configuration.hash)
        workload = _workload(kubernetes_name, plain)
        of = ConfiguredWorkload(self, (_TYPE, name), plain, opts, workload, configuration, reading, may_select=True)

        super().__init__(
            _TYPE,
            name,
            {
                "name": kubernetes_name,
                "namespace": plain["namespace"],
                "data": plain["data"],
                "binaryData": plain.get("binary_data"),
                "formats": plain.get("formats"),
                "effects": plain.get("effects"),
                "textVersion": plain.get("text_version"),
                "retained": of.options.retain_on_delete or None,
            },
            of.options_of_component(),
        )

        for line in report(who, [*warnings(content), *unknown_in(plain)]).splitlines():
            pulumi.log.warn(line, self)
        reading.warn(self, configuration.object_names(kubernetes_name)[kubernetes_name])
        if of.staged:
            of.staged.warn(self)
        self.daemon_set = cast(DaemonSet, of.register())
        self.config_map = of.config_map
        of.register_waves()
        of.finish(self.daemon_set, of.options.ignored)

        self.config_hash = pulumi.Output.from_input(configuration.hash)
        # Not the children: a resource among the outputs makes the next run's hook of this component fail, since
        # the SDK looks it up ("unknown resource") before the program has registered it (pulumi 3.272).
        self.register_outputs({"configHash": self.config_hash})


def _source(name: str, content: Content, plain: Mapping[str, Any]) -> Source:
    return Source(name, content, plain["data"], plain.get("binary_data"))


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
