"""
The programs in the pods: each reads its configuration when it starts, and never again, as kube-proxy does.

kwok runs no program, and does not know what is in a ConfigMap. So a pod of a DaemonSet becomes ready here only when its
files are there and good, and what it read is remembered: it is what the pod runs until it is replaced.
"""

import base64
import queue
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import requests

from ..api import Api, Json
from ..kwok import FATE, condition
from .situations import KEY, TOKEN, is_bad

PROBE = {"tcpSocket": {"host": "127.0.0.1", "port": 10256}}
"""The readiness probe of a pod that nobody but us may call ready."""

_RETRY_SECONDS = 0.05
_CRASHED = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off restarting failed container"}}


@dataclass(frozen=True)
class Reading:
    """What a program read when it started; empty where it mounts no such object."""

    config: str
    token: str = ""


@dataclass(frozen=True)
class Mounts:
    """The names of the ConfigMap and the Secret that a pod mounts."""

    config_map: str
    secret: str

    @classmethod
    def of(cls, spec: Mapping[str, Any]) -> "Mounts":
        """Read them in a pod's spec."""
        volumes = spec.get("volumes", [])
        config_maps = [volume["configMap"]["name"] for volume in volumes if "configMap" in volume]
        secrets = [volume["secret"]["secretName"] for volume in volumes if "secret" in volume]
        return cls(next(iter(config_maps), ""), next(iter(secrets), ""))


def token_in(secret: Json) -> str:
    """Return the token in a Secret as the API server has it."""
    return base64.b64decode(secret.get("data", {}).get(TOKEN, "")).decode()


class Programs:
    """
    Starts the program of each pod that mounts a ConfigMap; a context manager.

    `read` is pod UID -> what it read, `stuck` the UIDs of pods whose files are not there.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self.read: dict[str, Reading] = {}
        self.stuck: frozenset[str] = frozenset()
        self._seen: set[str] = set()
        self._queue: queue.Queue[Json] = queue.Queue()
        self._over = threading.Event()

    def __enter__(self) -> "Programs":
        version = self._api.resource_version("pods")
        threading.Thread(target=self._watch, args=(version,), daemon=True).start()
        self._worker = threading.Thread(target=self._work, daemon=True)
        self._worker.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._worker.join()

    def _watch(self, version: str) -> None:
        with suppress(requests.RequestException):  # the cluster is gone
            for event in self._api.watch("pods", version):
                if self._over.is_set():
                    return
                self._queue.put(event)

    def _work(self) -> None:
        waiting: dict[str, Json] = {}
        while not self._over.is_set():
            with suppress(queue.Empty):
                event = self._queue.get(timeout=_RETRY_SECONDS)
                pod = event["object"]
                if event["type"] == "DELETED":
                    waiting.pop(pod["metadata"]["uid"], None)
                else:
                    waiting[pod["metadata"]["uid"]] = pod
            for uid, pod in list(waiting.items()):
                if uid in self._seen or "deletionTimestamp" in pod["metadata"] or self._started(pod):
                    del waiting[uid]
            self.stuck = frozenset(waiting)

    def _started(self, pod: Json) -> bool:
        """Start a program; return whether nothing is left to do, until the next event of its pod."""
        mounts, is_ours = Mounts.of(pod["spec"]), _is_probed(pod)
        if not mounts.config_map or not pod["spec"].get("nodeName"):
            return True
        if is_ours and pod.get("status", {}).get("phase") != "Running":
            return True
        reading = self._files(pod["metadata"]["namespace"], mounts)
        if reading is None:
            return False  # as a kubelet does: the pod waits for its volumes
        uid = pod["metadata"]["uid"]
        self._seen.add(uid)
        self.read[uid] = reading
        with suppress(requests.HTTPError):  # it may be gone by now
            self._say(pod, is_ours, is_bad(reading.config))
        return True

    def _files(self, namespace: str, mounts: Mounts) -> Reading | None:
        try:
            config = self._api.get(f"namespaces/{namespace}/configmaps/{mounts.config_map}")["data"].get(KEY, "")
            secret = self._api.get(f"namespaces/{namespace}/secrets/{mounts.secret}") if mounts.secret else {}
        except requests.HTTPError:
            return None
        return Reading(config, token_in(secret))

    def _say(self, pod: Json, is_ours: bool, crashes: bool) -> None:
        """Say what became of a pod. One without our probe kwok makes ready by itself, unless it is told otherwise."""
        path = f"namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"
        if not is_ours:
            if crashes:
                self._api.patch(path, {"metadata": {"annotations": {FATE: "crash"}}})
            return
        (container,) = pod["spec"]["containers"]
        state = {"state": _CRASHED, "restartCount": 3} if crashes else {"restartCount": 0}
        told = {"name": container["name"], "image": container["image"], "imageID": "", "ready": not crashes, **state}
        status = {
            "conditions": [condition("Ready", str(not crashes)), condition("ContainersReady", str(not crashes))],
            "containerStatuses": [told],
        }
        self._api.patch(f"{path}/status", {"status": status}, "strategic-merge")


def _is_probed(pod: Json) -> bool:
    return any("host" in one.get("readinessProbe", {}).get("tcpSocket", {}) for one in pod["spec"]["containers"])
