"""
Asks the gates of a wave, each for as long as it may take: pods through the API server, endpoints, programs, functions.

Whether an answer is good is the core's (core/waves/gate_answers.py).
"""

import http.client
import os
import signal
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from ..cluster.client import SECONDS, Cluster, ClusterError
from ..cluster.retrying import Backoff
from ..core.kubernetes.pods import ProbedPod
from ..core.kubernetes.retry import is_passing
from ..core.kubernetes.workload_kinds import DAEMON_SET, WorkloadKind
from ..core.waves.gate_answers import (
    WantedProxy,
    judge_configz,
    judge_livez,
    judge_metrics,
    judge_restarts,
    judge_series,
    told_apart,
)
from ..core.waves.gates import (
    BEFORE,
    AskedGate,
    CommandGate,
    FunctionGate,
    Gate,
    HttpGate,
    KubeProxyGate,
    NewServiceGate,
    PodGate,
    PrometheusGate,
    RestartsGate,
    UrlGate,
    asked_before,
)
from ..core.waves.http_answers import judge_http
from ..core.waves.order import Wave
from ..core.waves.reload_check import ReloadGate, is_new, judge_process, judge_reload
from ..core.waves.windows import Window
from .driven import AWAY_SECONDS
from .new_service import NewService

_PARALLEL = 10
_BEFORE_SECONDS = 5
"""How long pods and endpoints are asked again before anything restarts: what is so anyway is not waited for."""
_MOST_NODES_BYTES = 100_000
"""How long the list of nodes may be in the environment of a program. Source: Linux execve(2), MAX_ARG_STRLEN."""
_LAST_LINES = 5
_LAST_BYTES = 500

Pods = Callable[[], Sequence[ProbedPod]]


class _Final(Exception):
    """An answer that another try would not change."""


class _NoAnswer(Exception):
    """No answer of the API server, which may be its own fault or the pod's."""


