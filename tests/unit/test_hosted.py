"""What a program in another language passes and is told: names, numbers, places of findings, options, hooks."""

import asyncio
from contextvars import copy_context

import pulumi
import pytest
from pulumi.runtime.proto import provider_pb2

from config_rollout import ConfiguredDaemonSetArgs, KubeProxyArgs
from config_rollout.core.arguments.finding import Finding
from config_rollout.hooks.hook_name import hook_name
from config_rollout.hooks.run import Host, hosted_by, this_run
from config_rollout.hosted.inputs import arguments
from config_rollout.hosted.names import in_other_languages
from config_rollout.hosted.provider import Servicer
from config_rollout.hosted.refusal import refusal
from config_rollout.prepare.errors import BadArguments


@pytest.mark.parametrize(
    ("passed", "expected"),
    [
        ({"minReadySeconds": 5.0}, {"min_ready_seconds": 5}),
        ({"data": {"maxUnavailable": "x"}}, {"data": {"maxUnavailable": "x"}}),
        (
            {"configMaps": {"textVersion": {"textVersion": "1", "data": {}}}},
            {"config_maps": {"textVersion": {"text_version": "1", "data": {}}}},
        ),
        (
            {"podSpec": {"hostNetwork": True, "containers": [{"ports": [{"containerPort": 80.0}]}]}},
            {"pod_spec": {"hostNetwork": True, "containers": [{"ports": [{"containerPort": 80}]}]}},
        ),
        (
            {"waves": {"first": [{"name": "a", "soakSeconds": 2.0, "gates": [{"kubeProxy": {"metricsPort": 1.0}}]}]}},
            {"waves": {"first": [{"name": "a", "soak_seconds": 2, "gates": [{"kube_proxy": {"metrics_port": 1}}]}]}},
        ),
        (
            {"updateStrategy": {"rollingUpdate": {"maxUnavailable": 2.0}}},
            {"update_strategy": {"rolling_update": {"max_unavailable": 2}}},
        ),
        ({"podSpce": {}, "waves": {"frist": 1.5}}, {"podSpce": {}, "waves": {"frist": 1.5}}),
    ],
)
def test_inputs_are_the_arguments_of_python(passed, expected):
    assert expected == arguments(passed, ConfiguredDaemonSetArgs)


@pytest.mark.parametrize(
    ("passed", "expected"),
    [
        ({"layout": {"daemonSet": "proxy"}}, {"layout": {"daemon_set": "proxy"}}),
        ({"layout": "eks"}, {"layout": "eks"}),
        ({"config": {"bindAddress": "::"}}, {"config": {"bindAddress": "::"}}),
        ({"config": "mode: nftables"}, {"config": "mode: nftables"}),
    ],
)
def test_argument_of_two_kinds_is_taken_as_what_it_is(passed, expected):
    assert expected == arguments(passed, KubeProxyArgs)


def test_outputs_stay_outputs_and_what_they_hold_gets_its_names():
    async def made() -> tuple[type, object]:
        passed = {"namespace": pulumi.Output.secret("n"), "waves": pulumi.Output.from_input({"onFailure": "halt"})}
        of = arguments(passed, ConfiguredDaemonSetArgs)
        return await of["namespace"].is_secret(), await of["waves"].future()

    assert (True, {"on_failure": "halt"}) == asyncio.run(made())


def refused(*findings: Finding) -> tuple[str, dict[str, str]]:
    message, errors = refusal(BadArguments.of("ConfiguredDaemonSet 'agent'", findings), ConfiguredDaemonSetArgs)
    return message, {error["property_path"]: error["reason"] for error in errors}


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("pod_spec", "podSpec"),
        ("data['agent yaml']", 'data["agent yaml"]'),
        ("config_maps['a'].binary_data['k']", 'configMaps["a"].binaryData["k"]'),
        ("waves.first[0].soak_seconds", "waves.first[0].soakSeconds"),
        ("pod_spec.initContainers[1].env_from", "podSpec.initContainers[1].envFrom"),
        ("frob", "frob"),
    ],
)
def test_finding_is_at_its_property_and_never_shows_the_value_there(where, expected):
    message, errors = refused(Finding(where, "is wrong", "Pass a dict"))

    assert ("", {f"{expected} ": "is wrong. Pass an object."}) == (message, errors)


def test_place_inside_a_text_is_in_the_reason():
    assert {"data ": "line 2: is wrong. Mend it."} == refused(Finding("data: line 2", "is wrong", "Mend it"))[1]


def test_finding_about_the_cluster_is_in_the_message():
    there = Finding("DaemonSet a/b", "is not ours", "Pass take_over=True")

    assert ("DaemonSet a/b: is not ours. Pass takeOver=true.", {}) == refused(there)


def test_all_findings_are_there_at_once():
    message, errors = refused(Finding("data", "a", "b"), Finding("DaemonSet a/b", "c", "d"), Finding("waves", "e", "f"))

    assert ("DaemonSet a/b: c. d.", {"data ": "a. b.", "waves ": "e. f."}) == (message, errors)


def test_refusal_without_findings_is_its_text():
    assert ("waves: no `pod_spec_of`", []) == refusal(BadArguments("waves: no `pod_spec_of`"), ConfiguredDaemonSetArgs)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("put it in `string_data`, not `data`", "put it in `stringData`, not `data`"),
        ("data['my_key'] is not pod_spec", "data['my_key'] is not podSpec"),
        ("Pass True, or a plain str", "Pass true, or plain text"),
    ],
)
def test_words_of_python_become_those_of_every_language(text, expected):
    assert expected == in_other_languages(text)


def options(**fields: object) -> pulumi.ResourceOptions:
    request = provider_pb2.ConstructRequest(**fields)  # type: ignore[attr-defined]
    return asyncio.run(_options(request))


async def _options(request: object) -> pulumi.ResourceOptions:
    return Servicer._construct_options(request)


def test_options_that_the_program_does_not_say_are_not_false():
    of = options()

    assert (None, None) == (of.retain_on_delete, of.custom_timeouts)


def test_options_that_the_program_says_arrive():
    of = options(retainOnDelete=False, protect=True, customTimeouts={"update": "20m"})

    assert (False, True, "20m") == (of.retain_on_delete, of.protect, of.custom_timeouts.update)
    assert of.custom_timeouts.create is None


class Run:
    """One run of a program."""


def hosted_name(run: object, scope: str, name: str) -> str:
    """Return the name of a hook of a component that stands there."""

    def named() -> str:
        hosted_by(Host(run, scope))
        return hook_name(name)

    return copy_context().run(named)


def test_hooks_of_two_components_of_one_name_differ_in_whatever_order_they_are_made():
    first, second = "pulumi:pulumi:Stack$a:b:One$c:d:E", "pulumi:pulumi:Stack$a:b:Two$c:d:E"
    there = [hosted_name(run, scope, "agent") for run in [Run()] for scope in (first, second)]
    back = [hosted_name(run, scope, "agent") for run in [Run()] for scope in (second, first)]

    assert 2 == len({*there})
    assert there == back[::-1]


def test_components_of_one_run_of_a_host_have_that_in_common():
    run = Run()

    def made() -> object:
        hosted_by(Host(run, ""))
        return this_run()

    assert [run, run] == [copy_context().run(made) for _ in range(2)]
