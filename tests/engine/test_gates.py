"""Gates on the real engine and control plane: each passed and not, and what is refused before anything is written."""

import json
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from config_rollout.core.kubernetes.workload_kinds import DAEMON_SET, WorkloadName
from config_rollout.core.rbac.waves import rollout_rights, rollout_roles
from tests.engine.conftest import BETTER, GOOD, NODES, grant, hash_of, kubeconfig_of
from tests.engine.observed import changed_to, during, order, records, written
from tools.pod_server import PodServer

WAVES = {"first": [{"name": "canary", "nodes": 1}], "max_unavailable": "100%", "progress_deadline_seconds": 60}
THIRD = {"agent.yaml": "level: warning\n"}
HTTP = {"http": {"port": 8080, "path": "/healthy"}, "timeout_seconds": 1}
PROXY = (
    "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: nftables\n"
    "metricsBindAddress: 0.0.0.0:10249\noomScoreAdj: {}\n"
)
SYNCED = 'kubeproxy_sync_proxy_rules_last_timestamp_seconds{ip_family="IPv4"} 1.7956317762924664e+09'


pytestmark = pytest.mark.usefixtures("kubeconfig")


@pytest.fixture(autouse=True)
def direct(monkeypatch):
    """Ask the endpoints of these tests directly."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def node_of(cluster):
    """Return a function that tells which node has an address."""
    nodes = {node["status"]["addresses"][0]["address"]: node["metadata"]["name"] for node in cluster.api.list("nodes")}
    return nodes.__getitem__


@pytest.fixture
def pods(cluster):
    """Return a function that lets all pods answer by a function of address, port and path."""
    servers = []

    def play(answer):
        servers.append(PodServer(cluster.pods_socket, answer).__enter__())
        return servers[-1]

    yield play
    for server in servers:
        server.__exit__()


@pytest.fixture
def endpoint():
    """Give a local server; `answers` is path -> what it answers, one after the other, the last for ever."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            endpoint.asked.append(self.path)
            answers = endpoint.answers[urlsplit(self.path).path]
            status, body = answers.pop(0) if len(answers) > 1 else answers[0]
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_):
            pass

    endpoint = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    endpoint.answers, endpoint.asked = {}, []
    endpoint.url = f"http://127.0.0.1:{endpoint.server_address[1]}"
    threading.Thread(target=endpoint.serve_forever, daemon=True).start()
    yield endpoint
    endpoint.shutdown()
    endpoint.server_close()


def series(*values):
    """Return what Prometheus answers to an instant query."""
    result = [
        {"metric": {"__name__": "up", "node": f"n{n}"}, "value": [1764090000.781, v]} for n, v in enumerate(values)
    ]
    return 200, {"status": "success", "data": {"resultType": "vector", "result": result}}


def around_now(minutes: int) -> list[str]:
    """Return a span of UTC that began so long ago and ends in as long, at least."""
    now = datetime.now(UTC)
    return [f"{now + timedelta(minutes=shift):%H:%M}" for shift in (-minutes, minutes + 1)]


def test_http_gate_that_a_node_does_not_pass_takes_the_wave_back(project, agent, pods, node_of, record):
    broken = set()
    pods(lambda address, port, path: (503, "no route") if node_of(address) in broken else (200, "well"))
    waves = {**WAVES, "gates": [HTTP]}
    assert not project.up(agent(waves=waves)).failed
    with record() as recorder:
        thread = during(recorder, lambda new: len(new) == 1, lambda: broken.update(order(recorder)))
        outcome = project.up(agent(BETTER, waves=waves))
        thread.join(10)
    (canary,) = broken

    assert outcome.failed
    assert f"{canary}: :8080/healthy 503 no route" in outcome.output
    assert [canary, canary] == order(recorder)

    broken.clear()
    with record() as recorder:
        again = project.up(agent(BETTER, waves=waves))
    assert not again.failed, again.output
    assert NODES == len(set(order(recorder)))


