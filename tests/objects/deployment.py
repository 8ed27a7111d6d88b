"""A Deployment as an API server sends it: by its counts."""

from config_rollout.core.kubernetes.workload_kinds import DEPLOYMENT
from tests.objects.workloads import workload

MOVING = {"there": 4, "updated": 1, "available": 3}
"""A rollout that has replaced one of three pods."""


def deployment(there=3, updated=3, available=3, seen=2, annotations=(), **spec):
    """Return a Deployment of three pods, whose rollout has ended."""
    of = workload(DEPLOYMENT, **spec)
    of["status"] |= {
        "replicas": there, "updatedReplicas": updated, "availableReplicas": available, "observedGeneration": seen,
    }  # fmt: skip
    of["metadata"]["annotations"] = dict(annotations)
    return of
