"""
kube-proxy as one component: made anew on a cluster that has none, or adopted as kubeadm made it.

Not here: what its configuration means (core/formats/), what is found in a cluster
(core/kube_proxy/discovery.py), what adopting writes (core/kube_proxy/adoption.py).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NotRequired, TypedDict

import pulumi
from pulumi_kubernetes.apps.v1 import DaemonSet, DaemonSetPatch
from pulumi_kubernetes.core.v1 import ConfigMapPatch, ServiceAccount
from pulumi_kubernetes.rbac.v1 import ClusterRoleBinding, Role, RoleBinding

from .core.configuration import read_as
from .core.configuration.content import Content, parse_content
from .core.configuration.digest import short_hash
from .core.kube_proxy import files, pods
from .core.kube_proxy.adoption import Adoption, applied_for, has_other_probe, patch
from .core.kubernetes.annotations import CONFIG_HASH_ANNOTATION, DAEMON_SET_LABEL
from .core.kubernetes.field_managers import FORCED, MANAGER, OWNER, managed_by
from .core.revisions.config_maps import Before, content_of
from .core.revisions.naming import content_name
from .core.waves.order import UPDATE_STRATEGY
from .driver.ending import heed
from .hooks.adopt import AdoptionExplainer
from .hooks.audit import Auditor
from .prepare.cluster import find_cluster
from .prepare.kube_proxy import Prepared, prepare
from .prepare.options import Options
from .prepare.ownership import Ownership
from .prepare.revisions import Reading, keep, withdraw
from .prepare.waves import DAEMON_SET_ANNOTATIONS, StagedRollout, driven_annotations

_TYPE = "config-rollout:index:KubeProxy"
_UNKNOWN: pulumi.Output[Any] = pulumi.Output.from_input(pulumi.UNKNOWN)


class KubeProxyArgs(TypedDict):
    """What a `KubeProxy` takes. Everything is plain: it is read before anything is registered."""

    manage: str
    """`own`: make it, on a cluster that has none. `adopt`: take over the one that is there."""
    config: NotRequired[Any]
    """
    The KubeProxyConfiguration (v1alpha1), as a mapping or as text. With `adopt` it may be left out: then what the live
    ConfigMap holds is rolled out, whoever wrote it. `mode` is required with `own`.
    """
    api_server: NotRequired[str]
    """
    The API server that kube-proxy dials, as `https://HOST:PORT`: no Service's address, which needs kube-proxy.

    Required with `own`. With `adopt` it replaces `server:` in the live kubeconfig.
    """
    allow_refused_config: NotRequired[bool]
    """
    With `adopt`: roll out what is live although kube-proxy would refuse it and not start again; default False.

    For a kube-proxy that reads what this library does not. A readiness probe is set only if its port is known.
    """
    layout: NotRequired[Any]
    """
    Under which names the cluster keeps kube-proxy: `kubeadm` (default; kubespray's too), `eks`, or a mapping of those
    names that differ from kubeadm's: `namespace`, `daemon_set`, `config_map`, `key`, `kubeconfig_key`, `volume`,
    `container`, `kubeconfig_path`.
    """
    max_unavailable: NotRequired[Any]
    """How many kube-proxies may be away at once in a restart, as a number or a share; default `10%`."""
    text_version: NotRequired[str]
    """Any text, as a date. A change of it rolls the configuration out as it is written, although it means the same."""
    audit: NotRequired[Any]
    """
    Where the record of each rollout goes beside the cluster: `{"file": PATH}`, `{"stdout": True}`,
    `{"url": "https://..."}`, or a list of them.
    """
    min_ready_seconds: NotRequired[int]
    """How long a new kube-proxy must be ready to count as available, in seconds; default 10."""
    rollout_timeout_seconds: NotRequired[int]
    """How long `up` waits for a rolling restart, in seconds; default: what 1,000 nodes need, at least 600."""
    waves: NotRequired[Mapping[str, Any]]
    """
    In which order the nodes get a change, in place of `max_unavailable`; docs/waves.md has every field.

    As with ConfiguredDaemonSet. `progress_deadline_seconds` takes the place of `rollout_timeout_seconds`.
    """
    version: NotRequired[str]
    """The release of kube-proxy with `own`, as `v1.36.3`; or pass `image`."""
    image: NotRequired[str]
    """The image of kube-proxy with `own`, in place of `version`."""
    kubeconfig: NotRequired[str]
    """
    The kubeconfig of the cluster, as a path or as its content, if the program uses a provider of its own.

    By default the cluster is found as the default provider finds it: `kubernetes:kubeconfig`, KUBECONFIG,
    `~/.kube/config`, or the pod's own account.
    """
    context: NotRequired[str]
    """The context of that kubeconfig; by default `kubernetes:context`, or its current one."""


class KubeProxy(pulumi.ComponentResource):
    """
    kube-proxy, restarted when, and only when, what its configuration means has changed.

    Its pods read a ConfigMap of their own revision, immutable and named after its content. The ConfigMap that
    `kubeadm join` and `kubeadm upgrade` know by name is kept up to date beside it. An adopted kube-proxy keeps
    everything else that it has, and `destroy` leaves it as it is.

    Raises:
      BadArguments: The arguments have faults, or do not fit what is in the cluster; all of them are in the message,
        and nothing was registered. A ValueError that Pulumi prints without a stack trace.

    """

    config_hash: pulumi.Output[str]
    """The SHA-256 of the configuration, 64 hex digits, as in the annotation `checksum/config` of the pods."""
    daemon_set: DaemonSet | DaemonSetPatch
    """The DaemonSet, or the patch of the adopted one, for what this component does not offer."""

    def __init__(self, name: str, args: KubeProxyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        who = f"{type(self).__name__} '{name}'"
        heed()
        prepared = prepare(who, args, KubeProxyArgs, opts)
        settings, layout = prepared.settings, prepared.settings.layout
        self._name, self._prepared, self._args = name, prepared, args
        self._written: dict[str, Any] | None = None
        selector = pods.pod_labels(layout) if settings.manage == "own" else None
        where = layout.namespace, layout.daemon_set
        self._ownership = Ownership(who, (_TYPE, name), where, selector, Reading(prepared.before), args)
        self._staged = staged = _staged(who, prepared, args)
        cluster = {key: args[key] for key in ("kubeconfig", "context") if key in args}
        audit = Auditor(self, find_cluster, cluster, settings.audit, settings.has_waves)
        content = prepared.content if prepared.full_hash else None
        plan = [staged.plan] if staged else []
        adoption = _adoption(prepared, staged)
        self._explainer = AdoptionExplainer(self, name, audit, adoption, self._found, content, *plan)
        self._options = Options(
            {
                "update_strategy": settings.update_strategy,
                "min_ready_seconds": settings.min_ready_seconds,
                "rollout_timeout_seconds": args.get("rollout_timeout_seconds"),
            },
            opts,
        )
        self._explainer.time_limit = self._options.time_limit()
        super().__init__(
            _TYPE,
            name,
            {
                "name": layout.daemon_set,
                "namespace": layout.namespace,
                "manage": settings.manage,
                "data": dict(prepared.said) if prepared.full_hash else _UNKNOWN,
                "formats": settings.formats(),
                "textVersion": settings.text_version,
                "retained": bool(self._options.retain_on_delete),
            },
            self._options.for_component(
                self._explainer.of_component(), self._ownership.hooks(), aliases=self._ownership.aliases()
            ),
        )
        for line in prepared.warned:
            pulumi.log.warn(line, self)
        if staged:
            staged.warn(self)
        if prepared.full_hash:
            self._register()
        else:
            self.daemon_set = self._patch_daemon_set(_UNKNOWN, [])
        self.config_hash = pulumi.Output.from_input(prepared.full_hash) if prepared.full_hash else _UNKNOWN
        # Not the children: see ConfiguredDaemonSet.
        self.register_outputs({"configHash": self.config_hash})

    async def _found(self) -> Before:
        return self._prepared.before

    def _register(self) -> None:
        """Register the pods' ConfigMap, the DaemonSet that reads it, and the ConfigMap that others know by name."""
        prepared, settings = self._prepared, self._prepared.settings
        account = self._account() if self._has_account() else []
        config_map = self._config_map()
        applied, written = None, None
        if settings.manage == "own":
            self.daemon_set = self._own_daemon_set(config_map, account)
        else:
            applied, written = self._applied, _whole_patch(prepared, prepared.full_hash)["spec"]["template"]
            self.daemon_set = self._patch_daemon_set(prepared.full_hash, [config_map, *account])
        self._uid().apply(self._is_another)
        last: pulumi.CustomResource = self.daemon_set
        if self._staged:
            last = self._staged.register(self._name, self, self.daemon_set, self._explainer, applied, written)
        if prepared.known:
            last = self._known_config_map(last)
        self._explainer.registered(last, self.daemon_set, self._written, ["spec.selector"])
        keep(self, self.daemon_set, self._args, self._wanted, self._explainer.is_gone)

    def _uid(self) -> pulumi.Output[str]:
        """Return the UID that the provider returned; a preview that may not dry-run has none."""
        return pulumi.Output.from_input(self.daemon_set.metadata).apply(
            lambda metadata: (metadata and metadata.get("uid")) or _UNKNOWN
        )

    def _is_another(self, uid: str) -> None:
        """Warn if what the provider has is not what was read: all that was said before is then of another object."""
        found = self._prepared.found
        live = found and found.daemon_set
        if live and uid and uid != live["metadata"]["uid"]:
            pulumi.log.warn(
                f"DaemonSet {self._prepared.settings.layout.where} has the UID {live['metadata']['uid']} where it was "
                f"read, and {uid} to the Kubernetes provider. Either someone made it anew since the last `up` (see "
                "`pulumi up --refresh`), or `kubeconfig` and `context` name another cluster than the provider's.",
                self,
            )

    def _has_account(self) -> bool:
        """Tell whether the pods run under our service account: one that is ours, or one that was and was adopted."""
        settings, found = self._prepared.settings, self._prepared.found
        live = (found and found.daemon_set) or {"spec": {"template": {"spec": {}}}}
        used = live["spec"]["template"]["spec"].get("serviceAccountName")
        return settings.manage == "own" or used == pods.account(settings.layout)

    def _account(self) -> list[pulumi.Resource]:
        """Register the service account and its rights, and the right of `kubeadm join`."""
        layout = self._prepared.settings.layout
        account, binding = pods.account(layout), pods.binding(layout)
        metadata = {"name": account, "namespace": layout.namespace, "annotations": FORCED}
        of_pods = {"kind": "ServiceAccount", "name": account, "namespace": layout.namespace}
        name = self._name
        reader = Role(f"{name}-join", metadata=metadata, rules=pods.join_rules(layout), opts=self._beside())
        return [
            ServiceAccount(name, metadata=metadata, opts=self._beside()),
            ClusterRoleBinding(
                name,
                metadata={"name": binding, "annotations": FORCED},
                role_ref=pods.account_role(),
                subjects=[of_pods],
                opts=self._beside(),
            ),
            reader,
            RoleBinding(
                f"{name}-join",
                metadata=metadata,
                role_ref={"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": account},
                subjects=[pods.joining_nodes()],
                opts=self._beside(),
            ),
        ]

    def _config_map(self) -> pulumi.Resource:
        """Register the ConfigMap of this content, which lives as long as a revision mounts it."""
        prepared, layout = self._prepared, self._prepared.settings.layout
        self._wanted: dict[str, Any] = {
            "metadata": {
                "name": content_name(layout.daemon_set, prepared.full_hash),
                "namespace": layout.namespace,
                "labels": {**pods.pod_labels(layout), DAEMON_SET_LABEL: layout.daemon_set},
                "annotations": {
                    **managed_by(MANAGER),
                    **read_as.annotations(prepared.content),
                    **self._ownership.annotations(self),
                },
            },
            "data": dict(prepared.said),
            "immutable": True,
        }
        name = f"{self._name}-{short_hash(prepared.full_hash)}"
        of_cluster = {**self._args, "namespace": layout.namespace}
        self._explainer.withdraw = lambda: withdraw(of_cluster, self._wanted["metadata"]["name"])
        opts = self._options.for_config_map(self, self._explainer.of_content())
        return ConfigMapPatch(name, **prepared.before.as_it_is(self._wanted), opts=opts)

    def _known_config_map(self, after: pulumi.Resource) -> ConfigMapPatch:
        """
        Register what is ours of the ConfigMap that others know by name, after the last pod has moved.

        While `through` holds waves back it keeps what it has: nodes that join read what most others do. A patch, since
        a ConfigMap of one name would be deleted and made anew for every change; Kubernetes deletes it with the
        DaemonSet if that is ours.
        """
        prepared, layout = self._prepared, self._prepared.settings.layout
        metadata: dict[str, Any] = {
            "name": layout.config_map,
            "namespace": layout.namespace,
            "annotations": managed_by(MANAGER),
        }
        if prepared.settings.manage == "own":
            metadata["labels"] = {"app": layout.config_map}
            metadata["annotations"] |= self._ownership.annotations(self)
            owner = {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": layout.daemon_set}
            metadata["ownerReferences"] = [{**owner, "uid": self._uid()}]
        held = prepared.found.data() if prepared.found and self._staged and not self._staged.is_whole else {}
        known = ConfigMapPatch(
            f"{self._name}-known",
            metadata=metadata,
            data={key: held.get(key, text) for key, text in prepared.known.items()},
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[after],
                retain_on_delete=True,
                hooks=self._explainer.of_config_map(),
            ),
        )
        self._explainer.known = known
        return known

    def _own_daemon_set(self, config_map: pulumi.Resource, account: list[pulumi.Resource]) -> DaemonSet:
        prepared, settings = self._prepared, self._prepared.settings
        layout, labels = settings.layout, pods.pod_labels(settings.layout)
        driven = driven_annotations(settings.waves) if settings.has_waves else {}
        mounted = content_name(layout.daemon_set, prepared.full_hash)
        probe = files.probe(prepared.content.data[layout.key]) or files.DEFAULT_PROBE
        hooks = self._explainer.of_daemon_set(), self._ownership.hooks_of_daemon_set()
        opts = self._options.for_daemon_set(self, [config_map, *account], *hooks)
        # What was adopted becomes ours in place: one DaemonSet all the time. The selector, which a patch does not say,
        # would look new to the provider, and replace it.
        opts.aliases = [pulumi.Alias(type_="kubernetes:apps/v1:DaemonSetPatch")]
        opts.ignore_changes = ["spec.selector"]
        self._written = {
            "metadata": {
                "name": layout.daemon_set,
                "namespace": layout.namespace,
                "labels": labels,
                "annotations": {**managed_by(OWNER), **driven, **self._ownership.annotations(self)},
            },
            "spec": {
                "selector": {"matchLabels": labels},
                "minReadySeconds": settings.min_ready_seconds,
                "updateStrategy": dict(settings.update_strategy),
                "template": {
                    "metadata": {"labels": labels, "annotations": {CONFIG_HASH_ANNOTATION: prepared.full_hash}},
                    "spec": pods.pod_spec(layout, mounted, settings.image, probe),
                },
            },
        }
        return DaemonSet(self._name, **self._written, opts=opts)

    def _patch_daemon_set(self, full_hash: Any, after: list[pulumi.Resource]) -> DaemonSetPatch:
        after = [*after, self._owner(), *([self._on_delete()] if self._prepared.settings.has_waves else [])]
        opts = self._options.for_daemon_set(self, after, self._explainer.of_daemon_set())
        opts.retain_on_delete = True
        applied = _whole_patch(self._prepared, full_hash)
        return DaemonSetPatch(self._name, metadata=applied["metadata"], spec=applied["spec"], opts=opts)

    def _on_delete(self) -> DaemonSetPatch:
        """
        Register the one field that keeps Kubernetes from restarting pods by itself, as a patch of its own.

        Whoever removes the waves lets go of it, and Kubernetes puts its default, RollingUpdate, in its place.
        """
        annotations = driven_annotations(self._prepared.settings.waves)
        return self._let_go("strategy", annotations, {"updateStrategy": UPDATE_STRATEGY})

    def _owner(self) -> DaemonSetPatch:
        """
        Register who has adopted the DaemonSet, as a patch of its own: whoever leaves it leaves no owner behind.

        With waves it must not wait for pods either: they restart after it.
        """
        driven = DAEMON_SET_ANNOTATIONS if self._prepared.settings.has_waves else {}
        return self._let_go("owner", {**FORCED, **driven, **self._ownership.annotations(self)}, None)

    def _let_go(self, what: str, annotations: Any, spec: Any) -> DaemonSetPatch:
        """
        Register fields of an adopted DaemonSet that are not retained: they go with the component, or with the stack.

        Source: pulumi-kubernetes 4.25 ssa `Relinquish`.
        """
        layout = self._prepared.settings.layout
        return DaemonSetPatch(
            f"{self._name}-{what}",
            metadata={"name": layout.daemon_set, "namespace": layout.namespace, "annotations": annotations},
            spec=spec,
            opts=pulumi.ResourceOptions(parent=self, protect=False, hooks=self._explainer.of_child()),
        )

    def _applied(self, template: dict[str, Any]) -> dict[str, Any]:
        """Return what is applied to an adopted DaemonSet for the pod template of another revision."""
        applied = _whole_patch(self._prepared, self._prepared.full_hash)
        return applied_for(applied, template, self._prepared.settings.layout)

    def _beside(self) -> pulumi.ResourceOptions:
        """Return the options of what an own kube-proxy has beside its DaemonSet; one that was adopted keeps it."""
        retained = self._prepared.settings.manage == "adopt" or self._options.retain_on_delete
        return pulumi.ResourceOptions(parent=self, retain_on_delete=retained, hooks=self._explainer.of_child())


def _whole_patch(prepared: Prepared, full_hash: Any) -> dict[str, Any]:
    """Return the patch of an adopted DaemonSet as an object. With waves the strategy has a patch of its own."""
    settings, spec = prepared.settings, _patch(prepared, full_hash)["spec"]
    layout = settings.layout
    annotations = {**managed_by(MANAGER), **(DAEMON_SET_ANNOTATIONS if settings.has_waves else {})}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": layout.daemon_set, "namespace": layout.namespace, "annotations": annotations},
        "spec": {key: value for key, value in spec.items() if key != "updateStrategy" or not settings.has_waves},
    }


