"""The words that preview and up say."""

import pytest

from config_rollout.core.configuration.content import Content
from config_rollout.core.configuration.diff import diff_contents
from config_rollout.core.explain.reasons import (
    WorkloadUpdate,
    explain,
    explain_keys,
    explain_replace,
    explain_retained,
    explain_taken_over,
    explain_unfinished,
    explain_unknown,
)
from config_rollout.core.markers import UNKNOWN
from config_rollout.core.waves.words import WavePlan
from tests.objects.rendered import NEW, OLD, daemon_set

KEYS = diff_contents(Content({"agent.conf": b"level: info\n"}), Content({"agent.conf": b"level: debug\n"}))


def test_configuration_changed():
    assert (
        "agent.conf +1 -1: rolling restart\n"
        "  ~ agent.conf: 1 line added, 1 removed\n"
        "      -level: info\n"
        "      +level: debug\n"
        "  3f1a6b02c4 => 9c07aa31be: rolling restart of DaemonSet monitoring/agent, at most 1 pod at a time"
    ) == explain(WorkloadUpdate(daemon_set(), daemon_set(NEW), KEYS, OLD))


def test_only_the_image_changed():
    assert (
        "containers[name=agent].image: rolling restart\n"
        "  ~ containers[name=agent].image: agent:1 => agent:2\n"
        "  rolling restart of DaemonSet monitoring/agent, at most 1 pod at a time"
    ) == explain(WorkloadUpdate(daemon_set(), daemon_set(image="agent:2")))


def test_image_and_configuration_changed():
    message = explain(WorkloadUpdate(daemon_set(), daemon_set(NEW, "agent:2"), KEYS, OLD))

    assert "agent.conf +1 -1, and 1 more: rolling restart" == message.splitlines()[0]
    assert "  ~ containers[name=agent].image: agent:1 => agent:2" in message.splitlines()


def test_budget_changed_restarts_nothing():
    old, new = ({"updateStrategy": {"rollingUpdate": {"maxUnavailable": number}}} for number in (1, 2))

    assert (
        "updateStrategy.rollingUpdate.maxUnavailable: nothing restarts\n"
        "  ~ updateStrategy.rollingUpdate.maxUnavailable: 1 => 2: restarts nothing\n"
        "  nothing restarts in DaemonSet monitoring/agent"
    ) == explain(WorkloadUpdate(daemon_set(**old), daemon_set(**new)))


def test_restart_wave_by_wave_lists_the_waves():
    plan = WavePlan(["canary  1 node, 1 at a time", "about 15 s"], 1)
    message = explain(WorkloadUpdate(daemon_set(), daemon_set(NEW), KEYS, OLD, plan=plan))

    assert [
        "  3f1a6b02c4 => 9c07aa31be: rolling restart of DaemonSet monitoring/agent, wave by wave",
        "    canary  1 node, 1 at a time",
        "    about 15 s",
    ] == message.splitlines()[-3:]


def test_change_that_every_pod_has_already_restarts_nothing():
    plan = WavePlan(["6 of 6 pods have this configuration already"], 0)
    message = explain(WorkloadUpdate(daemon_set(), daemon_set(NEW), KEYS, OLD, plan=plan)).splitlines()

    assert ["agent.conf +1 -1: nothing restarts", *plan.lines] == [message[0], message[-1].strip()]


def test_config_map_that_leaves_the_state_and_stays_is_told():
    assert "  delete[retain]: ConfigMap agent-3f1a6b02c4 stays in the cluster as long as a kept revision mounts it" == (
        explain_retained(["agent-3f1a6b02c4"])
    )


def test_config_maps_that_leave_the_state_and_stay_are_told_together():
    assert "  delete[retain]: ConfigMaps a-1, b-2 stay in the cluster as long as a kept revision mounts them" == (
        explain_retained(["a-1", "b-2"])
    )


def test_nothing_is_told_where_no_config_map_leaves_the_state():
    assert "" == explain_retained([])


def annotated(*names):
    made = daemon_set()
    return {**made, "metadata": {**made["metadata"], "annotations": dict.fromkeys(names, "x")}}


