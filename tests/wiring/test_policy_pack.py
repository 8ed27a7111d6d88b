"""The rules as Pulumi policies, asked as the engine asks: what is unknown or secret, providers, skips, what is told."""

import os
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import MessageToDict
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi.runtime.proto import analyzer_pb2 as protocol
from pulumi.runtime.proto.analyzer_pb2_grpc import AnalyzerStub

from config_rollout.core.markers import UNKNOWN
from config_rollout.core.rules import RULES
from config_rollout.core.rules.rule import Level
from config_rollout.policies import Analyzer
from config_rollout.policy_objects import SECRET, SIGNATURE, UNKNOWNS, plain
from tests.objects.pack_requests import (
    URN,
    answer,
    configured,
    not_run,
    one,
    provider,
    stack,
    struct,
    told,
)

POLICIES = {policy.name: policy for policy in Analyzer().GetAnalyzerInfo(Empty(), None).policies}
UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
DAEMON_SET, CONFIG_MAP = "kubernetes:apps/v1:DaemonSet", "kubernetes:core/v1:ConfigMap"
READING = {"containers": [{"image": "a", "envFrom": [{"configMapRef": {"name": "agent"}}]}]}
FIXED = {"metadata": {"name": "agent"}, "data": {"a": "x"}}
CRITICAL = {"spec": {"priorityClassName": "system-node-critical"}}


def secret(value):
    return {SIGNATURE: SECRET, "value": value}


def daemon_set(template=None, **spec):
    return {"metadata": {"name": "agent"}, "spec": {"template": template or {}, **spec}}


def test_every_rule_is_one_policy():
    assert [rule.id for rule in RULES] == list(POLICIES)
    assert {rule.id for rule in RULES if rule.check_all} == {
        name for name, policy in POLICIES.items() if policy.policy_type == protocol.POLICY_TYPE_STACK
    }


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_policy_says_what_the_rule_says_of_itself(rule):
    policy = POLICIES[rule.id]

    assert (rule.level.name, f"POLICY_SEVERITY_{rule.severity.name}", rule.link, [rule.topic]) == (
        protocol.EnforcementLevel.Name(policy.enforcementLevel),
        protocol.PolicySeverity.Name(policy.severity),
        policy.url,
        policy.tags,
    )
    assert {"skip", *(parameter.name for parameter in rule.parameters)} == set(policy.configSchema.properties)


def test_finding_is_one_line_below_what_the_policy_prevents():
    request = one(DAEMON_SET, daemon_set({"spec": {"containers": [{"image": "a"}]}}))
    (said,) = answer(request, Analyzer())
    prevents, message = said.message.splitlines()

    assert POLICIES["readiness-probe"].description == prevents == said.description
    assert message.startswith("spec.template.spec.containers: no container has a readinessProbe, so ")
    assert (protocol.ADVISORY, protocol.POLICY_SEVERITY_HIGH) == (said.enforcementLevel, said.severity)


@pytest.mark.parametrize(
    "kind",
    ["kubernetes:core/v1:Service", "kubernetes:example.com/v1:DaemonSet", "aws:s3:Bucket", "pulumi:pulumi:Stack",
     "config-rollout:index:ConfiguredDaemonSet", "kubernetes:apps/v1:DaemonSetList"],
)  # fmt: skip
def test_other_resources_are_left_alone(kind):
    props = {"spec": 1, "data": 2, "metadata": 3}
    every = configured(**{rule.id: {"enforcementLevel": "remediate"} for rule in RULES})

    assert [] == answer(one(kind, props), every)
    assert [] == answer(stack((kind, "agent", props, {})), every)
    assert [] == list(every.Remediate(one(kind, props), None).remediations)


def test_unknown_value_that_a_rule_needs_is_told_and_stops_nothing():
    request = one(DAEMON_SET, daemon_set({"spec": UNKNOWN_TEXT}))
    must = configured(readiness_probe={"enforcementLevel": "mandatory"})

    assert ["DaemonSet default/agent: not checked: spec.template.spec: is not known before the update"] == (
        not_run("readiness-probe", request)
    )
    assert [protocol.ADVISORY] == [
        said.enforcementLevel for said in answer(request, must) if said.policyName == "readiness-probe"
    ]


