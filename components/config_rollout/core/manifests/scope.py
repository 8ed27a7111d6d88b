"""Which kinds of objects are in a namespace."""

from collections.abc import Iterable, Mapping

from ..rules.objects import KubernetesObject

CRD = "CustomResourceDefinition"

_CLUSTER = frozenset(
    [
        "APIService",
        "CSIDriver",
        "CSINode",
        "CertificateSigningRequest",
        "ClusterRole",
        "ClusterRoleBinding",
        "ClusterTrustBundle",
        "ComponentStatus",
        "CustomResourceDefinition",
        "DeviceClass",
        "DeviceTaintRule",
        "FlowSchema",
        "IPAddress",
        "IngressClass",
        "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
        "MutatingWebhookConfiguration",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PodSecurityPolicy",
        "PriorityClass",
        "PriorityLevelConfiguration",
        "ResourceSlice",
        "RuntimeClass",
        "SelfSubjectAccessReview",
        "SelfSubjectReview",
        "SelfSubjectRulesReview",
        "ServiceCIDR",
        "StorageClass",
        "StorageVersion",
        "StorageVersionMigration",
        "SubjectAccessReview",
        "TokenReview",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
        "VolumeAttachment",
        "VolumeAttributesClass",
    ]
)
"""Kubernetes' own kinds outside of namespaces. Source: kubernetes 1.36 pkg/apis, `kubectl api-resources`."""


def group_of(o: KubernetesObject) -> str:
    """Return the API group of an object, empty for the core group."""
    group, slash, _ = str(o.get("apiVersion")).rpartition("/")
    return group if slash and group != "core" else ""


def is_built_in(group: str) -> bool:
    """Return whether a group is one of Kubernetes' own: others' have a dot and do not end in `.k8s.io`."""
    return "." not in group or group.endswith(".k8s.io")


def scopes(objects: Iterable[KubernetesObject]) -> dict[tuple[str, str], bool]:
    """Return group and kind -> whether it is in a namespace, of the kinds that definitions among the objects make."""
    return {
        (str(o.get("spec", "group")), str(o.get("spec", "names", "kind"))): o.get("spec", "scope") != "Cluster"
        for o in objects
        if o.kind == CRD
    }


def is_namespaced(o: KubernetesObject, known: Mapping[tuple[str, str], bool]) -> bool | None:
    """Return whether an object is in a namespace; `None` if only the cluster can tell."""
    group = group_of(o)
    if (scope := known.get((group, o.kind))) is not None:
        return scope
    return o.kind not in _CLUSTER if is_built_in(group) else None
