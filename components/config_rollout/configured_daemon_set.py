"""
A DaemonSet and the ConfigMap that it reads, as one component.

Not here: what a configuration means (core/), and the words that explain a change (core/explain/reasons.py).
"""

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

import pulumi
from pulumi import Input
from pulumi_kubernetes.apps.v1 import DaemonSet
from pulumi_kubernetes.core.v1 import ConfigMapPatch

from .core.arguments.finding import report
from .core.audit.sinks import parse_audit
from .core.configuration import read_as
from .core.configuration.content import warnings
from .core.configuration.digest import config_hash
from .core.kubernetes.annotations import CONFIG_HASH_ANNOTATION, DAEMON_SET_LABEL, NAME_LABEL
from .core.kubernetes.field_managers import MANAGER, OWNER, managed_by
from .core.kubernetes.pod_spec import follow
from .core.revisions.naming import content_name
from .core.waves.order import UPDATE_STRATEGY
from .driver.ending import heed
from .hooks.audit import Auditor
from .hooks.explain import Explainer
from .prepare import compatibility
from .prepare.arguments import checked, selector_of, unknown_in
from .prepare.cluster import find_cluster
from .prepare.options import Options
from .prepare.ownership import Ownership
from .prepare.revisions import keep, read_before, withdraw
from .prepare.waves import StagedRollout, driven_annotations

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
        options = Options(plain, opts)
        kubernetes_name: str = plain.get("name", name)
        namespace = plain["namespace"]
        full_hash = config_hash(content)
        reading = read_before(who, plain, kubernetes_name, full_hash)
        selector = selector_of(plain, kubernetes_name)
        where = namespace, kubernetes_name
        ownership = Ownership(who, (_TYPE, name), where, selector, reading, plain, may_select=True)
        staged = StagedRollout(who, plain, kubernetes_name, full_hash, content) if "waves" in plain else None
        cluster = {key: plain[key] for key in ("kubeconfig", "context") if key in plain}
        audit = Auditor(self, find_cluster, cluster, parse_audit(plain.get("audit", []))[0], bool(staged))
        explainer = Explainer(self, name, audit, reading.found, content, *([staged.plan] if staged else []))
        explainer.time_limit = options.time_limit()

        super().__init__(
            _TYPE,
            name,
            {
                "name": kubernetes_name,
                "namespace": namespace,
                "data": plain["data"],
                "binaryData": plain.get("binary_data"),
                "formats": plain.get("formats"),
                "effects": plain.get("effects"),
                "textVersion": plain.get("text_version"),
                "retained": options.retain_on_delete or None,
            },
            options.for_component(explainer.of_component(), ownership.hooks(), aliases=ownership.aliases()),
        )

        for line in report(who, [*warnings(content), *unknown_in(plain)]).splitlines():
            pulumi.log.warn(line, self)
        mounted = content_name(kubernetes_name, full_hash)
        explainer.withdraw = lambda: withdraw(plain, mounted)
        reading.warn(self, mounted)
        if staged:
            staged.warn(self)

        labels = {NAME_LABEL: kubernetes_name, **plain.get("labels", {})}
        owner = ownership.annotations(self)

        config_map = {
            "metadata": {
                "name": mounted,
                "namespace": namespace,
                "labels": {**labels, DAEMON_SET_LABEL: kubernetes_name},
                "annotations": {**managed_by(MANAGER), **read_as.annotations(content), **owner},
            },
            "data": plain["data"],
            "binaryData": plain.get("binary_data"),
            "immutable": True,
        }
        # The hash is in the logical name too, so a new content is a create, and an old one leaves the state only at
        # the end of a successful `up`. A patch makes it, or finds it as an earlier revision left it.
        self.config_map = ConfigMapPatch(
            content_name(name, full_hash),
            **reading.before.as_it_is(config_map),
            opts=options.for_config_map(self, explainer.of_content()),
        )
        wanted: dict[str, Any] = {
            "metadata": {
                "name": kubernetes_name,
                "namespace": namespace,
                "labels": labels,
                # A field manager that is always the same: what one stack leaves behind, another can take over.
                "annotations": {
                    **managed_by(OWNER),
                    **(driven_annotations(plain["waves"]) if staged else {}),
                    **owner,
                },
            },
            "spec": {
                "selector": {"match_labels": selector},
                "template": {
                    "metadata": {
                        "labels": {**plain.get("pod_labels", {}), **selector},
                        "annotations": {**plain.get("pod_annotations", {}), CONFIG_HASH_ANNOTATION: full_hash},
                    },
                    "spec": follow(plain["pod_spec"], kubernetes_name, mounted),
                },
                "update_strategy": UPDATE_STRATEGY if staged else plain.get("update_strategy"),
                "min_ready_seconds": plain.get("min_ready_seconds"),
                "revision_history_limit": plain.get("revision_history_limit"),
            },
        }
        hooks = explainer.of_daemon_set(), ownership.hooks_of_daemon_set()
        of_daemon_set = options.for_daemon_set(self, [self.config_map], *hooks)
        self.daemon_set = DaemonSet(name, **wanted, opts=of_daemon_set)
        explainer.registered(self.daemon_set, self.daemon_set, wanted, options.ignored)
        if staged:
            staged.register(name, self, self.daemon_set, explainer)
        keep(self, self.daemon_set, plain, config_map, explainer.is_gone)

        self.config_hash = pulumi.Output.from_input(full_hash)
        # Not the children: a resource among the outputs makes the next run's hook of this component fail, since
        # the SDK looks it up ("unknown resource") before the program has registered it (pulumi 3.272).
        self.register_outputs({"configHash": self.config_hash})
