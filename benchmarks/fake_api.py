"""
As much of an API server as the driver of waves asks, for more nodes than this machine could hold: a DaemonSet and pods.

Objects are as large as real ones. A deleted pod is followed at once by a ready one of the newest revision.
"""

import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

Json = dict[str, Any]

UID, OLD, NEW = "daemon-set", "old", "new"
_IMAGES = 50  # as many as a kubelet reports
_CONDITION = {
    "status": "True", "lastHeartbeatTime": "2026-01-01T00:00:00Z", "lastTransitionTime": "2026-01-01T00:00:00Z",
    "reason": "KubeletReady", "message": "kubelet is posting ready status",
}  # fmt: skip


class FakeApi:
    """A context manager; `url` is where it listens, on loopback and without TLS."""

    def __init__(self, nodes: int) -> None:
        self.lock = threading.RLock()
        self.version = nodes
        self.watchers: list[queue.Queue[bytes]] = []
        self.nodes = [_node(number) for number in range(nodes)]
        self.pods = {f"agent-{number}": _pod(f"agent-{number}", number, number, OLD) for number in range(nodes)}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.api = self  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> "FakeApi":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def daemon_set(self) -> Json:
        """Return the DaemonSet: its newest revision is `NEW`, which no pod has at first."""
        return {
            "metadata": {"name": "agent", "namespace": "n", "uid": UID, "generation": 2, "resourceVersion": "1"},
            "spec": {
                "selector": {"matchLabels": {"app": "agent"}},
                "template": {"metadata": {"annotations": {"checksum/config": NEW}}},
            },
            "status": {"desiredNumberScheduled": len(self.nodes), "observedGeneration": 2},
        }

    def revisions(self) -> list[Json]:
        """Return the two ControllerRevisions."""
        return [
            {"metadata": {"name": f"agent-{name}", "labels": _labels(name), "ownerReferences": _OWNERS},
             "revision": number, "data": {}} for number, name in enumerate((OLD, NEW))
        ]  # fmt: skip

    def delete(self, name: str) -> bool:
        """Delete a pod and start its successor; tell whether it was there."""
        with self.lock:
            pod = self.pods.pop(name, None)
            if pod is None:
                return False
            self.version += 1
            self._send("DELETED", {**pod, "metadata": {**pod["metadata"], "resourceVersion": str(self.version)}})
            self.version += 1
            number = int(pod["spec"]["nodeName"].removeprefix("node-"))
            new = _pod(f"agent-{self.version}", self.version, number, NEW)
            self.pods[new["metadata"]["name"]] = new
            self._send("ADDED", new)
            return True

    def _send(self, kind: str, pod: Json) -> None:
        line = json.dumps({"type": kind, "object": pod}).encode() + b"\n"
        for watcher in self.watchers:
            watcher.put(line)


_OWNERS = [{"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "agent", "uid": UID, "controller": True}]


def _labels(revision: str) -> dict[str, str]:
    return {"app": "agent", "controller-revision-hash": revision}


def _managed_fields(count: int) -> list[Json]:
    fields: Json = {f"f:{name}": {".": {}, "f:type": {}, "f:status": {}} for name in ("metadata", "spec", "status")}
    return [{"manager": "kubelet", "operation": "Update", "fieldsV1": {f"f:{n}": fields for n in range(count)}}]


def _node(number: int) -> Json:
    """Return a node with what a kubelet reports: about 12 KB, most of it images."""
    name = f"node-{number}"
    images = [
        {"names": [f"registry.example.com/team/image-{n}@sha256:{n:064x}", f"registry.example.com/team/image-{n}:v{n}"],
         "sizeBytes": 10**8 + n} for n in range(_IMAGES)
    ]  # fmt: skip
    labels = {"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": f"zone-{'abc'[number % 3]}"}
    conditions = [{**_CONDITION, "type": kind} for kind in ("MemoryPressure", "DiskPressure", "PIDPressure", "Ready")]
    return {
        "metadata": {"name": name, "labels": labels, "managedFields": _managed_fields(10)},
        "status": {"conditions": conditions, "images": images},
    }


def _pod(name: str, version: int, node: int, revision: str) -> Json:
    """Return a pod that runs and is ready: about 5 KB."""
    conditions = [{**_CONDITION, "type": kind} for kind in ("Initialized", "Ready", "ContainersReady", "PodScheduled")]
    container = {"name": "agent", "image": "agent:1", "env": [{"name": f"V{n}", "value": "x" * 20} for n in range(20)]}
    return {
        "metadata": {
            "name": name, "namespace": "n", "uid": name, "resourceVersion": str(version), "labels": _labels(revision),
            "ownerReferences": _OWNERS, "annotations": {"checksum/config": revision},
            "managedFields": _managed_fields(10),
        },
        "spec": {"nodeName": f"node-{node}", "containers": [container]},
        "status": {"phase": "Running", "conditions": conditions,
                   "containerStatuses": [{"name": "agent", "ready": True, "state": {"running": {}}}]},
    }  # fmt: skip


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or each answer waits 40 ms for its client

    @property
    def _api(self) -> FakeApi:
        api: FakeApi = self.server.api  # type: ignore[attr-defined]
        return api

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""

    def do_GET(self) -> None:
        """Serve an object, a page of a collection, or a watch."""
        url = urlsplit(self.path)
        query, what = parse_qs(url.query), url.path.rsplit("/", 1)[-1]
        if "watch" in query:
            self._watch()
        elif what == "agent":
            self._answer(200, self._api.daemon_set())
        else:
            with self._api.lock:
                every = {"nodes": self._api.nodes, "pods": [*self._api.pods.values()]}.get(what, self._api.revisions())
                first = int(query.get("continue", ["0"])[0])
                last = first + int(query.get("limit", ["500"])[0])
                more = {"continue": str(last)} if last < len(every) else {}
                metadata = {"resourceVersion": str(self._api.version), **more}
                self._answer(200, {"metadata": metadata, "items": every[first:last]})

    def do_PATCH(self) -> None:
        """Take a patch of the DaemonSet, which changes nothing that matters here."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer(200, self._api.daemon_set())

    def do_DELETE(self) -> None:
        """Delete a pod."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        there = self._api.delete(self.path.rsplit("/", 1)[-1])
        self._answer(200 if there else 404, {"kind": "Status"})

    def _answer(self, status: int, body: Json) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _watch(self) -> None:
        """Send what happens from now on: the driver asks right after its list, and nobody else deletes."""
        events: queue.Queue[bytes] = queue.Queue()
        self._api.watchers.append(events)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            while True:
                line = events.get()
                self.wfile.write(b"%x\r\n%b\r\n" % (len(line), line))
        except OSError:
            self._api.watchers.remove(events)
