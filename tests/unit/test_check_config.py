"""The configuration file of `check`, its options, baseline, and skips on objects."""

import json
from pathlib import Path

import jsonschema
import pytest

from config_rollout.core.rules import BY_ID, RULES
from config_rollout.core.rules.check_settings import config_schema, parse_check_settings
from tests.objects.check_runs import AGENT, MAP, REFUSED, Folder

ROOT = Path(__file__).parents[2]
HASHED, REFUSES = "config-not-hashed", "update-strategy"
FILE = ".config-rollout.yaml"


@pytest.fixture
def here(tmp_path):
    folder = Folder(tmp_path)
    folder.write("m.yaml", f"{MAP}---\n{REFUSED}")
    return folder


def rules(done) -> list[str]:
    return [line.rpartition("[")[2][:-1] for line in done.out.splitlines() if line.endswith("]")]


def test_without_options_every_rule_runs(here):
    assert (1, [HASHED, REFUSES]) == (here.check(".").code, rules(here.check(".")))


@pytest.mark.parametrize(
    ("options", "expected", "code"),
    [
        (["--rule", HASHED], [HASHED], 0),
        (["--rule", HASHED, "--rule", REFUSES], [HASHED, REFUSES], 1),
        (["--exclude", HASHED], [REFUSES], 1),
        (["--exclude", REFUSES], [HASHED], 0),
        (["--fail-on", "advisory"], [HASHED, REFUSES], 1),
        (["--fail-on", "never"], [HASHED, REFUSES], 0),
        (["--exclude", REFUSES, "--fail-on", "advisory"], [HASHED], 1),
    ],
)
def test_options(here, options, expected, code):
    done = here.check(".", *options)

    assert (code, expected) == (done.code, rules(done))


def test_rule_that_does_not_exist_is_trouble(here):
    message = "config-rollout: check: unknown rule 'hash'. `config-rollout check --list` prints all rules.\n"

    assert (2, "", message) == here.check(".", "--rule", "hash")
    assert (2, "", message) == here.check("--explain", "hash")


@pytest.mark.parametrize("name", [FILE, ".config-rollout.yml"])
def test_configuration_file_is_found(here, name):
    here.write(name, f"{REFUSES}: disabled\n")

    assert [HASHED] == rules(here.check("."))


def test_configuration_file_above_is_found_and_told(here):
    here.write(FILE, f"{REFUSES}: disabled\n")
    here.write("sub/m.yaml", f"{MAP}---\n{REFUSED}")
    done = here.check("m.yaml", folder="sub")

    assert [HASHED] == rules(done)
    assert f"config-rollout: note: using the settings in {here.path / FILE}\n" == done.err


def test_configuration_file_outside_of_the_repository_is_not_found(here):
    here.write(FILE, f"{REFUSES}: disabled\n")
    here.write("sub/.git/HEAD", "")
    here.write("sub/m.yaml", f"{MAP}---\n{REFUSED}")

    assert [HASHED, REFUSES] == rules(here.check("m.yaml", folder="sub"))


def test_file_that_is_named_is_read_in_place_of_the_one_that_is_found(here):
    here.write(FILE, f"{REFUSES}: disabled\n")
    here.write("other.yaml", f"{HASHED}: disabled\n")

    assert [REFUSES] == rules(here.check(".", "--config", "other.yaml"))


@pytest.mark.parametrize(
    ("text", "code", "count"),
    [
        ("check: {failOn: never}\n", 0, 2),
        ("check: {failOn: advisory, exclude: [nothing.yaml]}\n", 1, 2),
        ("check:\n  exclude: [m.yaml]\n", 0, 0),
        ("check: {strict: true}\n", 1, 2),
        ("# nothing\n", 1, 2),
    ],
)
def test_configuration_of_the_run(here, text, code, count):
    here.write("n.yaml", MAP)
    here.write(FILE, text)
    done = here.check(".")

    assert (code, count) == (done.code, len(rules(done)))


def test_option_precedes_the_file(here):
    here.write(FILE, "check: {failOn: never}\n")

    assert 1 == here.check(".", "--fail-on", "mandatory").code


