"""The permissions that a reload needs beside those of the record and of what is kept."""

from ..kubernetes.workload_kinds import DAEMON_SET, WorkloadName
from .rights import Right


def reload_rights(of: WorkloadName) -> list[Right]:
    """
    Return them: pods are asked, and annotated to wake their kubelets, without which a reload takes longer.

    A DaemonSet may have waves, and so a canary: a Job, and the ConfigMap that its pod reads.
    """
    namespace = of.namespace
    rights = [Right("get", "", "pods/proxy", namespace), Right("patch", "", "pods", namespace)]
    if of.kind is DAEMON_SET:
        rights += [Right(verb, "batch", "jobs", namespace) for verb in ("create", "list", "delete")]
        rights.append(Right("create", "", "configmaps", namespace))
    return rights
