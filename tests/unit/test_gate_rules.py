"""Gates as a program says them, and whether an answer is good."""

import json

import pytest

from config_rollout.core.configuration.content import Content
from config_rollout.core.kubernetes.pods import ProbedPod
from config_rollout.core.waves.gate_answers import (
    judge_configz,
    judge_livez,
    judge_metrics,
    judge_restarts,
    judge_series,
    told_apart,
    wanted_proxy,
)
from config_rollout.core.waves.gates import (
    KINDS,
    CommandGate,
    FunctionGate,
    HttpGate,
    KubeProxyGate,
    NewServiceGate,
    PrometheusGate,
    RestartsGate,
    UrlGate,
    asked_before,
    parse_gates,
    probe_namespaces,
    proxied,
)
from config_rollout.core.waves.http_answers import judge_http, message_of
from config_rollout.core.waves.places import BESIDE_A_KIND
from config_rollout.core.waves.windows import Window

PROMETHEUS = {"url": "http://p:9090", "query": "up", "at_least": 1}


def asks(wave, nodes):
    return True


def parsed(*given):
    gates, findings = parse_gates("gates", given)
    assert [] == findings
    return list(gates)


def test_gate_says_its_kind_and_beside_it_its_time_limit():
    window = {"not_between": ["18:00", "08:00"], "time_zone": "UTC"}
    assert [
        HttpGate(80, "/x", 60),
        HttpGate(80, "/x", 5),
        KubeProxyGate(),
        KubeProxyGate(1, 2, 9),
        RestartsGate(),
        UrlGate("https://a/b?c=d"),
        PrometheusGate("http://p:9090", "up", 1, None, 7),
        CommandGate(("./a", "b")),
        FunctionGate(asks, 60),
        FunctionGate(asks, 600),
        Window(1080, 480, "UTC"),
        HttpGate(1, "/", strict=True),
        CommandGate(("./a",)),
        NewServiceGate(),
        NewServiceGate("a/b:1", "probes", 5),
    ] == parsed(
        {"http": {"port": 80, "path": "/x"}},
        {"http": {"port": 80.0, "path": "/x"}, "timeoutSeconds": 5},
        {"kube_proxy": {}},
        {"kubeProxy": {"port": 1, "metricsPort": 2}, "timeout_seconds": 9},
        {"restarts": {}},
        {"url": "https://a/b?c=d"},
        {"prometheus": PROMETHEUS, "timeout_seconds": 7},
        {"command": ["./a", "b"]},
        asks,
        {"function": asks, "timeout_seconds": 600},
        {"window": window},
        {"http": {"port": 1, "path": "/"}, "strict": True},
        {"command": ["./a"], "strict": False},
        {"new_service": {}},
        {"newService": {"image": "a/b:1", "namespace": "probes"}, "timeout_seconds": 5},
    )


