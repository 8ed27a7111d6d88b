"""Metrics: what records say, that every reader of the text understands it, the push, and what is built on them."""

import json
import re
import sys
from pathlib import Path

import promql_parser
import pytest
import yaml
from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics

from config_rollout.cli.main import main
from config_rollout.cli.outputs import prometheus as exposition
from config_rollout.core.audit.metrics import RESULTS, metrics
from config_rollout.core.audit.record import parse_records
from config_rollout.core.kubernetes.workload_kinds import DAEMON_SET, DEPLOYMENT, KINDS, WorkloadName
from tests.objects import reload_records as reloads
from tests.objects.rollout_records import FILE, NEW, OLD, lines, rollout
from tests.unit.canned_server import FakeServer

GRAFANA = Path(__file__).parents[2] / "docs" / "grafana"
ALERTS = yaml.safe_load((GRAFANA / "alerts.yaml").read_text())
DASHBOARD = json.loads((GRAFANA / "dashboard.json").read_text())
PROXY = {"namespace": "kube-system", "daemon_set": "kube-proxy"}


def of(*records, hashes=None):
    """Return name -> samples of the metrics of some records."""
    rollouts = {}
    for one in parse_records(lines(*records), "x")[0]:
        rollouts.setdefault(one.workload, []).append(one)
    return {metric.name: list(metric.samples) for metric in metrics(rollouts, hashes or {})}


OF_ROLLOUTS = of(*({**rollout(), "kind": kind} for kind in KINDS))
OF_RELOADS = of(*({**json.loads(reloads.record().to_json()), "kind": kind} for kind in KINDS))
EMITTED = {**OF_RELOADS, **OF_ROLLOUTS}
"""Every metric that the command emits, of a workload of each kind."""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("config_rollout_last_rollout_timestamp_seconds", 1795629685.204),
        ("config_rollout_last_rollout_duration_seconds", 85.204),
        ("config_rollout_last_rollout_restarts", 6),
    ],
)
def test_last_rollout(name, value):
    record = {**rollout(), "started": "2026-11-25T18:00:00Z", "ended": "2026-11-25T18:01:25.204Z", "restarts": 6}

    assert [(PROXY, value)] == of(rollout(fails="canary", result="halted"), record)[name]


@pytest.mark.parametrize("result", RESULTS)
def test_result_is_1_and_the_others_0(result):
    samples = of({**rollout(), "result": result})["config_rollout_last_rollout_result"]

    assert {one: float(one == result) for one in RESULTS} == {labels["result"]: value for labels, value in samples}


@pytest.mark.parametrize(
    ("result", "hashes", "expected"),
    [
        ("done", {}, NEW),
        ("halted", {}, NEW),
        ("restored", {}, OLD),
        ("done", {WorkloadName(DAEMON_SET, "kube-system", "kube-proxy"): "f" * 64}, "f" * 64),
        ("done", {WorkloadName(DEPLOYMENT, "kube-system", "kube-proxy"): "f" * 64}, NEW),
    ],
)
def test_configuration_is_that_of_the_pod_template(result, hashes, expected):
    samples = of({**rollout(), "result": result}, hashes=hashes)["config_rollout_config_info"]

    assert [({**PROXY, "config_hash": expected}, 1)] == samples


def test_every_daemon_set_has_its_own():
    names = [
        labels["daemon_set"]
        for labels, _ in of(rollout(), {**rollout(), "name": "agent"})["config_rollout_last_rollout_restarts"]
    ]

    assert ["kube-proxy", "agent"] == names


@pytest.mark.parametrize(("kind", "label"), [("Deployment", "deployment"), ("StatefulSet", "stateful_set")])
def test_workload_of_another_kind_has_a_label_of_its_own(kind, label):
    every = of(rollout(), {**rollout(), "kind": kind})["config_rollout_last_rollout_restarts"]

    assert [PROXY, {"namespace": "kube-system", label: "kube-proxy"}] == [labels for labels, _ in every]


