"""The permissions that rollouts need, and beside them waves."""

from collections.abc import Iterable, Sequence

from ..kubernetes.workload_kinds import DAEMON_SET, WorkloadKind, WorkloadName
from .audit import missing_audit_rights
from .revisions import kept_rights
from .rights import Right, roles


def wave_rights(
    namespace: str, name: str, http_gates: bool, probed: Iterable[str] = (), kind: WorkloadKind = DAEMON_SET
) -> list[Right]:
    """
    Return all permissions that the waves of a workload need, beside the provider's.

    `probed` is in which namespaces gates probe a new Service.
    """
    rights = [
        Right("get", "apps", kind.resource, namespace, name),
        Right("patch", "apps", kind.resource, namespace, name),
        Right("list", "apps", "controllerrevisions", namespace),
        Right("list", "", "pods", namespace),
        Right("watch", "", "pods", namespace),
        Right("delete", "", "pods", namespace),
    ]
    rights += [Right(verb, "", "nodes") for verb in ("list", "watch")] if kind is DAEMON_SET else []
    rights += [Right("get", "", "pods/proxy", namespace)] if http_gates else []
    for of in probed:
        rights.append(Right("get", "discovery.k8s.io", "endpointslices", "default", "kubernetes"))
        rights += [Right(verb, "", kind, of) for kind in ("services", "pods") for verb in ("create", "list", "delete")]
        rights.append(Right("create", "discovery.k8s.io", "endpointslices", of))
    return list(dict.fromkeys(rights))


def waiting_rights(of: WorkloadName) -> list[Right]:
    """Return what the component needs to wait for a rollout itself, and to delete the pods that it is stuck on."""
    verbs = () if of.kind.provider_waits else ("list", "delete")
    return [Right(verb, "", "pods", of.namespace) for verb in verbs]


def rollout_rights(
    of: WorkloadName,
    http_gates: bool = False,
    probed: Iterable[str] = (),
    beside: Iterable[Right] = (),
    secrets: bool = False,
    waves: bool = False,
) -> list[Right]:
    """
    Return all permissions that a component needs.

    `beside` is what else there is, `secrets` whether it has `secrets`, and `waves` whether it has those; one of a
    DaemonSet always may.
    """
    of_driver = waiting_rights(of)
    if of.kind is DAEMON_SET or waves:
        of_driver = wave_rights(of.namespace, of.name, http_gates, probed, of.kind)
    rights = list(dict.fromkeys([*beside, *of_driver, *kept_rights(of, secrets)]))
    return [*rights, *missing_audit_rights(of, rights)]


def rollout_roles(of: WorkloadName, rights: Sequence[Right]) -> str:
    """Return the manifests of the smallest Roles that grant these permissions to whoever deploys a workload."""
    return roles(rights, f"config-rollout-deployer-{of.name}", of.namespace)
