"""What `status` says of a ConfigMap that changes in place, and of the last reload of its text."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from config_rollout.cli.commands.reports import with_reports
from config_rollout.cluster.client import ClusterError
from config_rollout.core.kubernetes.pods import ProbedPod
from config_rollout.core.revisions.reload_note import ReloadNote, reload_note
from config_rollout.core.status.reloads import question_of, reload_state
from config_rollout.core.status.state import status_json, status_of
from config_rollout.core.status.words import lines_of
from config_rollout.core.waves.reload_check import answer_of
from config_rollout.core.waves.reload_programs import Question
from tests.memory_cluster import MemoryCluster
from tests.objects.daemon_set import CONFIG_MAPS, daemon_set, seen
from tests.objects.reload_records import REFUSED, TAKEN_BACK, record

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "schemas" / "status.json").read_text())
OURS = "pulumi-kubernetes"


def reloading():
    thing = daemon_set()
    thing["spec"]["template"]["spec"]["volumes"].append({"name": "r", "configMap": {"name": "agent-reload"}})
    return thing


ASK = {"port": 8080, "path": "/", "changes": "version"}


def in_place(manager=OURS, failed="", ask=None):
    note = str(ReloadNote("e" * 64, ["d"], failed, ask or {}))
    fields = [{"manager": manager, "time": "2026-01-03T00:00:00Z", "fieldsV1": {"f:data": {}}}]
    metadata = {"name": "agent-reload", "namespace": "n", "managedFields": fields,
                "annotations": {"config-rollout/reload": note}}  # fmt: skip
    return {"kind": "ConfigMap", "metadata": metadata}


def view(*records, there=None):
    there = in_place() if there is None else there
    return seen(reloading(), config_maps=[*CONFIG_MAPS, *([there] if there else [])], records=records)


def findings(*records, there=None):
    return [str(one) for one in status_of(view(*records, there=there)).findings]


@pytest.mark.parametrize(
    ("expected", "given"),
    [
        ("no reload yet", view()),
        ("reloaded at 2026-01-02T00:00:02.000Z: 3 pods read it again within 2 s", view(record())),
        (
            "restored at 2026-01-02T00:00:06.000Z: 2 of 3 pods read it again",
            view(TAKEN_BACK, there=in_place(failed="back")),
        ),
        ("given up at 2026-01-02T00:00:06.000Z: 2 of 3 pods read it again", view(TAKEN_BACK)),
    ],
)
def test_line(expected, given):
    assert f"  reload  ConfigMap agent-reload  {expected}" in lines_of(status_of(given))


def test_workload_that_reloads_nothing_has_no_such_line():
    assert [] == [line for line in lines_of(status_of(seen())) if "reload" in line]


@pytest.mark.parametrize(
    ("expected", "given"),
    [
        ([], {}),
        (["ConfigMap agent-reload: is missing: 3 pods read it, and none can start without it. Run `pulumi up "
          "--refresh`, which recreates it."], {"there": False}),
        (["ConfigMap agent-reload: was written by kubectl-edit at 2026-01-03T00:00:00Z, and nobody has asked the pods "
          "since. Run `pulumi up --refresh`, which restores the program's text."], {"there": in_place("kubectl-edit")}),
    ],
)  # fmt: skip
def test_config_map_that_changes_in_place(expected, given):
    assert expected == findings(**given)


@pytest.mark.parametrize(
    ("failed", "one", "ending"),
    [
        ("back", TAKEN_BACK, "the old text was written again"),
        ("keep", record("failed", REFUSED), "the new text stays"),
    ],
)
def test_reload_that_failed_is_a_finding_until_its_text_is_given_up(failed, one, ending):
    assert [
        "reload: failed at 2026-01-02T00:00:06.000Z, 2 of 3 pods read it again: n2: rejected it (rules_failed_total 0 "
        f"=> 1); {ending}. Correct the text, or restore the previous one, and run `pulumi up`."
    ] == findings(one, there=in_place(failed=failed))
    assert [] == findings(one)


def test_rollout_state_is_that_of_the_rollout():
    assert ("done", "restored") == (status_of(view(TAKEN_BACK)).state, TAKEN_BACK.result)


@pytest.mark.parametrize("records", [[], [record()], [TAKEN_BACK]])
def test_json_is_as_its_schema_says(records):
    every = status_json([status_of(view(*records))])

    jsonschema.validate(every, SCHEMA)
    assert reload_state(view(*records))[0] == every["daemon_sets"][0]["reload"]["state"]


@pytest.mark.parametrize(
    ("note", "question"),
    [({}, False), ({"ask": ASK}, True), ({"ask": ASK, "failed": "back"}, False), ({"ask": {"prot": 1}}, False)],
)
def test_pods_are_asked_where_their_answer_tells(note, question):
    assert question == bool(question_of(view(there=in_place(**note))))


def test_pod_that_reports_an_older_text_is_named():
    reports = {"agent-n1": "", "agent-n2": "reports an older text", "agent-n3": ""}
    status = status_of(replace(view(record()), reports=reports))

    assert "3 pods read it again within 2 s, 2 of 3 report it now" in "".join(lines_of(status))
    assert [
        "pods that reload: 1 of 3: reports an older text: n2. Find out why, or delete these pods: a new one begins "
        "with the text."
    ] == [str(one) for one in status.findings]


class Pods(MemoryCluster):
    """Each pod answers with its version; `agent-n2` with an older one, and `agent-n3` not at all."""

    def ask_pod(self, pod, namespace, port, path):
        self.serve("get", "pods/proxy", namespace)
        if pod == "agent-n3":
            raise ClusterError("timed out", 504)
        return 200, f'version{{value="{"old" if pod == "agent-n2" else "new"}"}} 1\n'.encode()


def asking():
    probed = ProbedPod("agent-n2", "n2")
    known = [answer_of(probed, Question(**ASK), b'version{value="old"} 1').lines]
    there = in_place(ask=ASK)
    there["metadata"]["annotations"]["config-rollout/reload"] = str(ReloadNote("e" * 64, known, ask=ASK))
    return view(record(), there=there)


def test_each_pod_is_asked_once_what_it_runs():
    assert {
        "agent-n1": "", "agent-n2": "reports an older text", "agent-n3": "does not answer (timed out)"
    } == with_reports(Pods(), asking()).reports  # fmt: skip


def test_nobody_is_asked_without_the_permission_or_a_question():
    forbidden = with_reports(Pods(may_not=lambda right: True), asking())

    assert ({}, "get pods/proxy in namespace n") == (forbidden.reports, forbidden.not_asked)
    assert view(record()) == with_reports(Pods(), view(record()))


def test_missing_permission_to_ask_is_told_and_nothing_is_wrong():
    status = status_of(replace(view(record()), not_asked="get pods/proxy in n"))

    assert "within 2 s, pods not asked: may not get pods/proxy in n" in "".join(lines_of(status))
    assert [] == status.findings


@pytest.mark.parametrize("text", ["", "[]", "1", '{"to": 1}', '{"to": "a", "known": 1}', "{"])
def test_note_of_others_is_none(text):
    assert ReloadNote() == reload_note({"metadata": {"annotations": {"config-rollout/reload": text}}})
