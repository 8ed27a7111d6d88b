"""The policy pack in the real engine: every rule, programs of three kinds, previews, remediation, configuration."""

import asyncio
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest
import yaml

from config_rollout import ConfiguredDeployment
from config_rollout.core.rules import BY_ID, RULES
from config_rollout.core.rules.objects import WAVE_STASH
from config_rollout.core.rules.rule import Level
from tests.engine.conftest import BETTER, GOOD
from tests.engine.naive_program import naive
from tests.objects.stacks import FINDINGS, text_of
from tools.demo import ROOT
from tools.local_cluster import run_folder

PACK = str(ROOT / "policies")
EXECUTABLE = str(Path(sys.executable).parent / "config-rollout-policies")
SAFE = {"min_ready_seconds": 1, "rollout_timeout_seconds": 60}
PROBE = {"http_get": {"path": "/ready", "port": 8080}}


def checked(project, program, command="preview", **options):
    return getattr(project, command)(program, policy_packs=[PACK], **options)


def daemon_set(namespace: str, image: Any = "agent:1", probe: Any = PROBE, **spec: Any):
    """Return a program with one DaemonSet."""

    def program() -> None:
        container = {"name": "agent", "image": image() if callable(image) else image, "readiness_probe": probe}
        labels = {"app": "agent"}
        k8s.apps.v1.DaemonSet(
            "agent",
            metadata={"name": "agent", "namespace": namespace, "annotations": {"pulumi.com/skipAwait": "true"}},
            spec={
                "selector": {"match_labels": labels},
                "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
                "min_ready_seconds": 1,
                **spec,
            },
        )

    return program


def unknown_in_preview(value: Any) -> pulumi.Output[Any]:
    """Return an Output as of a resource that does not exist yet."""

    def future(result: Any) -> asyncio.Future[Any]:
        made: asyncio.Future[Any] = asyncio.Future()
        made.set_result(result)
        return made

    return pulumi.Output(set(), future(value), future(not pulumi.runtime.is_dry_run()))


@pytest.fixture
def yaml_program(engine):
    """Return a function that runs a command on a Pulumi YAML program."""
    folder = run_folder("yaml")

    def run(resources: Any, *command: str, check: bool = False) -> str:
        text = json.dumps({"name": "yaml", "runtime": "yaml", "resources": resources})
        new = not (folder / "Pulumi.yaml").exists()
        (folder / "Pulumi.yaml").write_text(text)
        if new:
            engine.run("stack", "init", "test", folder=folder)
        return engine.run(*command, folder=folder, check=check).stdout

    yield run
    engine.run("stack", "rm", "--yes", "--force", "test", folder=folder, check=False)
    shutil.rmtree(folder)


def told(output: str) -> set[tuple[str, str]]:
    """Return (rule, logical name) of the findings in the engine's output."""
    lines = [line.split() for line in output.splitlines() if line.strip().startswith("- [")]
    return {(line[-3], line[-1].rstrip(")")) for line in lines}


def as_resources(rule_id: str, text: str) -> dict[str, Any]:
    """Return a rule's manifest as resources, with the fields that the API server insists on."""
    resources = {}
    for value in yaml.safe_load_all(text):
        group, _, version = value["apiVersion"].rpartition("/")
        kind = value["kind"]
        value["metadata"]["namespace"] = f"of-{rule_id}"
        if kind == "DaemonSet":
            template = value["spec"].setdefault("template", {})
            labels = template.setdefault("metadata", {}).setdefault("labels", {"app": "agent"})
            value["spec"]["selector"] = {"matchLabels": labels}
            template.setdefault("spec", {}).setdefault("containers", [{"name": "agent", "image": "agent:1"}])
        resources[f"{rule_id}-{kind}"] = {
            "type": f"kubernetes:{group or 'core'}/{version}:{kind}",
            "properties": {key: value[key] for key in value if key not in ("apiVersion", "kind")},
        }
    return resources


MANIFEST_RULES = [rule for rule in RULES if not rule.programs_only]


