"""A workload of any kind as an API server sends it, with its revisions, pods and ConfigMaps: two configurations."""

from config_rollout.core.kubernetes.annotations import REVISION_ANNOTATION
from config_rollout.core.kubernetes.workload_kinds import DAEMON_SET, DEPLOYMENT, STATEFUL_SET

OLD, NEW = "a" * 64, "b" * 64
LABELS = {"app": "web"}


def template(config_hash, image="web:1"):
    volumes = [{"name": "c", "configMap": {"name": f"web-{config_hash[:10]}"}}]
    annotations = {"checksum/config": config_hash}
    spec = {"containers": [{"name": "web", "image": image}], "volumes": volumes}
    return {"metadata": {"labels": LABELS, "annotations": annotations}, "spec": spec}


def workload(kind, config_hash=NEW, conditions=(), strategy=None, **spec):
    """Return a workload of three pods."""
    fields = {"f:spec": {"f:template": {"f:metadata": {"f:annotations": {"f:checksum/config": {}}}}}}
    managed = [{"manager": "config-rollout-own", "time": "2026-01-02T00:00:00Z", "fieldsV1": fields}]
    counts = {"desiredNumberScheduled": 3} if kind is DAEMON_SET else {}
    return {
        "kind": kind.kind,
        "metadata": {"namespace": "n", "name": "web", "uid": "w", "generation": 2, "managedFields": managed},
        "spec": {
            **({} if kind is DAEMON_SET else {"replicas": 3}),
            "selector": {"matchLabels": LABELS},
            "template": template(config_hash),
            kind.strategy: strategy or {},
            **spec,
        },
        "status": {"observedGeneration": 2, "conditions": [*conditions], **counts},
    }


def hash_of(config_hash, image="web:1"):
    """Return what a controller calls a pod template."""
    return f"{config_hash[:1]}{image.removeprefix('web:')}"


def revision(kind, number, config_hash, image="web:1", created=0, cause=""):
    of = hash_of(config_hash, image)
    metadata = {
        "namespace": "n",
        "name": f"web-{of}",
        "uid": f"r-{of}",
        "creationTimestamp": f"2026-01-0{created or number}T00:00:00Z",
        "ownerReferences": [{"uid": "w", "controller": True, "kind": kind.kind}],
        "annotations": {"kubernetes.io/change-cause": cause} if cause else {},
    }
    made = template(config_hash, image)
    if kind is DEPLOYMENT:
        metadata |= {"labels": {**LABELS, "pod-template-hash": of}}
        metadata["annotations"][REVISION_ANNOTATION] = str(number)
        made["metadata"]["labels"] = metadata["labels"]
        return {"kind": "ReplicaSet", "metadata": metadata, "spec": {"template": made}}
    label = "controller.kubernetes.io/hash" if kind is STATEFUL_SET else "controller-revision-hash"
    data = {"spec": {"template": {**made, "$patch": "replace"}}}
    metadata["labels"] = {**LABELS, label: of}
    return {"kind": "ControllerRevision", "metadata": metadata, "revision": number, "data": data}


def pod(kind, number, config_hash=NEW, ready=True, why="", image="web:1", phase="Running", node=None):
    """Return a pod: of a DaemonSet on the node of its number, of a StatefulSet with that ordinal."""
    of = hash_of(config_hash, image)
    known = f"web-{of}" if kind is STATEFUL_SET else of
    name = f"web-{of}-{number}" if kind is DEPLOYMENT else f"web-{number}"
    owner = f"r-{of}" if kind is DEPLOYMENT else "w"
    made = template(config_hash, image)
    metadata = {
        "namespace": "n", "name": name, "uid": f"p-{name}", "labels": {**LABELS, kind.revision_label: known},
        "ownerReferences": [{"uid": owner, "controller": True}], "annotations": made["metadata"]["annotations"],
    }  # fmt: skip
    state = {"waiting": {"reason": why}} if why else {"running": {}}
    status = {
        "phase": phase,
        "conditions": [{"type": "Ready", "status": str(ready)}],
        "containerStatuses": [{"ready": ready, "state": state}],
    }
    spec = {**made["spec"], "nodeName": f"n{number}" if node is None else node}
    return {"kind": "Pod", "metadata": metadata, "spec": spec, "status": status}


def config_map(config_hash, *owners):
    name = f"web-{config_hash[:10]}"
    metadata = {"namespace": "n", "name": name, "ownerReferences": [{"uid": uid} for uid in owners]}
    return {"kind": "ConfigMap", "metadata": metadata, "data": {"web.yaml": f"level: {config_hash[:1]}\n"}}


def objects(kind, thing=None, revisions=None, pods=None, config_maps=None):
    """Return a workload and what belongs to it: all well, as far as nothing else is given."""
    old, new = config_map(OLD, f"r-{hash_of(OLD)}"), config_map(NEW, "w")
    return [
        thing or workload(kind),
        *(revisions or [revision(kind, 1, OLD), revision(kind, 2, NEW)]),
        *([pod(kind, number) for number in range(3)] if pods is None else pods),
        *(config_maps or [old, new]),
        *({"kind": "Node", "metadata": {"name": f"n{number}", "labels": {}}} for number in range(3)),
    ]
