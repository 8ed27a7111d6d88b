"""One peer, in one situation after the other, on the real control plane."""

import json
import math
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ..api import Json
from ..history import History
from ..pods import Pod
from .counted import Cell, Meanings, Namespace, Runs, merged
from .killed import Killed
from .peers import Bench, Failed, Peer
from .programs import Mounts, Programs, Reading
from .situations import KEY, Situation, State, Step, is_bad

_QUIET_SECONDS, _LONGEST_SECONDS = 3.0, 300.0
"""
How long pods have to be quiet where some crash, some wait for files that are not there, or only a delete restarts them:
then nothing more will happen. All others come to rest, and on a machine that is too slow for that there is no figure.
"""

_POLL_SECONDS = 0.2

_EDITED_BY = 100

_NOTHING = Cell(pods=0, needed=0, needless=0, missed=0, reached=0, early=0, latent=0, at_once=0)


class Run:
    """A peer in a namespace of its own; a context manager. It is installed with a state, which is not counted."""

    def __init__(
        self, bench: Bench, peer: Peer, programs: Programs, meanings: Meanings, namespace: str, state: State
    ) -> None:
        self._bench, self._peer, self._programs, self._meanings = bench, peer, programs, meanings
        self._namespace, self._cluster = peer.namespace or namespace, bench.cluster
        self._ran: dict[str, Runs] = {}
        self._state = state

    def __enter__(self) -> "Run":
        if self._peer.namespace:
            self._cluster.remove_kube_proxy()
        else:
            self._cluster.create_namespace(self._namespace)
        self._history = History(self._cluster)
        self._history.__enter__()
        self._now = Namespace(self._namespace, self._history.at_first, self._ran)
        self._taken = 0
        self._bench.note(f"## {self._namespace}: installed")
        self._tool = self._peer.make(self._bench, self._namespace)
        self._tool.deploy(self._state)
        self._settle()
        self._count()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._history.__exit__(None, None, None)
        of = f"namespaces/{self._namespace}"
        for name in self._wanted():
            self._cluster.api.delete(f"{of}/daemonsets/{name}")
        if kind is None:  # the next peer's writes are counted: these would be among them
            self._cluster.wait("its pods to go", lambda: not self._cluster.api.list(f"{of}/pods"))

    def play(self, situation: Situation, log: Path) -> Cell:
        """Let a situation happen, and return what it did; what the tool prints goes to the log."""
        self._bench.log = log
        self._bench.note(f"## {self._namespace}: {situation.name}")
        if not situation.follows:
            self._refresh()
        steps, cluster = situation.steps(self._state), self._cluster
        writes, asked, written = cluster.writes(), cluster.asked_bytes(), cluster.etcd_written_bytes()
        failed, cells, began = 0, [], time.monotonic()
        for number, step in enumerate(steps, 1):
            self._state = step.state
            failed += self._failures(step)
            if number == len(steps) or not situation.is_quick:
                self._settle()
                cells.append(self._count())
            if step.act in ("edit", "ahead"):
                cells[-1] = replace(_NOTHING, early=cells[-1].early)  # the pod that died is nobody's restart
            if step.act == "killed":
                cells[-1] = replace(cells[-1], missed=0)  # it has another run
        cell, seconds = merged(cells), time.monotonic() - began
        requests = Counter(f"{verb} {resource}" for verb, resource, _ in cluster.requests_of("", asked))
        return replace(
            cell,
            missed=0 if situation.is_bad else cell.missed,
            failed=failed,
            writes=dict(sorted((Counter(cluster.writes()) - Counter(writes)).items())),
            requests=dict(sorted(requests.items())),
            bytes=cluster.etcd_written_bytes() - written,
            seconds=round(seconds, 2),
        )

    def _failures(self, step: Step) -> int:
        """Do one thing, and return how often a tool said that it failed, apart from one that was killed."""
        tool = self._tool
        if step.act in ("edit", "ahead"):
            self._edit(step)
            return 0
        if step.act == "undo":
            return _fails(self._undo)
        if step.act == "killed":
            self._kill(step.state)
            return 0
        deploy = tool.upgraded if step.act == "upgraded" else tool.deploy
        assert deploy
        failed = _fails(deploy, step.state)
        if failed and step.act == "again":
            failed += _fails(tool.unlock) + _fails(deploy, step.state)
        return failed

    def _undo(self) -> None:
        self._kubectl("rollout", "undo", f"daemonset/{next(iter(self._wanted()))}")

    def _kill(self, state: State) -> None:
        """Deploy, and kill the tool once it has written something."""
        taken = len(self._history.writes)

        def has_written() -> bool:
            keys = [write.key.split("/") for write in self._history.writes[taken:]]
            return any(kind != "pods" and namespace == self._namespace for kind, namespace, *_ in keys)

        with Killed(has_written) as killed:
            _fails(self._tool.deploy, state)
        self._bench.note("It was killed." if killed.hit else "It was done before it could be killed.")

    def _edit(self, step: Step) -> None:
        """Write the next value, or another one, into the ConfigMap that pods mount, if it lets anybody."""
        of = f"namespaces/{self._namespace}/daemonsets/{next(iter(self._wanted()))}"
        live = self._cluster.api.get(of)
        name = Mounts.of(live["spec"]["template"]["spec"]).config_map
        state = step.state if step.act == "ahead" else replace(step.state, value=step.state.value + _EDITED_BY)
        patch = json.dumps({"data": {KEY: state.config}})
        with suppress(RuntimeError):  # the API server refuses to change an immutable one
            self._kubectl("patch", "configmap", name, "--type=merge", f"--patch={patch}")
        if step.act == "edit":
            self._kubectl("delete", "pod", min(pod.name for pod in self._now.pods()))

    def _kubectl(self, *arguments: str) -> None:
        self._bench.note(f"$ kubectl {' '.join(arguments)}")
        try:
            self._bench.note(self._cluster.kubectl("--namespace", self._namespace, *arguments))
        except RuntimeError as error:
            self._bench.note(str(error))
            raise

    def _refresh(self) -> None:
        """Let every pod run what is deployed, if one does not: the next situation is about its own change alone."""
        stale = self._now.stale(self._wanted())
        if not stale:
            return
        self._kubectl("delete", "pod", *(pod.name for pod in stale))
        self._settle()
        self._count()

    def _wanted(self) -> dict[str, Runs]:
        """Return workload -> what its pods should run with."""
        if self._peer.workload:
            return {self._peer.workload: self._meanings.of(Reading(self._state.config))}
        every = self._bench.workloads(self._state)
        readings = {one.name: Reading(one.state.config, one.state.token if one.secret else "") for one in every}
        return {name: self._meanings.of(reading) for name, reading in readings.items()}

    def _count(self) -> Cell:
        """Take in what was written until now, and return what it did."""
        self._history.catch_up()
        writes = self._history.writes[self._taken :]
        self._taken += len(writes)
        new = set(self._programs.read) - set(self._ran)
        self._ran |= {uid: self._meanings.of(self._programs.read[uid]) for uid in new}
        return self._now.counted(writes, self._wanted(), self._meanings)

    def _settle(self) -> None:
        """Wait until every pod is of the newest revision and ready, or nothing more happens."""
        began = time.monotonic()
        while (patience := self._patience()) is not None:
            if self._quiet_since(began) > patience:
                return
            if time.monotonic() - began > _LONGEST_SECONDS:
                raise RuntimeError(f"{self._peer.name}: its pods do not come to rest in {_LONGEST_SECONDS:.0f} s.")
            time.sleep(_POLL_SECONDS)
            while self._quiet_since(began) < _POLL_SECONDS:  # asking may cost the API server more than the rollout does
                time.sleep(_POLL_SECONDS)

    def _quiet_since(self, began: float) -> float:
        """Return for how many seconds nothing has been written to pods, at most since a moment."""
        written = [write.at for write in self._history.writes[self._taken :] if write.key.startswith("pods/")]
        return time.monotonic() - max([began, *written])

    def _patience(self) -> float | None:
        """Return for how many seconds nothing has to happen until nothing more will: `None` where all is at rest."""
        of = f"namespaces/{self._namespace}"
        every, pods = self._cluster.api.list(f"{of}/daemonsets"), self._cluster.api.list(f"{of}/pods")
        ready = [pod for pod in pods if Pod.of(pod).ready]
        desired = sum(one["status"].get("desiredNumberScheduled", 0) for one in every)
        if desired == len(pods) == len(ready) and all(map(_is_told, every)):
            return None
        read = [self._programs.read.get(pod["metadata"]["uid"]) for pod in pods]
        waits = any(pod["metadata"]["uid"] in self._programs.stuck for pod in pods)
        crashes = any(reading and is_bad(reading.config) for reading in read)
        is_frozen = desired == len(ready) and any(one["spec"]["updateStrategy"]["type"] == "OnDelete" for one in every)
        return _QUIET_SECONDS if crashes or is_frozen or waits else math.inf


def _fails(does: Callable[..., None], *arguments: object) -> int:
    """Return 1 if something fails, and 0 if it does not."""
    try:
        does(*arguments)
    except (Failed, RuntimeError):
        return 1
    return 0


def _is_told(daemon_set: Json) -> bool:
    """Tell whether the status of a DaemonSet is of its newest template, and says that all pods are of it."""
    status = daemon_set["status"]
    counts = {status.get(f"{what}NumberScheduled", 0) for what in ("desired", "current", "updated")}
    is_seen = status.get("observedGeneration") == daemon_set["metadata"]["generation"]
    return is_seen and counts == {status.get("numberAvailable", 0)}
