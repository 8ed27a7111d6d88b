"""
kube-proxy as one component: created on a cluster that has none, or adopted as kubeadm created it.

Not here: what its configuration means (core/formats/), what is found in a cluster
(core/kube_proxy/discovery.py), what adopting writes (core/kube_proxy/adoption.py).
"""

from collections.abc import Mapping
from typing import Any, cast

import pulumi
from pulumi_kubernetes.apps.v1 import DaemonSet, DaemonSetPatch
from pulumi_kubernetes.core.v1 import ConfigMapPatch, ServiceAccount
from pulumi_kubernetes.rbac.v1 import ClusterRoleBinding, Role, RoleBinding

from .args.kube_proxy import KubeProxyArgs
from .configured_workload import ConfiguredWorkload
from .core.kube_proxy import pods
from .core.kube_proxy.adoption import applied_for
from .core.kube_proxy.workload import workload_of
from .core.kubernetes.field_managers import FORCED, MANAGER, managed_by
from .core.workload.configuration import Configuration
from .core.workload.source import Source
from .driver.ending import heed
from .hooks.adopt import AdoptionExplainer
from .hooks.audit import Auditor
from .hooks.listeners import heard_by
from .hooks.plain_inputs import UNKNOWN_OUTPUT
from .prepare.kube_proxy import Prepared, adoption_of, prepare
from .prepare.options import CONTENT
from .prepare.revisions import Reading
from .prepare.waves import StagedRollout

