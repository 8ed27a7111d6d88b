"""
The one cluster in memory: what code asks of a `Cluster`, answered as an API server does, or as badly as real ones do.

`tests/cluster_contract.py` says what it has in common with the real one, and both are asked for that.
"""

import copy
import threading
import time

from config_rollout.cluster.client import Cluster, ClusterError, Forbidden
from config_rollout.core.rbac.rights import Right


class MemoryCluster:
    """
    Objects, each by resource, namespace and name, with what happened to them.

    `failures` are taken from before each request: a status or an error to fail with, `None` to serve it. `may_not`
    says of a right that it is missing; `release` is the version.
    """

    server, release = "https://memory", "v1.36.3"

    def __init__(self, objects=(), failures=(), may_not=lambda right: False):
        self.lock = threading.RLock()
        self.failures, self.may_not = list(failures), may_not
        self.objects, self.events, self.watches, self._last = {}, {}, {}, 0
        for resource, thing in objects:
            self.keep(resource, thing)

    def keep(self, resource, thing):
        """Have an object, new or changed, as its resource's controller or a user would write it; return it."""
        with self.lock:
            metadata = thing["metadata"]
            key = resource, metadata.get("namespace", ""), metadata["name"]
            kind = "MODIFIED" if key in self.objects else "ADDED"
            self.objects[key] = self.happens(resource, kind, thing)
            return self.objects[key]

    def drop(self, resource, name, namespace=""):
        """Have an object no longer, and what it alone owns neither."""
        with self.lock:
            thing = self.objects.pop((resource, namespace, name))
            self.happens(resource, "DELETED", thing)
            uid = thing["metadata"]["uid"]
            for (of, where, other), one in list(self.objects.items()):
                if [uid] == [owner["uid"] for owner in one["metadata"].get("ownerReferences", [])]:
                    self.drop(of, other, where)

    def happens(self, resource, kind, thing):
        """Tell those who watch, and return the thing as it is now."""
        self._last += 1
        metadata = {"uid": f"uid-{self._last}", **thing["metadata"], "resourceVersion": str(self._last)}
        thing = {**thing, "metadata": metadata}
        self.events.setdefault(resource, []).append({"type": kind, "object": thing})
        for watch in self.watches.get(resource, []):
            watch.set()
        return thing

    def of(self, resource):
        """Return name -> object of a resource, in the order in which they came."""
        with self.lock:
            return {name: thing for (kind, _, name), thing in self.objects.items() if kind == resource}

    def look(self, resource):
        """Let a collection be seen, or not: called for each list, and for each turn of a watch."""

    def serve(self, verb, resource, namespace="", name=""):
        """Fail a request that is to fail."""
        with self.lock:
            failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure if isinstance(failure, Exception) else ClusterError(f"{self.server}: is busy.", failure)
        if self.may_not(right := Right(verb, "", resource, namespace, name)):
            raise Forbidden(right, self.server)

    def version(self):
        self.serve("get", "version")
        return self.release

    def may(self, right):
        return not self.may_not(right)

    def get(self, resource, name, namespace=""):
        self.serve("get", resource, namespace, name)
        with self.lock:
            return copy.deepcopy(self.objects.get((resource, namespace, name)))

    prove, make = Cluster.prove, Cluster.make

    def list(self, resource, namespace="", labels="", metadata_only=False):
        ((items, _),) = self.pages(resource, namespace, labels, metadata_only=metadata_only)
        return items

    def pages(self, resource, namespace="", labels="", fields="", metadata_only=False):
        self.serve("list", resource, namespace)
        self.look(resource)
        with self.lock:
            items = [thing for thing in self.of(resource).values() if _fits(thing, namespace, labels)]
            items = [{"metadata": thing["metadata"]} for thing in items] if metadata_only else items
            yield copy.deepcopy(items), str(self._last)

    def watch(self, resource, namespace, labels, version, seconds, fields=""):
        self.serve("watch", resource, namespace)
        over, changed = time.monotonic() + seconds, threading.Event()
        self.watches.setdefault(resource, []).append(changed)
        sent = int(version)
        while time.monotonic() < over:
            with self.lock:
                changed.clear()
                new = [event for event in self.events.get(resource, []) if _version(event["object"]) > sent]
                sent = max([sent, *(_version(event["object"]) for event in new)])
            self.look(resource)
            yield from (copy.deepcopy(event) for event in new if _fits(event["object"], namespace, labels))
            changed.wait(over - time.monotonic())

    def create(self, resource, namespace, body):
        self.serve("create", resource, namespace)
        with self.lock:
            if ("namespaces", "", namespace) not in self.objects:
                return None
            body = copy.deepcopy(body)
            metadata = body["metadata"]
            metadata.setdefault("name", f"{metadata.get('generateName')}{self._last}")
            if (resource, namespace, metadata["name"]) in self.objects:
                raise ClusterError(f"{self.server}: 409 {metadata['name']} is there.", 409)
            metadata["namespace"] = namespace
            if resource == "services":
                body.setdefault("spec", {}).setdefault("clusterIP", "10.96.0.17")
            return copy.deepcopy(self.keep(resource, body))

    def patch(self, resource, name, namespace, body, strategic=False, manager=""):
        self.serve("patch", resource, namespace, name)
        with self.lock:
            old = self.objects.get((resource, namespace, name))
            if old is None:
                return None
            if (
                body.get("metadata", {}).get("resourceVersion", old["metadata"]["resourceVersion"])
                != (old["metadata"]["resourceVersion"])
            ):
                raise ClusterError(f"{self.server}: 409 {name} has changed.", 409)
            new = _merged(old, body)
            if new.get("spec") != old.get("spec") and "generation" in old["metadata"]:
                new["metadata"]["generation"] += 1
            return copy.deepcopy(self.keep(resource, new) if new != old else old)

    def delete(self, resource, name, namespace, uid):
        self.serve("delete", resource, namespace, name)
        with self.lock:
            thing = self.objects.get((resource, namespace, name))
            if thing is None:
                return False
            if uid and uid != thing["metadata"]["uid"]:
                raise ClusterError(f"{self.server}: 409 {name} has the UID {thing['metadata']['uid']}.", 409)
            self.drop(resource, name, namespace)
            return True


def _version(thing):
    return int(thing["metadata"]["resourceVersion"])


def _fits(thing, namespace, labels):
    metadata = thing["metadata"]
    wanted = dict(part.split("=") for part in labels.split(",") if part)
    return namespace in ("", metadata.get("namespace", "")) and wanted.items() <= metadata.get("labels", {}).items()


def _merged(old, patch):
    """Return what a merge patch makes of an object. Source: RFC 7386."""
    if not isinstance(patch, dict):
        return patch
    old = old if isinstance(old, dict) else {}
    new = {key: _merged(old.get(key), value) for key, value in patch.items() if value is not None}
    return {**{key: value for key, value in old.items() if key not in patch}, **new}
