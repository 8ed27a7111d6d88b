"""`timeline` and `metrics` over records in a real API server."""

import json

import pytest

from config_rollout.cli.main import main
from tests.engine.conftest import BAD, kubeconfig_of
from tests.objects.rollout_records import lines, rollout

HASH = "f" * 64


@pytest.fixture
def recorded(cluster, namespace, monkeypatch) -> str:
    """Give a DaemonSet that no node takes, with the records of a rollout; return NAMESPACE/NAME."""
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    records = [
        {**rollout(), "namespace": namespace, "name": "proxy", "result": result} for result in ("halted", "done")
    ]
    labels = {"app.kubernetes.io/managed-by": "config-rollout", "config-rollout/daemon-set": "proxy"}
    cluster.api.create(
        f"namespaces/{namespace}/configmaps",
        {"metadata": {"name": "proxy-rollouts", "labels": labels}, "data": {"rollouts.jsonl": lines(*records)}},
    )
    template = {
        "metadata": {"labels": {"app": "proxy"}, "annotations": {"checksum/config": HASH}},
        "spec": {"containers": [{"name": "proxy", "image": "proxy:1"}], "nodeSelector": {"none": "none"}},
    }
    cluster.api.create(
        f"namespaces/{namespace}/daemonsets",
        {"metadata": {"name": "proxy"}, "spec": {"selector": {"matchLabels": {"app": "proxy"}}, "template": template}},
    )
    return f"{namespace}/proxy"


def test_timeline_draws_the_last_rollout_that_the_cluster_has(recorded, tmp_path, capsys):
    assert 0 == main(["timeline", recorded, "--json", "--output", str(tmp_path / "x.svg")])

    title = json.loads(capsys.readouterr().out)["title"]
    assert f"{recorded}: fa55fd0379 => 9c07aa31be, done" == title
    assert title.replace(">", "&gt;") in (tmp_path / "x.svg").read_text()


def test_metrics_find_every_history_and_say_what_the_daemon_set_has(recorded, capsys):
    namespace, name = recorded.split("/")

    main(["metrics"])  # whatever other tests left in this cluster
    assert (
        f'config_rollout_config_info{{config_hash="{HASH}",daemon_set="{name}",namespace="{namespace}"}} 1.0'
        in capsys.readouterr().out.splitlines()
    )


def test_timeline_shows_what_was_taken_back(project, agent, namespace, capsys):
    waves = {"first": [{"name": "canary", "nodes": 1}], "progress_deadline_seconds": 4}
    project.up(agent(waves=waves))
    assert project.up(agent(BAD, waves=waves)).failed
    capsys.readouterr()

    assert 0 == main(["timeline", f"{namespace}/agent", "--json"])
    shown = json.loads(capsys.readouterr().out)
    assert [("restored", "failed", 1)] == [(shown["result"], one["result"], one["restarted"]) for one in shown["waves"]]
    states = [state["state"] for one in shown["waves"] for node in one["nodes"] for state in node["states"]]
    assert ["old", "not_ready", "back", "old"] == states


@pytest.mark.parametrize("command", [["timeline", "--json"], ["metrics"]])
def test_user_without_rights_is_told_the_rule(recorded, cluster, tmp_path, capsys, command):
    (tmp_path / "config").write_text(kubeconfig_of(cluster, "nobody"))

    assert 2 == main([command[0], recorded, *command[1:], "--kubeconfig", str(tmp_path / "config")])
    assert "resources: [configmaps], resourceNames: [proxy-rollouts], verbs: [get]" in capsys.readouterr().err
