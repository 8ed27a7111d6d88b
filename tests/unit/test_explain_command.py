"""`explain`: what a preview means for pods, from what the real engine printed (tools/previews.py)."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from config_rollout.cli.outputs.comment import MOST
from tools.command_line import run_text
from tools.previews import PREVIEWS, ROOT, STAGES

SCHEMA = json.loads((ROOT / "docs" / "schemas" / "explain.json").read_text())
URN = "urn:pulumi:test::fleet::"
LOGGER = f"{URN}config-rollout:index:ConfiguredDaemonSet::logger"
WEB = f"{URN}kubernetes:apps/v1:Deployment::web"
SAID = (
    "logger.yaml is written differently but means the same: nothing restarts\n"
    "  the pods have an older text of logger.yaml; change `text_version` to roll out the new one"
)


def recorded(stage: str) -> dict:
    return json.loads((PREVIEWS / f"{stage}.json").read_text())


def explained(preview: object, *options: str) -> str:
    done = run_text("explain", *options, stdin=preview if isinstance(preview, str) else json.dumps(preview))

    assert (0, "") == (done.returncode, done.stderr)
    return done.stdout


def as_json(preview: object) -> dict:
    result = json.loads(explained(preview, "--json"))
    jsonschema.validate(result, SCHEMA)
    return result


def preview_of(*steps: dict, said: str = "", urn: str = LOGGER) -> dict:
    diagnostics = [{"urn": urn, "message": said, "severity": "info"}] if said else []
    return {"steps": list(steps), "diagnostics": diagnostics, "duration": 1, "changeSummary": {}}


def workload(op: str, *paths: str, urn: str = WEB, **state: object) -> dict:
    inputs = {"metadata": {"name": "web", "namespace": "fleet"}}
    side = {"inputs": inputs, **state}
    return {"op": op, "urn": urn, "oldState": side, "newState": side, "detailedDiff": {path: {} for path in paths}}


def outcome(*steps: dict, **rest: str) -> tuple:
    (one,) = as_json(preview_of(*steps, **rest))["workloads"]
    return one["outcome"], one["restarts"], one["why"]


def test_what_restarts_is_first_and_each_message_is_whole():
    said = recorded("restart")["diagnostics"]
    plan = next(one["message"] for one in said if "node-agent" in one["urn"]).rstrip("\n")

    assert (
        "### 2 workloads restart\n\n"
        "| workload | what happens | why |\n"
        "| --- | --- | --- |\n"
        "| `DaemonSet fleet/node-agent` | rolling restart | `agent.yaml: level info => debug` |\n"
        "| `Deployment fleet/web` | rolling restart | `spec.containers[0].env[0].value` |\n"
        "| `DaemonSet fleet/logger` | no restart | `logger.yaml is written differently but means the same` |\n\n"
        "Created: `ConfigMap fleet/node-agent-0be9d9decf`\n\n"
        "Kept in the cluster: `ConfigMap fleet/node-agent-8957533e59`\n\n"
        f"<details open><summary>DaemonSet fleet/node-agent</summary>\n\n```text\n{plan}\n```\n</details>\n\n"
        f"<details><summary>DaemonSet fleet/logger</summary>\n\n```text\n{SAID}\n```\n</details>\n"
    ) == explained(recorded("restart"))


@pytest.mark.parametrize("stage", ["text", "before"])
def test_comment_says_that_nothing_restarts(stage):
    assert "### Nothing restarts" == explained(recorded(stage)).splitlines()[0]


def test_comment_of_a_failed_preview_is_its_error():
    heading, _, fence, error, *_ = explained(recorded("refused")).splitlines()

    assert ("### The preview failed", "```text") == (heading, fence)
    assert error.startswith("ConfiguredDaemonSet 'node-agent': namespace: is not a valid DNS label")


@pytest.mark.parametrize("stage", STAGES)
def test_json_is_what_the_schema_says(stage):
    result = as_json(recorded(stage))

    assert (stage == "refused", 2 * (stage == "restart")) == (result["failed"], result["restarts"])


def test_json_names_each_field_that_changes():
    first, *_ = as_json(recorded("restart"))["workloads"]

    assert [("agent.yaml", "level", "info", "debug", "restart")] == [
        (row["key"], row["path"], row["old"], row["new"], row["effect"]) for row in first["changes"]
    ]


@pytest.mark.parametrize(
    ("steps", "expected"),
    {
        "its template": (["update", "spec.template.spec.x", "spec.replicas"], ("rolling restart", True, "spec.x")),
        "something else": (["update", "spec.replicas"], ("no restart", False, "spec.replicas")),
        "its creation": (["create"], ("is created", False, "")),
        "its replacement": (["create-replacement"], ("is replaced: its pods stop, and start again", True, "")),
        "its end": (["delete"], ("is deleted, and its pods stop", False, "")),
    }.values(),
)
def test_workload_by_hand_is_judged_by_its_properties(steps, expected):
    assert expected == outcome(workload(*steps))


def test_deleted_workload_that_stays_is_kept():
    assert ("is kept", False, "") == outcome(workload("delete", retainOnDelete=True))


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        ("a: b => c: rolling restart", ("rolling restart", True, "a: b => c")),
        ("a: rolling restart, if it differs", ("rolling restart, if it differs", None, "a")),
        ("the rollout of DaemonSet a/b continues, wave by wave", ("rolling restart", True, None)),
        ("DaemonSet a/b has this configuration already (0): nothing restarts", ("no restart", False, None)),
    ],
)
def test_component_is_judged_by_what_it_says_and_not_by_the_properties(first, expected):
    own = workload("update", "spec.template.x", urn=f"{URN}a$kubernetes:apps/v1:DaemonSet::logger", parent=LOGGER)
    what, restarts, why = outcome(own, said=f"{first}\n  more\n")

    assert expected[:2] == (what, restarts)
    assert expected[2] in (None, why)


def test_component_that_says_nothing_is_judged_by_the_properties_of_its_workload():
    own = workload("update", "spec.template.x", urn=f"{URN}a$kubernetes:apps/v1:DaemonSet::logger", parent=LOGGER)

    assert ("rolling restart", True, "x") == outcome(own)


def test_secret_values_are_shown_in_no_form_even_if_the_preview_shows_them():
    preview = recorded("restart")
    web = next(step for step in preview["steps"] if step["urn"] == WEB)
    logger = next(step for step in preview["steps"] if step["urn"] == LOGGER)
    for side, value in (("oldState", "hunter2-before"), ("newState", "hunter2-after")):
        web[side]["inputs"]["spec"]["template"]["spec"]["containers"] = [{"env": [{"name": "x", "value": value}]}]
        logger[side]["inputs"]["data"] = {"logger.yaml": f"password: {value}\n"}
    preview["diagnostics"].append({"message": "error: refused: password: 'hunter2-after'\n", "severity": "error"})

    both = explained(preview) + json.dumps(as_json(preview))

    assert "hunter2" not in both
    assert "[secret]" in both


def test_key_that_is_again_as_the_cluster_has_it_is_no_change():
    recorded = {"name": "logger", "namespace": "fleet", "keysRead": {"logger": ["a"]}}
    sides = [{"inputs": {**recorded, "configMaps": {"logger": {"data": data}}}} for data in (
        {"a": "1", "b": "1", "c": "1"}, {"a": "2", "b": "2", "c": "2"}
    )]  # fmt: skip
    own = {"op": "update", "urn": LOGGER, **dict(zip(("oldState", "newState"), sides, strict=True))}
    said = "a changes: rolling restart\n  {} again as the cluster has it: nothing is written\n"

    def changed(back: str) -> list[str]:
        return [row["key"] for row in as_json(preview_of(own, said=said.format(back)))["workloads"][0]["changes"]]

    assert (["a"], ["a", "c"]) == (changed("b, c are"), changed("b is"))


def test_secret_configuration_is_named_and_not_compared():
    preview = recorded("text")
    for state in (preview["steps"][1]["oldState"], preview["steps"][1]["newState"]):
        state["inputs"]["data"] = "[secret]"

    assert [] == as_json(preview)["workloads"][0]["changes"]


def test_code_of_a_message_cannot_be_left():
    said = "a: ``` | <b> => b: rolling restart\n````\n"
    comment = explained(preview_of(workload("update", urn=LOGGER), said=said))

    assert "| ````a: ``` \\| <b> => b```` |" in comment
    assert f"`````text\n{said}`````\n" in comment


def test_comment_is_no_longer_than_github_takes_and_says_what_is_missing():
    preview = preview_of()
    for number in range(400):
        message = f"a: {number}: rolling restart\n" + "  ~ a line of forty characters, or about so\n" * 100
        preview["diagnostics"].append({"urn": f"{LOGGER}-{number}", "message": message, "severity": "info"})
    comment = explained(preview)

    assert MOST < 65_536
    assert len(comment) < 65_536
    assert "and 380 more" in comment
    assert "workloads are too long for a comment: see the preview." in comment.splitlines()[-1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "stdin: is empty: the preview failed before it printed anything. Read its error output."),
        ("Previewing update (test):", "stdin: is not JSON (line 1: Expecting value)."),
        (
            '{"sequence":0}\n{"sequence":1}\n',
            "stdin: is a stream of events. Unset PULUMI_ENABLE_STREAMING_JSON_PREVIEW.",
        ),
        ('{"kind": "ConfigMap"}', "stdin: is JSON, but not that of a preview."),
        ("[1, 2]", "stdin: is JSON, but not that of a preview."),
        ('{"steps": [{"op": 1}], "duration": 1}', "stdin: is JSON, but not that of a preview."),
        ("[" * 100_000, "stdin: is not JSON."),
    ],
)
def test_what_is_no_preview_is_one_sentence(text, expected):
    done = run_text("explain", stdin=text)

    assert (2, "") == (done.returncode, done.stdout)
    assert f"config-rollout: {expected}" == done.stderr.partition(" Pass what")[0].strip()


def test_preview_without_its_end_is_one_sentence():
    text = (PREVIEWS / "restart.json").read_text()
    for end in (len(text) // 3, len(text) // 2, len(text) - 5):
        done = run_text("explain", stdin=text[:end])

        assert (2, "") == (done.returncode, done.stdout)
        assert "the preview was interrupted" in done.stderr


def test_missing_file_is_one_sentence(tmp_path):
    done = run_text("explain", tmp_path / "none.json")

    assert f"config-rollout: {tmp_path}/none.json: no such file or directory." in done.stderr


def test_engine_and_cluster_are_not_imported():
    heavy = "('pulumi', 'kubernetes', 'matplotlib', 'rich', 'urllib3')"
    code = (
        f"import sys; from config_rollout.cli.main import main; main(['explain', {str(PREVIEWS / 'restart.json')!r}]);"
        f"print([module for module in sys.modules if module.startswith({heavy})])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(ROOT))

    assert "[]" == done.stdout.splitlines()[-1]
