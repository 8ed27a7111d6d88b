"""Asking gates: how often, how many at once, and what becomes of an answer."""

import sys
import threading
import time

import pytest

from config_rollout.cluster import retrying
from config_rollout.cluster.client import ClusterError
from config_rollout.core.kubernetes.pods import ProbedPod
from config_rollout.core.waves.gates import BEFORE, CommandGate, FunctionGate, HttpGate, RestartsGate, UrlGate
from config_rollout.driver.gates import GateChecker

NODES = [f"n{number:02}" for number in range(30)]


class Pods:
    """Pods that answer by a function of their name; `most` is how many were asked at the same time."""

    def __init__(self, answer):
        self.answer, self.asked, self.now, self.most = answer, [], 0, 0
        self.lock = threading.Lock()

    def ask_pod(self, pod, namespace, port, path):
        with self.lock:
            self.asked.append(pod)
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(0.002)
        try:
            return self.answer(pod)
        finally:
            with self.lock:
                self.now -= 1


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(retrying, "delay_seconds", lambda attempt, fraction: 0.01)


def ask(gate, cluster=None, wave="w", nodes=NODES, over=None):
    checker = GateChecker(cluster, "n", "agent", over=over or threading.Event())
    return checker.check([gate], wave, nodes, lambda: [ProbedPod(node, node) for node in nodes]).get(gate, {})


def test_pods_are_asked_at_the_same_time_and_never_more_than_ten():
    pods = Pods(lambda pod: (200, b""))

    assert {} == ask(HttpGate(1, "/"), pods)
    assert NODES == sorted(pods.asked)
    assert 2 <= pods.most <= 10


def test_only_pods_that_answer_badly_are_asked_again():
    waiting = {"n03": 2, "n07": 1}

    def answer(pod):
        waiting[pod] = waiting.get(pod, 0) - 1
        return (503, b"not yet") if waiting[pod] >= 0 else (200, b"")

    pods = Pods(answer)

    assert {} == ask(HttpGate(1, "/"), pods)
    assert len(NODES) + 3 == len(pods.asked)


def test_last_answer_is_told_when_the_time_is_over(clock):
    assert {"n05": "500 broken"} == ask(
        HttpGate(1, "/", timeout_seconds=1), Pods(lambda pod: (500, b"broken") if pod == "n05" else (200, b""))
    )


def test_answer_that_stays_is_not_asked_for_again():
    def refuse(pod):
        raise ClusterError("may not get pods/proxy.", 403)

    pods = Pods(refuse)

    assert dict.fromkeys(NODES, "may not get pods/proxy.") == ask(HttpGate(1, "/"), pods)
    assert len(NODES) == len(pods.asked)


def test_server_that_is_busy_is_asked_again():
    errors = [ClusterError("is busy.", 429)]

    def answer(pod):
        if errors:
            raise errors.pop()
        return 200, b""

    assert {} == ask(HttpGate(1, "/"), Pods(answer))


def test_node_without_a_pod_is_a_no():
    checker = GateChecker(None, "n", "agent")

    assert {RestartsGate(): {}} != checker.check([RestartsGate()], "w", ["n0"], list)
    assert {RestartsGate(): {"n0": "has no pod to ask"}} == checker.check([RestartsGate()], "w", ["n0"], list)


def test_asking_ends_early_when_nobody_waits_for_it():
    over = threading.Event()
    over.set()
    pods = Pods(lambda pod: (500, b""))

    assert dict.fromkeys(NODES, "500") == ask(HttpGate(1, "/"), pods, over=over)
    assert {"": "did not end within 60 s"} == ask(CommandGate(("sleep", "600")), over=over)
    assert NODES == sorted(pods.asked)


def test_same_gate_twice_is_asked_once():
    asked = []
    gate = FunctionGate(lambda wave, nodes: asked.append((wave, nodes)))
    GateChecker(None, "n", "agent").check([gate, gate], "w", ["n0"], list)

    assert [("w", ["n0"])] == asked


def test_what_has_no_hash_can_be_a_gate():
    class Check:
        __hash__ = None

        def __call__(self, wave, nodes):
            return "no"

    assert {"": "no"} == ask(FunctionGate(Check()))


def python(code, timeout_seconds=60):
    return CommandGate((sys.executable, "-c", code), timeout_seconds)


@pytest.mark.parametrize(
    ("gate", "why"),
    [
        (CommandGate(("true",)), ""),
        (CommandGate(("false",)), "exited with 1"),
        (python("print('a'); print('b'); raise SystemExit(7)"), "exited with 7: a; b"),
        (python("import sys; sys.exit('to stderr')"), "exited with 1: to stderr"),
        (python("for n in range(99): print(n)\nraise SystemExit(2)"), "exited with 2: 94; 95; 96; 97; 98"),
        (python("import os; os.kill(os.getpid(), 15)"), "exited with -15"),
        pytest.param(python("import time; time.sleep(60)", 1), "did not end within 1 s", marks=pytest.mark.slow),
        (CommandGate(("/nowhere/smoke-test",)), "cannot be run (No such file or directory)"),
    ],
)
def test_command(gate, why):
    assert ({"": why} if why else {}) == ask(gate)


def test_command_gets_wave_and_nodes(monkeypatch):
    code = (
        "import os, sys\n"
        "names = 'WAVE', 'DAEMON_SET', 'NODES'\n"
        "print(*(os.environ.get('CONFIG_ROLLOUT_' + name) for name in names), len(sys.stdin.read().split()))\n"
        "raise SystemExit(1)"
    )

    assert {"": "exited with 1: w n/agent a b 2"} == ask(python(code), nodes=["a", "b"])
    many = [f"{number:0100}" for number in range(5000)]
    assert {"": "exited with 1: before n/agent None 5000"} == ask(python(code), wave=BEFORE, nodes=many)


@pytest.mark.slow
def test_url_that_nobody_serves_is_a_no(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    assert {"": "does not answer ([Errno 111] Connection refused)"} == ask(UrlGate("http://127.0.0.1:1/", 1))


@pytest.mark.slow
def test_function_whose_time_is_over_is_left_alone():
    assert {"": "did not answer within 1 s"} == ask(FunctionGate(lambda wave, nodes: time.sleep(3), 1))


def test_time_in_which_the_api_server_is_away_does_not_count(clock):
    class StandsStill(Pods):
        back = clock.now + 2

        def version(self):
            if clock.now < self.back:
                raise ClusterError("s: does not answer.", 0)

    def answer(pod):
        pods.version()
        return 200, b""

    pods = StandsStill(answer)

    assert {} == ask(HttpGate(1, "/", 1), pods)


def test_pod_that_gives_no_answer_counts_where_the_api_server_does(clock):
    class Hangs(Pods):
        def version(self):
            return "v1"

    def answer(pod):
        raise ClusterError("s: does not answer.", 0)

    assert dict.fromkeys(NODES, "s: does not answer.") == ask(HttpGate(1, "/", 1), Hangs(answer))