@pytest.mark.parametrize("example", ["bad", "good"])
def test_every_rule_on_its_examples(yaml_program, example, tmp_path):
    config = tmp_path / "config.json"
    config.write_text(json.dumps({rule.id: "advisory" for rule in MANIFEST_RULES if rule.level is Level.DISABLED}))
    resources: dict[str, Any] = {}
    for rule in MANIFEST_RULES:
        resources |= as_resources(rule.id, getattr(rule, example))
    output = yaml_program(resources, "preview", "--policy-pack", PACK, "--policy-pack-config", str(config))
    own = {rule for rule, name in told(output) if name.rpartition("-")[0] == rule}

    assert ({rule.id for rule in MANIFEST_RULES} if example == "bad" else set()) == own


CHARTS = sorted({name for name, *_ in FINDINGS if name.startswith("chart-")})
CUSTOM = {"Rollout", "DeploymentConfig"}  # which Pulumi YAML cannot make


@pytest.mark.parametrize("name", CHARTS)
def test_charts_have_the_findings_that_were_looked_at(yaml_program, name):
    resources, others = {}, set()
    for value in yaml.safe_load_all(text_of(name)):
        spec, kind, called = value.get("spec", {}), value["kind"], value["metadata"]["name"]
        if kind in CUSTOM:
            others.add(called)
        elif "template" not in spec or "selector" in spec or kind == "Job":  # no patch, which is nothing to deploy
            group, _, version = value["apiVersion"].rpartition("/")
            properties = {key: value[key] for key in value if key not in ("apiVersion", "kind")}
            resources[f"{kind}.{called}"] = {
                "type": f"kubernetes:{group or 'core'}/{version}:{kind}",
                "properties": json.loads(json.dumps(properties).replace("${", "$${")),
            }
    output = yaml_program(resources, "preview", "--policy-pack", PACK)
    of_manifests = {rule.id for rule in MANIFEST_RULES}
    found = {(rule, name.partition(".")[2]) for rule, name in told(output) if rule in of_manifests}

    assert {(rule, o) for chart, rule, o, _ in FINDINGS if chart == name and o not in others} == found, output


@pytest.mark.parametrize(
    ("version", "kind"), [("argoproj.io/v1alpha1", "Rollout"), ("apps.openshift.io/v1", "DeploymentConfig")]
)
def test_workloads_of_others_are_looked_at(project, namespace, version, kind):
    def program() -> None:
        k8s.core.v1.ConfigMap("config", metadata={"name": "agent", "namespace": namespace}, data={"LEVEL": "info"})
        container = {"name": "agent", "image": "agent:1", "envFrom": [{"configMapRef": {"name": "agent"}}]}
        k8s.apiextensions.CustomResource(
            "agent",
            api_version=version,
            kind=kind,
            metadata={"name": "agent", "namespace": namespace},
            spec={"template": {"spec": {"containers": [container]}}},
        )

    findings = checked(project, program).findings

    assert ["config-not-hashed"] == [rule for rule, o, _ in findings if o == f"{kind} agent"], findings


# Pulumi YAML of this release knows no Stash: that rule has a Python program of its own.
PROGRAM_RULES = [rule for rule in RULES if rule.programs_only and WAVE_STASH not in rule.kinds]


@pytest.mark.parametrize("rule", PROGRAM_RULES, ids=lambda rule: rule.id)
def test_rule_on_programs_in_a_yaml_program(yaml_program, rule, tmp_path):
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"patch-on-destroy": "advisory"}))
    found = [
        rule.id in {name for name, _ in told(yaml_program(resources, "preview", *pack))}
        for resources in (yaml.safe_load(rule.bad)["resources"], yaml.safe_load(rule.good)["resources"])
        for pack in [("--policy-pack", PACK, "--policy-pack-config", str(config))]
    ]

    assert [True, False] == found


def test_trap_stops_a_preview(project, namespace):
    outcome = checked(project, naive(namespace, GOOD))

    assert outcome.failed
    assert ("hash-from-resource", "DaemonSet agent", "mandatory") in outcome.findings


