"""
Brings a changed text to running pods, and proves that each has read it in the process that it had.

Not here: what an answer means (core/waves/reload_check.py), and asking until it is good (gates.py).
"""

import base64
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TypeVar

from ..cluster.client import Cluster, ClusterError, Forbidden, Object, owned
from ..cluster.retrying import Backoff
from ..core.configuration.digest import short_hash
from ..core.kubernetes.annotations import RELOAD_ANNOTATION
from ..core.kubernetes.field_managers import DRIVER, MANAGER
from ..core.kubernetes.pods import ProbedPod, container_restarts, place_of, pod_of, probed_pod
from ..core.kubernetes.workload_kinds import WorkloadKind
from ..core.revisions.reload_note import ReloadNote, reload_note
from ..core.waves import reload_words as words
from ..core.waves.reload_canary import Canary
from ..core.waves.reload_check import (
    BACK,
    KEEP,
    RESTART,
    Answer,
    ReloadCheck,
    ReloadGate,
    answer_of,
    is_new,
    with_digests,
)
from .driven import AWAY_SECONDS, Say, Stopped
from .gates import GateChecker
from .reload_canary import CanaryPod
from .reload_report import ReloadReport
from .reload_restart import InWaves, RestartOfAll

T = TypeVar("T")

SECTIONS = ("data", "binaryData")
"""What a ConfigMap holds."""

_PARALLEL = 10
_WAVE = "reload"
"""What a command gets as the name of the wave."""


class NotReloaded(Exception):
    """Some pods have not read the new text, in words."""


@dataclass(frozen=True)
class Text:
    """
    One state of the ConfigMaps that change in place: name -> object to apply, and the hash of all of it.

    `values` is key -> bytes of what they hold.
    """

    config_maps: Mapping[str, Object]
    hash: str
    values: Mapping[str, bytes] = field(default_factory=dict)


def text_of(config_maps: Mapping[str, Object], text_hash: str) -> Text:
    """Return the text that these ConfigMaps hold."""
    values: dict[str, bytes] = {}
    for one in config_maps.values():
        values |= {key: str(text).encode() for key, text in (one.get("data") or {}).items()}
        values |= {key: base64.b64decode(text) for key, text in (one.get("binaryData") or {}).items()}
    return Text(config_maps, text_hash, values)


@dataclass(frozen=True)
class Proof:
    """Which nodes were asked, which had no pod that was ready, and how long the slowest of them took."""

    nodes: Sequence[str]
    away: Sequence[str]
    seconds: float
    restarted: bool = False
    """Whether all pods were restarted, since not all had read the text again."""