def test_unknown_value_that_a_rule_does_not_need_is_nothing():
    props = daemon_set({"spec": {"containers": [{"image": UNKNOWN_TEXT, "readinessProbe": {}}]}})

    assert 1 == len(told("readiness-probe", one(DAEMON_SET, props)))
    assert [] == not_run("readiness-probe", one(DAEMON_SET, props))


def test_what_is_known_is_told_beside_what_is_not():
    request = stack(
        (CONFIG_MAP, "config", FIXED, {}),
        (DAEMON_SET, "agent", {"spec": UNKNOWN_TEXT}, {}),
        (DAEMON_SET, "other", daemon_set({"spec": READING}), {}),
    )

    assert [URN.format(DAEMON_SET, "other")] == [urn for _, urn in told("config-not-hashed", request)]
    assert 1 == len(not_run("config-not-hashed", request))


def test_what_several_objects_keep_unknown_is_told_once():
    request = stack(*((DAEMON_SET, name, {"spec": UNKNOWN_TEXT}, {}) for name in "abc"))

    (message,) = not_run("config-not-hashed", request)
    assert message.endswith(", and 2 more")


@pytest.mark.parametrize("value", sorted(UNKNOWNS))
def test_every_kind_of_unknown_is_known_as_such(value):
    assert {"a": [UNKNOWN], "b": {"c": UNKNOWN, "d": 1}} == plain(struct({"a": [value], "b": {"c": value, "d": 1.0}}))


LEAVES = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    LEAVES | st.text(), lambda items: st.lists(items) | st.dictionaries(st.text(), items), max_leaves=9
)


@given(st.dictionaries(st.text(), VALUES))
@settings(max_examples=30, deadline=None)
def test_properties_are_read_as_they_were_written(value):
    assert value == plain(struct(value))


def test_secret_is_read_as_what_it_holds():
    inside = {"a": secret("text"), "b": [secret({"c": secret(1)})], "d": secret(UNKNOWN_TEXT)}

    assert {"a": "text", "b": [{"c": 1}], "d": UNKNOWN} == plain(struct(inside))


def test_finding_in_a_secret_is_found():
    props = {"metadata": {"name": "agent"}, "spec": secret(daemon_set({"spec": {"containers": [{}]}})["spec"])}

    assert 1 == len(told("readiness-probe", one(DAEMON_SET, props)))


@pytest.mark.parametrize(
    ("given", "findings"),
    [
        (None, 1),
        (provider(), 1),
        (provider(enableConfigMapMutable="true"), 0),
        (provider(enableConfigMapMutable=True), 0),
        (provider(enableConfigMapMutable="false"), 1),
        (provider(enableSecretMutable="true"), 1),
    ],
)
def test_provider_decides_whether_a_config_map_is_replaced(given, findings):
    assert findings == len(told("config-replaced", one(CONFIG_MAP, FIXED, given)))


def test_environment_decides_too(monkeypatch):
    monkeypatch.setenv("PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE", "true")

    assert [] == told("config-replaced", one(CONFIG_MAP, FIXED))
    assert 1 == len(told("config-replaced", one("kubernetes:core/v1:Secret", FIXED)))


def test_unknown_provider_is_told():
    request = one(CONFIG_MAP, FIXED, provider(enableConfigMapMutable=UNKNOWN_TEXT))

    assert (0, 1) == (len(told("config-replaced", request)), len(not_run("config-replaced", request)))


@pytest.mark.parametrize(
    ("depends", "findings"), [({"spec": ["config"]}, 1), ({"metadata": ["config"]}, 1), ({}, 0), ({"spec": []}, 0)]
)
def test_trap_is_seen_by_property_dependencies(depends, findings):
    request = stack((CONFIG_MAP, "config", FIXED, {}), (DAEMON_SET, "agent", daemon_set(), depends))

    assert [URN.format(DAEMON_SET, "agent")] * findings == [urn for _, urn in told("hash-from-resource", request)]


def test_trap_and_missing_hash_are_not_told_twice():
    reading = daemon_set({"spec": READING})
    request = stack((CONFIG_MAP, "config", FIXED, {}), (DAEMON_SET, "agent", reading, {"spec": ["config"]}))

    assert [1, 0] == [len(told(name, request)) for name in ("hash-from-resource", "config-not-hashed")]