def livez(*families, ago=0):
    now = datetime.now(UTC)
    at = (now - timedelta(seconds=ago)).isoformat()
    status = {family: {"lastUpdated": at, "healthy": True} for family in families}
    body = {"lastUpdated": now.isoformat(), "currentTime": now.isoformat(), "healthy": True}
    return 200, json.dumps({**body, **({"status": status} if status else {})})


@pytest.mark.parametrize(
    ("then", "why"),
    [
        ({"/livez": lambda: livez()}, "kube-proxy does not serve IPv4 yet"),
        ({"/livez": lambda: livez("IPv4", ago=9999)}, "kube-proxy has not served IPv4 since it started"),
        ({"/metrics": lambda: (200, "")}, "kube-proxy has not synced IPv4 yet"),
        (
            {"/configz": lambda: (200, json.dumps({"kubeproxy.config.k8s.io": yaml.safe_load(PROXY.format(-999))}))},
            "kube-proxy runs a different configuration: oomScoreAdj is -999, not -998",
        ),
    ],
)
def test_kube_proxy_that_has_not_synced_or_runs_something_else_is_found(
    project, agent, pods, cluster, namespace, then, why
):
    def configz():
        return 200, json.dumps({"kubeproxy.config.k8s.io": yaml.safe_load(wanted[0])})

    wanted = [PROXY.format(-999)]
    well = {"/livez": lambda: livez("IPv4"), "/metrics": lambda: (200, SYNCED), "/configz": configz}
    answers = dict(well)
    server = pods(lambda address, port, path: answers[path]())
    waves = {**WAVES, "gates": [{"kube_proxy": {}, "timeout_seconds": 1}]}
    assert not project.up(agent({"config.conf": wanted[0]}, waves=waves)).failed
    before = changed_to(cluster, namespace)
    wanted[0] = PROXY.format(-998)

    def goes_wrong(wave, nodes):
        if wave == "before":
            time.sleep(1)  # all gates are asked at the same time
            answers.update(then)

    gates = [{"kube_proxy": {}, "timeout_seconds": 1}]
    bad = project.up(agent({"config.conf": wanted[0]}, waves={**waves, "gates": [*gates, goes_wrong]}))
    assert bad.failed
    assert why in bad.output
    assert before == changed_to(cluster, namespace)

    answers.update(well)
    good = project.up(agent({"config.conf": wanted[0]}, waves=waves))
    assert not good.failed, good.output
    assert {(10256, "/livez"), (10249, "/metrics"), (10249, "/configz")} == {
        (port, path) for _, port, path in server.asked
    }


def test_container_that_restarts_after_its_pod_was_ready_is_found(project, agent, cluster, namespace, record):
    def restart_the_first():
        (pod,) = [p for kind, p in recorder.events if kind == "ADDED"]
        path = f"namespaces/{namespace}/pods/{pod.name}"
        while not (of := cluster.api.get(path)["status"].get("containerStatuses")) or not of[0]["ready"]:
            time.sleep(0.02)
        time.sleep(0.5)
        cluster.api.patch(f"{path}/status", {"status": {"containerStatuses": [{**of[0], "restartCount": 1}]}})

    waves = {**WAVES, "gates": [{"restarts": {}}], "soak_seconds": 3}
    assert not project.up(agent(waves=waves)).failed
    with record() as recorder:
        thread = during(recorder, lambda new: len(new) == 1, restart_the_first)
        outcome = project.up(agent(BETTER, waves=waves))
        thread.join(10)

    assert outcome.failed
    assert "restarted once after it became ready" in outcome.output
    assert 2 == len(order(recorder))