@pytest.mark.parametrize(
    ("gate", "words"),
    [
        (HttpGate(80, "/x"), ":80/x"),
        (KubeProxyGate(), "kube-proxy"),
        (RestartsGate(), "restarts"),
        (UrlGate("https://a/b?token=c"), "https://a/b"),
        (PrometheusGate("http://p", "sum(\n  up)", 1, 2.5), "prometheus sum( up) at least 1 and at most 2.5"),
        (PrometheusGate("http://p", "x" * 99, at_most=0), f"prometheus {'x' * 59}… at most 0"),
        (CommandGate(("/opt/smoke-test", "--fast")), "smoke-test"),
        (FunctionGate(asks), "asks"),
        (NewServiceGate(), "new Service"),
    ],
)
def test_gate_in_words(gate, words):
    assert words == str(gate)


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ("livez", "gates[0]: is not a gate (got 'livez'). Pass a function, or a mapping like {'http': {'port': 10256, "
         "'path': '/livez'}}."),
        ({}, f"gates[0]: must be exactly one gate (got none). Use one of {', '.join(KINDS)}."),
        ({"htpp": {}}, "gates[0].htpp: is not a known gate. Write 'http', if that was meant."),
        ({"url": "http://a", "command": ["b"]},
         f"gates[0]: must be exactly one gate (got url, command). Use one of {', '.join(KINDS)}."),
        ({"http": 1}, "gates[0].http: must be a mapping (got int). Pass a dict."),
        ({"http": {"port": 0, "path": "/"}},
         "gates[0].http.port: must be a port from 1 to 65535 (got 0). Pass an int."),
        ({"http": {"port": 80}}, "gates[0].http.path: is required. Pass one like '/livez'."),
        ({"http": {"path": "/"}}, "gates[0].http.port: is required. Pass an int."),
        ({"http": {"port": 102990.0, "path": "/"}},
         "gates[0].http.port: must be a port from 1 to 65535 (got 102990). Pass an int."),
        ({"http": {"port": 80.5, "path": "/"}},
         "gates[0].http.port: must be a port from 1 to 65535 (got 80.5). Pass an int."),
        ({"http": {"port": 80, "path": "/", "strict": True}},
         "gates[0].http.strict: is not a known field. Put `strict` beside `http`."),
        ({"path": "/livez"}, "gates[0].path: is not a known gate. Put `path` inside `http`."),
        ({"port": 80}, "gates[0].port: is not a known gate. Put `port` inside `http` or `kube_proxy`."),
        ({"url": "http://p", "query": "up"},
         "gates[0].query: is not a known gate. Put `query` inside `prometheus`."),
        ({"notBetween": ["18:00", "08:00"]},
         "gates[0].not_between: is not a known gate. Put `not_between` inside `window`."),
        ({"restarts": {}, "max_unavailable": 1},
         "gates[0].max_unavailable: is not a known gate. Put `max_unavailable` beside `gates`."),
        ({"restarts": {}, "through": "canary"},
         "gates[0].through: is not a known gate. Put `through` inside `waves`."),
        ({"restarts": {}, "nodes": 1},
         "gates[0].nodes: is not a known gate. Put `nodes` inside one of the waves in `first`."),
        ({"restarts": {}, "name": "x"},
         f"gates[0].name: is not a known gate. Use one of {', '.join((*KINDS, *BESIDE_A_KIND))}."),
        ({"prometheus": {"url": "http://p", "at_most": 0}},
         "gates[0].prometheus.query: is required. Pass an instant query."),
        ({"prometheus": {"query": "up", "at_most": 0}},
         "gates[0].prometheus.url: is required. Pass one like 'https://prometheus.example.com:9090'."),
        ({"prometheus": {**PROMETHEUS, "at_least": 2.0, "at_most": 1.0}},
         "gates[0].prometheus: no value is at least 2 and at most 1. Correct one of them."),
        ({"command": ["sleep", 5.0]}, "gates[0].command: must be a list of a program and its arguments (got ['sleep', "
         "5]). Pass one like ['./smoke-test', '--fast']."),
        ({"http": {"port": 80, "path": "/"}, "timeout_seconds": -1},
         "gates[0].timeout_seconds: must be a whole number of at least 1 (got -1). Pass an int in that range."),
        ({"kube_proxy": {"metrics_port": "x"}},
         "gates[0].kube_proxy.metrics_port: must be a port from 1 to 65535 (got 'x'). Pass an int."),
        ({"restarts": {"most": 1}}, "gates[0].restarts.most: is not a known field. Leave it out."),
        ({"url": "http://a", "strict": "true"},
         "gates[0].strict: must be true or false (got 'true'). Write it without quotes."),
        ({"restarts": {}, "strict": True},
         "gates[0].strict: cannot be combined with `restarts`, which is not asked before anything restarts. Leave it "
         "out."),
        ({"restarts": {}, "timeout_seconds": 1},
         "gates[0].timeout_seconds: cannot be combined with `restarts`, which is not waited for. Leave it out."),
        ({"new_service": {"namespace": "My Probes"}},
         "gates[0].new_service.namespace: is not a valid DNS label (got 'My Probes'). Use lowercase letters, digits "
         "and '-', "
         "and begin and end with a letter or digit."),
        ({"new_service": {"image": "a b"}},
         "gates[0].new_service.image: is not an image (got 'a b'). Pass one like 'registry.k8s.io/pause:3.10'."),
        ({"new_service": {"port": 1}},
         "gates[0].new_service.port: is not a known field. Use one of image, namespace."),
        ({"url": "ftp://a"},
         "gates[0].url: is not an http or https URL (got 'ftp://a'). Pass one like 'https://prometheus.example.com:9090'."),
        ({"url": "http://a:b"}, "gates[0].url: is not an http or https URL (got 'http://a:b'). Pass one like "
         "'https://prometheus.example.com:9090'."),
        ({"url": "https://me:secret@a"},
         "gates[0].url: contains credentials, which would be shown. Use a command that has its own credentials."),
        ({"prometheus": {"url": "http://p", "query": "up"}},
         "gates[0].prometheus: has no bound. Pass at_most, at_least, or both."),
        ({"prometheus": {**PROMETHEUS, "query": " "}},
         "gates[0].prometheus.query: must be PromQL (got ' '). Pass an instant query."),
        ({"prometheus": {**PROMETHEUS, "at_most": True}},
         "gates[0].prometheus.at_most: must be a number (got True). Pass a float."),
        ({"prometheus": {**PROMETHEUS, "at_most": 0}},
         "gates[0].prometheus: no value is at least 1 and at most 0. Correct one of them."),
        ({"prometheus": {**PROMETHEUS, "max": 0}},
         "gates[0].prometheus.max: is not a known field. Use one of url, query, at_least, at_most."),
        ({"command": []}, "gates[0].command: must be a list of a program and its arguments (got []). Pass one like "
         "['./smoke-test', '--fast']."),
        ({"command": "./a b"}, "gates[0].command: must be a list of a program and its arguments (got './a b'). Pass "
         "one like ['./smoke-test', '--fast']."),
        ({"command": [""]}, "gates[0].command: names no program (got ['']). Put the program first."),
        ({"function": 1}, "gates[0].function: is not a function (got 1). Pass a Python function."),
    ],
)  # fmt: skip
def test_bad_gate_is_refused(given, wrong):
    assert [wrong] == [str(finding) for finding in parse_gates("gates", [given])[1]]


