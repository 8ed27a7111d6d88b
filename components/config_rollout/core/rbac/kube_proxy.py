"""The permissions that a KubeProxy needs."""

from ..kube_proxy.layout import Layout
from ..kube_proxy.pods import RBAC, account_role
from ..kubernetes.workload_kinds import DAEMON_SET, WorkloadName
from .audit import missing_audit_rights
from .revisions import kept_rights
from .rights import Right


def needed_rights(layout: Layout, config_map: str, manage: str) -> list[Right]:
    """Return what is written: the DaemonSet, the ConfigMap that others know by name, the pods' own one; and beside."""
    of = layout.namespace
    config_maps = [
        Right("create", "", "configmaps", of),
        Right("patch", "", "configmaps", of, layout.config_map),
        Right("patch", "", "configmaps", of, config_map),
    ]
    if manage == "adopt":
        return [Right("patch", "apps", "daemonsets", of, layout.daemon_set), *config_maps]
    beside = (("", "serviceaccounts"), (RBAC, "roles"), (RBAC, "rolebindings"))
    made = [Right("create", group, resource, of) for group, resource in (("apps", "daemonsets"), *beside)]
    return [*made, *config_maps, Right("create", RBAC, "clusterrolebindings")]


def all_rights(layout: Layout, manage: str = "adopt") -> list[Right]:
    """
    Return every permission that is needed, those of the Kubernetes provider included.

    Whoever owns kube-proxy gives its service account a ClusterRole, and may only give what it may `bind`. The provider
    watches what it deletes until it is gone, and without permission to watch it retries forever.
    Source: kubernetes 1.36 pkg/registry/rbac/clusterrolebinding/policybased/storage.go; pulumi-kubernetes 4.25, tried.
    """
    of, name, verbs = layout.namespace, layout.daemon_set, ("get", "list", "watch", "create", "patch", "delete")
    watched = [Right(verb, "", "pods", of) for verb in ("list", "watch")]
    workload = WorkloadName(DAEMON_SET, of, name)
    base = kept_rights(workload)
    if manage == "adopt":
        daemon_sets = [Right(verb, "apps", "daemonsets", of) for verb in ("list", "watch")]
        rights = [base[0], Right("patch", "apps", "daemonsets", of, name), *base[1:], *daemon_sets, *watched]
    else:
        needed = {(right.group, right.resource, right.namespace): None for right in needed_rights(layout, "", manage)}
        made = [
            Right(verb, group, kind, where) for group, kind, where in needed if kind != "configmaps" for verb in verbs
        ]
        rights = [*made, Right("bind", RBAC, "clusterroles", "", account_role()["name"]), *base[1:], *watched]
    return [*rights, *missing_audit_rights(workload, rights)]
