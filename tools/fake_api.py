"""
An API server's lists, pages and watches on loopback, for fleets that are too large for a real one on this machine.

It keeps what it is given, replaces deleted pods of the DaemonSet as its controller would, and knows no rules beside
that: what a rollout does is tested on the real one. Only how long and how much memory thousands of nodes take is not.
"""

import json
import socket
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from config_rollout.core.audit.record import AuditRecord, By, Change, WaveRecord
from config_rollout.core.configuration.content import Content
from config_rollout.core.configuration.digest import config_hash
from config_rollout.core.kubernetes.annotations import WAVES_ANNOTATION
from config_rollout.core.waves.order import divide, parse_waves

Json = dict[str, Any]

NAMESPACE, NAME = "monitoring", "node-agent"
"""The DaemonSet of `fleet`."""

OLD, NEW = "level: info\n", "level: debug\n"
OLD_HASH, NEW_HASH = (config_hash(Content({"agent.yaml": text.encode()})) for text in (OLD, NEW))
"""Its two configurations."""

WAVES: Json = {"first": [{"name": "canary", "nodes": 1}], "by": "topology.kubernetes.io/zone"}

_COLLECTIONS = {
    "DaemonSet": "daemonsets", "ControllerRevision": "controllerrevisions", "Pod": "pods", "Node": "nodes",
    "ConfigMap": "configmaps", "Event": "events", "Deployment": "deployments", "StatefulSet": "statefulsets",
    "ReplicaSet": "replicasets",
}  # fmt: skip


def fleet(nodes: int, moved: int = 0, zones: int = 3) -> list[Json]:
    """Return a DaemonSet on so many nodes, as large as real objects; so many, in wave order, have the new revision."""
    daemon_set: Json = {
        "kind": "DaemonSet",
        "metadata": {"name": NAME, "namespace": NAMESPACE, "uid": "daemon-set", "generation": 2,
                     "annotations": {WAVES_ANNOTATION: json.dumps(WAVES)}},
        "spec": {"selector": {"matchLabels": {"app": NAME}}, "template": _template(NEW_HASH),
                 "updateStrategy": {"type": "OnDelete"}},
        "status": {"observedGeneration": 2, "desiredNumberScheduled": nodes, "currentNumberScheduled": nodes,
                   "updatedNumberScheduled": moved, "numberReady": nodes, "numberAvailable": nodes},
    }  # fmt: skip
    owner = {"uid": "daemon-set", "controller": True, "kind": "DaemonSet", "name": NAME}
    objects = [daemon_set]
    for number, full_hash, text in ((1, OLD_HASH, OLD), (2, NEW_HASH, NEW)):
        name = f"{NAME}-{number}"
        labels = {"app": NAME, "controller-revision-hash": str(number)}
        metadata = {"name": name, "namespace": NAMESPACE, "uid": name, "labels": labels, "ownerReferences": [owner],
                    "creationTimestamp": f"2026-01-0{number}T00:00:00Z"}  # fmt: skip
        data = {"spec": {"template": {**_template(full_hash), "$patch": "replace"}}}
        objects.append({"kind": "ControllerRevision", "metadata": metadata, "revision": number, "data": data})
        owners = [{"uid": name if number == 1 else "daemon-set"}]
        metadata = {"name": f"{NAME}-{full_hash[:10]}", "namespace": NAMESPACE, "ownerReferences": owners}
        objects.append({"kind": "ConfigMap", "metadata": metadata, "data": {"agent.yaml": text}})
    images = [{"names": [f"registry.example.com/image-{i}@sha256:{i:064}"], "sizeBytes": i} for i in range(50)]
    status = {"conditions": [{"type": "Ready", "status": "True"}], "images": images}
    of_nodes = {f"node-{n:05}": {"topology.kubernetes.io/zone": f"zone-{'abcdefgh'[n % zones]}"} for n in range(nodes)}
    in_order = [node for division in divide(parse_waves(WAVES)[0], of_nodes, NEW_HASH) for node in division.nodes]
    new = {*in_order[:moved]}
    for number, node in enumerate(of_nodes):
        objects.append({"kind": "Node", "metadata": {"name": node, "labels": of_nodes[node]}, "status": status})
        objects.append(_pod(node, f"{NAME}-{number:05}", *((2, NEW_HASH) if node in new else (1, OLD_HASH))))
    return objects