def test_annotations_of_our_own_are_one_line():
    new = annotated("config-rollout/waves", "config-rollout/stack", "pulumi.com/skipAwait")

    assert [
        "annotations of this library's own: nothing restarts",
        "  ~ annotations of this library's own (3): restarts nothing",
    ] == explain(WorkloadUpdate(annotated(), new)).splitlines()[:2]


def test_other_annotations_are_told_before_those_of_our_own():
    lines = explain(WorkloadUpdate(annotated(), annotated("config-rollout/waves", "team"))).splitlines()

    assert [
        "metadata.annotations.team: nothing restarts",
        "  + metadata.annotations.team: x: restarts nothing",
        "  ~ annotations of this library's own (1): restarts nothing",
    ] == lines[:3]


def test_waiting_again_is_no_restart():
    assert (
        "no new restart: the last rollout did not finish, so `up` keeps waiting for it\n"
        "  DaemonSet monitoring/agent: config hash 3f1a6b02c4"
    ) == explain(WorkloadUpdate(daemon_set(), daemon_set()))


def test_daemon_set_that_has_it_already_restarts_nothing():
    assert "DaemonSet monitoring/agent has this configuration already (3f1a6b02c4): nothing restarts" == (
        explain(WorkloadUpdate(daemon_set(), daemon_set(), waits=False))
    )


def test_field_that_someone_else_wrote_says_so():
    path = "containers[name=agent].image"
    message = explain(WorkloadUpdate(daemon_set(image="agent:9"), daemon_set(), by={path: "kubectl-set on 2026-11-28"}))

    assert f"  ~ {path}: agent:9 => agent:1; overwrites what kubectl-set on 2026-11-28 set" in message.splitlines()


def test_daemon_set_that_is_there_already_is_taken_over():
    assert [
        "DaemonSet monitoring/agent already exists, and this stack takes it over: one rolling restart",
        "  ~ containers[name=agent].image: agent:0 => agent:1",
    ] == explain_taken_over(WorkloadUpdate(daemon_set(image="agent:0"), daemon_set())).splitlines()[:2]


def test_daemon_set_that_is_there_already_as_it_is_to_be_is_taken_over_as_it_is():
    assert "DaemonSet monitoring/agent already exists, and this stack takes it over as it is: nothing restarts" == (
        explain_taken_over(WorkloadUpdate(daemon_set(), daemon_set()))
    )


def test_key_changes_that_the_daemon_set_already_has_are_not_its_reason():
    message = explain(WorkloadUpdate(daemon_set(), daemon_set(image="agent:2"), KEYS, OLD))

    assert "agent.conf" not in message


def test_hash_change_of_a_stopped_up_is_told_as_such():
    message = explain(WorkloadUpdate(daemon_set(), daemon_set(NEW)))

    assert "configuration: rolling restart" == message.splitlines()[0]
    why = "an earlier `up` was stopped before it updated the DaemonSet, or something undid its change"
    assert f"  ~ configuration: {why}" in message.splitlines()


def test_keys_since_another_configuration_are_not_told():
    message = explain(WorkloadUpdate(daemon_set(), daemon_set(NEW), KEYS, keys_since=NEW))

    assert ["configuration: rolling restart", "agent.conf" in message] == [message.splitlines()[0], False]


def test_hash_change_of_a_stopped_up_beside_a_text_only_change():
    keys = yaml_change(b"a: 1\n", b"a: 1 # note\n")
    message = explain(WorkloadUpdate(daemon_set(), daemon_set(NEW), keys, OLD))

    assert "configuration: rolling restart" == message.splitlines()[0]


def test_image_not_known_yet_restarts_if_it_differs():
    message = explain(WorkloadUpdate(daemon_set(), daemon_set(image=UNKNOWN)))

    assert [
        "containers[name=agent].image: rolling restart, if it differs",
        "  ~ containers[name=agent].image: agent:1 => not known before `up`",
    ] == message.splitlines()[:2]


def unknown(image="agent:1", keys=("agent.conf",)):
    """Return an update of which preview does not know these keys, so that neither hash nor name are known."""
    new = daemon_set(image=image)
    new["spec"]["template"]["metadata"]["annotations"]["checksum/config"] = UNKNOWN
    new["spec"]["template"]["spec"]["volumes"][0]["configMap"]["name"] = UNKNOWN
    return WorkloadUpdate(daemon_set(), new, keys_since=OLD, unknown=keys)