@pytest.mark.parametrize("patch", ["Node", "DaemonSet", "ConfigMap"])
def test_patch_of_any_kind_is_a_patch(patch):
    kind = f"kubernetes:core/v1:{patch}Patch"

    assert 1 == len(told("patch-on-destroy", one(kind, {"metadata": {"name": "agent"}})))


@pytest.mark.parametrize("name", ["readiness-probe", "min-ready-seconds", "config-replaced", "on-delete"])
def test_nothing_is_missing_in_a_patch(name):
    for kind in (DAEMON_SET, CONFIG_MAP):
        assert [] == told(name, one(f"{kind}Patch", daemon_set(updateStrategy={"type": "OnDelete"}) | FIXED))


def test_resources_of_the_components_are_driven():
    inside = "urn:pulumi:test::test::config-rollout:index:ConfiguredDaemonSet${}::{}"
    props = daemon_set(updateStrategy={"type": "OnDelete"})

    assert [1, 0] == [len(told("on-delete", one(DAEMON_SET, props, urn=urn))) for urn in (URN, inside)]


def test_configuration_comes_as_the_engine_sends_it():
    props = daemon_set(CRITICAL, updateStrategy={"rollingUpdate": {"maxUnavailable": "20%"}})
    skip = [{"name": "ag*", "reason": "a test"}]

    assert [0, 1, 0] == [
        len(told("critical-budget", one(DAEMON_SET, props), configured(critical_budget=config)))
        for config in ({}, {"maxShare": 10}, {"maxShare": 10, "skip": skip})
    ]


@pytest.mark.parametrize(
    ("stated", "levels"),
    [
        ("advisory", [protocol.ADVISORY]),
        ("mandatory", [protocol.MANDATORY]),
        ("remediate", [protocol.MANDATORY]),  # what remediation left
        ("disabled", []),
    ],
)
def test_level_is_the_one_that_was_configured(stated, levels):
    request = one(DAEMON_SET, daemon_set({"spec": {"containers": [{"image": "a"}]}}))
    said = answer(request, configured(readiness_probe={"enforcementLevel": stated}))

    assert levels == [each.enforcementLevel for each in said if each.policyName == "readiness-probe"]


def test_settings_that_no_schema_catches_are_refused():
    class Refused(Exception):
        pass

    class Context:
        def abort(self, code, message):
            raise Refused(message)

    config = protocol.PolicyConfig(enforcementLevel=protocol.ADVISORY, properties=struct({"maxShare": 10.5}))
    with pytest.raises(Refused, match=r"policy pack config-rollout: critical-budget\.maxShare: is not valid"):
        Analyzer().Configure(protocol.ConfigureAnalyzerRequest(policyConfig={"critical-budget": config}), Context())


@pytest.mark.parametrize(("rule", "count"), [("critical-budget", 0), ("readiness-probe", 1)])
def test_annotation_skips_a_rule_in_a_program_too(rule, count):
    props = daemon_set(CRITICAL, updateStrategy={"rollingUpdate": {"maxUnavailable": "50%"}})
    props["metadata"]["annotations"] = {"config-rollout/skip": f"{rule}: a test"}

    assert count == len(told("critical-budget", one(DAEMON_SET, props)))


def remediated(props, **of_rules):
    """Return the properties after all remediations, plain, and the rules that changed them."""
    remediations = configured(**of_rules).Remediate(one(DAEMON_SET, props), None).remediations
    after = MessageToDict(remediations[-1].properties) if remediations else None
    return after, [each.policyName for each in remediations]


REMEDIATE = {"enforcementLevel": "remediate"}
HALF = daemon_set(CRITICAL, updateStrategy={"rollingUpdate": {"maxUnavailable": "50%"}})


@pytest.mark.parametrize(
    ("rule", "props", "path", "value"),
    [
        ("min-ready-seconds", daemon_set(), ("spec", "minReadySeconds"), 10),
        ("min-ready-seconds", daemon_set(minReadySeconds=5), ("spec", "minReadySeconds"), None),
        ("critical-budget", HALF, ("spec", "updateStrategy", "rollingUpdate", "maxUnavailable"), "25%"),
    ],
)
def test_remediation(rule, props, path, value):
    after, rules = remediated(props, **{rule: REMEDIATE})
    for key in path if after else ():
        after = after[key]

    assert (value, [rule] if value else []) == (after, rules)


