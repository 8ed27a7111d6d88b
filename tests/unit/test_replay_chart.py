"""`replay --chart`: a chart's history, version by version, as Helm renders it."""

import json

import jsonschema
import pytest

from tests.objects.git_repository import Repository
from tools.command_line import run_text
from tools.documents import ROOT

RENDERED = """\
# Source: agent/templates/all.yaml
apiVersion: v1
kind: ConfigMap
metadata: {{name: agent, labels: {{helm.sh/chart: agent-{version}}}}}
data:
  agent.yaml: "{text}"
  unread: "{unread}"
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {{name: agent}}
spec:
  selector: {{matchLabels: {{app: agent}}}}
  template:
    metadata:
      labels: {{app: agent{label}}}
      annotations: {{checksum/config: "{checksum:0>64}"}}
    spec:
      containers:
        - {{name: a, image: a, volumeMounts: [{{name: c, mountPath: /a.yaml, subPath: agent.yaml}}]}}
      volumes: [{{name: c, configMap: {{name: agent}}}}]
"""
HELM = '#!/bin/sh\nif grep -q broken "$3/templates/all.yaml"; then echo "Error: no such function" >&2; exit 1; fi\n' + (
    'cat "$3/templates/all.yaml"; [ "$4" != --values ] || cat "$5"\n'
)
"""Prints what a chart has in one file, and the values after it."""


@pytest.fixture
def chart(tmp_path, monkeypatch):
    """Return a function that commits a version of a chart, and one that replays them, with a Helm that only prints."""
    (tmp_path / "bin").mkdir()
    helm = tmp_path / "bin" / "helm"
    helm.write_text(HELM)
    helm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    (tmp_path / "repository").mkdir()
    repository, versions = Repository(tmp_path / "repository"), []

    def commit(text="a: 1", unread="", label="", rendered=""):
        versions.append(text)
        number = len(versions)
        whole = rendered or RENDERED.format(version=number, text=text, unread=unread, label=label, checksum=number)
        repository.commit(charts__agent__templates__all_yaml=whole, charts__agent__Chart_yaml=f"version: {number}\n")

    def replay(*options):
        return run_text("replay", repository.folder, "--chart", "charts/agent", *options)

    return commit, replay


def found(done) -> list[tuple[bool, bool, list[str]]]:
    """Return for each transition whether it is real, whether something else changed, and the rules that restart."""
    answer = json.loads(done.stdout)
    jsonschema.validate(answer, json.loads((ROOT / "docs" / "schemas" / "replay.json").read_text()))
    return [(row["real"], row["template_changed"], row["restarts"]) for row in answer["transitions"]]


def test_version_restarts_under_the_rules_that_see_a_change(chart):
    commit, replay = chart
    for version in ({}, {}, {"text": "a:  1"}, {"text": "a: 2"}, {"text": "a: 2", "unread": "x"}, {"label": ", x: y"}):
        commit(**{"text": "a: 1", **version})
    every, text = {"helm", "resource-version"}, {"kustomize", "reloader", "wave", "bytes"}

    assert [
        (False, False, every),
        (False, False, every | text),
        (True, False, every | text | {"config-rollout"}),
        (False, False, every),
        (True, True, every | text | {"config-rollout"}),
    ] == [(real, template, set(rules)) for real, template, rules in found(replay("--json"))]


def test_each_workload_has_a_line(chart):
    commit, replay = chart
    commit("a: 1")
    commit("a: 2")
    lines = replay().stdout.splitlines()

    assert "1 transition, 1 real change, decided by the parsed values" == lines[0]
    assert ["DaemonSet", "agent", *"111111111"] == lines[-1].split()


def test_version_that_does_not_render_is_left_out_and_said(chart):
    commit, replay = chart
    commit("a: 1")
    commit(rendered="broken")
    commit(rendered="kind: DaemonSet\n\tb: no")
    commit("a: 2")
    done = replay("--json")

    assert [True] == [real for real, _, _ in found(done)]
    assert 1 == done.stderr.count("helm says: no such function. This version is skipped.")
    assert 1 == done.stderr.count("line 1: cannot be read")


def test_values_reach_the_chart(chart, tmp_path):
    commit, replay = chart
    commit()
    commit()
    values = tmp_path / "values.yaml"
    values.write_text(
        "---\n" + RENDERED.format(version=1, text="b", unread="", label="", checksum=1).replace("agent", "other")
    )
    done = replay("--json", "--values", str(values))

    assert {"DaemonSet agent", "DaemonSet other"} == {row["history"] for row in json.loads(done.stdout)["transitions"]}


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--path", "x"], "--chart: cannot be combined with --path, --name, --format or --effect."),
        (["--values", "none.yaml"], "--values: none.yaml: no such file."),
    ],
)
def test_option_that_does_not_fit_is_refused(chart, options, why):
    commit, replay = chart
    commit()
    commit()
    done = replay(*options)

    assert (2, "") == (done.returncode, done.stdout)
    assert why in done.stderr


def test_values_without_a_chart_are_refused(tmp_path):
    assert "--values: requires --chart." in run_text("replay", tmp_path, "--values", "x").stderr


def test_history_of_one_version_is_refused(chart):
    commit, replay = chart
    commit()

    assert "1 of its versions render, but a replay compares at least two." in replay().stderr


def test_chart_that_is_not_there_is_refused(chart, tmp_path):
    commit, _ = chart
    commit()
    done = run_text("replay", tmp_path / "repository", "--chart", "charts/nowhere")

    assert 2 == done.returncode
    assert "no commit has 'charts/nowhere'." in done.stderr


def test_helm_has_to_be_installed(chart, monkeypatch):
    commit, replay = chart
    commit()
    monkeypatch.setenv("PATH", "/usr/bin:/bin")

    assert "helm: is required to render a chart. Install Helm 3 or 4." in replay().stderr