def samples(families) -> list[tuple[str, str, dict[str, str], float]]:
    return [
        (family.name, family.type, sample.labels, sample.value, sample.timestamp)
        for family in families
        for sample in family.samples
    ]


def text(capsys) -> str:
    assert 0 == main(["metrics", "--from", str(FILE)])
    return capsys.readouterr().out


def test_text_means_the_same_as_openmetrics_and_as_what_node_exporter_reads(capsys):
    given = text(capsys)
    read = samples(openmetrics.text_string_to_metric_families(given))

    assert read == samples(parser.text_string_to_metric_families(given))
    assert OF_ROLLOUTS.keys() == {name for name, *_ in read}
    assert {("gauge", None)} == {(kind, timestamp) for _, kind, _, _, timestamp in read}


def test_help_needs_no_escapes_that_the_formats_have_apart(capsys):
    assert [] == [line for line in text(capsys).splitlines() if line.startswith("# HELP") and re.search(r'[\\"]', line)]


def test_label_that_holds_anything_is_read_back_as_it_was():
    awkward = 'a"b\\c\nd é'
    records, _ = parse_records(lines({**rollout(), "name": awkward}), "x")
    given = exposition.text(metrics({records[0].workload: records}, {}))

    for read in (openmetrics, parser):
        assert {awkward} == {
            labels["daemon_set"] for _, _, labels, *_ in samples(read.text_string_to_metric_families(given))
        }


def test_names_are_those_of_prometheus_conventions():
    assert [] == [name for name in EMITTED if not re.fullmatch(r"config_rollout_[a-z]+(_[a-z]+)*", name)]
    assert [] == [name for name in EMITTED if name.endswith("_total")]  # which gauges may not


def test_file_is_as_the_text_and_everybody_may_read_it(tmp_path, capsys):
    file = tmp_path / "config-rollout.prom"
    file.write_text("old")

    assert 0 == main(["metrics", "--from", str(FILE), "--output", str(file)])
    assert text(capsys) == file.read_text()
    assert 0o644 == file.stat().st_mode & 0o777
    assert [file] == list(tmp_path.iterdir())


def test_file_that_cannot_be_written_stays_as_it_was(tmp_path, capsys, monkeypatch):
    file = tmp_path / "x.prom"
    file.write_text("old")

    def full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert 2 == main(["metrics", "--from", str(FILE), "--output", str(file)])
    expected = f"config-rollout: --output: {file}: no space left on device. Pass another file.\n"
    assert (expected, "old", [file]) == (capsys.readouterr().err, file.read_text(), list(tmp_path.iterdir()))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("x.txt", "--output: must end in .prom: node-exporter reads only that (got 'x.txt')."),
        ("/no/such/x.prom", "--output: /no/such/x.prom: no such file or directory. Pass another file."),
    ],
)
def test_file_is_refused(capsys, name, said):
    assert 2 == main(["metrics", "--from", str(FILE), "--output", name])
    assert f"config-rollout: {said}\n" == capsys.readouterr().err


@pytest.fixture
def gateway():
    server = FakeServer()
    yield server
    server.close()


def test_push_adds_each_daemon_set_to_its_group(gateway, capsys, tmp_path):
    (tmp_path / "two.jsonl").write_text(lines(rollout(), {**rollout(), "name": "agent"}))
    groups = [
        f"/metrics/job/config-rollout/daemon_set/{name}/namespace/kube-system" for name in ("kube-proxy", "agent")
    ]
    gateway.answers = {f"POST {path}": (200, {}) for path in groups}

    assert 0 == main(["metrics", "--from", str(tmp_path / "two.jsonl"), "--push", gateway.url])
    assert ("", groups) == (capsys.readouterr().out, [path for _, path, _, _ in gateway.asked])
    for (*_, body), name in zip(gateway.asked, ("kube-proxy", "agent"), strict=True):
        read = samples(parser.text_string_to_metric_families(body))
        assert {name} == {labels["daemon_set"] for _, _, labels, *_ in read}
        assert OF_ROLLOUTS.keys() == {metric for metric, *_ in read}


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:1", "--push: http://127.0.0.1:1: does not answer ([Errno 111] Connection refused)."),
        ("http://u:secret@127.0.0.1:1", "--push: http://127.0.0.1:1: does not answer ("),
        ("http://", "--push: http://: does not answer (no host given)."),
    ],
)
def test_gateway_that_is_none_is_trouble(capsys, url, said):
    assert 2 == main(["metrics", "--from", str(FILE), "--push", url])
    assert said in (told := capsys.readouterr().err)
    assert "secret" not in told