def test_key_not_known_yet_restarts_if_it_means_something_else():
    assert (
        "agent.conf is not known before `up`: rolling restart, if it means something else then\n"
        "  `up` waits for it, and names the ConfigMap after what it then holds: if that means what the pods have, it "
        "restarts nothing\n"
        "  3f1a6b02c4 => not known yet: if it differs, a rolling restart of DaemonSet monitoring/agent, at most 1 pod "
        "at a time"
    ) == explain(unknown())


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (["external Secret tls: data"], "  `up` waits for it"),
        (["external Secret tls: data", "Secret pin: data"],
         "  `up` waits for them, and names the Secret after what it then holds"),
    ],
)  # fmt: skip
def test_object_of_someone_else_keeps_its_name(keys, line):
    assert line == explain_unknown(keys).splitlines()[1]


def test_image_beside_a_key_not_known_yet_restarts():
    lines = explain(unknown("agent:2", ["ConfigMap a: x", "ConfigMap b: y"])).splitlines()

    assert "ConfigMap a: x, ConfigMap b: y are not known before `up`, and 1 more: rolling restart" == lines[0]
    assert "  3f1a6b02c4 => not known yet: rolling restart of DaemonSet monitoring/agent" in lines[-1]


def test_secret_values_are_not_shown():
    message = explain(WorkloadUpdate(daemon_set(), daemon_set(image="agent:2"), secret=True))

    assert "agent:" not in message
    assert "  ~ containers[name=agent].image: [secret] => [secret]" in message.splitlines()


def test_long_diff_is_counted_not_shown():
    old, new = (b"".join(b"%s %d\n" % (word, line) for line in range(20)) for word in (b"a", b"b"))
    keys = diff_contents(Content({"k": old}), Content({"k": new}))

    assert ["  ~ k: 20 lines added, 20 removed"] == explain(
        WorkloadUpdate(daemon_set(), daemon_set(NEW), keys, OLD)
    ).splitlines()[1:-1]


def test_key_added_removed_and_binary():
    old, new = Content({"a": b"1\n"}, {"z": b"12"}), Content({"b": b"1\n2\n"}, {"z": b"1"})
    message = explain(WorkloadUpdate(daemon_set(), daemon_set(NEW), diff_contents(old, new), OLD))

    assert [
        "a removed, and 2 more: rolling restart",
        "  - a: 1 line",
        "  + b: 2 lines",
        "  ~ z: binary, 2 bytes => 1 bytes",
    ] == message.splitlines()[:-1]


def test_change_that_the_daemon_set_already_has():
    assert (
        "agent.conf +1 -1: DaemonSet monitoring/agent already has it, so nothing restarts"
        == (explain_keys(KEYS, "DaemonSet monitoring/agent").splitlines()[0])
    )


def reloading(old: bytes, new: bytes, effects=None):
    effects = effects or {"rules": {"": "reload"}}
    return diff_contents(Content({"rules": old}, effects=effects), Content({"rules": new}, effects=effects))


def test_what_reloads_restarts_nothing():
    assert [
        "rules +1 -1: reload, nothing restarts",
        "  ~ rules: 1 line added, 1 removed (reload: declared in `effects`)",
        "      -a",
        "      +b",
        "  its ConfigMap changes in place and reaches all nodes at once; `up` ends when each pod of DaemonSet n/agent "
        "has read it",
    ] == explain_keys(reloading(b"a\n", b"b\n"), "DaemonSet n/agent").splitlines()


def test_waves_say_that_a_canary_comes_first_and_then_all_nodes():
    message = explain_keys(reloading(b"a\n", b"b\n"), "DaemonSet n/agent", staged=True)

    assert [
        "  canary: before any pod gets the text, one more pod has to come up with it, on a node of the first wave",
        "  its ConfigMap changes in place and reaches all nodes at once, waves or not; `up` ends when each pod of "
        "DaemonSet n/agent has read it",
    ] == message.splitlines()[-2:]