def test_everything_that_is_asked_at_once_is_told_at_once(project, agent, endpoint, tmp_path):
    endpoint.answers = {
        "/status": [(200, {}), (500, {"message": "red"})],
        "/prometheus/api/v1/query": [series("0"), series("0", "7")],
    }
    script = tmp_path / "smoke-test"
    script.write_text(
        f"#!{sys.executable}\nimport os\nwave = os.environ['CONFIG_ROLLOUT_WAVE']\n"
        "nodes = os.environ['CONFIG_ROLLOUT_NODES'].split()\nprint('looked at', len(nodes), 'in', wave)\n"
        "raise SystemExit(0 if wave == 'before' else 3)\n"
    )
    script.chmod(0o755)
    gates = [
        {"url": f"{endpoint.url}/status", "timeout_seconds": 1},
        {
            "prometheus": {"url": f"{endpoint.url}/prometheus", "query": "errors > 0", "at_most": 5},
            "timeout_seconds": 1,
        },
        {"command": [str(script)]},
        lambda wave, nodes: wave == "before" or "says so",
        {"function": lambda wave, nodes: wave == "before" or time.sleep(3), "timeout_seconds": 1},
    ]
    project.up(agent(waves=WAVES))
    outcome = project.up(agent(BETTER, waves={**WAVES, "gates": gates}))

    assert outcome.failed
    for line in (
        f"{endpoint.url}/status: 500 red",
        'prometheus errors > 0 at most 5: {__name__="up", node="n1"} is 7: should be at most 5',
        "smoke-test: exited with 3: looked at 1 in canary",
        "<lambda>: says so",
        "<lambda>: did not answer within 1 s",
    ):
        assert line in outcome.output
    (query,) = {parse_qs(urlsplit(path).query)["query"][0] for path in endpoint.asked if "query" in path}
    assert "errors > 0" == query

    endpoint.answers = {"/status": [(200, {})], "/prometheus/api/v1/query": [series("5")]}
    well = project.up(agent(BETTER, waves={**WAVES, "gates": [*gates[:2], {"command": ["true"]}]}))
    assert not well.failed, well.output


def test_gate_that_nothing_passes_before_is_refused_before_anything_is_written(
    project, agent, pods, cluster, namespace, endpoint
):
    endpoint.answers = {"/": [(500, {"message": "red"})]}
    pods(lambda address, port, path: (404, "no such page"))
    gates = [HTTP, {"url": f"{endpoint.url}/", "timeout_seconds": 1}]
    project.up(agent(waves=WAVES))
    outcomes = []
    writes = written(cluster, lambda: outcomes.append(project.up(agent(BETTER, waves={**WAVES, "gates": gates}))))
    (refused,) = outcomes

    assert refused.failed
    assert {} == writes
    assert "no pod passes gate :8080/healthy before anything has changed (node-1: 404 no such page)" in refused.output
    assert f"gate {endpoint.url}/ fails before anything has changed (500 red)" in refused.output

    over = project.up(agent(BETTER, waves={**WAVES, "gates": gates, "over_unhealthy": True}))
    assert not over.failed, over.output
    already = "already failed before this rollout, so it does not stop it: 500 red"
    assert f"rest: gate `{endpoint.url}/` {already}" in over.output
    assert hash_of(BETTER) == changed_to(cluster, namespace)


def test_node_that_did_not_pass_before_is_told_and_does_not_count(project, agent, pods, node_of, record):
    pods(lambda address, port, path: (500, "broken") if node_of(address) == "node-3" else (200, "well"))
    project.up(agent(waves=WAVES))
    with record() as recorder:
        outcome = project.up(agent(BETTER, waves={**WAVES, "gates": [HTTP]}))

    assert not outcome.failed, outcome.output
    already = "node-3: gate `:8080/healthy` already failed before this rollout, so it does not stop it: 500 broken"
    assert f"waves: {already}" in outcome.output
    assert f"canary: {already}" in outcome.output
    assert NODES == len(order(recorder))


def test_wave_does_not_begin_in_its_window_and_the_next_up_goes_on(project, agent, cluster, record):
    window = {"window": {"not_between": around_now(60), "time_zone": "UTC"}}
    first = {"name": "canary", "nodes": 1, "gates": []}
    waves = {**WAVES, "first": [first], "by": "topology.kubernetes.io/zone", "gates": [window]}
    project.up(agent(waves=waves))
    assert {} == written(cluster, lambda: project.up(agent(waves=waves)))
    with record() as recorder:
        outcome = project.up(agent(BETTER, waves=waves))
    assert not outcome.failed, outcome.output
    assert 1 == len(order(recorder))
    assert "does not begin now: not between" in outcome.output
    with record() as recorder:
        in_the_night = project.up(agent(BETTER, waves=waves))
    assert not in_the_night.failed, in_the_night.output
    assert [] == order(recorder)
    assert {} == records(in_the_night)

    window["window"]["not_between"] = [around_now(60)[1], around_now(60)[0]]
    with record() as recorder:
        by_day = project.up(agent(BETTER, waves=waves))
    assert not by_day.failed, by_day.output
    assert NODES - 1 == len(order(recorder))
    assert {} == written(cluster, lambda: project.up(agent(BETTER, waves=waves)))