def test_everything_wrong_with_gates_is_found_at_once():
    given = [{"http": {"port": 0, "path": "x"}, "timeout_seconds": 0}, {"prometheus": {"url": 1, "at_most": "a"}}, 1]

    assert [
        "gates[0].http.port",
        "gates[0].http.path",
        "gates[0].timeout_seconds",
        "gates[1].prometheus.url",
        "gates[1].prometheus.query",
        "gates[1].prometheus.at_most",
        "gates[2]",
    ] == [finding.where for finding in parse_gates("gates", given)[1]]


def test_gates_that_go_through_the_pod_proxy():
    assert ["http", "kube_proxy"] == proxied(parsed({"kube_proxy": {}}, asks, {"http": {"port": 1, "path": "/"}}))
    assert [] == proxied(parsed(asks, {"restarts": {}}, {"url": "http://a"}))


def test_namespaces_where_new_services_are_probed():
    assert ["n", "probes"] == probe_namespaces([NewServiceGate(), NewServiceGate(namespace="probes")], "n")
    assert [] == probe_namespaces(parsed(asks, {"restarts": {}}), "n")


def test_new_service_is_probed_from_ten_nodes_before_and_other_gates_ask_about_all():
    nodes = [f"n{number}" for number in range(12)]

    assert nodes[:10] == asked_before(NewServiceGate(), nodes)
    assert nodes == asked_before(RestartsGate(), nodes)


def livez(healthy=True, **synced):
    """Return a body as kube-proxy 1.34 to 1.37 writes it: IPv4="12" is a sync at 12 seconds past the hour."""
    status = {
        family: {"lastUpdated": f"2026-11-25T18:00:{second}.123456789Z", "healthy": healthy}
        for family, second in synced.items()
    }
    body = {"lastUpdated": "2026-11-25T18:00:59.1Z", "currentTime": "2026-11-25T18:00:59.1Z", "healthy": healthy}
    return json.dumps({**body, **({"status": status} if status else {})}).encode()


STARTED = "2026-11-25T18:00:10Z"
BOTH = ("IPv4", "IPv6")


@pytest.mark.parametrize(
    ("status", "body", "families", "why"),
    [
        (200, livez(IPv4="12"), ("IPv4",), ""),
        (200, livez(IPv4="12", IPv6="11"), BOTH, ""),
        (200, livez(IPv4="12", IPv6="11"), ("IPv4",), ""),
        (200, livez(IPv4="10"), ("IPv4",), ""),
        (200, livez(IPv4="09"), ("IPv4",), "has not served IPv4 since it started"),
        (200, livez(IPv4="12", IPv6="09"), BOTH, "has not served IPv6 since it started"),
        (200, livez(IPv4="12"), BOTH, "does not serve IPv6 yet"),
        (200, livez(), ("IPv4",), "does not serve IPv4 yet"),
        (503, livez(False, IPv4="12"), ("IPv4",), "503 changes have waited too long to be synced (IPv4)"),
        (200, b'{"lastUpdated": "2026-01-01 00:00:00 +0000 UTC","currentTime": "2026-01-01 00:00:00 +0000 UTC"}',
         ("IPv4",), "does not report its address families (kube-proxy does since 1.34): use the gate "
         "`http` with path /livez"),
        (503, b'{"kind": "Status", "message": "error trying to reach service: EOF"}', ("IPv4",),
         "503 error trying to reach service: EOF"),
        (404, b"404 page not found\n", ("IPv4",), "404 404 page not found"),
        (200, b'{"healthy": true, "status": {"IPv4": 1}}', ("IPv4",),
         "gives an answer that cannot be parsed: check the address"),
    ],
)  # fmt: skip
def test_livez(status, body, families, why):
    assert why == judge_livez(status, body, families, STARTED)


