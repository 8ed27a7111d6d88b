"""`check` as SARIF, workflow commands and JUnit's XML."""

from xml.etree import ElementTree

import pytest

from config_rollout.core.rules import RULES
from tests.objects.check_runs import AGENT, MAP, REFUSED, Folder

HASHED, REFUSES = "config-not-hashed", "update-strategy"
LOW = f"""apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{name: agent}}
spec: {{selector: {{matchLabels: {{app: agent}}}}}}
---
{AGENT}"""
"""Finding `disruption-budget` on line 4, of low severity."""


@pytest.fixture
def here(tmp_path):
    folder = Folder(tmp_path)
    folder.write("a b/m.yaml", f"{MAP}---\n{REFUSED}")
    return folder


def run_of(here, *arguments: object) -> dict:
    return here.check(".", "--sarif", *arguments).json["runs"][0]


def test_sarif_places_are_relative_to_the_root_of_the_sources(here):
    places = [result["locations"][0]["physicalLocation"] for result in run_of(here)["results"]]

    assert [
        {"artifactLocation": {"uri": "a%20b/m.yaml", "uriBaseId": "%SRCROOT%"}, "region": {"startLine": line}}
        for line in (18, 12)
    ] == places


def test_sarif_place_outside_is_absolute(here, tmp_path_factory):
    other = tmp_path_factory.mktemp("other") / "m.yaml"
    other.write_text(REFUSED)
    (result,) = here.check(other, "--sarif").json["runs"][0]["results"]

    assert {"uri": str(other)} == result["locations"][0]["physicalLocation"]["artifactLocation"]


def test_sarif_levels_are_those_of_code_scanning(here):
    here.write("low.yaml", LOW)
    levels = {result["ruleId"]: result["level"] for result in run_of(here)["results"]}

    assert {HASHED: "warning", REFUSES: "error", "disruption-budget": "note"} == levels


def test_sarif_rules_have_what_code_scanning_shows(here):
    for rule, ours in zip(run_of(here)["tool"]["driver"]["rules"], RULES, strict=True):
        texts = [rule["shortDescription"]["text"], rule["fullDescription"]["text"], rule["help"]["text"]]

        assert ours.id == rule["id"]
        assert all(0 < len(text) < 1024 for text in texts)
        assert rule["properties"]["problem.severity"] in ("error", "warning", "recommendation")
        assert rule["properties"]["precision"] in ("very-high", "high", "medium", "low")


def test_sarif_rule_that_is_off_is_not_enabled(here):
    rules = run_of(here)["tool"]["driver"]["rules"]

    assert ["min-ready-seconds", "patch-on-destroy"] == [
        rule["id"] for rule in rules if not rule["defaultConfiguration"]["enabled"]
    ]


@pytest.mark.parametrize(("arguments", "successful", "code"), [([], True, 1), (["--strict"], False, 2)])
def test_sarif_says_whether_everything_could_be_looked_at(here, arguments, successful, code):
    here.write("t.yaml", "kind: DaemonSet\nname: {{ x }}\n")
    (invocation,) = run_of(here, *arguments)["invocations"]

    assert (successful, code) == (invocation["executionSuccessful"], invocation["exitCode"])
    assert "not checked: 1 document" in invocation["toolExecutionNotifications"][0]["message"]["text"]


def test_sarif_fingerprint_stays_when_lines_move(here):
    before = [result["partialFingerprints"] for result in run_of(here)["results"]]
    here.write("a b/m.yaml", f"# one more line\n{MAP}---\n{REFUSED}")

    assert before == [result["partialFingerprints"] for result in run_of(here)["results"]]
    assert 2 == len({str(one) for one in before})


def test_workflow_commands(here):
    here.write("a b/m.yaml", f"{MAP}---\n{REFUSED}")
    here.write("low,100%.yaml", LOW)
    lines = here.check(".", "--github").out.splitlines()

    assert [
        "::warning file=a b/m.yaml,line=18,title=config-not-hashed",
        "::error file=a b/m.yaml,line=12,title=update-strategy",
        "::notice file=low%2C100%25.yaml,line=4,title=disruption-budget",
    ] == [line.rpartition("::")[0] for line in lines[:3]]
    assert "3 findings, 1 mandatory, in 4 objects" == lines[3]


def test_text_of_a_workflow_command_is_one_line(here):
    here.write("a b/m.yaml", f"{MAP}---\n{REFUSED}".replace("maxUnavailable: 0", 'maxUnavailable: "5%\\n6%"'))

    (line,) = [line for line in here.check(".", "--github").out.splitlines() if "5%25" in line]

    assert line.startswith("::error file=a b/m.yaml,line=12,")


def suites(here, *arguments: object) -> dict:
    root = ElementTree.fromstring(here.check(".", "--junit", *arguments).out.encode())
    return {suite.get("name"): suite for suite in root}


def test_junit_has_a_suite_for_each_file_and_a_test_for_each_finding(here):
    here.write("good.yaml", MAP)
    by_file = suites(here)

    assert {"a b/m.yaml": ("2", "1"), "good.yaml": ("1", "0")} == {
        name: (suite.get("tests"), suite.get("failures")) for name, suite in by_file.items()
    }
    assert [
        ("config-not-hashed: DaemonSet default/agent", "18", ["system-out"]),
        ("update-strategy: DaemonSet default/agent", "12", ["failure"]),
    ] == [(case.get("name"), case.get("line"), [part.tag for part in case]) for case in by_file["a b/m.yaml"]]
    assert ["no finding"] == [case.get("name") for case in by_file["good.yaml"]]


@pytest.mark.parametrize(("fail_on", "failures"), [("advisory", "2"), ("mandatory", "1"), ("never", "0")])
def test_junit_fails_what_fails_the_run(here, fail_on, failures):
    assert failures == suites(here, "--fail-on", fail_on)["a b/m.yaml"].get("failures")


def test_junit_holds_what_xml_can_hold(here):
    here.write("a b/m.yaml", f"{MAP}---\n{REFUSED}".replace("maxUnavailable: 0", 'maxUnavailable: "\\x01<&"'))

    assert "<&" in "".join(case.get("message", "") for case in suites(here)["a b/m.yaml"].iter("failure"))


@pytest.mark.parametrize("form", ["--json", "--sarif", "--github", "--junit"])
def test_every_form_has_the_exit_code_of_the_text(here, form):
    assert 1 == here.check(".", form).code


@pytest.mark.parametrize("form", ["--json", "--sarif", "--github", "--junit"])
def test_every_form_is_complete_when_nothing_can_be_looked_at(here, form):
    done = here.check("-", form, stdin="kind: DaemonSet\nname: {{ x }}\n")

    assert 2 == done.code
    assert "-: contains no readable Kubernetes object. Pass rendered manifests." in done.err
    assert done.out


def test_sarif_of_a_run_that_could_look_at_nothing_says_so(here):
    run = here.check("-", "--sarif", stdin="kind: DaemonSet\nname: {{ x }}\n").json["runs"][0]

    assert (False, []) == (run["invocations"][0]["executionSuccessful"], run["results"])
