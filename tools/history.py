"""Everything that was written to a `LocalCluster`, as etcd keeps it: in its order, none left out, whoever was away."""

import base64
import json
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import requests

from .api import Json
from .local_cluster import LocalCluster

_PREFIX = "/registry/"
_KINDS = {"pods", "daemonsets", "controllerrevisions", "replicasets", "configmaps", "secrets", "minions"}


@dataclass(frozen=True)
class Write:
    """One write: `at` is when it was seen (`time.monotonic`), `after` is `None` for a deletion."""

    at: float
    key: str
    """`KIND/NAMESPACE/NAME` as etcd has it; a node is `minions/NAME`."""
    before: Json | None
    after: Json | None


@dataclass
class History:
    """
    Follows pods, DaemonSets, revisions of all kinds, ConfigMaps, Secrets and nodes from `with` on; a context manager.

    Reads etcd itself, so that no death of the API server can hide anything; after one of etcd it goes on where it was.
    Needs a cluster that is `recorded`.
    """

    cluster: LocalCluster
    at_first: dict[str, Json] = field(default_factory=dict)
    writes: list[Write] = field(default_factory=list)

    def __enter__(self) -> "History":
        read = self._ask("range", {"key": _text(_PREFIX), "range_end": _text("/registry0")})
        for item in read.get("kvs", []):
            if key := _key(item):
                self.at_first[key] = _object(item) or {}
        self._seen = self._last = int(read["header"]["revision"])
        self._over = threading.Event()
        self._answer: requests.Response | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self._over.set()
        if self._answer:
            self._answer.close()

    def catch_up(self) -> None:
        """Wait until everything is here that has been written until now."""
        last = int(self._ask("range", {"key": _text(_PREFIX)})["header"]["revision"])
        give_up = time.monotonic() + 30
        while self._seen < last:
            if time.monotonic() > give_up:
                raise RuntimeError(f"history: ends at {self._seen}, and etcd is at {last}")
            time.sleep(0.02)

    def _ask(self, what: str, body: Json) -> Json:
        answer: Json = requests.post(f"{self.cluster.etcd}/v3/kv/{what}", json=body, timeout=60).json()
        return answer

    def _run(self) -> None:
        while not self._over.is_set():
            # Closed by us, or etcd is gone; one that stays so leaves the end unreached, which is reported.
            with suppress(OSError, AttributeError, ValueError, requests.RequestException):
                self._follow(self._last + 1)
            self._over.wait(0.05)

    def _follow(self, revision: int) -> None:
        wanted = {"key": _text(_PREFIX), "range_end": _text("/registry0"), "start_revision": revision, "prev_kv": True}
        url = f"{self.cluster.etcd}/v3/watch"
        with requests.post(url, json={"create_request": wanted}, stream=True, timeout=(10, None)) as answer:
            self._answer = answer
            for line in answer.iter_lines(chunk_size=None):
                result = json.loads(line)["result"]
                for event in result.get("events", []):
                    self._take(event)
                    self._last = int(event["kv"]["mod_revision"])
                self._seen = int(result["header"]["revision"])

    def _take(self, event: Json) -> None:
        item = event["kv"]
        if key := _key(item):
            before, after = event.get("prev_kv"), None if event.get("type") == "DELETE" else item
            self.writes.append(Write(time.monotonic(), key, _object(before), _object(after)))


def _text(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _key(item: Json) -> str:
    """Return what a key of etcd names; empty for what nobody follows."""
    key = base64.b64decode(item["key"]).decode().removeprefix(_PREFIX)
    return key if key.split("/")[0] in _KINDS else ""


def _object(item: Any) -> Json | None:
    """Return an object as the API server would, with its version; `None` for one that is deleted."""
    if not item or not item.get("value"):
        return None
    found: Json = json.loads(base64.b64decode(item["value"]))
    found["metadata"]["resourceVersion"] = item["mod_revision"]
    return found
