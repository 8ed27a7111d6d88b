"""A StatefulSet in memory, with what its controller does by the rules of Kubernetes 1.36."""

import copy

from config_rollout.core.kubernetes.stateful_sets import ordinal_of
from config_rollout.core.kubernetes.workload_kinds import STATEFUL_SET
from config_rollout.driver.partition import hold
from tests.memory_fleet import OWNER, MemoryFleet, template_of


class StatefulFleet(MemoryFleet):
    """
    A StatefulSet of a few pods: its controller updates those from the partition up, one at a time, the highest first.

    With the policy `OrderedReady` it does nothing while a pod is not ready. `start` is the first ordinal.
    """

    kind = STATEFUL_SET

    def __init__(self, replicas=4, bad=(), policy="OrderedReady", start=0):
        self.replaced, self.partitions, self._policy, self._start = [], [], policy, start
        super().__init__(replicas, bad)

    def populate(self, replicas):
        self.current = "good"
        spec = {"replicas": replicas, "podManagementPolicy": self._policy, "ordinals": {"start": self._start}}
        self.set_spec(**spec, updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"partition": 0}})
        self.write("good")

    def change(self, revision):
        """Do what an `up` does: the hook that holds all pods, the provider, and the controller after it."""
        hold(self, "n", "agent", {}, template_of(revision))
        self.write(revision)

    def write(self, revision):
        with self.lock:
            self.newest = revision
            super().write(revision)
            self._control()

    @property
    def partition(self):
        return self.daemon_set["spec"]["updateStrategy"]["rollingUpdate"]["partition"]

    def revise(self, revision, number):
        data = {"spec": {"template": {**template_of(revision), "$patch": "replace"}}}
        metadata = {"name": f"agent-{revision}", "uid": revision, "labels": {"a": "b"}, **OWNER}
        self.keep("controllerrevisions", {"metadata": metadata, "revision": number, "data": data})

    def runs(self):
        """Return the revisions of the pods, by ordinal."""
        pods = sorted(self.pods.values(), key=lambda pod: ordinal_of(pod["metadata"]["name"]))
        return [_revision(pod) for pod in pods]

    def apply(self, resource, name, namespace, body, manager):
        """Apply a partition, or let go of it; nothing else of a StatefulSet is ever applied here."""
        self.serve("patch", resource, namespace, name)
        with self.lock:
            partition = (body.get("spec") or {}).get("updateStrategy", {}).get("rollingUpdate", {}).get("partition")
            self.partitions.append(partition)
            fields = {"f:spec": {"f:updateStrategy": {}}}
            applied = {"manager": manager, "operation": "Apply", "fieldsV1": fields}
            metadata = {**self.daemon_set["metadata"], "managedFields": [] if partition is None else [applied]}
            self.keep(resource, {**self.daemon_set, "metadata": metadata})
            strategy = {"type": "RollingUpdate", "rollingUpdate": {"partition": partition or 0}}
            self.set_spec(updateStrategy=strategy)
            return copy.deepcopy(self.daemon_set)

    def delete(self, resource, name, namespace, uid):
        with self.lock:
            done = super(MemoryFleet, self).delete(resource, name, namespace, uid)
            if done and resource == "pods":
                self.deleted.append(name)
                self._control()
            return done

    def _observe(self, daemon_set):
        observed = super()._observe(daemon_set)
        if getattr(self, "newest", None):
            self._control()
        return self.daemon_set if self.pods else observed

    def _control(self):
        """Do what the controller does until there is nothing that it may do."""
        while self._step():
            pass
        wanted, pods = self.daemon_set["spec"]["replicas"], list(self.pods.values())
        updated = [pod for pod in pods if _revision(pod) == self.newest]
        if len(updated) == wanted == len(pods) and all(map(_is_ready, pods)):
            self.current = self.newest
        counts = {"replicas": len(pods), "updatedReplicas": len(updated), "readyReplicas": sum(map(_is_ready, pods))}
        revisions = {"currentRevision": f"agent-{self.current}", "updateRevision": f"agent-{self.newest}"}
        status = {**self.daemon_set["status"], **counts, **revisions}
        self.keep("statefulsets", {**self.daemon_set, "status": status})

    def _step(self):
        wanted, partition = self.daemon_set["spec"]["replicas"], self.partition
        names = [f"agent-{self._start + place}" for place in range(wanted)]
        waits = self._policy == "OrderedReady"
        for place, name in enumerate(names):
            if name not in self.pods:
                self._make(name, self.current if place < partition else self.newest)
                return True
            if waits and not _is_ready(self.pods[name]):
                return False
        for name in self.pods:
            if name not in names:
                self.drop("pods", name, "n")
                return True
        for name in list(reversed(names))[: max(0, wanted - partition)]:
            pod = self.pods[name]
            if _revision(pod) != self.newest:
                self.replaced.append(ordinal_of(name))
                self.drop("pods", name, "n")
                return True
            if not _is_ready(pod):
                return False
        return False

    def _make(self, name, revision):
        ready = revision not in self.bad
        state = {"running": {}} if ready else {"waiting": {"reason": "CrashLoopBackOff"}}
        conditions = [{"type": "Ready", "status": str(ready), "lastTransitionTime": "2020-01-01T00:00:00Z"}]
        labels = {"a": "b", "controller-revision-hash": f"agent-{revision}"}
        status = {"phase": "Running", "containerStatuses": [{"ready": ready, "state": state}], "conditions": conditions}
        metadata = {"name": name, "uid": f"{name}-{next(self._names)}", "labels": labels, **OWNER}
        self.keep("pods", {"metadata": metadata, "spec": {"nodeName": "n0"}, "status": status})
        unready = [pod for pod in self.pods.values() if not _is_ready(pod)]
        self.most_unavailable = max(self.most_unavailable, len(unready))


def _is_ready(pod):
    return pod["status"]["conditions"][0]["status"] == "True"


def _revision(pod):
    return pod["metadata"]["labels"]["controller-revision-hash"].removeprefix("agent-")
