"""`init` from nothing and of what runs: the project is complete, the same each time, and overwrites nothing."""

import ast
import re
import shutil
import subprocess
import sys
from copy import deepcopy

import pytest
import yaml

from config_rollout.cli.main import main
from config_rollout.core.arguments.case import camel_case
from config_rollout.core.kubernetes.workload_kinds import DAEMON_SET, DEPLOYMENT, STATEFUL_SET
from config_rollout.core.project.defaults import written
from config_rollout.core.project.kube_proxy import kube_proxy_layout, kube_proxy_project
from config_rollout.core.project.new import new_chart_project, new_project
from config_rollout.core.project.program import FileText
from config_rollout.core.project.project import LANGUAGES, check_live, project_of
from config_rollout.core.project.python import literal
from config_rollout.core.project.typescript import INSTALL
from config_rollout.core.project.typescript import literal as in_typescript
from tests.objects import kubeadm
from tools.documents import ROOT

WORKLOAD = {
    "metadata": {"name": "agent", "namespace": "ours", "labels": {"app.kubernetes.io/managed-by": "Helm", "a": "b"}},
    "spec": {
        "selector": {"matchLabels": {"app": "agent"}},
        "template": {
            "metadata": {"labels": {"app": "agent", "tier": "node"}, "annotations": {"checksum/config": "0", "c": "d"}},
            "spec": {
                "containers": [
                    {
                        "name": "agent",
                        "image": "agent:1",
                        "env": [{"name": "DB_PASSWORD", "value": "hunter2-aBcD1234"}, {"name": "LEVEL", "value": "1"}],
                        "envFrom": [{"secretRef": {"name": "login"}}],
                    }
                ],
                "volumes": [
                    {"name": "config", "configMap": {"name": "agent-config"}},
                    {"name": "trust", "configMap": {"name": "bundle"}},
                ],
            },
        },
    },
}
CONFIG_MAPS = {
    "agent-config": {
        "metadata": {"name": "agent-config"},
        "data": {"Corefile": ". {\n}\n", "agent.yaml": "a: 1\n", "b.txt": "x\r\ny"},
        "binaryData": {"c.bin": "/wA="},
    },
    "bundle": {"metadata": {"name": "bundle", "ownerReferences": [{"kind": "Bundle"}]}, "data": {"ca.crt": "x"}},
}


def arguments(text):
    """Return the arguments of the program's component, calls as their source."""
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call) and len(node.args) == 2]
    (found,) = [call.args[1] for call in calls if isinstance(call.args[1], ast.Dict)]
    return value_of(found)


def value_of(node):
    if isinstance(node, ast.Dict):
        return {value_of(key): value_of(value) for key, value in zip(node.keys, node.values, strict=True)}
    if isinstance(node, ast.List):
        return [value_of(item) for item in node.elts]
    return ast.unparse(node) if isinstance(node, ast.Call) else ast.literal_eval(node)


def made(workload=WORKLOAD):
    return project_of(DAEMON_SET, deepcopy(workload), CONFIG_MAPS, ["login"])


def test_program_has_what_runs_and_reads_its_files():
    project = made()
    given = arguments(project.files["__main__.py"].decode())
    assert ("ours", "agent", True) == (given["namespace"], given["name"], given["take_over"])
    assert {"app": "agent"} == given["selector"]
    assert {"a": "b"} == given["labels"]
    assert {"tier": "node"} == given["pod_labels"]
    assert {"c": "d"} == given["pod_annotations"]
    assert {"config_maps": ["bundle"], "secrets": ["login"]} == given["external"]
    assert {
        "agent-config": {
            "data": {key: f"text('agent-config/{key}')" for key in ("Corefile", "agent.yaml", "b.txt")},
            "binary_data": {"c.bin": "binary('agent-config/c.bin')"},
            "formats": {"Corefile": "corefile"},
        }
    } == given["config_maps"]
    assert b"x\r\ny" == project.files["config/agent-config/b.txt"]
    assert b"\xff\x00" == project.files["config/agent-config/c.bin"]
    assert [
        "config/agent-config/Corefile is read as corefile: what it means counts",
        "config/agent-config/agent.yaml is read as yaml: what it means counts",
        "config/agent-config/b.txt is read as text: every byte counts",
    ] == project.notes