def halted() -> list[Json]:
    """Return a small fleet whose rollout halted in its second wave, with its record: what the documents show."""
    objects = fleet(6, moved=2)
    bad = next(o for o in objects if o["kind"] == "Pod" and o["spec"]["nodeName"] == "node-00003")
    bad["status"] = _pod("node-00003", "", 2, NEW_HASH, ready=False)["status"]
    waiting = {"name": "agent", "ready": False, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
    bad["status"]["containerStatuses"] = [waiting]
    times = [f"2026-01-02T09:{minute}:00Z" for minute in (30, 32, 42)]
    findings = ("no pod became available for 600 s", "node-00003: pod node-agent-00003 is not ready")
    record = AuditRecord(
        NAMESPACE, NAME, times[0], times[2], OLD_HASH, NEW_HASH, "halted", "wave 'zone-a' failed",
        By("organization/node-agent/production", "4f2a90c1d7" * 4, False), 1, 2,
        (Change("agent.yaml", "level", "info", "debug", "restart", "restart"),),
        waves=(WaveRecord("canary", times[0], times[1], 1, 1),
               WaveRecord("zone-a", times[1], times[2], 2, 1, 0, "failed", findings)), restarts=2,
    )  # fmt: skip
    metadata = {"name": f"{NAME}-rollouts", "namespace": NAMESPACE}
    return [*objects, {"kind": "ConfigMap", "metadata": metadata, "data": {"rollouts.jsonl": record.to_json()}}]


def _template(full_hash: str) -> Json:
    mount = {"name": "config", "mountPath": "/etc/agent"}
    container = {"name": "agent", "image": "agent:1", "volumeMounts": [mount], "resources": {}, "env": [
        {"name": f"VARIABLE_{number}", "value": "x" * 20} for number in range(10)]}  # fmt: skip
    volumes = [{"name": "config", "configMap": {"name": f"{NAME}-{full_hash[:10]}", "defaultMode": 420}}]
    metadata = {"labels": {"app": NAME}, "annotations": {"checksum/config": full_hash}}
    return {"metadata": metadata, "spec": {"containers": [container], "volumes": volumes}}


def _pod(node: str, name: str, revision: int, full_hash: str, ready: bool = True) -> Json:
    template = _template(full_hash)
    owner = {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": NAME, "uid": "daemon-set", "controller": True}
    taints = ("not-ready", "unreachable", "disk-pressure", "memory-pressure", "pid-pressure", "unschedulable")
    fields: Json = {f"f:field-{number}": {f"f:{letter}": {} for letter in "abcdef"} for number in range(20)}
    metadata = {
        "name": name, "namespace": NAMESPACE, "uid": f"{name}-{time.monotonic_ns()}",
        "labels": {"app": NAME, "controller-revision-hash": str(revision)}, "ownerReferences": [owner],
        "annotations": template["metadata"]["annotations"], "creationTimestamp": "2026-01-01T00:00:00Z",
        "managedFields": [{"manager": "kubelet", "operation": "Update", "fieldsV1": fields}],
    }  # fmt: skip
    conditions = [
        {"type": kind, "status": str(ready), "lastTransitionTime": "2026-01-01T00:00:00Z"}
        for kind in ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
    ]
    containers = [{"name": "agent", "ready": ready, "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}}]
    tolerations = [{"key": f"node.kubernetes.io/{key}", "operator": "Exists"} for key in taints]
    return {
        "kind": "Pod", "metadata": metadata,
        "spec": {**template["spec"], "nodeName": node, "tolerations": tolerations},
        "status": {"phase": "Running", "conditions": conditions, "containerStatuses": containers},
    }  # fmt: skip


@dataclass(frozen=True)
class Request:
    """What a request is about, read from its path."""

    resource: str
    namespace: str
    name: str
    query: Mapping[str, str]

    @classmethod
    def of(cls, path: str) -> "Request":
        """Read the path of a request."""
        parts = urllib.parse.urlsplit(path)
        steps = parts.path.strip("/").split("/")
        steps = steps[2:] if steps[0] == "api" else steps[3:]
        namespace = steps[1] if steps[:1] == ["namespaces"] and len(steps) > 2 else ""
        resource, name = ([*(steps[2:] if namespace else steps), "", ""])[:2]
        return cls(resource, namespace, name, dict(urllib.parse.parse_qsl(parts.query)))

    def fits(self, thing: Json) -> bool:
        """Return whether a collection of this namespace and these selectors holds the object; `=` is all they know."""
        metadata = thing["metadata"]
        labels = metadata.get("labels") or {}
        wanted = [part.split("=") for part in self.query.get("labelSelector", "").split(",") if part]
        named = self.query.get("fieldSelector", "").removeprefix("metadata.name=")
        return (
            self.namespace in ("", metadata.get("namespace", ""))
            and all(labels.get(key) == value for key, value in wanted)
            and named in ("", metadata["name"])
        )


class FakeApi:
    """
    Serves objects until the end of its `with`. `kubeconfig` is one for it, as text; `requests` counts what was asked.

    Args:
      objects: What there is at first, as `fleet` makes it.
      ready_seconds: How long after the deletion of a pod its successor is ready.
      port: Where to listen; 0 for a free one.

    """

    def __init__(self, objects: Iterable[Json], ready_seconds: float = 0, port: int = 0) -> None:
        self.requests: Counter[str] = Counter()
        self.connections: list[socket.socket] = []
        self._ready_seconds = ready_seconds
        self._version = self.first = time.monotonic_ns() // 1_000_000
        self._objects: dict[str, dict[tuple[str, str], Json]] = {name: {} for name in _COLLECTIONS.values()}
        self._events: dict[str, list[tuple[int, str, Json]]] = {name: [] for name in _COLLECTIONS.values()}
        self._changed = threading.Condition(threading.RLock())
        self._over = False
        for thing in objects:
            self._keep(_COLLECTIONS[thing["kind"]], thing, "")
        handler = type("Handler", (_Handler,), {"api": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._http.daemon_threads = True
        self.server = f"http://127.0.0.1:{self._http.server_port}"
        cluster, user = {"server": self.server}, {"token": "any"}
        self.kubeconfig = json.dumps({
            "current-context": "fake", "clusters": [{"name": "fake", "cluster": cluster}],
            "users": [{"name": "fake", "user": user}],
            "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "fake"}}],
        })  # fmt: skip

    def __enter__(self) -> "FakeApi":
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._over = True
            self._changed.notify_all()
        self._http.shutdown()
        self._http.server_close()
        for connection in self.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)  # those that are kept alive would be served on

    def objects(self, resource: str) -> list[Json]:
        """Return what there is now of a resource, by namespace and name."""
        with self._changed:
            return [thing for _, thing in sorted(self._objects[resource].items())]

    def read(self, request: Request) -> Json | None:
        """Return an object, or a page of a collection; `None` if there is no such object."""
        with self._changed:
            if request.name:
                return self._objects[request.resource].get((request.namespace, request.name))
            after = tuple(request.query.get("continue", "").split("/"))
            found = [key for key, thing in self._objects[request.resource].items() if request.fits(thing)]
            left = sorted(key for key in found if len(after) == 1 or key > after)
            page = left[: int(request.query.get("limit") or len(left))]
            metadata = {"resourceVersion": str(self._version)}
            if len(page) < len(left):
                metadata["continue"] = "/".join(page[-1])
            return {"metadata": metadata, "items": [self._objects[request.resource][key] for key in page]}

    def after(self, request: Request, version: int, give_up: float) -> tuple[list[Json], int] | None:
        """Return what happened to a collection after a version, once something has; `None` when the time is over."""
        with self._changed:
            while not self._over and time.monotonic() < give_up:
                events = self._events[request.resource]
                first = next((n for n in range(len(events), 0, -1) if events[n - 1][0] <= version), 0)
                if events[first:]:
                    found = [{"type": kind, "object": o} for _, kind, o in events[first:] if request.fits(o)]
                    return found, events[-1][0]
                self._changed.wait(max(0.0, give_up - time.monotonic()))
        return None

    def change(self, request: Request, patch: Json) -> Json | None:
        """Change an object by a merge patch; `None` if there is none. A DaemonSet's new template is a new revision."""
        with self._changed:
            old = self._objects[request.resource].get((request.namespace, request.name))
            if old is None:
                return None
            new: Json = _merged(old, patch)
            if request.resource == "daemonsets" and new["spec"] != old["spec"]:
                generation = old["metadata"]["generation"] + 1
                new = _merged(new, {"metadata": {"generation": generation},
                                    "status": {"observedGeneration": generation}})  # fmt: skip
                self._revise(new)
            self._keep(request.resource, new, "MODIFIED")
            return new

    def add(self, resource: str, namespace: str, thing: Json) -> Json:
        """Create an object in a collection that is kept, and return it; others are answered and forgotten."""
        thing = _merged(thing, {"metadata": {"namespace": namespace} if namespace else {}})
        if resource in self._objects:
            with self._changed:
                self._keep(resource, thing, "ADDED")
        return thing

    def remove(self, request: Request) -> Json | None:
        """Delete an object; `None` if there is none. A pod has a successor of the newest revision."""
        with self._changed:
            gone = self._objects[request.resource].pop((request.namespace, request.name), None)
            if gone is None:
                return None
            self._note(request.resource, gone, "DELETED")
            if request.resource == "pods":
                newest = max(self.objects("controllerrevisions"), key=lambda revision: int(revision["revision"]))
                annotations = newest["data"]["spec"]["template"]["metadata"]["annotations"]
                of = int(newest["metadata"]["labels"]["controller-revision-hash"]), annotations["checksum/config"]
                node, name = gone["spec"]["nodeName"], f"{gone['spec']['nodeName']}-{self._version}"
                self._keep("pods", _pod(node, name, *of, ready=not self._ready_seconds), "ADDED")
                if self._ready_seconds:
                    made = Request("pods", NAMESPACE, name, {})
                    ready = _pod(node, name, *of)["status"]
                    threading.Timer(self._ready_seconds, self.change, (made, {"status": ready})).start()
            return gone

    def _revise(self, daemon_set: Json) -> None:
        """Make the DaemonSet's template the newest revision: a new one, or an old one again."""
        template = daemon_set["spec"]["template"]
        known = self.objects("controllerrevisions")
        number = max(int(revision["revision"]) for revision in known) + 1
        same = [r for r in known if {**r["data"]["spec"]["template"], "$patch": 0} == {**template, "$patch": 0}]
        metadata = {**known[0]["metadata"], "name": f"{NAME}-{number}", "uid": f"{NAME}-{number}",
                    "labels": {"app": NAME, "controller-revision-hash": str(number)}}  # fmt: skip
        made = {"metadata": metadata, "data": {"spec": {"template": {**template, "$patch": "replace"}}}}
        self._keep("controllerrevisions", {**(same[0] if same else made), "revision": number}, "ADDED")

    def _keep(self, resource: str, thing: Json, event: str) -> None:
        key = thing["metadata"].get("namespace", ""), thing["metadata"]["name"]
        kept = {**thing, "metadata": {"uid": "/".join(key), **thing["metadata"]}}
        self._objects[resource][key] = kept
        self._note(resource, kept, event)

    def _note(self, resource: str, thing: Json, event: str) -> None:
        self._version += 1
        thing["metadata"]["resourceVersion"] = str(self._version)
        if event:
            self._events[resource].append((self._version, event, thing))
            self._changed.notify_all()


class _Handler(BaseHTTPRequestHandler):
    """Takes the requests of one connection."""

    api: FakeApi
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.api.connections.append(self.connection)

    def do_GET(self) -> None:
        request = Request.of(self.path)
        if request.query.get("watch"):
            self.api.requests[f"WATCH {request.resource}"] += 1
            self._watch(request)
            return
        self.api.requests[f"{'GET' if request.name else 'LIST'} {request.resource}"] += 1
        if request.resource not in self.api._objects:
            self._answer({"gitVersion": "v1.36.3"} if self.path == "/version" else None)
            return
        found = self.api.read(request)
        if found and "PartialObjectMetadata" in self.headers.get("Accept", "") and "items" in found:
            found = {**found, "items": [{"metadata": item["metadata"]} for item in found["items"]]}
        self._answer(found)

    def do_POST(self) -> None:
        request, body = Request.of(self.path), self._body()
        self.api.requests[f"POST {request.resource}"] += 1
        if request.resource.endswith("reviews"):
            self._answer({"status": {"allowed": True, "userInfo": {"username": "anyone"}}})
        else:
            self._answer(self.api.add(request.resource, request.namespace, body))

    def do_PATCH(self) -> None:
        request, body = Request.of(self.path), self._body()
        self.api.requests[f"PATCH {request.resource}"] += 1
        self._answer(self.api.change(request, body))

    def do_DELETE(self) -> None:
        request = Request.of(self.path)
        self._body()
        self.api.requests[f"DELETE {request.resource}"] += 1
        self._answer(self.api.remove(request))

    def _body(self) -> Json:
        body: Json = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        return body

    def _answer(self, found: Json | None) -> None:
        data = json.dumps(found if found is not None else {"kind": "Status", "message": "not found"}).encode()
        self.send_response(200 if found is not None else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _watch(self, request: Request) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        version = int(request.query.get("resourceVersion") or 0)
        give_up = time.monotonic() + int(request.query.get("timeoutSeconds") or 60)
        try:
            if version < self.api.first:  # a version from an earlier server
                self._send_event({"type": "ERROR", "object": {"kind": "Status", "code": 410}})
                give_up = 0
            while happened := self.api.after(request, version, give_up):
                events, version = happened
                for event in events:
                    self._send_event(event)
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.close_connection = True  # whoever watched has gone

    def _send_event(self, event: Json) -> None:
        line = json.dumps(event).encode() + b"\n"
        self.wfile.write(b"%x\r\n%b\r\n" % (len(line), line))

    def log_message(self, format: str, *_: Any) -> None:
        """Say nothing: the counts are in `requests`."""


def _merged(old: Any, patch: Json) -> Any:
    """Return the result of a merge patch, or of a strategic one as far as `$patch: replace` goes."""
    if not isinstance(old, Mapping) or patch.get("$patch") == "replace":
        old = {}
    new = {key: value for key, value in old.items() if patch.get(key, 0) is not None}
    for key, value in patch.items():
        if isinstance(value, Mapping):
            new[key] = _merged(old.get(key), dict(value))
        elif value is not None and key != "$patch":
            new[key] = value
    return new
