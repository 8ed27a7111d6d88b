"""A StatefulSet and its pods, as the API server sends them."""

CONFIG_HASH = "b" * 64
OLD, NEW = "db-aaaaaaaaaa", "db-bbbbbbbbbb"
"""The names of its revisions, which its pods carry."""


def stateful_set(replicas=3, updated=3, available=3, current=NEW, seen=2, **spec):
    """Return one that rolls out `NEW`; `current` is the revision that once was on all pods."""
    annotations = {"checksum/config": CONFIG_HASH}
    status = {
        "observedGeneration": seen, "replicas": replicas, "updatedReplicas": updated, "availableReplicas": available,
        "currentRevision": current, "updateRevision": NEW,
    }  # fmt: skip
    return {
        "kind": "StatefulSet",
        "metadata": {"name": "db", "namespace": "n", "uid": "u", "generation": 2},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "db"}},
            "template": {"metadata": {"annotations": annotations}, "spec": {}},
            **spec,
        },
        "status": status,
    }


def stateful_pod(ordinal, revision=NEW, ready=True, why="", leaving=False):
    """Return its pod of an ordinal."""
    owner = {"uid": "u", "controller": True}
    labels = {"app": "db", "controller-revision-hash": revision}
    metadata = {"name": f"db-{ordinal}", "namespace": "n", "uid": f"p{ordinal}", "labels": labels}
    metadata |= {"ownerReferences": [owner], **({"deletionTimestamp": "t"} if leaving else {})}
    waiting = [{"name": "db", "ready": False, "state": {"waiting": {"reason": why}}}] if why else []
    conditions = [{"type": "Ready", "status": str(ready)}]
    return {"metadata": metadata, "spec": {"nodeName": "n1"},
            "status": {"phase": "Running", "conditions": conditions, "containerStatuses": waiting}}  # fmt: skip