@dataclass
class GateChecker:
    """
    Asks gates about the pods of one workload, by their nodes, or names where it has no place on each node.

    `proxy` is the kube-proxy configuration that the program wants, if it is one; `over` ends all asking early.
    """

    cluster: Cluster
    namespace: str
    name: str
    proxy: WantedProxy | None = None
    over: threading.Event = field(default_factory=threading.Event)
    kind: WorkloadKind = DAEMON_SET
    _one: threading.Lock = field(default_factory=threading.Lock)
    """Only one new Service at a time: a gate begins and ends with removing what others have left."""

    def check(self, gates: Sequence[Gate], wave: str, nodes: Sequence[str], pods: Pods) -> dict[Gate, dict[str, str]]:
        """
        Ask all gates of a wave at the same time, each again until it is passed or its time is over.

        Return, of those that are not passed, node -> why not; the node is empty where one answer is for all.
        """
        asked = [gate for gate in dict.fromkeys(gates) if not isinstance(gate, Window)]
        with ThreadPoolExecutor(max(1, len(asked))) as pool:
            answers = pool.map(lambda gate: self._answers(gate, wave, nodes, pods), asked)
            return {gate: of for gate, of in zip(asked, answers, strict=True) if of}

    def findings(
        self, wave: Wave, nodes: Sequence[str], pods: Pods, excused: Mapping[Gate, Mapping[str, str]]
    ) -> tuple[list[str], list[str]]:
        """Ask the gates of a wave, and return as lines what counts against it and what is excused."""
        against, as_before = [], []
        for gate, answers in self.check(wave.gates, wave.name, nodes, pods).items():
            new, old = told_apart(gate, answers, excused.get(gate, {}))
            against += new
            as_before += old
        return against, as_before

    def reloads(
        self, gate: ReloadGate, nodes: Sequence[str], pods: Pods, passed: Callable[[ProbedPod], None]
    ) -> dict[str, str]:
        """
        Ask pods again until each has read the new text or the time is over; return node -> why not.

        `passed` hears of each pod that has, from any thread.
        """
        return self._of_pods(gate, False, nodes, pods, passed)

    def _answers(self, gate: AskedGate, wave: str, nodes: Sequence[str], pods: Pods) -> dict[str, str]:
        if isinstance(gate, HttpGate | KubeProxyGate | RestartsGate):
            return self._of_pods(gate, wave == BEFORE, nodes, pods)
        if isinstance(gate, NewServiceGate):
            asked = asked_before(gate, nodes) if wave == BEFORE else nodes
            with self._one:
                return NewService(self.cluster, gate, self.namespace, self.name, self.over).ask(asked)
        if isinstance(gate, CommandGate):
            answer = self._run(gate, wave, nodes)
        elif isinstance(gate, FunctionGate):
            answer = _call(gate, wave, nodes)
        else:
            answer = self._of_endpoint(gate, wave == BEFORE)
        return {"": answer} if answer else {}

    def _of_pods(
        self, gate: PodGate | ReloadGate, is_preflight: bool, nodes: Sequence[str], pods: Pods,
        passed: Callable[[ProbedPod], None] = lambda pod: None,
    ) -> dict[str, str]:  # fmt: skip
        """
        Ask the pods of all nodes, and again those that answered badly; each is asked once at least.

        Time in which the API server did not answer does not count: that says nothing of a pod.
        """
        give_up, backoff = time.monotonic() + _seconds(gate, is_preflight), Backoff(over=self.over)
        last = dict.fromkeys(nodes, "")
        final: set[str] = set()
        there: Mapping[str, ProbedPod] = {}
        silent: set[str] = set()

        def probe(node: str) -> None:
            if backoff.failures and time.monotonic() > give_up:
                return
            try:
                last[node] = self._probe(gate, there[node], is_preflight) if node in there else "has no pod to ask"
            except _NoAnswer as answer:
                last[node] = str(answer)
                silent.add(node)
            except _Final as answer:
                last[node] = str(answer)
                final.add(node)
            if not last[node]:
                passed(there[node])

        asked = list(nodes)
        with ThreadPoolExecutor(_PARALLEL) as pool:
            while True:
                began = time.monotonic()
                there = {pod.node: pod for pod in pods()}
                silent.clear()
                list(pool.map(probe, asked))
                give_up += self._time_away(began) if silent else 0
                asked = [node for node in asked if last[node] and node not in final]
                if not asked or time.monotonic() > give_up or backoff.wait():
                    return {node: answer for node, answer in last.items() if answer}

    def _probe(self, gate: PodGate | ReloadGate, pod: ProbedPod, is_preflight: bool) -> str:
        """Ask one pod once; return what is wrong with its answer."""
        if isinstance(gate, RestartsGate):
            return judge_restarts(pod)
        try:
            if isinstance(gate, ReloadGate):
                return self._probe_reload(gate, pod)
            if isinstance(gate, HttpGate):
                return judge_http(*self._get(pod, gate.port, gate.path))
            return self._probe_proxy(gate, pod, is_preflight)
        except ClusterError as error:
            if error.status == 0:
                raise _NoAnswer(str(error)) from None
            if is_passing(error.status):
                return str(error)
            raise _Final(str(error)) from None

    def _probe_reload(self, gate: ReloadGate, pod: ProbedPod) -> str:
        if wrong := judge_process(gate, pod):
            raise _Final(wrong)
        if gate.question is None or is_new(gate, pod):
            return ""
        wrong, is_final = judge_reload(gate, pod, *self._get(pod, gate.question.port, gate.question.path))
        if wrong and is_final:
            raise _Final(wrong)
        return wrong

    def _time_away(self, began: float) -> float:
        """Wait until the API server answers, and return for how long it did not: 0 if the pod is to blame."""
        backoff = Backoff(AWAY_SECONDS, over=self.over)
        try:
            backoff.run(self.cluster.version)
        except ClusterError:
            return 0.0
        return time.monotonic() - began if backoff.failures else 0.0

    def _probe_proxy(self, gate: KubeProxyGate, pod: ProbedPod, is_preflight: bool) -> str:
        port = gate.port or (self.proxy or WantedProxy({})).port
        wrong = judge_livez(*self._get(pod, port, "/livez"), pod.families, pod.started)
        metrics_port = gate.metrics_port or (self.proxy and self.proxy.metrics_port)
        if wrong or is_preflight or not metrics_port:
            return wrong
        wrong = judge_metrics(*self._get(pod, metrics_port, "/metrics"), pod.families)
        return wrong or (judge_configz(*self._get(pod, metrics_port, "/configz"), self.proxy) if self.proxy else "")

    def _get(self, pod: ProbedPod, port: int, path: str) -> tuple[int, bytes]:
        return self.cluster.ask_pod(pod.name, self.namespace, port, path)

    def _of_endpoint(self, gate: UrlGate | PrometheusGate, is_preflight: bool) -> str:
        """Ask an endpoint until its answer is good."""
        seconds = _seconds(gate, is_preflight)
        give_up, backoff = time.monotonic() + seconds, Backoff(over=self.over)
        while True:
            try:
                answer = _ask_endpoint(gate, min(SECONDS, seconds))
            except (OSError, http.client.HTTPException, ValueError) as error:
                answer = f"does not answer ({getattr(error, 'reason', None) or error})"
            if not answer or time.monotonic() > give_up or backoff.wait():
                return answer

    def _run(self, gate: CommandGate, wave: str, nodes: Sequence[str]) -> str:
        """Run a program, in the program's folder and environment; nothing of it is left when its time is over."""
        listed, kind = " ".join(nodes), self.kind
        environment = {**os.environ, "CONFIG_ROLLOUT_WAVE": wave,
                       f"CONFIG_ROLLOUT_{kind.key.upper()}": f"{self.namespace}/{self.name}"}  # fmt: skip
        if len(listed) <= _MOST_NODES_BYTES:
            environment[f"CONFIG_ROLLOUT_{kind.places.upper()}"] = listed
        with tempfile.TemporaryFile() as standard_input, tempfile.TemporaryFile() as output:
            standard_input.write("".join(f"{node}\n" for node in nodes).encode())
            standard_input.seek(0)
            try:
                process = subprocess.Popen(gate.argv, stdin=standard_input, stdout=output, stderr=subprocess.STDOUT,
                                           env=environment, start_new_session=True)  # fmt: skip
            except (OSError, ValueError) as error:
                return f"cannot be run ({getattr(error, 'strerror', None) or error})"
            give_up = time.monotonic() + gate.timeout_seconds
            while process.poll() is None and time.monotonic() < give_up and not self.over.is_set():
                time.sleep(0.05)
            code = process.poll()
            if code is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            if code == 0:
                return ""
            ended = f"did not end within {gate.timeout_seconds} s" if code is None else f"exited with {code}"
            output.seek(max(0, output.seek(0, os.SEEK_END) - _LAST_BYTES))
            lines = output.read().decode(errors="replace").splitlines()[-_LAST_LINES:]
            return ": ".join([ended, *(["; ".join(lines)] if lines else [])])