def test_first_wave_in_its_window_is_refused_before_anything_is_written(project, agent, cluster, namespace):
    waves = {**WAVES, "gates": [{"window": {"not_between": around_now(60), "time_zone": "UTC"}}]}
    project.up(agent(waves=waves))
    preview = project.preview(agent(BETTER, waves=waves))
    outcome = project.up(agent(BETTER, waves=waves))

    assert not preview.failed, preview.output
    assert "wave 'canary' may not begin now: not between" in preview.output
    assert outcome.failed
    assert "wave 'canary' may not begin now: not between" in outcome.output
    assert hash_of(GOOD) == changed_to(cluster, namespace)


def test_other_stack_that_comes_in_the_middle_stops_this_one(project, agent, cluster, namespace, record):
    def come():
        annotations = {"config-rollout/stack": "organization/other/prod"}
        cluster.api.patch(f"namespaces/{namespace}/daemonsets/agent", {"metadata": {"annotations": annotations}})

    waves = {**WAVES, "max_unavailable": 1}
    project.up(agent(waves=waves, ready_after="1s"))
    with record() as recorder:
        thread = during(recorder, lambda new: len(new) == 2, come)
        outcome = project.up(agent(BETTER, waves=waves, ready_after="1s"))
        thread.join(10)

    assert outcome.failed
    assert "stack organization/other/prod drives it now" in outcome.output
    assert 2 == len(order(recorder))


def test_change_over_a_rollout_that_failed_halfway_is_refused_and_going_back_is_not(
    project, agent, cluster, namespace, record
):
    def no_at_canary(wave, nodes):
        return "not good" if wave == "canary" else None

    halting = {**WAVES, "gates": [no_at_canary], "on_failure": "halt"}
    project.up(agent(waves=WAVES))
    assert project.up(agent(BETTER, waves=halting)).failed
    preview = project.preview(agent(THIRD, waves=WAVES))
    refused = project.up(agent(THIRD, waves=WAVES))

    unfinished = f"the rollout of {hash_of(BETTER)[:10]} has not finished: 5 nodes have a different configuration"
    assert not preview.failed, preview.output
    assert unfinished in preview.output, preview.output
    assert refused.failed
    assert unfinished in refused.output, refused.output
    assert hash_of(BETTER) == changed_to(cluster, namespace)
    another_canary = project.up(agent(THIRD, waves={**WAVES, "through": "canary"}))
    assert not another_canary.failed, another_canary.output

    with record() as recorder:
        back = project.up(agent(waves=WAVES))
    assert not back.failed, back.output
    assert len(order(recorder)) in (1, 2)

    assert project.up(agent(BETTER, waves=halting)).failed
    over = project.up(agent(THIRD, waves={**WAVES, "over_unhealthy": True}))
    assert not over.failed, over.output


def test_gates_need_no_more_rights_than_rbac_prints(project, agent, cluster, namespace, pods):
    user = f"gates-{namespace}"
    of = WorkloadName(DAEMON_SET, namespace, "agent")
    grant(cluster, user, rollout_roles(of, rollout_rights(of, http_gates=True)))
    server = pods(lambda address, port, path: livez("IPv4") if path == "/livez" else (200, ""))
    gates = [HTTP, {"kube_proxy": {}}, {"restarts": {}}, {"command": ["true"]}]
    with_rights = {"waves": {**WAVES, "gates": gates}, "kubeconfig": kubeconfig_of(cluster, user)}

    assert not project.up(agent(**with_rights)).failed
    outcome = project.up(agent(BETTER, **with_rights))
    assert not outcome.failed, outcome.output
    assert {"/livez", "/healthy"} == {path for _, _, path in server.asked}
