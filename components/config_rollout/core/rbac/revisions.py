"""The permissions that keeping the ConfigMaps and Secrets of earlier configurations needs."""

from ..kubernetes.workload_kinds import WorkloadName
from .rights import Right


def kept_rights(of: WorkloadName, secrets: bool = False) -> list[Right]:
    """
    Return all permissions that keeping the ConfigMaps of a workload needs; without them there is a warning.

    With `secrets` its Secrets too. They are read by name, never listed: whoever may list Secrets may read all of them.
    """
    kind, namespace, name = of
    of_secrets = ("get", "create", "patch", "delete") if secrets else ()
    return [
        Right("get", "apps", kind.resource, namespace, name),
        Right("list", "apps", kind.revision_resource, namespace),
        *(Right(verb, "", "configmaps", namespace) for verb in ("get", "list", "create", "patch", "delete")),
        *(Right(verb, "", "secrets", namespace) for verb in of_secrets),
    ]
