"""What happened to the pods of a workload: every event that the API server sent, in its order."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType

import requests

from .api import Api, Json


@dataclass(frozen=True)
class Pod:
    """What one event says of a pod."""

    name: str
    node: str
    place: str
    """What the pod after it has too: the node of a DaemonSet's, the name of a StatefulSet's."""
    uid: str
    config_hash: str
    config_maps: tuple[str, ...]
    image: str
    ready: bool
    version: int
    """The event's place in the history of the whole cluster."""

    @classmethod
    def of(cls, pod: Json) -> "Pod":
        """Read a pod as the API server sends it. One that is being deleted is not ready."""
        metadata, spec = pod["metadata"], pod["spec"]
        is_named = any(owner["kind"] == "StatefulSet" for owner in metadata.get("ownerReferences", []))
        conditions = pod.get("status", {}).get("conditions", [])
        ready = any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)
        return cls(
            name=metadata["name"],
            node=_node(spec),
            place=metadata["name"] if is_named else _node(spec),
            uid=metadata["uid"],
            config_hash=metadata.get("annotations", {}).get("checksum/config", ""),
            config_maps=tuple(v["configMap"]["name"] for v in spec.get("volumes", []) if "configMap" in v),
            image=spec["containers"][0]["image"],
            ready=ready and "deletionTimestamp" not in metadata,
            version=int(metadata["resourceVersion"]),
        )


def _node(spec: Json) -> str:
    """Return the node a DaemonSet's pod is for, also before the scheduler has bound it."""
    terms = spec.get("affinity", {}).get("nodeAffinity", {})
    terms = terms.get("requiredDuringSchedulingIgnoredDuringExecution", {}).get("nodeSelectorTerms", [])
    names = [value for term in terms for match in term.get("matchFields", []) for value in match["values"]]
    return str(spec.get("nodeName") or (names[0] if names else ""))


def unavailable(before: Sequence[Pod], events: Iterable[tuple[str, Pod]]) -> Iterator[set[str]]:
    """Yield, at first and after every event, the places that had a pod at first and have no ready one now."""
    pods = {pod.uid: pod for pod in before}
    places = {pod.place for pod in before}
    yield places - {pod.place for pod in pods.values() if pod.ready}
    for kind, pod in events:
        if kind == "DELETED":
            pods.pop(pod.uid, None)
        else:
            pods[pod.uid] = pod
        yield places - {pod.place for pod in pods.values() if pod.ready}


@dataclass
class Recorder:
    """
    Records the pods of a namespace from `with` on; a context manager.

    `events` holds (`ADDED`, `MODIFIED` or `DELETED`, pod) as they came from a watch, none left out; after
    the API server has been started again what it shows then.
    """

    api: Api
    namespace: str
    before: list[Pod] = field(default_factory=list)
    events: list[tuple[str, Pod]] = field(default_factory=list)

    def __enter__(self) -> "Recorder":
        path = f"namespaces/{self.namespace}/pods"
        version = self.api.resource_version(path)
        self.before = [Pod.of(pod) for pod in self.api.list(path)]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._record, args=(path, version), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop after everything that happened until now has arrived: a marker pod's event is the last."""
        marker = f"recorder-{len(self.events)}"
        path = f"namespaces/{self.namespace}/pods"
        spec = {"containers": [{"name": "marker", "image": "marker"}], "schedulerName": "nobody"}
        self._marker = marker
        self.api.create(path, {"metadata": {"name": marker}, "spec": spec})
        self._over.wait(30)
        self.api.delete(f"{path}/{marker}")

    def replaced(self) -> dict[str, int]:
        """Return how many pods were created on each node since the recording began."""
        counts: dict[str, int] = {}
        for kind, pod in self.events:
            if kind == "ADDED":
                counts[pod.node] = counts.get(pod.node, 0) + 1
        return counts

    def unavailable(self) -> Iterator[set[str]]:
        """Yield, at first and after every event, the places that had a pod at first and have no ready one now."""
        return unavailable(self.before, self.events)

    def _record(self, path: str, version: str) -> None:
        while not self._over.is_set():
            with suppress(requests.RequestException):
                for event in self.api.watch(path, version):
                    if event["type"] == "ERROR":
                        version = self._list_again(path)
                        break
                    version = event["object"]["metadata"]["resourceVersion"]
                    if event["object"]["metadata"]["name"] == getattr(self, "_marker", None):
                        self._over.set()
                        return
                    self.events.append((event["type"], Pod.of(event["object"])))

    def _list_again(self, path: str) -> str:
        """Record what has changed since the last event, where the server no longer knows it; return the version."""
        listed = self.api.get(path)
        known = {pod.uid: pod for pod in self.before}
        for kind, pod in self.events:
            known = {uid: p for uid, p in known.items() if uid != pod.uid} | (
                {} if kind == "DELETED" else {pod.uid: pod}
            )
        now = {pod.uid: pod for pod in map(Pod.of, listed["items"]) if pod.name != getattr(self, "_marker", None)}
        self.events += [("DELETED", pod) for uid, pod in known.items() if uid not in now]
        self.events += [("MODIFIED" if uid in known else "ADDED", pod) for uid, pod in now.items()]
        return str(listed["metadata"]["resourceVersion"])