def test_paths_in_the_file_are_from_its_folder(here):
    here.write(FILE, "check: {exclude: [sub/a.yaml]}\n")
    here.write("sub/a.yaml", f"{MAP}---\n{REFUSED}")
    here.write("sub/b.yaml", f"{MAP}---\n{REFUSED}")

    assert [f"sub/b.yaml:18 {HASHED}", f"sub/b.yaml:12 {REFUSES}"] == here.check("sub").findings
    assert [f"b.yaml:18 {HASHED}", f"b.yaml:12 {REFUSES}"] == here.check(".", folder="sub").findings


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("check: []\n", "check: must be a mapping (got list). Write {}."),
        ("check: {failon: never}\n", "check.failon: is not a setting. Write 'failOn', if that was meant."),
        ("check: {failOn: high}\n", "check.failOn: has an invalid value (got 'high'). Use one of mandatory, advisory"),
        ("check: {strict: 1}\n", "check.strict: has an invalid value (got 1). Write true or false."),
        ("check: {exclude: vendor}\n", "check.exclude: has an invalid value (got 'vendor'). Write a list of strings."),
        ("check: {baseline: [a]}\n", "check.baseline: has an invalid value (got ['a']). Write a path."),
        ("a: [\n", "cannot be read as YAML or JSON"),
        (
            "all: advisory\nall: mandatory\n",
            "cannot be read as YAML or JSON: key 'all' appears twice in one mapping",
        ),
        ("readiness-prob: advisory\n", "is not a rule. Write 'readiness-probe', if that was meant."),
    ],
)
def test_wrong_configuration_is_trouble(here, text, message):
    here.write(FILE, text)
    done = here.check(".")

    assert (2, "") == done[:2]
    assert message in done.err


def test_schema_is_the_one_in_the_documents():
    assert config_schema() == json.loads((ROOT / "docs" / "schemas" / "config.json").read_text())


@pytest.mark.parametrize(
    ("config", "fits"),
    [
        ({"check": {"failOn": "never", "exclude": ["a"], "baseline": "b", "strict": True, "together": False}}, True),
        (
            {"all": "mandatory", HASHED: {"skip": [{"name": "a", "reason": "b"}]}, "critical-budget": {"maxShare": 5}},
            True,
        ),
        ({"check": {"failOn": "high"}}, False),
        ({"check": {"exclude": "vendor"}}, False),
        ({"nothing": "advisory"}, False),
        ({HASHED: {"skip": [{"name": "a"}]}}, False),
    ],
)
def test_schema_and_command_agree(here, config, fits):
    valid = jsonschema.Draft202012Validator(config_schema()).is_valid(config)
    here.write(FILE, json.dumps(config))
    (here.path / "b").write_text('{"findings": []}')

    assert (fits, fits) == (valid, here.check(".").code != 2)


def test_what_the_schema_offers_is_what_is_read():
    offered = config_schema()["properties"]["check"]["properties"]
    values = {"exclude": ["a"], "failOn": "never", "baseline": "b", "strict": True, "together": True}

    assert (offered.keys(), []) == (values.keys(), parse_check_settings({"check": values})[1])


def test_baseline_hides_what_is_old(here):
    here.write("old.json", here.check(".", "--json").out)
    done = here.check(".", "--baseline", "old.json")

    assert (0, "0 findings, 0 mandatory, in 2 objects, 2 in the baseline\n") == done[:2]


def test_lines_may_move_below_a_baseline(here):
    here.write("old.json", here.check(".", "--json").out)
    here.write("m.yaml", f"# one more line\n{MAP}---\n{REFUSED}")

    assert [] == here.check(".", "--baseline", "old.json").findings


def test_new_finding_is_told_beside_a_baseline(here):
    here.write("old.json", here.check(".", "--json").out)
    here.write("n.yaml", REFUSED.replace("agent", "other"))

    assert [f"n.yaml:7 {REFUSES}"] == here.check(".", "--baseline", "old.json").findings


def test_finding_that_is_gone_is_told(here):
    here.write("old.json", here.check(".", "--json").out)
    here.write("m.yaml", f"{MAP}---\n{AGENT}")

    assert (
        "config-rollout: note: 1 finding of the baseline is gone. Write the baseline again with --json.\n"
        == here.check(".", "--baseline", "old.json").err
    )


def test_json_beside_a_baseline_is_the_next_baseline(here):
    here.write("old.json", here.check(".", "--json").out)
    findings = here.check(".", "--baseline", "old.json", "--json").json["findings"]

    assert [(HASHED, True), (REFUSES, True)] == [(one["rule"], one["old"]) for one in findings]


def test_baseline_of_the_configuration_file(here):
    here.write("ci/old.json", here.check(".", "--json").out)
    here.write(FILE, "check: {baseline: ci/old.json}\n")

    assert 0 == here.check("m.yaml").code


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"findings": [{"rule": "a"}]}', '{"findings": 1}'])
def test_what_is_no_baseline_is_trouble(here, text):
    here.write("old.json", text)

    assert (2, "", "config-rollout: old.json: is not a baseline. Write it with `config-rollout check --json`.\n") == (
        here.check(".", "--baseline", "old.json")
    )