@pytest.mark.parametrize(
    ("strategy", "argument"),
    [
        ({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}}, None),
        ({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": "25%"}},
         {"rolling_update": {"max_unavailable": 0, "max_surge": "25%"}}),
        ({"type": "Recreate"}, {"type": "Recreate"}),
    ],
)  # fmt: skip
def test_deployment_has_its_own_component_and_strategy_and_replicas_are_left_out(strategy, argument):
    spec = {**WORKLOAD["spec"], "replicas": 3, "strategy": strategy, "minReadySeconds": 5, "revisionHistoryLimit": 2}
    program = project_of(DEPLOYMENT, {**WORKLOAD, "spec": spec}, CONFIG_MAPS, []).files["__main__.py"].decode()
    given = arguments(program)
    assert "ConfiguredDeployment(" in program
    assert (argument, 5, 2) == (given.get("strategy"), given["min_ready_seconds"], given["revision_history_limit"])
    assert "replicas" not in given


def test_stateful_set_has_what_cannot_be_changed_and_its_partition():
    claim = {
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "creationTimestamp": None},
        "spec": {"accessModes": ["ReadWriteOnce"], "volumeMode": "Filesystem"},
        "status": {"phase": "Pending"},
    }
    fixed = {
        "serviceName": "db",
        "podManagementPolicy": "OrderedReady",
        "revisionHistoryLimit": 3,
        "volumeClaimTemplates": [claim],
    }
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}
    spec = {**WORKLOAD["spec"], **fixed, "updateStrategy": strategy, "replicas": 3}
    program = project_of(STATEFUL_SET, {**WORKLOAD, "spec": spec}, CONFIG_MAPS, []).files["__main__.py"].decode()
    given = arguments(program)

    assert "ConfiguredStatefulSet(" in program
    assert {
        "service_name": "db",
        "revision_history_limit": 3,
        "volume_claim_templates": [{"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"]}}],
        "update_strategy": {"rolling_update": {"partition": 2}},
    } == {name: value for name, value in given.items() if name not in arguments(made().files["__main__.py"].decode())}
    assert not {"replicas", "pod_management_policy"} & {*given}


def test_same_workload_has_the_same_project():
    assert made() == made()


def test_value_that_looks_secret_is_a_secret_setting_and_stands_in_no_file():
    project = made()
    given = arguments(project.files["__main__.py"].decode())
    variables = given["pod_spec"]["containers"][0]["env"]
    assert ["settings.require_secret('agent-DB_PASSWORD')", "1"] == [one["value"] for one in variables]
    assert [] == [path for path, text in project.files.items() if b"hunter2" in text]
    assert [
        'pulumi config set --secret hash-key "$(openssl rand -hex 32)"',
        "pulumi config set --secret agent-DB_PASSWORD",
    ] == project.settings


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"spec": {**WORKLOAD["spec"], "selector": {"matchExpressions": [{}], "matchLabels": {}}}}, "spec.selector"),
        (
            {"metadata": {"name": "agent", "namespace": "ours", "annotations": {"config-rollout/stack": "s"}}},
            "metadata.annotations",
        ),
        (
            {"metadata": {"name": "agent", "namespace": "ours", "ownerReferences": [
                {"kind": "Agent", "name": "a", "controller": True}]}},
            "metadata.ownerReferences",
        ),
        ({}, None),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_over_is_refused(changes, where):
    found = [finding.where for finding in check_live({**WORKLOAD, **changes}, CONFIG_MAPS, [])]
    assert ([where] if where else []) == found


def test_workload_that_reads_nothing_is_refused():
    assert ["spec.template.spec"] == [finding.where for finding in check_live(WORKLOAD, {}, [])]


def test_kube_proxy_is_known_by_its_layout():
    assert "kubeadm" == kube_proxy_layout(kubeadm.daemon_set())
    assert "" == kube_proxy_layout(kubeadm.daemon_set(volume="other"))
    assert "" == kube_proxy_layout(WORKLOAD)