def test_gateway_that_refuses_is_trouble(gateway, capsys):
    assert 2 == main(["metrics", "--from", str(FILE), "--push", gateway.url])
    assert f"config-rollout: --push: {gateway.url}: answered 404 Not Found. Pass the address of a Pushgateway.\n" == (
        capsys.readouterr().err
    )


def test_client_that_is_missing_is_trouble(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    monkeypatch.delitem(sys.modules, "config_rollout.cli.outputs.prometheus")
    monkeypatch.delattr("config_rollout.cli.outputs.prometheus")

    assert 2 == main(["metrics", "--from", str(FILE)])
    assert (
        "prometheus_client is required to write the metrics and not installed. Run: pip install"
        in capsys.readouterr().err
    )


RULES = [rule for group in ALERTS["groups"] for rule in group["rules"]]
QUERIES = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
QUERIES += [annotation["expr"] for annotation in DASHBOARD["annotations"]["list"]]
VARIABLES = [one for one in DASHBOARD["templating"]["list"] if one["type"] == "query"]


def emitted_labels(metric: str) -> set[str]:
    return {name for labels, _ in EMITTED[metric] for name in labels}


def selectors(query: str) -> list[promql_parser.VectorSelector]:
    """Return what a query selects; it raises where Prometheus' own parser would."""
    found = []
    promql_parser.walk(promql_parser.parse(query), found.append)
    return [one for one in found if isinstance(one, promql_parser.VectorSelector)]


@pytest.mark.parametrize("query", [*(rule["expr"] for rule in RULES), *QUERIES])
def test_query_asks_for_metrics_and_labels_that_are_emitted(query):
    asked = selectors(query)

    assert asked
    assert set() == {one.name for one in asked} - EMITTED.keys()
    for one in asked:
        assert set() == {matcher.name for matcher in one.matchers.matchers} - emitted_labels(one.name)


@pytest.mark.parametrize("query", ["sum by (", "rate(config_rollout_config_info)", "x{y=}", "1 +"])
def test_query_that_prometheus_refuses_is_refused(query):
    with pytest.raises(ValueError, match=r"\S"):
        selectors(query)


def test_every_metric_is_on_the_dashboard_or_in_an_alert():
    queries = [*(rule["expr"] for rule in RULES), *QUERIES]

    assert EMITTED.keys() == {one.name for query in queries for one in selectors(query)}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_alert_holds_what_prometheus_allows(rule):
    assert set() == rule.keys() - {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch("[A-Z][A-Za-z]+", rule["alert"])
    assert promql_parser.parse_duration(rule.get("for", "1s")).total_seconds() > 0
    labels = {name for one in selectors(rule["expr"]) for name in emitted_labels(one.name)}
    assert set() == set(re.findall(r"\$labels\.(\w+)", str(rule["annotations"]))) - labels


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: variable["name"])
def test_variable_of_the_dashboard_lists_a_label_that_is_emitted(variable):
    query, label = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"]).groups()
    ((asked),) = selectors(query)

    assert label in emitted_labels(asked.name)


def test_panels_of_the_dashboard_do_not_overlap():
    cells = [
        (x, y)
        for panel in DASHBOARD["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]

    assert len(cells) == len(set(cells))
    assert 24 > max(x for x, _ in cells)
    assert len(DASHBOARD["panels"]) == len({panel["id"] for panel in DASHBOARD["panels"]})