def test_remediations_follow_one_another():
    after, rules = remediated(HALF, min_ready_seconds=REMEDIATE, critical_budget=REMEDIATE)

    assert {"min-ready-seconds", "critical-budget"} == set(rules)
    assert (10, "25%") == (
        after["spec"]["minReadySeconds"],
        after["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"],
    )


def test_remediation_keeps_what_is_secret_or_unknown():
    spec = {"template": {"spec": {"hostname": secret("a"), "image": UNKNOWN_TEXT}}}
    after, _ = remediated({"metadata": {"name": "agent"}, "spec": secret(spec)}, min_ready_seconds=REMEDIATE)

    assert secret({**spec, "minReadySeconds": 10}) == after["spec"]


def test_nothing_is_remediated_that_nobody_asked_for():
    assert (None, []) == remediated(HALF)
    assert (None, []) == remediated(HALF, readiness_probe=REMEDIATE)
    assert Level.DISABLED is next(rule.level for rule in RULES if rule.id == "min-ready-seconds")


def test_remediation_leaves_what_is_skipped():
    skip = [{"name": "agent", "reason": "a test"}]

    assert (None, []) == remediated(daemon_set(), min_ready_seconds={**REMEDIATE, "skip": skip})


ROOT = Path(__file__).parents[2]
EXECUTABLE = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]["config-rollout-policies"]


@pytest.mark.parametrize(
    "start",
    [[ROOT / "policies"], ["-c", "import {0}; {0}.{1}()".format(*EXECUTABLE.split(":"))]],
    ids=["folder", "executable"],
)
def test_pack_answers_the_engine_without_its_host_unbuffering_it(start):
    """The port has to reach the engine through a pipe, also from a Python that was not started with -u."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    command = [sys.executable, *start, "127.0.0.1:1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        port = process.stdout.readline()
        process.kill()

    assert port.strip().isdigit()


STARTED = """
import sys
from config_rollout.pack import PACKAGES, protocol_alone
with protocol_alone():
    import grpc
    import config_rollout.policies
loaded = [name for name in sys.modules if name.startswith(("pulumi.", "asyncio.", "grpc.aio.", "pulumi_", "yaml"))]
print(*sorted(name for name in loaded if not name.startswith(PACKAGES[-1])))
print(*(name for name in PACKAGES if name in sys.modules))
import asyncio, pulumi
from pulumi.runtime.proto import analyzer_pb2
assert analyzer_pb2.AnalyzeRequest is config_rollout.policies.protocol.AnalyzeRequest
print(asyncio.run(asyncio.sleep(0, "runs")), pulumi.automation.LocalWorkspace.__name__)
"""


@pytest.mark.slow
def test_pack_starts_without_what_no_policy_uses_and_has_it_where_something_does():
    """Each preview waits for the start: what it may not import is named."""
    done = subprocess.run([sys.executable, "-c", STARTED], stdout=subprocess.PIPE, text=True, check=True)

    assert ["", "", "runs LocalWorkspace"] == done.stdout.splitlines()


def test_pack_serves_the_engine_over_the_wire():
    with subprocess.Popen([sys.executable, ROOT / "policies", "127.0.0.1:1"], stdout=subprocess.PIPE) as process:
        with grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
            pack = AnalyzerStub(channel)
            info = pack.GetAnalyzerInfo(Empty())
            pack.ConfigureStack(protocol.AnalyzerStackConfigureRequest(stack="test"))
            refused = protocol.PolicyConfig(properties=struct({"maxShare": 10.5}))
            with pytest.raises(grpc.RpcError, match=r"critical-budget\.maxShare: is not valid"):
                pack.Configure(protocol.ConfigureAnalyzerRequest(policyConfig={"critical-budget": refused}))
            trap = stack((CONFIG_MAP, "config", FIXED, {}), (DAEMON_SET, "agent", daemon_set(), {"spec": ["config"]}))
            found = {said.policyName for said in pack.AnalyzeStack(trap).diagnostics}
            pack.Cancel(Empty())
        process.send_signal(signal.SIGINT)

    assert list(POLICIES) == [policy.name for policy in info.policies]
    assert "hash-from-resource" in found
    assert -signal.SIGINT == process.returncode
