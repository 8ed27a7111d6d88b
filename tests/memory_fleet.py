"""A DaemonSet on nodes in memory, with what its controller and kubelets do, and a driver for it."""

import copy
import hashlib
import itertools
import threading

from config_rollout.cluster.client import ClusterError
from config_rollout.core.kubernetes.annotations import DAEMON_SET_LABEL, WAVES_ANNOTATION
from config_rollout.core.kubernetes.workload_kinds import DAEMON_SET
from config_rollout.core.revisions.naming import content_name
from config_rollout.core.waves.order import parse_waves
from config_rollout.driver.driven import Target
from config_rollout.driver.rollout import Rollout
from tests.memory_cluster import MemoryCluster

OWNER = {"ownerReferences": [{"uid": "ds", "controller": True}], "namespace": "n"}


def template_of(revision):
    """Return a pod template. What follows a dot in a revision's name is no part of its configuration."""
    config_hash, _, image = revision.partition(".")
    spec = {"containers": [{"name": "a", "image": image}], "volumes": [{"configMap": {"name": name_of(config_hash)}}]}
    return {"metadata": {"annotations": {"checksum/config": config_hash}}, "spec": spec}


def name_of(config_hash):
    return content_name("agent", hashlib.sha256(config_hash.encode()).hexdigest())


