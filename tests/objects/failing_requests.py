"""Requests to an API server that fails for a while."""

from config_rollout.cluster.client import ClusterError


def failing(*statuses):
    """Return a request that fails so, one time after the other, and is answered then."""
    left = list(statuses)

    def request():
        if left:
            raise ClusterError("https://h: is busy.", left.pop(0))
        return "answer"

    return request