def metrics(labels=True, **synced):
    """Return a page as kube-proxy 1.34 to 1.37 writes it, where only what has been synced has a time."""
    name = "kubeproxy_sync_proxy_rules_last_timestamp_seconds"
    lines = [f"# HELP {name} [ALPHA] The last time proxy rules were successfully synced", f"# TYPE {name} gauge"]
    lines += [f'{name}{f"""{{ip_family="{family}"}}""" if labels else ""} {at}' for family, at in synced.items()]
    return "\n".join([*lines, 'kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds{ip_family="IPv4"} 1']).encode()


@pytest.mark.parametrize(
    ("status", "body", "families", "why"),
    [
        (200, metrics(IPv4="1.7956317762924664e+09", IPv6="1.795631776354895e+09"), BOTH, ""),
        (200, metrics(IPv4="1.7956317762924664e+09"), ("IPv4",), ""),
        (200, metrics(IPv4="1.7956317762924664e+09"), BOTH, "has not synced IPv6 yet"),
        (200, metrics(), BOTH, "has not synced IPv4 and IPv6 yet"),
        (200, metrics(IPv4="0"), ("IPv4",), "has not synced IPv4 yet"),
        (200, metrics(labels=False, all="1.7e+09"), ("IPv4",), ""),
        (503, b"no", ("IPv4",), "503 no"),
    ],
)
def test_metrics_tell_what_has_been_synced(status, body, families, why):
    assert why == judge_metrics(status, body, families)


CONFIG = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"


def wanted(text):
    return wanted_proxy(Content({"config.conf": f"{CONFIG}{text}\n".encode(), "other": b"1"}))


def configz(**fields):
    return json.dumps({"kubeproxy.config.k8s.io": fields}).encode()


@pytest.mark.parametrize(
    ("text", "running", "why"),
    [
        ("mode: nftables", configz(mode="nftables"), ""),
        ("mode: nftables", configz(mode="nftables", nodePortAddresses=["primary"], configSyncPeriod="15m0s"), ""),
        ("mode: nftables", configz(mode="nftables", hostnameOverride="node-1", logging={"verbosity": 2}), ""),
        ("", configz(mode="iptables"), ""),
        ("mode: nftables\noomScoreAdj: -998", configz(mode="nftables"),
         "runs a different configuration: oomScoreAdj is -999, not -998"),
        # kube-proxy 1.34 and 1.35 write the fields of their own types.
        ("mode: nftables\noomScoreAdj: -998", configz(Linux={"OOMScoreAdj": 100}, Mode="nftables"), ""),
        ("mode: nftables", configz(Linux={}, Mode="iptables"),
         "runs a different configuration: mode is 'iptables', not 'nftables'"),
        ("", configz(Linux={}, Mode="iptables"), ""),
        ("mode: nftables", b"{}", "/configz has no KubeProxyConfiguration"),
        ("mode: nftables", b"[]", "/configz has no KubeProxyConfiguration"),
    ],
)  # fmt: skip
def test_configuration_of_the_running_process(text, running, why):
    assert why == judge_configz(200, running, wanted(text))


def test_another_mode_is_told_with_what_comes_with_it():
    why = judge_configz(200, configz(mode="iptables"), wanted("mode: nftables"))

    assert "mode is 'iptables', not 'nftables'" in why


def test_process_that_does_not_answer_is_told():
    assert "503 no" == judge_configz(503, b'{"message": "no"}', wanted(""))


@pytest.mark.parametrize(
    ("text", "port", "metrics_port"),
    [
        ("", 10256, None),
        ("healthzBindAddress: 0.0.0.0:20256\nmetricsBindAddress: 0.0.0.0:20249", 20256, 20249),
        ("healthzBindAddress: '[::]'\nmetricsBindAddress: '[::]'", 10256, 10249),
        ("metricsBindAddress: '[::1]:20249'", 10256, None),
        ("metricsBindAddress: 127.0.0.1:20249", 10256, None),
    ],
)
def test_ports_are_those_of_the_configuration(text, port, metrics_port):
    assert (port, metrics_port) == (wanted(text).port, wanted(text).metrics_port)