class MemoryFleet(MemoryCluster):
    """A DaemonSet with `OnDelete` on a few nodes; what is deleted comes back with the newest revision."""

    kind = DAEMON_SET

    def __init__(self, nodes=4, bad=()):
        super().__init__()
        self.thawed = threading.Event()
        self.thawed.set()
        self.bad, self.answers, self.hidden = set(bad), {}, ""
        self.deleted, self.most_unavailable = [], 0
        self._names = itertools.count(1)
        annotations = {WAVES_ANNOTATION: "{}"}
        metadata = {"name": "agent", "namespace": "n", "uid": "ds", "generation": 0, "annotations": annotations}
        spec = {"selector": {"matchLabels": {"a": "b"}}, "template": {}}
        self.keep(self.kind.resource, {"metadata": metadata, "spec": spec, "status": {}})
        self.populate(nodes)

    def populate(self, nodes):
        """Have nodes, and the first pod of each."""
        self.daemon_set["status"]["desiredNumberScheduled"] = nodes
        self.write("good")
        for number in range(nodes):
            self.set_node(f"n{number}")
            self.start(f"n{number}")

    @property
    def daemon_set(self):
        return self.of(self.kind.resource)["agent"]

    @property
    def pods(self):
        return self.of("pods")

    @property
    def nodes(self):
        return self.of("nodes")

    @property
    def config_maps(self):
        return self.of("configmaps")

    def write(self, revision):
        """Do what the provider does, and the controller after it: a new template, a new revision."""
        with self.lock:
            self.set_spec(template=template_of(revision))
            numbers = [one["revision"] for one in self.of("controllerrevisions").values()]
            self.revise(revision, max(numbers, default=0) + 1)
            self.newest = revision

    def revise(self, revision, number):
        """Have a ControllerRevision, as its controller writes it."""
        labels = {"a": "b", "controller-revision-hash": revision}
        data = {"spec": {"template": {**template_of(revision), "$patch": "replace"}}}
        metadata = {"name": f"agent-{revision}", "uid": revision, "labels": labels, **OWNER}
        self.keep("controllerrevisions", {"metadata": metadata, "revision": number, "data": data})

    def forget(self, revision):
        """Have a ControllerRevision no longer."""
        self.drop("controllerrevisions", f"agent-{revision}", "n")

    def set_spec(self, **fields):
        """Let someone write the DaemonSet, and its controller see that."""
        with self.lock:
            new = copy.deepcopy(self.daemon_set)
            new["spec"].update(fields)
            new["metadata"]["generation"] += 1
            self._observe(new)

    def _observe(self, daemon_set):
        """Let the controller see a DaemonSet."""
        daemon_set["status"]["observedGeneration"] = daemon_set["metadata"]["generation"]
        return self.keep(self.kind.resource, daemon_set)

    def keep_config_maps(self, *config_hashes):
        """Have the ConfigMaps of these configurations, made by a component and owned by nobody."""
        for name in map(name_of, config_hashes):
            labels = {DAEMON_SET_LABEL: "agent"}
            metadata = {"name": name, "namespace": "n", "uid": name, "labels": labels, "ownerReferences": []}
            self.keep("configmaps", {"metadata": metadata})

    def owners(self, config_hash):
        """Return the UIDs of the owners of a ConfigMap."""
        return [owner["uid"] for owner in self.config_maps[name_of(config_hash)]["metadata"]["ownerReferences"]]

    def start(self, node):
        name = f"agent-{next(self._names)}"
        ready = self.newest not in self.bad
        state = {"running": {}} if ready else {"waiting": {"reason": "CrashLoopBackOff"}}
        labels = {"a": "b", "controller-revision-hash": self.newest}
        conditions = [{"type": "Ready", "status": str(ready), "lastTransitionTime": "2020-01-01T00:00:00Z"}]
        containers = [{"ready": ready, "state": state}]
        self.keep(
            "pods",
            {
                "metadata": {"name": name, "uid": name, "labels": labels, **OWNER},
                "spec": {"nodeName": node},
                "status": {"phase": "Running", "containerStatuses": containers, "conditions": conditions},
            },
        )

    def set_node(self, name, ready="True"):
        """Let a node join, be NotReady, or be Ready again."""
        metadata = {"name": name, "uid": name, "labels": {"zone": f"z{name[1]}"}}
        self.keep("nodes", {"metadata": metadata, "status": {"conditions": [{"type": "Ready", "status": ready}]}})

    def unready(self, node, ready="False"):
        """Let the pod of a node become unready by itself, or ready again."""
        status = {"phase": "Running", "conditions": [{"type": "Ready", "status": ready}]}
        self.keep("pods", {**self._on(node), "status": status})

    def restart(self, node):
        """Let the container of a pod restart, so fast that it stays ready."""
        pod = self._on(node)
        (container,) = pod["status"]["containerStatuses"]
        self.keep("pods", {**pod, "status": {**pod["status"], "containerStatuses": [{**container, "restartCount": 1}]}})

    def _on(self, node):
        (pod,) = [pod for pod in self.pods.values() if pod["spec"]["nodeName"] == node]
        return pod

    def look(self, resource):
        self.thawed.wait()
        if resource == self.hidden:
            raise ClusterError("https://memory: does not answer.", 0)

    def delete(self, resource, name, namespace, uid):
        with self.lock:
            node = self.pods[name]["spec"]["nodeName"] if name in self.pods else ""
            if not super().delete(resource, name, namespace, uid):
                return False
            if resource == "pods":
                self.deleted.append(node)
                self.start(node)
                unready = [p for p in self.pods.values() if p["status"]["conditions"][0]["status"] != "True"]
                self.most_unavailable = max(self.most_unavailable, len(unready))
            return True

    def patch(self, resource, name, namespace, body, strategic=False, manager=""):
        if strategic:
            self.serve("patch", resource, namespace, name)
            template = body["spec"]["template"]
            image = template["spec"]["containers"][0]["image"]
            self.write(template["metadata"]["annotations"]["checksum/config"] + (f".{image}" if image else ""))
            return copy.deepcopy(self.daemon_set)
        new = super().patch(resource, name, namespace, body)
        return copy.deepcopy(self._observe(new)) if resource == self.kind.resource else new

    def ask_pod(self, pod, namespace, port, path):
        return self.answers.get(self.pods[pod]["spec"]["nodeName"], (200, b""))


def drive(cluster, revision, own="rest", generation=None, excused=None, passed=False, template=None, **waves):
    """Drive a cluster to a revision, as the hook of one wave does, and return what was said."""
    parsed, findings = parse_waves({"progress_deadline_seconds": 1, **waves}, kind=cluster.kind)
    assert [] == findings
    metadata = cluster.daemon_set["metadata"]
    target = Target("n", "agent", "ds", generation or metadata["generation"], revision, template, kind=cluster.kind)
    said = []
    say = lambda line, ephemeral=False: said.append(line)  # noqa: E731
    Rollout(cluster, target, parsed, say, excused=excused or {}).run(own, passed)
    return said


def revisions(cluster):
    return {pod["metadata"]["labels"]["controller-revision-hash"] for pod in cluster.pods.values()}


class Disturbed(MemoryFleet):
    """What happens as the first pods are deleted: `disturb` is called after each, with how many were."""

    def disturb(self, deleted):
        """Do nothing."""

    def delete(self, *what):
        done = super().delete(*what)
        self.disturb(len(self.deleted))
        return done