def annotated(text: str) -> str:
    return f"{MAP}---\n" + REFUSED.replace(
        "metadata: {name: agent}\nspec",
        f"metadata: {{name: agent, annotations: {{config-rollout/skip: {text!r}}}}}\nspec",
    )


def test_annotation_skips_a_rule_on_its_object(here):
    here.write("m.yaml", annotated("update-strategy: a test"))
    done = here.check(".")

    assert (0, [HASHED]) == (done.code, rules(done))
    assert done.out.endswith("1 finding, 0 mandatory, in 2 objects, 1 skipped\n")
    assert {REFUSES: 1} == here.check(".", "--json").json["skipped"]


def test_annotation_takes_a_rule_on_each_line(here):
    block = f"    config-rollout/skip: |\n      {REFUSES}: a test\n      {HASHED}: it reads its file again\n"
    head = "metadata:\n  name: agent\n  annotations:\n"
    here.write("m.yaml", f"{MAP}---\n" + REFUSED.replace("metadata: {name: agent}\nspec", f"{head}{block}spec"))

    assert (0, []) == (here.check(".").code, rules(here.check(".")))


WHERE = "m.yaml:6: DaemonSet default/agent: metadata.annotations['config-rollout/skip']"


@pytest.mark.parametrize(
    ("text", "note", "count"),
    [
        (
            "update-strategi: x",
            "has an unknown rule (got 'update-strategi'). Write 'update-strategy', if that was meant.",
            2,
        ),
        ("nothing: x", "has an unknown rule (got 'nothing'). `config-rollout check --list` prints all rules.", 2),
        ("update-strategy", "update-strategy has no reason. Write 'update-strategy: REASON'.", 2),
        ("readiness-probe: x", "readiness-probe has no finding on this object. Remove the line.", 2),
    ],
)
def test_annotation_that_is_wrong_or_of_no_use_is_told(here, text, note, count):
    here.write("m.yaml", annotated(text))
    done = here.check(".")

    assert (count, f"config-rollout: note: {WHERE}: {note}\n") == (len(rules(done)), done.err)


def test_annotation_of_a_rule_that_did_not_run_is_not_told(here):
    here.write("m.yaml", annotated("readiness-probe: x"))

    assert "" == here.check(".", "--rule", HASHED).err


def test_skip_that_matched_nothing_is_told(here):
    skips = [{"name": "agent", "reason": "a test"}, {"name": "agnt", "namespace": "x*", "reason": "a test"}]
    here.write(FILE, json.dumps({REFUSES: {"skip": skips}}))
    done = here.check(".")

    assert [HASHED] == rules(done)
    assert (
        "config-rollout: note: update-strategy: skip: namespace 'x*' and name 'agnt' matched nothing. Remove it, or "
        "correct the pattern.\n"
    ) == done.err


def test_list_has_every_rule(here):
    assert [rule.id for rule in RULES] == [line.split()[0] for line in here.check("--list").out.splitlines()]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_explanation_has_everything_there_is_to_say(here, rule):
    text = here.check("--explain", rule.id).out

    parts = (rule.prevents, rule.fix, rule.link, rule.bad.strip(), rule.good.strip(), rule.level.value)
    assert [] == [part for part in parts if part not in text]


def test_rule_that_is_off_runs_when_it_is_named(here):
    assert "disabled" == BY_ID["patch-on-destroy"].level.value
    assert 0 == here.check(".", "--rule", "patch-on-destroy").code


def test_explanation_of_hashes_says_what_covers_each_key(here):
    here.write("m.yaml", f"{MAP}---\n{AGENT}")
    done = here.check("--explain", HASHED, ".")

    assert (0, "") == (done.code, done.err)
    assert (
        "m.yaml:17: DaemonSet default/agent: ConfigMap 'agent', key 'agent.yaml', read as a file by subPath at "
        "spec.template.spec.volumes[0].configMap.name: nothing covers it\n"
    ) == done.out


def test_explanation_names_what_covers_a_key(here):
    hashed = AGENT.replace(
        "{labels: {app: agent}}", "{labels: {app: agent}, annotations: {checksum/config: 3f1a6b02c4}}"
    )
    here.write("m.yaml", f"{MAP}---\n{hashed}")

    assert "covered: checksum/config is its hash by Helm's convention" in here.check("--explain", HASHED, ".").out