def test_field_that_reloads_is_named_first():
    effects = {"r.yaml": {"": "reload", "note": "none"}}
    old, new = (Content({"r.yaml": of}, effects=effects) for of in (b"a: 1\nnote: x\n", b"a: 2\nnote: y\n"))

    assert (
        "r.yaml: a 1 => 2: reload, nothing restarts"
        == (explain_keys(diff_contents(old, new), "DaemonSet n/agent").splitlines()[0])
    )


def test_field_that_does_nothing_in_what_reloads_reloads_nothing():
    effects = {"r.yaml": {"": "reload", "note": "none"}}
    old, new = (Content({"r.yaml": of}, effects=effects) for of in (b"a: 1\nnote: x\n", b"a: 1\nnote: y\n"))

    assert "no effective value changes" in explain_keys(diff_contents(old, new), "DaemonSet n/agent").splitlines()[0]


def test_restart_beside_a_reload_says_who_reads_the_new_text_first():
    keys = [*yaml_change(b"a: 1\n", b"a: 2\n"), *reloading(b"a\n", b"b\n")]
    message = explain(WorkloadUpdate(daemon_set(), daemon_set(NEW), keys, OLD)).splitlines()

    assert "agent.yaml: a 1 => 2: rolling restart" == message[0]
    assert "  rules: pods that have not restarted yet read the new text at once" in message


def joined(names):
    of = daemon_set()
    sources = [{"configMap": {"name": name}} for name in names]
    of["spec"]["template"]["spec"]["volumes"] = [{"name": "v", "projected": {"sources": sources}}]
    return of


def test_first_and_last_configuration_that_reloads_say_so():
    plain, both = joined(["agent-0123456789"]), joined(["agent-0123456789", "agent-reload"])
    begun, ended = explain(WorkloadUpdate(plain, both)), explain(WorkloadUpdate(both, plain))

    assert "  from now on ConfigMap agent-reload changes in place: a change of its keys reloads" in begun.splitlines()
    assert "  ConfigMap agent-reload no longer changes in place: a change of its keys restarts" in ended.splitlines()


def test_another_namespace_replaces():
    assert "DaemonSet a/agent is replaced by b/agent" in explain_replace("a/agent", "b/agent")


def yaml_change(old: bytes, new: bytes):
    return diff_contents(Content({"agent.yaml": old}), Content({"agent.yaml": new}))


def test_yaml_is_told_field_by_field():
    keys = yaml_change(b"mode: iptables\nport: 1\nold: x\n", b"mode: nftables # new\nport: 1\nmore: [a]\n")

    assert [
        "agent.yaml: mode iptables => nftables, and 2 more: rolling restart",
        "  ~ agent.yaml",
        "      ~ mode: iptables => nftables",
        '      + more: ["a"]',
        "      - old: x",
    ] == explain(WorkloadUpdate(daemon_set(), daemon_set(NEW), keys, OLD)).splitlines()[:-1]


def test_text_that_is_not_understood_says_why():
    keys = yaml_change(b"a: 1\na: 1\n", b"a: 1\na: 2\n")

    assert (
        "  ~ agent.yaml: 1 line added, 1 removed; counts byte for byte: "
        "key 'a' appears twice in one mapping, or differs only in case"
    ) == explain(WorkloadUpdate(daemon_set(), daemon_set(NEW), keys, OLD)).splitlines()[1]


def test_text_only_change_is_one_line():
    assert "agent.yaml is written differently but means the same: nothing restarts" == (
        explain_keys(yaml_change(b"a: 1\n", b"a: 1 # note\n"), "monitoring/agent")
    )


def test_text_only_change_beside_a_real_one_is_told():
    keys = yaml_change(b"a: 1\n", b"a: 1 # note\n")
    message = explain(WorkloadUpdate(daemon_set(), daemon_set(image="agent:2"), keys, OLD))

    assert "  = agent.yaml: written differently, means the same" in message.splitlines()


def test_rollout_that_did_not_finish_says_what_to_do():
    assert (
        "the rollout of DaemonSet monitoring/agent did not finish within 12 s"
        == explain_unfinished(daemon_set(), "12 s").splitlines()[0]
    )


def content_changes(old: dict, new: dict):
    return diff_contents(Content(old), Content(new))


def explained(keys, image="agent:1") -> list[str]:
    return explain(WorkloadUpdate(daemon_set(), daemon_set(NEW, image), keys, OLD)).splitlines()