_TYPE = "config-rollout:index:KubeProxy"


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
        self._prepared = prepared = prepare(who, args, KubeProxyArgs, opts)
        settings, layout = prepared.settings, prepared.settings.layout
        self._name = name
        workload = workload_of(settings, prepared.existing, prepared.content)
        configuration = Configuration([Source(layout.daemon_set, prepared.content, prepared.texts)])
        reading = Reading(prepared.observation, cluster=prepared.cluster)

        def explain(audit: Auditor, staged: StagedRollout | None) -> AdoptionExplainer:
            adoption = adoption_of(prepared, workload, configuration, staged)
            known, plan = configuration if prepared.full_hash else None, staged.plan if staged else None
            self._explainer = AdoptionExplainer(self, name, audit, adoption, reading.resolved, known, plan)
            return self._explainer

        self._of = of = ConfiguredWorkload(
            self,
            who,
            (_TYPE, name),
            _plain(prepared, args),
            opts,
            workload,
            configuration if prepared.full_hash else None,
            reading,
            waves=settings.waves,
            sinks=settings.audit,
            explain=explain,
            has_fleet=prepared.existing is not None,
        )
        super().__init__(
            _TYPE,
            name,
            {
                "name": layout.daemon_set,
                "namespace": layout.namespace,
                "manage": settings.manage,
                "data": dict(prepared.texts) if prepared.full_hash else UNKNOWN_OUTPUT,
                "formats": settings.formats(),
                "textVersion": settings.text_version,
                "retained": bool(of.options.retain_on_delete),
            },
            of.options_of_component(),
        )
        for line in prepared.warned:
            pulumi.log.warn(line, self)
        if of.staged:
            of.staged.warn(self)
        if prepared.full_hash:
            self._register()
        else:
            self.daemon_set = cast(DaemonSetPatch, of.register())
        self.config_hash = pulumi.Output.from_input(prepared.full_hash) if prepared.full_hash else UNKNOWN_OUTPUT
        # Not the children: see ConfiguredDaemonSet.
        self.register_outputs({"configHash": self.config_hash})

    def _register(self) -> None:
        """Register the pods' ConfigMap, the DaemonSet that reads it, and the ConfigMap that others know by name."""
        settings, of = self._prepared.settings, self._of
        account = self._account() if self._has_account() else []
        # What was adopted becomes ours in place: one DaemonSet all the time. The selector, which a patch does not say,
        # would look new to the provider, and replace it.
        in_place = pulumi.ResourceOptions(
            aliases=[pulumi.Alias(type_="kubernetes:apps/v1:DaemonSetPatch")], ignore_changes=["spec.selector"]
        )
        own = settings.manage == "own"
        self.daemon_set = cast(DaemonSet | DaemonSetPatch, of.register(account, in_place if own else None))
        self._uid().apply(self._is_another)
        last = of.register_waves(lambda template: applied_for(of.applied, template, settings.layout))
        if self._prepared.known:
            last = self._known_config_map(last)
        of.finish(last, ["spec.selector"])

    def _uid(self) -> pulumi.Output[str]:
        """Return the UID that the provider returned; a preview that may not dry-run has none."""
        return pulumi.Output.from_input(self.daemon_set.metadata).apply(
            lambda metadata: (metadata and metadata.get("uid")) or UNKNOWN_OUTPUT
        )

    def _is_another(self, uid: str) -> None:
        """Warn if what the provider has is not what was read: all that was said before is then of another object."""
        existing = self._prepared.existing
        live = existing and existing.daemon_set
        if live and uid and uid != live["metadata"]["uid"]:
            pulumi.log.warn(
                f"DaemonSet {self._prepared.settings.layout.where} has the UID {live['metadata']['uid']} where it was "
                f"read, but the Kubernetes provider knows it with {uid}. Either someone recreated it since the last "
                f"`up` (see "
                "`pulumi up --refresh`), or `kubeconfig` and `context` name a different cluster from the provider's.",
                self,
            )

    def _has_account(self) -> bool:
        """Tell whether the pods run under our service account: one that is ours, or one that was and was adopted."""
        settings, existing = self._prepared.settings, self._prepared.existing
        live = (existing and existing.daemon_set) or {"spec": {"template": {"spec": {}}}}
        used = live["spec"]["template"]["spec"].get("serviceAccountName")
        return settings.manage == "own" or used == pods.account(settings.layout)

    def _account(self) -> list[pulumi.Resource]:
        """Register the service account and its rights, and the right of `kubeadm join`."""
        layout = self._prepared.settings.layout
        account, binding = pods.account(layout), pods.binding(layout)
        metadata = {"name": account, "namespace": layout.namespace, "annotations": FORCED}
        of_pods = {"kind": "ServiceAccount", "name": account, "namespace": layout.namespace}
        name, join = self._name, f"{self._name}-join"
        reader = Role(join, metadata=metadata, rules=pods.join_rules(layout), opts=self._beside(Role, join))
        return [
            ServiceAccount(name, metadata=metadata, opts=self._beside(ServiceAccount, name)),
            ClusterRoleBinding(
                name,
                metadata={"name": binding, "annotations": FORCED},
                role_ref=pods.account_role(),
                subjects=[of_pods],
                opts=self._beside(ClusterRoleBinding, name),
            ),
            reader,
            RoleBinding(
                join,
                metadata=metadata,
                role_ref={"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": account},
                subjects=[pods.joining_nodes()],
                opts=self._beside(RoleBinding, join),
            ),
        ]

    def _known_config_map(self, after: pulumi.Resource) -> ConfigMapPatch:
        """
        Register what is ours of the ConfigMap that others know by name, after the last pod has moved.

        While `through` holds waves back it keeps what it has: nodes that join read what most others do. A patch, since
        a ConfigMap of one name would be deleted and recreated for every change; Kubernetes deletes it with the
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
            metadata["annotations"] |= self._of.owner
            owner = {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": layout.daemon_set}
            metadata["ownerReferences"] = [{**owner, "uid": self._uid()}]
        live = (
            prepared.existing.data() if prepared.existing and self._of.staged and not self._of.staged.is_whole else {}
        )
        name, listeners = f"{self._name}-known", self._explainer.of_config_map()
        known = ConfigMapPatch(
            name,
            metadata=metadata,
            data={key: live.get(key, text) for key, text in prepared.known.items()},
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[after],
                retain_on_delete=True,
                hooks=heard_by(listeners, CONTENT["ConfigMap"], name, self),
            ),
        )
        self._explainer.known = known
        return known

    def _beside(self, resource: type[Any], name: str) -> pulumi.ResourceOptions:
        """Return the options of what an own kube-proxy has beside its DaemonSet; one that was adopted keeps it."""
        hooks = heard_by(self._explainer.of_child(), resource.pulumi_type, name, self)
        retained = self._prepared.settings.manage == "adopt" or self._of.options.retain_on_delete
        return pulumi.ResourceOptions(parent=self, retain_on_delete=retained, hooks=hooks)


def _plain(prepared: Prepared, args: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that every component with a workload has."""
    settings = prepared.settings
    plain = {
        **{key: args.get(key) for key in ("kubeconfig", "context", "rollout_timeout_seconds")},
        "namespace": settings.layout.namespace,
        "update_strategy": settings.update_strategy,
        "min_ready_seconds": settings.min_ready_seconds,
    }
    return {key: value for key, value in plain.items() if value is not None}
