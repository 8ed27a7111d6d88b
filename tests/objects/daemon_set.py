"""Objects of one DaemonSet as an API server sends them: three nodes, two configurations, all well."""

import json

from config_rollout.core.audit.record import AuditRecord, By, Change, WaveRecord
from config_rollout.core.kubernetes.annotations import RESTORED_ANNOTATION, WAVES_ANNOTATION
from config_rollout.core.kubernetes.workloads import makers_of_pods
from config_rollout.core.revisions.observation import observed_pod
from config_rollout.core.status.observation import WorkloadView, metadata_of, revisions_of

OLD, NEW = "a" * 64, "b" * 64
OLD_NAME, NEW_NAME = f"agent-{'a' * 10}", f"agent-{'b' * 10}"
OWNER = {"uid": "ds", "controller": True}


def template(config_hash=NEW, config_map=NEW_NAME, image="agent:1"):
    volumes = [{"name": "c", "configMap": {"name": config_map}}]
    spec = {"containers": [{"name": "agent", "image": image}], "volumes": volumes}
    return {"metadata": {"annotations": {"checksum/config": config_hash}}, "spec": spec}


def daemon_set(config_hash=NEW, config_map=NEW_NAME, annotations=None, strategy="RollingUpdate", **more):
    fields = {"f:spec": {"f:template": {"f:metadata": {"f:annotations": {"f:checksum/config": {}}}}}}
    by = more.get("by", ("config-rollout-own", "2026-01-02T00:00:00Z"))
    metadata = {
        "namespace": "n",
        "name": "agent",
        "uid": "ds",
        "generation": 2,
        "annotations": annotations or {},
        "managedFields": [{"manager": by[0], "time": by[1], "fieldsV1": fields}],
    }
    return {
        "kind": "DaemonSet",
        "metadata": metadata,
        "spec": {
            "selector": {"matchLabels": {"app": "agent"}},
            "template": template(config_hash, config_map),
            "updateStrategy": {"type": strategy},
        },
        "status": {"observedGeneration": more.get("observed", 2), "desiredNumberScheduled": more.get("wanted", 3)},
    }


def revision(number, config_hash, config_map=None, cause="", image="agent:1", created=0):
    name = f"agent-{config_hash[:1]}{image.removeprefix('agent:1')}"
    metadata = {
        "name": name,
        "namespace": "n",
        "uid": name,
        "creationTimestamp": f"2026-01-0{created or number}T00:00:00Z",
        "labels": {"app": "agent", "controller-revision-hash": config_hash[:1]},
        "ownerReferences": [OWNER],
        "annotations": {"kubernetes.io/change-cause": cause} if cause else {},
    }
    config_map = config_map or f"agent-{config_hash[:10]}"
    return {
        "kind": "ControllerRevision",
        "metadata": metadata,
        "revision": number,
        "data": {"spec": {"template": template(config_hash, config_map, image)}},
    }


def pod(node, config_hash=NEW, config_map=None, ready=True, why="", revision=""):
    labels = {"app": "agent", "controller-revision-hash": revision or config_hash[:1]}
    metadata = {
        "name": f"agent-{node}",
        "namespace": "n",
        "uid": node,
        "labels": labels,
        "ownerReferences": [OWNER],
        "annotations": {"checksum/config": config_hash} if config_hash else {},
    }
    spec = template(config_hash, config_map or f"agent-{config_hash[:10]}")["spec"] | {"nodeName": node}
    state = {"waiting": {"reason": why}} if why else {"running": {}}
    status = {
        "phase": "Running",
        "conditions": [{"type": "Ready", "status": str(ready)}],
        "containerStatuses": [{"ready": ready, "state": state}],
    }
    return {"kind": "Pod", "metadata": metadata, "spec": spec, "status": status}


def config_map(name, *owners, written="2026-01-01T00:00:00Z", data=None):
    metadata = {
        "name": name,
        "namespace": "n",
        "ownerReferences": [{"uid": uid} for uid in owners],
        "managedFields": [{"manager": "helm", "time": written, "fieldsV1": {"f:data": {}}}],
    }
    return {"kind": "ConfigMap", "metadata": metadata, "data": data or {"agent.yaml": f"level: {name}\n"}}


REVISIONS = [revision(1, OLD), revision(2, NEW, cause="level: a => b")]
CONFIG_MAPS = [config_map(OLD_NAME, "agent-a"), config_map(NEW_NAME, "ds")]
PODS = [pod("n1"), pod("n2"), pod("n3")]
NODES = {f"n{number}": {"topology.kubernetes.io/zone": zone} for number, zone in ((1, "a"), (2, "a"), (3, "b"))}


def record(result="done", **more):
    wave = WaveRecord("all", "2026-01-02T00:00:00Z", "2026-01-02T00:00:30Z", 3, 3)
    change = Change("agent.yaml", "level", "a", "b", "restart", "restart")
    return AuditRecord(
        **{
            "namespace": "n",
            "name": "agent",
            "started": "2026-01-02T00:00:00Z",
            "ended": "2026-01-02T00:00:30Z",
            "by": By(stack="o/p/s", commit="c" * 40),
            "old_hash": OLD,
            "new_hash": NEW,
            "result": result,
            "reason": "" if result == "done" else "wave 'canary' failed",
            "old_revision": 1,
            "new_revision": 2,
            "changes": (change,),
            "waves": (wave,),
            "restarts": 3,
            **more,
        }
    )


def seen(thing=None, revisions=REVISIONS, pods=PODS, config_maps=CONFIG_MAPS, records=(), labels=NODES, unread=()):
    thing = thing or daemon_set()
    makers = makers_of_pods(thing, [one["metadata"]["uid"] for one in revisions])
    return WorkloadView(
        thing,
        revisions_of(revisions, thing),
        [one for pod in pods if (one := observed_pod(pod, thing)) and one.maker in makers],
        {item["metadata"]["name"]: metadata_of(item) for item in config_maps},
        labels,
        list(records),
        list(unread),
    )


def rollouts(*records):
    """Return the ConfigMap that holds the records, or lines of text."""
    lines = [line if isinstance(line, str) else line.to_json() for line in records]
    return config_map("agent-rollouts", "ds", data={"rollouts.jsonl": "\n".join(lines)})


def restored_from(name="agent-b"):
    return {RESTORED_ANNOTATION: json.dumps({"generation": 2, "revision": name}), WAVES_ANNOTATION: "{}"}


def rolled(**status):
    return {"metadata": {"generation": 2}, "status": {"observedGeneration": 2, "desiredNumberScheduled": 6, **status}}
