"""A cluster in memory whose API server answers as badly as real ones do at times, and a driver for it."""

import copy
import hashlib
import threading
import time

from config_rollout.cluster.client import ClusterError
from config_rollout.core.kubernetes.annotations import WAVES_ANNOTATION
from config_rollout.core.revisions.naming import content_name
from config_rollout.core.waves.order import parse_waves
from config_rollout.driver.driven import Target
from config_rollout.driver.rollout import Rollout

OWNER = {"ownerReferences": [{"uid": "ds", "controller": True}]}


def template_of(revision):
    """Return a pod template. What follows a dot in a revision's name is no part of its configuration."""
    config_hash, _, image = revision.partition(".")
    spec = {"containers": [{"name": "a", "image": image}], "volumes": [{"configMap": {"name": name_of(config_hash)}}]}
    return {"metadata": {"annotations": {"checksum/config": config_hash}}, "spec": spec}


def name_of(config_hash):
    return content_name("agent", hashlib.sha256(config_hash.encode()).hexdigest())


class MemoryCluster:
    """A DaemonSet with `OnDelete` on a few nodes; what is deleted comes back with the newest revision."""

    server = "https://memory"

    def __init__(self, nodes=4, bad=()):
        self.lock, self.thawed = threading.RLock(), threading.Event()
        self.thawed.set()
        self.bad, self.answers, self.failures, self.hidden = set(bad), {}, [], ""
        self.revisions, self.deleted, self.most_unavailable = {}, [], 0
        self.events, self.version = {"pods": [], "nodes": []}, 0
        self.watches = {resource: [] for resource in self.events}
        self.daemon_set = {
            "metadata": {
                "name": "agent",
                "namespace": "n",
                "uid": "ds",
                "generation": 0,
                "annotations": {WAVES_ANNOTATION: "{}"},
            },
            "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": {}},
            "status": {"desiredNumberScheduled": nodes},
        }  # fmt: skip
        self.pods, self.nodes, self.config_maps = {}, {}, {}
        self.write("good")
        for number in range(nodes):
            self.set_node(f"n{number}")
            self.start(f"n{number}")

    def write(self, revision):
        """Do what the provider does, and the controller after it: a new template, a new revision."""
        with self.lock:
            self.daemon_set["spec"]["template"] = template_of(revision)
            self.set_spec()
            self.revisions[revision] = max([0, *self.revisions.values()]) + 1
            self.newest = revision

    def set_spec(self, **fields):
        """Let someone write the DaemonSet, and its controller see that."""
        with self.lock:
            self.daemon_set["spec"].update(fields)
            self.daemon_set["metadata"]["generation"] += 1
            self.daemon_set["status"]["observedGeneration"] = self.daemon_set["metadata"]["generation"]

    def keep(self, *config_hashes):
        """Have the ConfigMaps of these configurations, made by a component and owned by nobody."""
        for name in map(name_of, config_hashes):
            metadata = {"name": name, "uid": name, "resourceVersion": "1", "ownerReferences": []}
            self.config_maps[name] = {"metadata": metadata}

    def owners(self, config_hash):
        """Return the UIDs of the owners of a ConfigMap."""
        return [owner["uid"] for owner in self.config_maps[name_of(config_hash)]["metadata"]["ownerReferences"]]

    def start(self, node):
        name = f"agent-{self.version + 1}"
        ready = self.newest not in self.bad
        state = {"running": {}} if ready else {"waiting": {"reason": "CrashLoopBackOff"}}
        pod = {
            "metadata": {"name": name, "uid": name, "labels": {"controller-revision-hash": self.newest}, **OWNER},
            "spec": {"nodeName": node},
            "status": {"phase": "Running", "containerStatuses": [{"ready": ready, "state": state}],
                       "conditions": [{"type": "Ready", "status": str(ready),
                                       "lastTransitionTime": "2020-01-01T00:00:00Z"}]},
        }  # fmt: skip
        self.pods[name] = self.happens("pods", "ADDED", pod)

    def happens(self, resource, kind, thing):
        """Tell those who watch, and return the thing as it is now."""
        self.version += 1
        thing = {**thing, "metadata": {**thing["metadata"], "resourceVersion": str(self.version)}}
        self.events[resource].append({"type": kind, "object": thing})
        for watch in self.watches[resource]:
            watch.set()
        return thing

    def set_node(self, name, ready="True"):
        """Let a node join, be NotReady, or be Ready again."""
        with self.lock:
            metadata = {"name": name, "uid": name, "labels": {"zone": f"z{name[1]}"}}
            node = {"metadata": metadata, "status": {"conditions": [{"type": "Ready", "status": ready}]}}
            self.nodes[name] = self.happens("nodes", "MODIFIED" if name in self.nodes else "ADDED", node)

    def unready(self, node, ready="False"):
        """Let the pod of a node become unready by itself, or ready again."""
        with self.lock:
            (pod,) = [pod for pod in self.pods.values() if pod["spec"]["nodeName"] == node]
            status = {"phase": "Running", "conditions": [{"type": "Ready", "status": ready}]}
            self.pods[pod["metadata"]["name"]] = self.happens("pods", "MODIFIED", {**pod, "status": status})

    def restart(self, node):
        """Let the container of a pod restart, so fast that it stays ready."""
        with self.lock:
            (pod,) = [pod for pod in self.pods.values() if pod["spec"]["nodeName"] == node]
            (container,) = pod["status"]["containerStatuses"]
            status = {**pod["status"], "containerStatuses": [{**container, "restartCount": 1}]}
            self.pods[pod["metadata"]["name"]] = self.happens("pods", "MODIFIED", {**pod, "status": status})

    def fail(self):
        if self.failures:
            raise ClusterError("https://memory: is busy.", self.failures.pop(0))

    def look(self, resource):
        self.thawed.wait()
        if resource == self.hidden:
            raise ClusterError("https://memory: does not answer.", 0)

    def get(self, resource, name, namespace):
        self.fail()
        with self.lock:
            there = {"daemonsets": {"agent": self.daemon_set}, "configmaps": self.config_maps}
            return copy.deepcopy(there.get(resource, {}).get(name))

    def prove(self, resource, name, namespace, uid):
        found = self.get(resource, name, namespace)
        if found["metadata"]["uid"] != uid:
            raise ClusterError("https://memory: is not the cluster that the Kubernetes provider writes to.")
        return found

    def list(self, resource, namespace="", labels="", metadata_only=False):
        self.fail()
        if resource == "configmaps":
            return list(self.config_maps.values())
        return [
            {"metadata": {"name": f"agent-{name}", "uid": name, "labels": {"controller-revision-hash": name}, **OWNER},
             "revision": number, "data": {"spec": {"template": {**template_of(name), "$patch": "replace"}}}}
            for name, number in self.revisions.items()
        ]  # fmt: skip

    def pages(self, resource, namespace, labels, fields):
        with self.lock:
            self.fail()
            self.look(resource)
            things = {"pods": self.pods, "nodes": self.nodes}[resource]
            yield [*things.values()], str(self.version)

    def watch(self, resource, namespace, labels, version, seconds, fields):
        over, events, changed = time.monotonic() + seconds, self.events[resource], threading.Event()
        self.watches[resource].append(changed)
        sent = len([event for event in events if int(event["object"]["metadata"]["resourceVersion"]) <= int(version)])
        while time.monotonic() < over:
            with self.lock:
                changed.clear()
                new, sent = events[sent:], len(events)
            self.look(resource)
            yield from new
            changed.wait(over - time.monotonic())

    def delete(self, resource, name, namespace, uid):
        self.fail()
        with self.lock:
            if name not in self.pods:
                return False
            pod = self.pods.pop(name)
            self.happens("pods", "DELETED", pod)
            node = pod["spec"]["nodeName"]
            self.deleted.append(node)
            self.start(node)
            unready = [p for p in self.pods.values() if p["status"]["conditions"][0]["status"] != "True"]
            self.most_unavailable = max(self.most_unavailable, len(unready))
            return True

    def patch(self, resource, name, namespace, body, strategic=False, manager=""):
        self.fail()
        if resource == "configmaps":
            self.config_maps[name]["metadata"].update(body["metadata"])
        elif strategic:
            template = body["spec"]["template"]
            image = template["spec"]["containers"][0]["image"]
            self.write(template["metadata"]["annotations"]["checksum/config"] + (f".{image}" if image else ""))
        elif "spec" in body:
            self.set_spec(**body["spec"])
        else:
            annotations = self.daemon_set["metadata"]["annotations"]
            for key, value in body["metadata"]["annotations"].items():
                annotations.pop(key, None)
                if value:
                    annotations[key] = value
        return self.daemon_set

    def ask_pod(self, pod, namespace, port, path):
        return self.answers.get(self.pods[pod]["spec"]["nodeName"], (200, b""))


def drive(cluster, revision, own="rest", generation=None, before=None, passed=False, template=None, **waves):
    """Drive a cluster to a revision, as the hook of one wave does, and return what was said."""
    parsed, findings = parse_waves({"progress_deadline_seconds": 1, **waves})
    assert [] == findings
    metadata = cluster.daemon_set["metadata"]
    target = Target("n", "agent", "ds", generation or metadata["generation"], revision, template)
    said = []
    say = lambda line, ephemeral=False: said.append(line)  # noqa: E731
    Rollout(cluster, target, parsed, say, before=before or {}).run(own, passed)
    return said


def revisions(cluster):
    return {pod["metadata"]["labels"]["controller-revision-hash"] for pod in cluster.pods.values()}


class Disturbed(MemoryCluster):
    """What happens as the first pods are deleted: `disturb` is called after each, with how many were."""

    def disturb(self, deleted):
        """Do nothing."""

    def delete(self, *what):
        done = super().delete(*what)
        self.disturb(len(self.deleted))
        return done