def test_headline_counts_everything_once():
    keys = content_changes({"a.conf": b"1\n", "b.conf": b"1\n"}, {"a.conf": b"2\n", "b.conf": b"2\n"})

    assert "a.conf +1 -1, and 2 more: rolling restart" == explained(keys, "agent:2")[0]


def test_key_that_was_renamed_is_told_as_such():
    keys = content_changes({"enrich.sh": b"run\n"}, {"enrich-logs.sh": b"run\n"})

    assert [
        "enrich.sh renamed to enrich-logs.sh: rolling restart",
        "  ~ enrich.sh renamed to enrich-logs.sh",
    ] == explained(keys)[:-1]


def test_key_that_was_renamed_and_changed_is_removed_and_added():
    keys = content_changes({"enrich.sh": b"run\n"}, {"enrich-logs.sh": b"run it\n"})

    assert ["  + enrich-logs.sh: 1 line", "  - enrich.sh: 1 line"] == explained(keys)[1:-1]


def test_each_key_is_renamed_to_one_other():
    keys = content_changes({"a": b"run\n", "b": b"run\n"}, {"c": b"run\n"})

    assert ["  ~ a renamed to c", "  - b: 1 line"] == explained(keys)[1:-1]


def test_yaml_that_no_longer_parses_is_the_headline():
    keys = yaml_change(b"a: 1\nb: 1\n", b"a: 1\n\tb: 1\n")

    assert "agent.yaml can no longer be parsed as YAML (line 2): rolling restart" == explained(keys)[0]


def test_secret_is_not_in_the_headline():
    keys = yaml_change(b"password: hunter2\n", b"password: hunter3\n")

    assert "agent.yaml: password [secret] => [secret]: rolling restart" == explained(keys)[0]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("a: no", 'a: "no"', '~ a: no => "no"'),
        ("a: 1.20", 'a: "1.20"', '~ a: 1.20 => "1.20"'),
        ("a: true", 'a: "true"', '~ a: true => "true"'),
        ("a: null", "a: 'null'", '~ a: null => "null"'),
        ("a: []", 'a: "[]"', '~ a: [] => "[]"'),
        ("a: x", "a: true", "~ a: x => true"),
        ("a: x", "a: x\nb: {c: [1, x, null, true]}", '+ b: {"c": [1, "x", null, true]}'),
        ("a: x", r'a: "\e[31mx"', r'~ a: x => "\u001b[31mx"'),
        ("a: x", 'a: "x "', '~ a: x => "x "'),
        ("a: x", "a: 'x\u00a0y'", r'~ a: x => "x\xa0y"'),
    ],
)
def test_both_sides_of_a_change_look_different_and_as_yaml_spells_them(old, new, line):
    assert f"      {line}" in explained(yaml_change(old.encode(), new.encode()))


def test_block_of_several_lines_is_told_by_its_lines():
    old = b"script: |\n  one\n  two\n  three\n"

    assert [
        "agent.yaml: script +1 -1: rolling restart",
        "  ~ agent.yaml",
        "      ~ script: 1 line added, 1 removed",
        "          -two",
        "          +2",
    ] == explained(yaml_change(old, old.replace(b"two", b"2")))[:-1]


def test_control_characters_of_a_text_are_escaped():
    keys = content_changes({"motd": b"x\n"}, {"motd": "\x1b[2Jx\u202e\n".encode()})

    assert r"      +\x1b[2Jx\u202e" in explained(keys)


def test_long_values_are_cut_around_what_differs():
    old, new = (b"a: " + b"x" * 300 + mark + b"y" * 300 for mark in (b"1", b"2"))
    shown = [f"...{'x' * 24}{mark}{'y' * 24}..." for mark in "12"]

    assert f"      ~ a: {' => '.join(shown)}" in explained(yaml_change(old, new))


def test_long_lines_of_a_text_are_cut_around_what_differs():
    old, new = (b"x" * 300 + mark + b"y" * 300 for mark in (b"1", b"2"))
    lines = explained(content_changes({"k": old}, {"k": new}))

    assert [f"      {sign}...{'x' * 24}{mark}{'y' * 24}..." for sign, mark in ("-1", "+2")] == [
        line.removesuffix(" (no newline at the end)") for line in lines[2:4]
    ]