def test_components_have_no_findings(project, agent, namespace):
    container = {
        "name": "agent",
        "image": "agent:1",
        "readiness_probe": PROBE,
        "volume_mounts": [{"name": "config", "mount_path": "/etc/agent"}],
    }
    pod_spec = {"containers": [container], "volumes": [{"name": "config", "config_map": {"name": "agent"}}]}
    annotations = {"pod_annotations": {"local-cluster/ready-after": "300ms"}}
    program = agent(pod_spec=pod_spec, **SAFE, **annotations)
    outcomes = [
        checked(project, program),
        checked(project, program, "up"),
        checked(project, agent(BETTER, pod_spec=pod_spec, **SAFE, **annotations), "up"),
    ]

    assert [(False, [])] * 3 == [(outcome.failed, outcome.findings) for outcome in outcomes]
    reads = {**pod_spec, "volumes": [{"name": "config", "config_map": {"name": "web"}}]}
    args = {"namespace": namespace, "data": GOOD, "pod_spec": reads, **SAFE}
    outcome = checked(project, lambda: ConfiguredDeployment("web", args))
    assert (False, [], "create") == (outcome.failed, outcome.findings, outcome.steps["Deployment web"])


def test_example_program_has_no_findings(program, engine):
    engine.run("config", "set", "min-ready-seconds", "10", folder=program.folder)
    first = engine.run("preview", "--policy-pack", PACK, folder=program.folder).stdout
    program.edit("mode: iptables", "mode: nftables", show=False)
    second = engine.run("preview", "--policy-pack", PACK, folder=program.folder).stdout

    assert [set(), set()] == [told(first), told(second)]
    assert "✅ config-rollout" in first


def test_mandatory_finding_stops_up_before_anything_is_written(project, namespace, cluster):
    surge = {"update_strategy": {"rolling_update": {"max_surge": 1, "max_unavailable": 1}}}
    outcome = checked(project, daemon_set(namespace, **surge), "up")

    assert outcome.failed
    assert ("update-strategy", "DaemonSet agent", "mandatory") in outcome.findings
    assert [] == cluster.api.list(f"namespaces/{namespace}/daemonsets")


def test_unknown_value_that_no_rule_needs_is_nothing(project, namespace):
    outcome = checked(project, daemon_set(namespace, lambda: unknown_in_preview("agent:1")))

    assert (False, []) == (outcome.failed, outcome.findings)


def test_unknown_value_that_rules_need_is_told_and_stops_nothing(project, namespace):
    def program() -> None:
        metadata = {"name": "agent", "namespace": namespace}
        k8s.apps.v1.DaemonSet("agent", metadata=metadata, spec=unknown_in_preview({}))

    outcome = checked(project, program)

    assert (False, {"config-not-hashed", "readiness-probe"}) == (
        outcome.failed,
        {name for name, *_ in outcome.findings},
    )
    assert "not checked: spec: is not known before the update" in outcome.output


def test_trap_is_what_the_engine_does(project, namespace):
    """Where the rule is silent, a change of the ConfigMap leaves the DaemonSet in place."""

    def named_by_pulumi(data: dict[str, str]):
        def program() -> None:
            config_map = k8s.core.v1.ConfigMap("agent", metadata={"namespace": namespace}, data=data)
            volume = {"name": "config", "config_map": {"name": config_map.metadata["name"]}}
            daemon_set(
                namespace,
                template={
                    "metadata": {"labels": {"app": "agent"}},
                    "spec": {
                        "containers": [{"name": "a", "image": "agent:1", "readiness_probe": PROBE}],
                        "volumes": [volume],
                    },
                },
            )()

        return program

    first = checked(project, named_by_pulumi(GOOD), "up")
    second = checked(project, named_by_pulumi(BETTER), "up")

    assert ([], []) == (first.findings, second.findings)
    assert "update" == second.steps["DaemonSet agent"]


def test_provider_that_updates_config_maps_in_place_is_known(yaml_program):
    resources = yaml.safe_load(BY_ID["hash-from-resource"].bad)["resources"]
    resources["provider"] = {"type": "pulumi:providers:kubernetes", "properties": {"enableConfigMapMutable": True}}
    resources["config"]["options"] = {"provider": "${provider}"}
    (container,) = resources["agent"]["properties"]["spec"]["template"]["spec"]["containers"]
    container["volumeMounts"] = [{"name": "config", "mountPath": "/etc/agent.yaml", "subPath": "agent.yaml"}]
    rules = {rule for rule, _ in told(yaml_program(resources, "preview", "--policy-pack", PACK))}

    assert set() == rules & {"hash-from-resource", "config-replaced"}
    assert "config-not-hashed" in rules  # the name is fixed and nothing follows the content


