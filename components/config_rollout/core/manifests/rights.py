"""The permissions that taking over manifests needs, those of the Kubernetes provider included."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from ..kubernetes.annotations import SKIP_AWAIT
from ..kubernetes.workload_kinds import KINDS, WorkloadKind, WorkloadName
from ..rbac.rights import Right
from .items import Item
from .scope import CRD, group_of, is_built_in

RBAC = "rbac.authorization.k8s.io"

_PODS = ("", "pods")
_WATCHED: Mapping[tuple[str, str], Sequence[tuple[str, str]]] = {
    ("apps", "DaemonSet"): [("apps", "daemonsets"), _PODS],
    ("apps", "Deployment"): [("apps", "deployments"), ("apps", "replicasets"), _PODS, ("", "persistentvolumeclaims")],
    ("", "Pod"): [_PODS],
    ("", "Service"): [("", "services"), ("", "endpoints")],
    ("batch", "Job"): [("batch", "jobs"), _PODS],
    ("networking.k8s.io", "Ingress"): [("networking.k8s.io", "ingresses"), ("", "services"), ("", "endpoints")],
}
"""
Group and kind -> groups and resources that the provider lists and watches until one is ready.

Where it may not, it tries again for ever. Source: pulumi-kubernetes 4.25 provider/pkg/await, each `Subscribe`.
"""


def take_over_rights(items: Sequence[Item], of_workload: Callable[[WorkloadName], Sequence[Right]]) -> list[Right]:
    """
    Return all permissions for objects whose namespaces are known; `of_workload` has those of a component of ours.

    A workload of a kind that has a component is taken to be one.
    """
    resources = _defined(items)
    rights: list[Right] = []
    for item in items:
        group, kind, namespace, name = item.key
        if of := _component(item):
            rights += of_workload(WorkloadName(of, namespace, name))
        resource = resources.get((group, kind)) or plural(kind)
        rights += (Right(verb, group, resource, namespace, name) for verb in ("get", "create", "patch"))
        rights += _beside(item, resource)
    return _uncovered(rights)


def guessed(items: Sequence[Item]) -> list[str]:
    """Return the kinds, with their groups, whose resource only the cluster can tell for certain."""
    others = {item.key[:2]: None for item in items if not is_built_in(group_of(item.of))}
    return [f"{kind}.{group}" for group, kind in others if (group, kind) not in _defined(items)]


def plural(kind: str) -> str:
    """
    Return the resource of a kind, as Kubernetes' own kinds are called.

    Source: apimachinery 0.36 pkg/api/meta/restmapper.go `UnsafeGuessKindToResource`, which makes `gatewaies`.
    """
    word = kind.lower()
    if word == "endpoints":
        return word
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(("s", "x", "ch", "sh")) else f"{word}s"


def _defined(items: Sequence[Item]) -> dict[tuple[str, str], str]:
    """Return group and kind -> resource, of the kinds that definitions among the objects make."""
    specs = [
        {"group": one.of.get("spec", "group"), **one.of.texts("spec", "names")} for one in items if one.of.kind == CRD
    ]
    return {(str(of["group"]), str(of.get("kind"))): str(of.get("plural")) for of in specs}


def _component(item: Item) -> WorkloadKind | None:
    return KINDS.get(item.of.kind) if item.key[0] == "apps" else None


def _beside(item: Item, resource: str) -> Iterator[Right]:
    """
    Yield what an object needs beside being read and written.

    A role may be written by whoever has what it grants or may `escalate` it, and a binding by whoever may `bind` what
    it refers to. The provider replaces a definition as a whole.
    Source: kubernetes 1.36 pkg/registry/rbac, policybased/storage.go; pulumi-kubernetes 4.25 await.go `updateResource`.
    """
    group, kind, namespace, name = item.key
    if kind == CRD:
        yield Right("update", group, resource, namespace, name)
    if group == RBAC and kind.endswith("Role"):
        yield Right("escalate", group, resource, namespace, name)
    if group == RBAC and kind.endswith("RoleBinding"):
        of, to = str(item.of.get("roleRef", "kind")), str(item.of.get("roleRef", "name"))
        yield Right("bind", group, plural(of), namespace if of == "Role" else "", to)
    waits = not SKIP_AWAIT.items() <= item.of.texts("metadata", "annotations").items()
    component = _component(item)
    for watched in _WATCHED.get((group, kind), ()) if waits and (component is None or component.provider_waits) else ():
        yield from (Right(verb, *watched, namespace) for verb in ("list", "watch"))


def _uncovered(rights: Sequence[Right]) -> list[Right]:
    """Return permissions once each, without those of one name that are there for any name too."""
    every = dict.fromkeys(rights)
    whole = {(right.verb, right.group, right.resource, right.namespace) for right in every if not right.name}
    return [one for one in every if not one.name or (one.verb, one.group, one.resource, one.namespace) not in whole]
