"""The rules as Pulumi policies, called as the engine calls them: unknown values, providers, skips, what is told."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from pulumi_policy import (
    PolicyCustomTimeouts,
    PolicyProviderResource,
    PolicyResource,
    PolicyResourceOptions,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
    proxy,
)

from config_rollout.core.markers import UNKNOWN
from config_rollout.core.rules import RULES
from config_rollout.policies import Unchecked, _Memory, plain, policies

POLICIES = {policy.name: policy for policy in policies()}
UNKNOWN_TEXT = proxy.UNKNOWN_STRING_VALUE
URN = "urn:pulumi:test::test::{}::{}"
DAEMON_SET, CONFIG_MAP = "kubernetes:apps/v1:DaemonSet", "kubernetes:core/v1:ConfigMap"
READING = {"containers": [{"image": "a", "envFrom": [{"configMapRef": {"name": "agent"}}]}]}
FIXED = {"metadata": {"name": "agent"}, "data": {"a": "x"}}


def options(protect=False):
    return PolicyResourceOptions(protect, [], None, [], PolicyCustomTimeouts(0, 0, 0), [])


def provider(**props):
    return PolicyProviderResource("pulumi:providers:kubernetes", proxy.unknown_checking_proxy(props), "urn", "name")


def one(kind, props, provider=None, name="agent", urn=URN, **config):
    """Return the arguments of a policy on one resource."""
    urn = urn.format(kind, name)
    return ResourceValidationArgs(kind, proxy.unknown_checking_proxy(props), urn, name, options(), provider, config)


def stack(*resources):
    """Return the arguments of a policy on a stack; each resource is (type, name, props, depends)."""
    made = {
        name: PolicyResource(
            kind, proxy.unknown_checking_proxy(props), URN.format(kind, name), name, options(), None, None, [], {}
        )
        for kind, name, props, _ in resources
    }
    for _, name, _, depends in resources:
        for key, names in depends.items():
            made[name].property_dependencies[key] = [made[other] for other in names]
    return StackValidationArgs(list(made.values()))


def told(name, args):
    """Return what a policy reports, as (message, URN)."""
    found = []
    POLICIES[name].validate(args, lambda message, urn=None: found.append((message, urn)))
    return found


def daemon_set(template=None, **spec):
    return {"metadata": {"name": "agent"}, "spec": {"template": template or {}, **spec}}


def test_every_rule_is_one_policy():
    assert [rule.id for rule in RULES] == list(POLICIES)
    assert {rule.id for rule in RULES if rule.check_all} == {
        name for name, policy in POLICIES.items() if isinstance(policy, StackValidationPolicy)
    }


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_policy_says_what_the_rule_says_of_itself(rule):
    policy = POLICIES[rule.id]

    assert (rule.level.value, rule.severity.value, rule.link, [rule.topic]) == (
        policy.enforcement_level.value,
        policy.severity.value,
        policy.url,
        policy.tags,
    )
    assert "skip" in policy.config_schema.properties


def test_finding_is_one_line():
    ((message, _),) = told("readiness-probe", one(DAEMON_SET, daemon_set({"spec": {"containers": [{"image": "a"}]}})))

    assert message.startswith("spec.template.spec.containers: no container has a readinessProbe, so ")
    assert "\n" not in message


@pytest.mark.parametrize(
    "kind",
    ["kubernetes:core/v1:Service", "kubernetes:example.com/v1:DaemonSet", "aws:s3:Bucket", "pulumi:pulumi:Stack",
     "config-rollout:index:ConfiguredDaemonSet", "kubernetes:apps/v1:DaemonSetList"],
)  # fmt: skip
@pytest.mark.parametrize("name", [name for name, p in POLICIES.items() if isinstance(p, ResourceValidationPolicy)])
def test_other_resources_are_left_alone(kind, name):
    assert [] == told(name, one(kind, {"spec": 1, "data": 2, "metadata": 3}))


def test_unknown_value_that_a_rule_needs_is_told():
    props = daemon_set({"spec": UNKNOWN_TEXT})
    with pytest.raises(Unchecked) as error:
        told("readiness-probe", one(DAEMON_SET, props))

    assert "DaemonSet default/agent: not checked: spec.template.spec: is not known before the update" == (
        error.value.message
    )


def test_unknown_value_that_a_rule_does_not_need_is_nothing():
    props = daemon_set({"spec": {"containers": [{"image": UNKNOWN_TEXT, "readinessProbe": {}}]}})

    assert 1 == len(told("readiness-probe", one(DAEMON_SET, props)))


def test_what_is_known_is_told_before_what_is_not():
    found = []
    budget = daemon_set(
        {"spec": {"priorityClassName": "system-node-critical"}},
        updateStrategy={"rollingUpdate": {"maxUnavailable": UNKNOWN_TEXT}},
    )
    with pytest.raises(Unchecked):
        told("critical-budget", one(DAEMON_SET, budget))
    args = stack(
        (CONFIG_MAP, "config", FIXED, {}),
        (DAEMON_SET, "agent", {"spec": UNKNOWN_TEXT}, {}),
        (DAEMON_SET, "other", daemon_set({"spec": READING}), {}),
    )
    with pytest.raises(Unchecked):
        POLICIES["config-not-hashed"].validate(args, lambda message, urn=None: found.append(urn))

    assert [URN.format(DAEMON_SET, "other")] == found


@pytest.mark.parametrize("value", list(vars(proxy)[name] for name in vars(proxy) if name.startswith("UNKNOWN_")))
def test_every_kind_of_unknown_is_known_as_such(value):
    held = proxy.unknown_checking_proxy({"a": [value], "b": {"c": value, "d": 1.0}})

    assert {"a": [UNKNOWN], "b": {"c": UNKNOWN, "d": 1}} == plain(held)


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
    with pytest.raises(Unchecked):
        told("config-replaced", one(CONFIG_MAP, FIXED, provider(enableConfigMapMutable=UNKNOWN_TEXT)))


@pytest.mark.parametrize(
    ("depends", "findings"), [({"spec": ["config"]}, 1), ({"metadata": ["config"]}, 1), ({}, 0), ({"spec": []}, 0)]
)
def test_trap_is_seen_by_property_dependencies(depends, findings):
    args = stack((CONFIG_MAP, "config", FIXED, {}), (DAEMON_SET, "agent", daemon_set(), depends))
    found = told("hash-from-resource", args)

    assert [URN.format(DAEMON_SET, "agent")] * findings == [urn for _, urn in found]


def test_trap_and_missing_hash_are_not_told_twice():
    reading = daemon_set({"spec": READING})
    args = stack((CONFIG_MAP, "config", FIXED, {}), (DAEMON_SET, "agent", reading, {"spec": ["config"]}))

    assert [1, 0] == [len(told(name, args)) for name in ("hash-from-resource", "config-not-hashed")]


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
    props = daemon_set(
        {"spec": {"priorityClassName": "system-node-critical"}},
        updateStrategy={"rollingUpdate": {"maxUnavailable": "20%"}},
    )
    skip = [{"name": "ag*", "reason": "a test"}]

    assert [0, 1, 0] == [
        len(told("critical-budget", one(DAEMON_SET, props, **config)))
        for config in ({}, {"maxShare": 10.0}, {"maxShare": 10.0, "skip": skip})
    ]


@pytest.mark.parametrize(("rule", "count"), [("critical-budget", 0), ("readiness-probe", 1)])
def test_annotation_skips_a_rule_in_a_program_too(rule, count):
    props = daemon_set(
        {"spec": {"priorityClassName": "system-node-critical"}},
        updateStrategy={"rollingUpdate": {"maxUnavailable": "50%"}},
    )
    props["metadata"]["annotations"] = {"config-rollout/skip": f"{rule}: a test"}

    assert count == len(told("critical-budget", one(DAEMON_SET, props)))


@pytest.mark.parametrize(
    ("name", "props", "path", "value"),
    [
        ("min-ready-seconds", daemon_set(), ("spec", "minReadySeconds"), 10),
        ("min-ready-seconds", daemon_set(minReadySeconds=5), ("spec", "minReadySeconds"), None),
        (
            "critical-budget",
            daemon_set(
                {"spec": {"priorityClassName": "system-node-critical"}},
                updateStrategy={"rollingUpdate": {"maxUnavailable": "50%"}},
            ),
            ("spec", "updateStrategy", "rollingUpdate", "maxUnavailable"),
            "25%",
        ),
    ],
)
def test_remediation(name, props, path, value):
    after = POLICIES[name].remediate(one(DAEMON_SET, props))
    for key in path if after else ():
        after = after[key]

    assert value == after


def test_remediation_leaves_what_is_skipped():
    args = one(DAEMON_SET, daemon_set(), skip=[{"name": "agent", "reason": "a test"}])

    assert None is POLICIES["min-ready-seconds"].remediate(args)


def test_memory_answers_as_the_function_does_and_asks_it_once():
    asked = []
    memory = _Memory(lambda given: asked.append(given) or [given["a"]], most=2)
    one, same, other = {"a": 1}, {"a": 1}, {"a": 2}
    answers = [memory(one), memory(one), memory(same), memory(other), memory(one)]

    assert [[1], [1], [1], [2], [1]] == answers
    assert answers[0] is answers[1]
    assert [one, same, other, one] == asked  # two objects are kept, and equal ones are not the same


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
from config_rollout.pack import without_unused
with without_unused():
    import config_rollout.policies
heavy = ("pulumi.automation.", "pulumi.dynamic.", "opentelemetry.sdk", "pulumi_kubernetes", "kubernetes", "yaml")
print(sum(name.startswith(heavy) for name in sys.modules))
import pulumi
print(pulumi.automation.LocalWorkspace.__name__)
"""


@pytest.mark.parametrize("traced", [False, True])
def test_pack_starts_without_what_no_policy_uses_and_has_it_where_something_does(traced):
    """Each preview waits for the start: what it may not import is counted."""
    asks = {"TRACEPARENT": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
    environment = {name: value for name, value in os.environ.items() if name != "TRACEPARENT"} | (
        asks if traced else {}
    )
    program = [sys.executable, "-c", STARTED]
    done = subprocess.run(program, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    heavy, workspace = done.stdout.split()

    assert traced == (int(heavy) > 0)
    assert "LocalWorkspace" == workspace