@pytest.mark.parametrize(("mounts", "lines"), [("kube-proxy", 2), ("kube-proxy-0123456789", 0)])
def test_of_kube_proxy_nothing_is_promised_once_its_pods_read_an_earlier_revision(mounts, lines):
    daemon_set = kubeadm.daemon_set(mounts=mounts)
    project = kube_proxy_project(kube_proxy_layout(daemon_set), daemon_set, "mode: iptables\n")
    assert b"mode: iptables\n" == project.files["config/config.conf"]
    assert lines == len(project.expected)


@pytest.mark.parametrize("name", ["agent", "123", "true", "1e3"])
def test_name_of_the_project_is_a_text(name):
    assert name == yaml.safe_load(new_project(name).files["Pulumi.yaml"])["name"]


def test_defaults_of_the_api_server_are_left_out_and_nothing_else_is():
    container = {
        "name": "a",
        "image": "a:1",
        "imagePullPolicy": "IfNotPresent",
        "resources": {},
        "ports": [{"containerPort": 1, "protocol": "TCP"}],
    }
    plain = {"name": "a", "image": "a:1", "ports": [{"containerPort": 1}]}
    assert {"containers": [plain]} == written({"containers": [container], "dnsPolicy": "ClusterFirst"})
    other = {"containers": [{**plain, "imagePullPolicy": "Always"}], "dnsPolicy": "Default", "serviceAccountName": "x"}
    assert other == written({**other, "serviceAccount": "x"})
    assert [{"name": "a", "image": "a"}] == written(
        {"containers": [{"name": "a", "image": "a", "imagePullPolicy": "Always"}]}
    )["containers"]


@pytest.mark.parametrize("value", ["a", 'a"b', "a'b\"c\n", "\u007f\u2028", {}, [], None, True, 1, {"a": [{"b": [""]}]}])
def test_literal_is_the_value(value):
    assert value == ast.literal_eval(literal(value))


def test_file_is_no_literal():
    assert '{\n    "a": text("b/c"),\n}' == literal({"a": FileText("b/c")})


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("words", [("--daemon-set", "web-agent"), ("--kube-proxy",), ("--chart", "oci://charts/agent")])
def test_from_nothing_and_nothing_is_overwritten(words, language, tmp_path, capsys):
    folder, words = tmp_path / "new", [*words, "--language", language]
    assert 0 == main(["init", str(folder), *words])
    assert "pulumi preview" in capsys.readouterr().out
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert 2 == main(["init", str(folder), *words])
    assert f"{folder}: exists already and is not empty. Name a new folder: nothing is overwritten." in (
        capsys.readouterr().err
    )
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_chart_on_this_machine_is_found_from_the_project(tmp_path, monkeypatch):
    (tmp_path / "charts" / "agent").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert 0 == main(["init", "projects/logs", "--chart", "charts/agent", "-n", "ours"])
    text = (tmp_path / "projects" / "logs" / "__main__.py").read_text()

    given = {"chart": "../../charts/agent", "namespace": "ours", "values": {}}
    assert ('    "logs",\n', given) == (
        text.partition("ConfiguredChart(\n")[2][: len('    "logs",\n')],
        arguments(text),
    )


def test_chart_of_a_repository_has_its_version():
    text = new_chart_project("logs", "agent", "https://charts.example", "1.2.3", "ours").files["__main__.py"].decode()

    repository = {"repository": "https://charts.example", "version": "1.2.3"}
    assert {"chart": "agent", **repository, "namespace": "ours", "values": {}} == arguments(text)


@pytest.mark.slow
def test_program_is_typed_and_formatted(tmp_path):
    folder = tmp_path / "taken"
    for path, text in made().files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text)
    assert 0 == main(["init", str(tmp_path / "proxy"), "--kube-proxy"])
    assert 0 == main(["init", str(tmp_path / "new"), "--daemon-set", "web-agent"])
    assert 0 == main(["init", str(tmp_path / "chart"), "--chart", "oci://charts/agent"])
    programs = [str(program) for program in sorted(tmp_path.glob("*/__main__.py"))]
    for number, program in enumerate(programs):
        shutil.copy(program, tmp_path / f"program_{number}.py")  # to mypy all of them are `__main__`
    copies = [str(tmp_path / f"program_{number}.py") for number in range(len(programs))]
    mypy = ["mypy", "--strict", "--no-explicit-package-bases", *copies]
    for tool in (
        ["ruff", "check", "--isolated", *programs],
        ["ruff", "format", "--isolated", "--check", *programs],
        mypy,
    ):
        done = subprocess.run([sys.executable, "-m", *tool], capture_output=True, text=True, cwd=ROOT, check=False)
        assert not done.returncode, done.stdout


