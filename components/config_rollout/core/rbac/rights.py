"""Permissions on a Kubernetes API, and the smallest Role that grants them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ..kubernetes.workload_kinds import KINDS


@dataclass(frozen=True)
class Right:
    """A verb on objects of one kind, in one namespace (empty: of the whole cluster) and under one name (empty: any)."""

    verb: str
    group: str
    resource: str
    namespace: str = ""
    name: str = ""

    def __str__(self) -> str:
        of = f" '{self.name}'" if self.name else ""
        where = f" in namespace {self.namespace}" if self.namespace else ""
        return f"{self.verb} {self.resource}{of}{where}"


_LASTING = (
    *(of.resource for of in KINDS.values()), "configmaps", "secrets", "endpointslices", "namespaces", "serviceaccounts",
)  # fmt: skip
"""The resources whose names last. Objects of the others have a new name each time."""

_OF_ONE_CONTENT = re.compile(r"-[0-9a-f]{10}$")


def lasting(right: Right) -> Right:
    """Return a permission without a name that a rule should not contain: a pod's, or that of one configuration."""
    if right.resource in _LASTING and not _OF_ONE_CONTENT.search(right.name):
        return right
    return replace(right, name="")


def role(rights: Iterable[Right], name: str = "config-rollout") -> str:
    """Return the manifest of the smallest Role (or ClusterRole) that grants the permissions, all in one namespace."""
    rights = list(rights)
    namespace = rights[0].namespace
    lines = ["apiVersion: rbac.authorization.k8s.io/v1", f"kind: {'Role' if namespace else 'ClusterRole'}"]
    lines.append(f"metadata: {{name: {name}{f', namespace: {namespace}' if namespace else ''}}}")
    lines.append("rules:")
    for (group, resource, of), verbs in _grouped(rights).items():
        names = f", resourceNames: [{of}]" if of else ""
        lines.append(f"  - {{apiGroups: ['{group}'], resources: [{resource}]{names}, verbs: [{', '.join(verbs)}]}}")
    return "\n".join(lines)


def roles(rights: Iterable[Right], name: str, namespace: str) -> str:
    """Return the manifests of the smallest Role (in each namespace) and ClusterRole that grant the permissions."""
    within: dict[str, list[Right]] = {}
    for right in rights:
        within.setdefault(right.namespace, []).append(right)
    elsewhere = "-".join(filter(None, (name, namespace)))
    ordered = sorted(within.items(), key=lambda item: (item[0] == "", item[0] != namespace))
    return "\n---\n".join(role(of, name if where and where == namespace else elsewhere) for where, of in ordered)


def _grouped(rights: Sequence[Right]) -> dict[tuple[str, str, str], list[str]]:
    """Return (group, resource, name) -> verbs."""
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for right in rights:
        verbs = grouped.setdefault((right.group, right.resource, right.name), [])
        if right.verb not in verbs:
            verbs.append(right.verb)
    return grouped
