"""What waves ask of the API server, as rights."""

from collections.abc import Iterable

from .audit_rights import missing_audit_rights
from .kept import kept_rights
from .rights import Right, roles


def wave_rights(namespace: str, name: str, http_gates: bool) -> list[Right]:
    """Return all rights that the waves of a DaemonSet use; those of the provider are not among them."""
    rights = [
        Right("get", "apps", "daemonsets", namespace, name),
        Right("patch", "apps", "daemonsets", namespace, name),
        Right("list", "apps", "controllerrevisions", namespace),
        Right("list", "", "pods", namespace),
        Right("watch", "", "pods", namespace),
        Right("delete", "", "pods", namespace),
        Right("list", "", "nodes"),
    ]
    return [*rights, *([Right("get", "", "pods/proxy", namespace)] if http_gates else [])]


def wave_roles(namespace: str, name: str, http_gates: bool, beside: Iterable[Right] = ()) -> str:
    """Return the manifests of the smallest Role and ClusterRole that give all that a component with waves uses."""
    rights = list(dict.fromkeys([*beside, *wave_rights(namespace, name, http_gates), *kept_rights(namespace, name)]))
    rights += missing_audit_rights(namespace, name, rights)
    return roles(rights, f"config-rollout-deployer-{name}", namespace)
