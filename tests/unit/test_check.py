"""`config-rollout check`: findings, their formats and exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from config_rollout.core.rules import BY_ID, RULES
from tools import command_line

ROOT = Path(__file__).parents[2]
KUBEADM = ROOT / "tests" / "data" / "manifests" / "kubeadm-1.36.3-kube-proxy.yaml"
SCHEMA = json.loads((ROOT / "docs" / "schemas" / "check.json").read_text())
BAD, GOOD = BY_ID["update-strategy"].bad, BY_ID["readiness-probe"].good
ADVISORY = BY_ID["readiness-probe"].bad


def run(*arguments: object, stdin: str = "") -> subprocess.CompletedProcess:
    return command_line.run("check", *arguments, stdin=stdin, folder=ROOT)


@pytest.fixture
def file(tmp_path):
    def write(text: str, name: str = "m.yaml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    return write


@pytest.mark.parametrize(("text", "code"), [(BAD, 1), (ADVISORY, 0), (GOOD, 0), ("", 2), ("kind: Service\n", 0)])
def test_exit_code(text, code):
    assert code == run("-", stdin=text).returncode


def test_finding_is_one_line_with_place_level_and_rule():
    first = run(KUBEADM.relative_to(ROOT)).stdout.decode().splitlines()[0]

    assert (
        "tests/data/manifests/kubeadm-1.36.3-kube-proxy.yaml:194: advisory: DaemonSet kube-system/kube-proxy: "
        "spec.template.spec.volumes[0].configMap.name: reads ConfigMap 'kube-proxy' only when kube-proxy starts, "
        "and nothing in the pod template changes with the content, so the pods keep the old content until something "
        "else restarts them. Write a hash of the content into an annotation of the pod template, or name the object "
        "after its content. [config-not-hashed]"
    ) == first


def test_last_line_counts():
    assert "2 findings, 0 mandatory, in 2 objects" == run(KUBEADM).stdout.decode().splitlines()[-1]


def test_what_no_rule_looks_at_is_noted():
    kinds = "ServiceAccount (1), ClusterRoleBinding (1), Role (1), RoleBinding (1)"

    assert f"config-rollout: note: not covered by any rule: {kinds}" == run(KUBEADM).stderr.decode().strip()


@pytest.mark.parametrize("text", [rule.bad for rule in RULES if not rule.programs_only] + [GOOD])
def test_json_is_what_the_schema_says(text):
    answer = json.loads(run("-", "--json", stdin=text).stdout)

    jsonschema.validate(answer, SCHEMA)


def test_json():
    findings = json.loads(run("-", "--json", stdin=BAD).stdout)["findings"]

    assert {
        "rule": "update-strategy",
        "level": "mandatory",
        "severity": "high",
        "file": "stdin",
        "line": 6,
        "resource": "DaemonSet default/agent",
        "kustomizations": [],
        "path": "spec.updateStrategy.rollingUpdate.maxSurge",
        "message": "spec.template.spec.containers[0].ports[0] uses a port of the node, so the old and new pods cannot "
        "run on one node",
        "fix": "Use maxUnavailable, with maxSurge 0",
        "old": False,
    } in findings


def test_sarif():
    log = json.loads(run(KUBEADM.relative_to(ROOT), "--sarif").stdout)
    (done,) = log["runs"]
    first = done["results"][0]
    rules = done["tool"]["driver"]["rules"]

    assert ("2.1.0", [rule.id for rule in RULES]) == (log["version"], [rule["id"] for rule in rules])
    assert ("config-not-hashed", "warning") == (first["ruleId"], first["level"])
    assert first["ruleId"] == rules[first["ruleIndex"]]["id"]
    assert {
        "artifactLocation": {
            "uri": "tests/data/manifests/kubeadm-1.36.3-kube-proxy.yaml",
            "uriBaseId": "%SRCROOT%",
        },
        "region": {"startLine": 194},
    } == first["locations"][0]["physicalLocation"]
    assert "not covered by any rule" in done["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]


@pytest.mark.parametrize(
    ("given", "code", "output"),
    [
        ({"update-strategy": "advisory"}, 0, b"advisory: DaemonSet default/agent: spec.updateStrategy"),
        ({"update-strategy": {"skip": [{"name": "agent", "reason": "a test"}]}}, 0, b"1 finding, 0 mandatory"),
        ({"all": "mandatory"}, 1, b"3 findings, 3 mandatory"),
    ],
)
def test_config(file, given, code, output):
    done = run(file(BAD), "--config", file(json.dumps(given), "config.json"))

    assert code == done.returncode
    assert output in done.stdout


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read as YAML or JSON"),
        ("[]", "settings: must be a mapping (got list)"),
        ('{"nonsense": "advisory"}', "nonsense: is not a rule. Known rules: hash-from-resource"),
    ],
)
def test_wrong_config_is_trouble(file, text, message):
    done = run(file(BAD), "--config", file(text, "config.json"))

    assert (2, b"") == (done.returncode, done.stdout)
    assert message in done.stderr.decode()


@pytest.mark.parametrize(
    ("arguments", "given", "message"),
    [
        (["/nowhere"], "", "/nowhere: no such file or directory"),
        (["-"], "", "-: contains no readable Kubernetes object. Pass rendered manifests."),
        (["-"], "---\n---\n", "note: not covered by any rule: empty document (2)"),
        (["-"], "image: {{ .Values.image }}\n", "note: not checked: 1 document with template syntax"),
        (["README.md"], "", "contains no readable Kubernetes object"),
        (["-", "--config", "/nowhere"], GOOD, "/nowhere: no such file or directory. Pass a file"),
        (["-", "--json", "--sarif"], GOOD, "not allowed with argument"),
    ],
)
def test_trouble_is_told_without_a_traceback(arguments, given, message):
    done = run(*arguments, stdin=given)

    assert (2, b"") == (done.returncode, done.stdout)
    assert message in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()


def test_folder_without_manifests_is_trouble(tmp_path):
    assert b"contains no file that ends in .yaml, .yml, .json" in run(tmp_path).stderr


def test_templates_left_in_leave_the_rest():
    done = run("-", stdin="kind: DaemonSet\nspec: {{ .Values.spec }}\n---\n" + BAD)

    assert 1 == done.returncode
    assert b"note: not checked: 1 document with template syntax (stdin:1)" in done.stderr


@pytest.mark.slow
def test_ten_thousand_resources_are_checked(file):
    path = file("\n---\n".join([BAD.replace("agent", f"agent-{number}") for number in range(10_000)]))

    assert 20_000 == len(json.loads(run(path, "--json").stdout)["findings"])


def test_check_imports_no_pulumi():
    code = (
        "import sys; from config_rollout.cli.main import main; main(sys.argv[1:]);"
        "print([module for module in sys.modules if 'pulumi' in module], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, "check", "-"], input=GOOD, capture_output=True, text=True)

    assert "[]" == done.stderr.splitlines()[-1]