def _seconds(gate: PodGate | ReloadGate | UrlGate | PrometheusGate, is_preflight: bool) -> float:
    """Return how long a gate is asked again."""
    if isinstance(gate, RestartsGate):
        return 0
    return min(gate.timeout_seconds, _BEFORE_SECONDS) if is_preflight and not gate.strict else gate.timeout_seconds


def _ask_endpoint(gate: UrlGate | PrometheusGate, seconds: float) -> str:
    if isinstance(gate, UrlGate):
        return judge_http(*_fetch(gate.url, seconds))
    query = urllib.parse.urlencode({"query": gate.query})
    return judge_series(*_fetch(f"{gate.url.rstrip('/')}/api/v1/query?{query}", seconds), gate)


def _fetch(url: str, seconds: float) -> tuple[int, bytes]:
    request = urllib.request.Request(url, headers={"User-Agent": "config-rollout"})
    try:
        with urllib.request.urlopen(request, timeout=seconds) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def _call(gate: FunctionGate, wave: str, nodes: Sequence[str]) -> str:
    """Call a function. One whose time is over keeps running, and nothing waits for it any more."""
    answers: list[str] = []

    def call() -> None:
        try:
            answer = gate.function(wave, list(nodes))
            answers.append("" if answer is None or answer is True else str(answer or "returned false"))
        except Exception as error:  # whatever a caller's function raises is its no
            answers.append(f"{type(error).__name__}: {error}")

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(gate.timeout_seconds)
    return answers[0] if answers else f"did not answer within {gate.timeout_seconds} s"