def test_content_without_kube_proxy_s_configuration_wants_none():
    assert wanted_proxy(Content({"a.yaml": b"a: 1\n"})) is None


def vector(**series):
    result = [{"metric": {"node": node}, "value": [1764090000.1, value]} for node, value in series.items()]
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}}).encode()


def answer(**data):
    return json.dumps({"status": "success", "data": data}).encode()


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (200, vector(a="1", b="5"), ""),
        (200, vector(a="0.5"), '{node="a"} is 0.5: should be at least 1 and at most 5'),
        (200, vector(a="6", b="7", c="3"),
         '{node="a"} is 6; {node="b"} is 7: should be at least 1 and at most 5'),
        (200, vector(a="9", b="9", c="9", d="9", e="9"),
         '{node="a"} is 9; {node="b"} is 9; {node="c"} is 9 and 2 more: should be at least 1 and at most 5'),
        (200, vector(a="NaN"), '{node="a"} is NaN: should be at least 1 and at most 5'),
        (200, vector(a="+Inf"), '{node="a"} is +Inf: should be at least 1 and at most 5'),
        (200, vector(), "the query returns no series"),
        (200, answer(resultType="scalar", result=[1764090000, "3"]), ""),
        (200, answer(resultType="scalar", result=[1764090000, "9"]), "is 9: should be at least 1 and at most 5"),
        (200, answer(resultType="matrix", result=[]),
         "the query returns a matrix: it must return an instant vector"),
        (200, answer(resultType="vector", result=[{"metric": {}, "histogram": [1, {}]}]),
         "the query returns native histograms: it must return numbers"),
        (400, b'{"status": "error", "errorType": "bad_data", "error": "1:3: parse error"}',
         "bad_data: 1:3: parse error"),
        (502, b"<html>Bad gateway</html>", "502 <html>Bad gateway</html>"),
        (200, b"<html>Log in</html>",
         "gives an answer that cannot be parsed: check the address"),
        (200, answer(), "gives an answer that cannot be parsed: check the address"),
    ],
)  # fmt: skip
def test_prometheus_series(status, body, why):
    assert why == judge_series(status, body, PrometheusGate("http://p", "q", 1, 5))


def test_one_bound_is_enough():
    assert "" == judge_series(200, vector(a="-7"), PrometheusGate("http://p", "q", at_most=0))
    assert "" == judge_series(200, vector(a="7"), PrometheusGate("http://p", "q", at_least=0))


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [(200, b"", ""), (204, b"", ""), (302, b"", "302"), (500, b"broken\nhere", "500 broken here"),
     (503, b'{"message": "no route."}', "503 no route")],
)  # fmt: skip
def test_http(status, body, why):
    assert why == judge_http(status, body)


def test_long_answer_is_cut():
    assert 200 == len(message_of(b"x" * 1000))


@pytest.mark.parametrize("causes", [True, False], ids=["with its causes", "without"])
def test_cause_of_what_the_api_server_refuses_is_shown_after_a_value_of_any_length(causes):
    template = f"Invalid value: core.PodTemplateSpec{{{'x' * 2000}}}: field is immutable"
    told = {"message": f'Job.batch "once" is invalid: spec.template: {template}'}
    if causes:
        told["details"] = {"causes": [{"field": "spec.template", "message": template}]}
    message = message_of(json.dumps(told).encode())

    assert message.startswith('Job.batch "once" is invalid: spec.template: Invalid value: core.PodTemplateSpec{')
    assert message.endswith("...  xxx: field is immutable".partition(" xxx")[2])
    assert len(message) < 300


def test_restarts_since_a_pod_became_ready_are_a_no():
    assert "" == judge_restarts(ProbedPod("p", "n"))
    assert "pod p restarted once after it became ready" == judge_restarts(ProbedPod("p", "n", restarts=1))
    assert "pod p restarted 2 times after it became ready" == judge_restarts(ProbedPod("p", "n", restarts=2))


def test_what_was_so_before_does_not_count():
    answers = {"n1": "503 a", "n2": "503 b"}

    already = "already failed before this rollout, so it does not stop it"
    assert (["n2: :1/ 503 b"], [f"n1: gate `:1/` {already}: 503 a"]) == told_apart(
        HttpGate(1, "/"), answers, {"n1": "500 x"}
    )
    assert (["asks: returned false"], []) == told_apart(FunctionGate(asks), {"": "returned false"}, {})
    assert ([], [f"gate `asks` {already}: returned false"]) == told_apart(
        FunctionGate(asks), {"": "returned false"}, {"": "no"}
    )