def _staged(who: str, prepared: Prepared, args: Mapping[str, Any]) -> StagedRollout | None:
    """Return the waves, if there are any and the cluster could be read."""
    settings = prepared.settings
    if not settings.has_waves or prepared.found is None:
        return None
    cluster = {key: args[key] for key in ("kubeconfig", "context") if args.get(key)}
    plain = {**cluster, "namespace": settings.layout.namespace, "waves": settings.waves}
    plain["min_ready_seconds"] = settings.min_ready_seconds
    return StagedRollout(who, plain, settings.layout.daemon_set, prepared.full_hash, prepared.content)


def _patch(prepared: Prepared, full_hash: Any) -> dict[str, Any]:
    """Return what is written to an adopted DaemonSet. A readiness probe that someone else gave it stays theirs."""
    settings, found = prepared.settings, prepared.found
    layout = settings.layout
    theirs = found is not None and found.daemon_set is not None and has_other_probe(found.daemon_set, layout)
    text = prepared.content.data.get(layout.key)  # `None`: the cluster could not be read
    probe = None if theirs else files.DEFAULT_PROBE if text is None else files.probe(text)
    known = isinstance(full_hash, str)
    config_map = content_name(layout.daemon_set, full_hash) if known else full_hash
    return patch(layout, full_hash, config_map, settings.update_strategy, settings.min_ready_seconds, probe)


def _adoption(prepared: Prepared, staged: StagedRollout | None) -> Adoption | None:
    """Return what adopting means for what is in the cluster; nothing where that is not adopted, or not known."""
    settings, found = prepared.settings, prepared.found
    if settings.manage != "adopt" or found is None or found.daemon_set is None:
        return None
    live = _content(found.data(), settings.formats())
    mounted = found.mounted if (found.mounted or {}).get("data") else None
    adoption = Adoption(
        settings.layout,
        found.daemon_set,
        live,
        content_of(dict(mounted), settings.formats(), None) if mounted else live,
        prepared.content,
        _patch(prepared, prepared.full_hash),
        list(prepared.known),
        None,
        bool(staged and staged.under_way),
        bool(staged and staged.taken_back),
        _content(dict(prepared.known), settings.formats()),
    )
    return replace(adoption, plan=staged.plan({}, adoption.patch)) if staged else adoption


def _content(data: dict[str, str], formats: dict[str, str]) -> Content:
    return parse_content(data, None, {key: name for key, name in formats.items() if key in data})[0]