def test_analyze_finds_it_in_what_a_stack_holds(yaml_program):
    resources = yaml.safe_load(BY_ID["hash-from-resource"].bad)["resources"]
    resources["agent"]["properties"]["metadata"]["annotations"] = {"pulumi.com/skipAwait": "true"}
    yaml_program(resources, "up", "--yes", "--skip-preview", check=True)
    output = yaml_program(resources, "policy", "analyze", "--policy-pack", PACK, "--stack", "test")
    yaml_program(resources, "destroy", "--yes", "--skip-preview", check=True)

    assert ("hash-from-resource", "agent") in told(output)


def test_remediation_is_shown_and_restarts_nothing(project, namespace, cluster, tmp_path, record):
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"min-ready-seconds": {"enforcementLevel": "remediate", "seconds": 7}}))
    program = daemon_set(namespace, min_ready_seconds=None)
    project.up(program)
    options = {"policy_pack_configs": [str(config)]}
    preview = checked(project, program, **options)
    with record() as recorder:
        outcome = checked(project, program, "up", **options)
    (live,) = cluster.api.list(f"namespaces/{namespace}/daemonsets")

    assert {"DaemonSet agent": "update"} == preview.steps
    assert (False, 7) == (outcome.failed, live["spec"]["minReadySeconds"])
    assert 0 == sum(recorder.replaced().values())


@pytest.mark.parametrize(
    ("given", "failed", "findings"),
    [
        ({}, False, ["readiness-probe"]),
        ({"readiness-probe": "disabled"}, False, []),
        ({"readiness-probe": "mandatory"}, True, ["readiness-probe"]),
        ({"readiness-probe": {"skip": [{"name": "agent", "reason": "a test"}]}}, False, []),
        ({"readiness-probe": {"skip": [{"name": "other", "reason": "a test"}]}}, False, ["readiness-probe"]),
        ({"readiness-probe": {"skip": [{"name": "agent"}]}}, True, []),
        ({"critical-budget": {"maxShare": 0}}, True, []),
    ],
)
def test_configuration(project, namespace, tmp_path, given, failed, findings):
    config = tmp_path / "config.json"
    config.write_text(json.dumps(given))
    outcome = checked(project, daemon_set(namespace, probe=None), policy_pack_configs=[str(config)])

    assert (failed, findings) == (outcome.failed, [name for name, _, _ in outcome.findings])


def test_pack_copied_beside_a_program_works(engine):
    folder = run_folder("beside")
    shutil.copytree(PACK, folder / "policies", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / ".venv").symlink_to(ROOT / ".venv")
    resources = yaml.safe_load(BY_ID["config-replaced"].bad)["resources"]
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "b", "runtime": "yaml", "resources": resources}))
    engine.run("stack", "init", "test", folder=folder)
    output = engine.run("preview", "--policy-pack", "policies", folder=folder).stdout
    shutil.rmtree(folder)

    assert {("config-replaced", "config")} == told(output)


def test_executable_pack_finds_what_the_folder_finds(yaml_program, tmp_path):
    resources = yaml.safe_load(BY_ID["config-replaced"].bad)["resources"]
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"config-replaced": "mandatory"}))
    of_folder, of_executable = (
        yaml_program(resources, "preview", "--policy-pack", pack, "--policy-pack-config", str(config))
        for pack in (PACK, EXECUTABLE)
    )

    assert told(of_folder) == told(of_executable) != set()
    assert "[mandatory]" in of_executable


def test_wave_without_a_gate_is_found_and_one_with_a_soak_is_not(project, agent):
    waves = {"first": [{"name": "canary", "nodes": 1}, {"name": "second", "nodes": 1, "soak_seconds": 1}]}
    findings = checked(project, agent(waves=waves)).findings

    assert ["Stash agent-canary"] == [name for rule, name, _ in findings if rule == "wave-without-gate"]