def test_yaml_has_the_same_arguments_in_other_words():
    files = project_of(DAEMON_SET, deepcopy(WORKLOAD), CONFIG_MAPS, ["login"], "yaml").files
    project = yaml.safe_load(files["Pulumi.yaml"])
    workload = project["resources"]["workload"]
    given = workload["properties"]
    python = arguments(made().files["__main__.py"].decode())

    assert ("config-rollout:ConfiguredDaemonSet", "agent") == (workload["type"], workload["name"])
    assert {camel_case(name) for name in python} == set(given)
    assert {"configMaps": ["bundle"], "secrets": ["login"]} == given["external"]
    assert ("${hash-key}", {"hash-key", "agent-DB_PASSWORD"}) == (given["hashKey"], set(project["config"]))
    assert {
        "data": {key: {"fn::readFile": f"./config/agent-config/{key}"} for key in ("Corefile", "agent.yaml", "b.txt")},
        "binaryData": {"c.bin": "/wA="},
        "formats": {"Corefile": "corefile"},
    } == given["configMaps"]["agent-config"]
    assert b"x\r\ny" == files["config/agent-config/b.txt"]


def test_yaml_says_what_yaml_would_take_for_an_expression():
    workload = deepcopy(WORKLOAD)
    workload["spec"]["template"]["spec"]["containers"][0]["command"] = ["sh", "-c", "echo ${HOME} $(POD)"]
    text = project_of(DAEMON_SET, workload, CONFIG_MAPS, [], "yaml").files["Pulumi.yaml"]
    pods = yaml.safe_load(text)["resources"]["workload"]["properties"]["podSpec"]

    assert ["sh", "-c", "echo $${HOME} $(POD)"] == pods["containers"][0]["command"]


def arguments_in_typescript(text):
    """Return the arguments of the program's component, calls as texts: the rest is YAML."""
    (found,) = re.findall(r'(?s)new \w+\("agent", (\{.*\})\);', text)
    return yaml.safe_load(re.sub(r'([\w.]+)\("([^"]*)"\)', r'"\1 \2"', found))


def test_typescript_has_the_same_arguments_as_yaml_and_reads_its_files():
    files = project_of(DAEMON_SET, deepcopy(WORKLOAD), CONFIG_MAPS, ["login"], "typescript").files
    other = project_of(DAEMON_SET, deepcopy(WORKLOAD), CONFIG_MAPS, ["login"], "yaml").files
    in_yaml = yaml.safe_load(other["Pulumi.yaml"])
    given = arguments_in_typescript(files["index.ts"].decode())

    assert [*in_yaml["resources"]["workload"]["properties"]] == [*given]
    assert {
        "data": {key: f"text agent-config/{key}" for key in ("Corefile", "agent.yaml", "b.txt")},
        "binaryData": {"c.bin": "binary agent-config/c.bin"},
        "formats": {"Corefile": "corefile"},
    } == given["configMaps"]["agent-config"]
    assert "settings.requireSecret hash-key" == given["hashKey"]
    assert [] == [path for path, text in files.items() if b"hunter2" in text]


def test_document_has_what_a_project_in_typescript_needs_once():
    assert "".join(f"  {command}\n" for command in INSTALL) in (ROOT / "docs" / "init.md").read_text()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", '"a"'), ('a"b\n', '"a\\"b\\n"'), ({}, "{}"), ([], "[]"), (None, "null"), (True, "true"), (1, "1"),
        ({"a": 1, "b.c": 2}, '{\n  a: 1,\n  "b.c": 2,\n}'), (["${x}"], '[\n  "${x}",\n]'),
    ],
)  # fmt: skip
def test_literal_of_typescript_is_the_value(value, text):
    assert text == in_typescript(value)