class Reload:
    """
    One reload of the pods of one workload.

    Args:
      cluster: Where they are.
      kind: What runs them.
      where: Its namespace and name.
      check: How they are asked.
      say: Takes lines for whoever runs `up`.
      canary: Where one more pod is to come up with the new text first; `None` without waves.

    """

    waves: InWaves | None = None
    """Restarts all pods where the workload has waves; whoever has it sets it before `prove`."""

    def __init__(
        self,
        cluster: Cluster,
        kind: WorkloadKind,
        where: tuple[str, str],
        check: ReloadCheck,
        say: Say,
        canary: Canary | None = None,
    ) -> None:
        self._cluster, self._kind, (self._namespace, self._name) = cluster, kind, where
        self._check, self._say, self._canary = check, say, canary
        self.report = ReloadReport()
        self._over, self._why = threading.Event(), ""
        self._gates = GateChecker(cluster, self._namespace, self._name, over=self._over)
        self._before: Mapping[str, Answer] | None = None
        self._known: frozenset[str] = frozenset()
        self._was: Text | None = None
        self._began = 0.0

    @property
    def is_noted(self) -> bool:
        """Whether `note` has asked the pods what they run."""
        return self._before is not None

    def stop(self, why: str = "") -> None:
        """End all asking, and leave the text as it is."""
        self._why = why
        self._over.set()
        if self.waves:
            self.waves.rollout.stop(why)

    def note(self, to: Text) -> None:
        """
        Ask each pod what it runs before its text changes, and note that at the ConfigMap for an `up` that continues.

        Raises:
          NotReloaded: The canary did not come up with the text.
          ClusterError: The cluster cannot be read.

        """
        self._try_out(to)
        objects = self._objects()
        self._before = self._answers(objects)
        self._began = time.monotonic()
        every = {place_of(self._kind, pod_of(pod)) for pod in objects}
        self.report.begins(self._before, sorted(every - self._before.keys()))
        self._known = frozenset(answer.lines for answer in self._before.values())
        if silent := {node: answer.silent for node, answer in self._before.items() if answer.silent}:
            self._say(words.silent(silent, len(self._before), self._check.question))
        there = self._live(to)
        noted = reload_note(there[min(to.config_maps)])
        self._was = self._with_texts_of(there, to)
        is_there, is_noted = self._was is not None and self._was.values == to.values, noted.to == to.hash
        if is_noted and noted.failed != BACK:  # an earlier `up` has written it, and did not come to the end
            self._known = frozenset(noted.known)
        elif is_there:  # only how it is read has changed, or the text that was taken back is given up
            self._before, self._known = {}, frozenset()
            self.report.begins((), self.report.away)
        if there[min(to.config_maps)] and (noted.failed or (self._before and not is_noted)):
            self._note(to)

    def prove(self, new: Text, old: Text | None) -> Proof:
        """
        Write the text where it is another, and wait until each pod has read it.

        Raises:
          NotReloaded: Not all have; what became of the text is in the message.
          ClusterError: The cluster cannot be read or written.

        """
        if not self.is_noted:
            self.note(new)
        self._write(new)
        nodes, away, report = self.report.nodes, self.report.away, self.report
        if not nodes:
            report.result = "reloaded"
            return Proof(nodes, away, 0.0)
        self._wake(new)
        wrong = self._ask(self._gate(new), nodes, report.reads)
        seconds = time.monotonic() - self._began
        report.refuses(wrong)
        if self._over.is_set():
            raise NotReloaded(words.stopped(self._why))
        if not wrong:
            report.result = "reloaded"
            return Proof(nodes, away, seconds)
        report.result = "failed"
        return self._failed(wrong, new, old or self._was)

    def _failed(self, wrong: Mapping[str, str], new: Text, old: Text | None) -> Proof:
        """Do what is to follow where not all have read a text: raise, unless all pods restart."""
        lines = words.not_reloaded(wrong, len(self.report.nodes))
        closed = self.waves.closed() if self.waves else ""
        if self._check.on_failure == RESTART and not closed:
            self._say("\n".join([*lines, words.RESTARTS]))
            self._restart(new, old)
            return Proof(self.report.nodes, self.report.away, time.monotonic() - self._began, restarted=True)
        if self._check.on_failure == KEEP or old is None:
            self._note(new, KEEP)
            raise NotReloaded("\n".join([*lines, words.KEPT]))
        lines += [f"nothing restarts: {closed}"] if closed else []
        self._say(lines[0])
        still = self._take_back(old, self.report.nodes)
        self.report.result = "failed" if still else "restored"
        raise NotReloaded("\n".join([*lines, *words.taken_back(still)]))

    def _try_out(self, new: Text) -> None:
        """Let the canary come up with a text that no pod has yet; one that fails with the old text too says nothing."""
        old = self._with_texts_of(self._live(new), new)
        if self._canary is None or old is None or old.values == new.values:
            return
        ready = {place_of(self._kind, pod) for pod in map(pod_of, self._objects()) if pod.available}
        node = next((node for node in self._canary.nodes if node in ready), None)
        if node is None:
            return
        daemon_set, began = self._workload(), time.monotonic()
        pod = CanaryPod(self._cluster, self._canary, self._check, self._over)
        wrong = pod.try_out(daemon_set, node, new.config_maps, new.values)
        seconds = time.monotonic() - began
        as_before = pod.try_out(daemon_set, node, old.config_maps, old.values) if wrong else None
        if self._over.is_set():
            raise NotReloaded(words.canary_stopped(self._why))
        if wrong and not as_before:
            raise NotReloaded(words.canary_failed(node, wrong))
        if wrong is not None:
            self._say(words.canary_says_nothing(node, as_before) if as_before else words.canary_came_up(node, seconds))

    def _take_back(self, old: Text, nodes: Sequence[str]) -> dict[str, str]:
        """Write the old text, and return node -> why it is not known to be in force there."""
        snapshot = self._answers(self._objects())
        self._put_back(old)
        gate = replace(self._gate(old), before=snapshot, is_back=True)
        asked = [node for node in nodes if node in snapshot and not snapshot[node].silent]
        still = {node: f"does not answer ({of.silent})" for node, of in snapshot.items() if of.silent and node in nodes}
        return still | self._ask(gate, asked, lambda node, is_new: None)

    def _put_back(self, old: Text) -> None:
        self._write(old)
        self._note(old, BACK)
        self._wake(old)

    def _restart(self, new: Text, old: Text | None) -> None:
        def take_back() -> None:
            if old is not None:
                self._put_back(old)
                self.report.result = "restored"

        seconds, over = self._check.timeout_seconds, self._over
        restart = RestartOfAll(self._cluster, self._kind, self._workload, seconds, over, self.waves)
        try:
            self.report.restarts = restart.run(short_hash(new.hash), take_back)
            self.report.result = "restarted"
        except Stopped as stopped:
            self.report.restarts = self.waves.rollout.report.restarts if self.waves else 0
            if self.report.result != "restored":
                self._note(new, KEEP)
            raise NotReloaded(str(stopped)) from None

    def _gate(self, text: Text) -> ReloadGate:
        question = with_digests(self._check.question, text.values)
        return ReloadGate(question, self._before or {}, self._known, timeout_seconds=self._check.timeout_seconds)

    def _ask(self, gate: ReloadGate, nodes: Sequence[str], reads: Callable[[str, bool], None]) -> dict[str, str]:
        """
        Return node -> what is wrong. Who has read it is asked once more: a rejection may show a moment later.

        `reads` hears of each node whose pod has, and whether that pod is new.
        """

        def passed(pod: ProbedPod) -> None:
            reads(pod.node, is_new(gate, pod))

        if self._check.argv and not gate.is_back and (answer := self._run(nodes)):
            return {"": answer}
        if wrong := self._gates.reloads(gate, nodes, self._pods, passed):
            return wrong
        return self._gates.reloads(replace(gate, timeout_seconds=1), nodes, self._pods, passed)

    def _run(self, nodes: Sequence[str]) -> str:
        """Run the command until it passes or the time is over."""
        gate, backoff = self._check.command, Backoff(over=self._over)
        give_up = time.monotonic() + gate.timeout_seconds
        while True:
            answers = self._gates.check([gate], _WAVE, nodes, self._pods)
            if not answers or time.monotonic() > give_up or backoff.wait():
                return next((of[""] for of in answers.values()), "")

    def _workload(self) -> Object:
        workload = self._cluster.get(self._kind.resource, self._name, self._namespace)
        if workload is None:
            raise ClusterError(f"{self._kind.where(self._namespace, self._name)}: does not exist. Run `pulumi up`.")
        return workload

    def _objects(self) -> list[Object]:
        """Return the pods that are not being deleted."""
        pods: list[Object] = Backoff(AWAY_SECONDS, over=self._over).run(
            lambda: owned(self._cluster, "pods", self._workload())
        )
        return [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]

    def _pods(self) -> list[ProbedPod]:
        return [self._probed(pod) for pod in self._objects()]

    def _probed(self, pod: Object) -> ProbedPod:
        return replace(probed_pod(pod, container_restarts(pod)), node=place_of(self._kind, pod_of(pod)))

    def _answers(self, objects: Sequence[Object]) -> dict[str, Answer]:
        """Return what each of some pods that is ready answers now."""
        ready = [self._probed(pod) for pod in objects if pod_of(pod).available]
        question = self._check.question

        def ask(pod: ProbedPod) -> Answer:
            if question is None:
                return answer_of(pod, None)
            backoff = Backoff(tries=3, over=self._over)
            status, body = backoff.run(
                lambda: self._cluster.ask_pod(pod.name, self._namespace, question.port, question.path)
            )
            return answer_of(pod, question, body, status)

        return dict(zip([pod.node for pod in ready], self._each(ask, ready), strict=True))

    def _write(self, text: Text) -> None:
        for name, live in self._live(text).items():
            body = text.config_maps[name]
            if any((live.get(section) or {}) != (body.get(section) or {}) for section in SECTIONS):
                self._cluster.apply("configmaps", name, self._namespace, body, MANAGER)

    def _live(self, to: Text) -> dict[str, Object]:
        """Return the ConfigMaps that are there, by name; an empty one for each that is not."""
        return {name: self._cluster.get("configmaps", name, self._namespace) or {} for name in to.config_maps}

    def _with_texts_of(self, there: Mapping[str, Object], to: Text) -> Text | None:
        """Return the ConfigMaps with the texts that are there now; `None` where one is missing."""
        if not all(there.values()):
            return None
        bodies = {}
        for name, live in there.items():
            bare = {key: of for key, of in to.config_maps[name].items() if key not in SECTIONS}
            bodies[name] = {**bare, **{section: live[section] for section in SECTIONS if section in live}}
        return text_of(bodies, "before")

    def _note(self, text: Text, failed: str = "") -> None:
        question = with_digests(self._check.question, text.values)
        ask = {name: value for name, value in vars(question).items() if value} if question else {}
        note = ReloadNote(text.hash, sorted(self._known), failed, ask)
        self._annotate("configmaps", min(text.config_maps), str(note))

    def _wake(self, text: Text) -> None:
        """Let each kubelet look at once, by a change of its pod; without the permission they look by themselves."""
        refused: list[str] = []

        def touch(pod: ProbedPod) -> None:
            if not refused:
                try:
                    self._annotate("pods", pod.name, short_hash(text.hash))
                except Forbidden as error:
                    refused.append(str(error))
                except ClusterError:
                    return  # it is a matter of time alone

        self._each(touch, self._pods())
        if refused:
            self._say(words.not_woken(refused[0]))

    def _annotate(self, resource: str, name: str, value: str) -> None:
        body = {"metadata": {"annotations": {RELOAD_ANNOTATION: value}}}
        self._cluster.patch(resource, name, self._namespace, body, manager=DRIVER)

    def _each(self, function: Callable[[ProbedPod], T], pods: Sequence[ProbedPod]) -> list[T]:
        with ThreadPoolExecutor(_PARALLEL) as pool:
            return list(pool.map(function, pods))
