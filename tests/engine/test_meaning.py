"""A text that is written differently but means the same, on the real engine."""

import json
import subprocess
import sys

import pytest

from tests.engine.conftest import NODES, hash_of, name_of
from tests.engine.observed import ONE, SAME, config_maps, written

OTHER = {"agent.yaml": "level: debug\nports: [1, 2]\n"}


OLDER = "the pods have an older text of agent.yaml; change `text_version` to roll out the new one"
DIFFERENTLY = f"agent.yaml is written differently but means the same: nothing restarts\n  {OLDER}"


def test_the_two_texts_share_a_hash():
    assert hash_of(ONE) == hash_of(SAME)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("level: info # really\nports: [1, 2]\n", id="a comment"),
        pytest.param("ports: [1, 2]\nlevel: info\n", id="key order"),
        pytest.param('level: "info"\nports: [1, 2]\n', id="quotes"),
        pytest.param("level: info\nports:\n- 1\n- 2\n", id="style"),
    ],
)
def test_text_only_change_writes_nothing_and_says_so(project, agent, cluster, text):
    project.up(agent(ONE))
    said = []

    def change() -> None:
        said.extend(project.up(agent({"agent.yaml": text})).messages)

    assert {} == written(cluster, change)
    assert [DIFFERENTLY] == said


def test_text_only_change_is_said_in_preview(project, agent):
    project.up(agent(ONE))
    outcome = project.preview(agent(SAME))

    assert {"ConfiguredDaemonSet agent": "update"} == outcome.steps
    assert [DIFFERENTLY] == outcome.messages


def test_text_version_rolls_out_a_text_that_means_the_same(project, agent, cluster, namespace, record):
    project.up(agent(ONE))
    project.up(agent(SAME))
    assert [OLDER] == project.preview(agent(SAME)).messages
    assert [] == project.up(agent(SAME)).messages

    (said,) = project.preview(agent(SAME, text_version="2")).messages
    with record() as recorder:
        project.up(agent(SAME, text_version="2"))
    template = cluster.api.get(f"namespaces/{namespace}/daemonsets/agent")["spec"]["template"]
    mounted = template["spec"]["volumes"][0]["configMap"]["name"]
    held = cluster.api.get(f"namespaces/{namespace}/configmaps/{mounted}")

    assert ['text_version "2": rolling restart', '  + text_version "2": rolls every text out as it is written'] == (
        said.splitlines()[:2]
    )
    assert [1] * NODES == list(recorder.replaced().values())
    assert SAME == held["data"]
    assert [] == project.preview(agent(SAME, text_version="2")).messages
    command = [sys.executable, "-m", "config_rollout", "hash", "-"]
    answer = subprocess.run(command, input=json.dumps(held), capture_output=True, text=True, check=True).stdout
    assert f"{template['metadata']['annotations']['checksum/config']}\n" == answer


def test_change_after_a_text_only_change_and_back_to_the_other_text(project, agent, cluster, namespace):
    for data in (ONE, SAME, OTHER, SAME, ONE):
        assert not project.up(agent(data)).failed
        assert name_of(data) in config_maps(cluster, namespace)


def test_declared_format_is_read(project, agent, cluster):
    formats = {"formats": {"agent.conf": "json"}}
    project.up(agent({"agent.conf": '{"a": 1, "b": 2}'}, **formats))

    assert {} == written(cluster, lambda: project.up(agent({"agent.conf": '{"b": 2, "a": 1}'}, **formats)))


def test_annotation_is_what_anyone_gets_from_the_canonical_bytes(project, agent, cluster, namespace, tmp_path):
    (tmp_path / "agent.yaml").write_text(ONE["agent.yaml"])
    project.up(agent(SAME))
    template = cluster.api.get(f"namespaces/{namespace}/daemonsets/agent")["spec"]["template"]
    command = f"{sys.executable} -m config_rollout canonical {tmp_path} | sha256sum"
    answer = subprocess.run(command, shell=True, capture_output=True, text=True, check=True).stdout

    assert f"{template['metadata']['annotations']['checksum/config']}  -\n" == answer


NOTHING = {"effects": {"agent.yaml:level": "none"}}


def test_field_that_is_stated_to_do_nothing_writes_nothing_and_says_so(project, agent, cluster):
    project.up(agent(ONE, **NOTHING))
    said = []

    assert {} == written(cluster, lambda: said.extend(project.up(agent(OTHER, **NOTHING)).messages))
    assert [
        "agent.yaml: no effective value changes, so nothing restarts\n"
        "  ~ agent.yaml\n"
        "      ~ level: info => debug (nothing: declared in `effects`)\n"
        "  The ConfigMap stays as it is until a change restarts pods\n"
        f"  {OLDER}"
    ] == said


def test_field_that_is_stated_to_do_nothing_comes_with_the_next_restart(project, agent, cluster, namespace):
    data = {"agent.yaml": "level: debug\nports: [1, 3]\n"}
    for one in (ONE, OTHER, data):
        project.up(agent(one, **NOTHING))
    held = [item["data"] for item in cluster.api.list(f"namespaces/{namespace}/configmaps")]

    assert data in held


KUBE_PROXY = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n"


def proxy(text: str) -> dict[str, str]:
    return {"config.conf": KUBE_PROXY + text}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(
            "mode: iptables\niptables: {syncPeriod: 30s}\n",
            "config.conf is written differently but means the same: nothing restarts",
            id="an explicit default",
        ),
        pytest.param(
            "mode: iptables\nipvs: {scheduler: lc}\n",
            "config.conf: no effective value changes, so nothing restarts",
            id="a section that the mode never reads",
        ),
    ],
)
def test_kube_proxy_change_that_is_not_in_force_writes_nothing(project, agent, cluster, text, said):
    project.up(agent(proxy("mode: iptables\n")))
    heard = []

    def change() -> None:
        heard.extend(message.splitlines()[0] for message in project.up(agent(proxy(text))).messages)

    assert {} == written(cluster, change)
    assert [said] == heard


def test_kube_proxy_mode_that_is_switched_is_told_as_such(project, agent):
    project.up(agent(proxy("mode: iptables\n")))
    message = project.preview(agent(proxy("mode: nftables\n"))).messages[0]

    assert "config.conf: mode iptables => nftables, and 1 more: rolling restart" == message.splitlines()[0]
    assert "~ mode: iptables => nftables (data plane: " in message


def test_configuration_that_kube_proxy_cannot_read_is_refused_before_anything_is_registered(project, agent, cluster):
    outcome = project.up(agent(proxy("mode: iptables\niptables:\n\tsyncPeriod: 30s\n")))

    assert outcome.failed
    assert "data['config.conf']: line 5: kube-proxy cannot read it: it is not valid YAML" in outcome.output
    assert [] == [what for what, _ in outcome.order if what != f"Stack test-{project.namespace}"]


def test_unset_mode_and_unknown_field_of_kube_proxy_are_warned_about(project, agent):
    said = "\n".join(project.preview(agent(proxy("iptables: {synPeriod: 30s}\n"))).messages)

    assert "data['config.conf']: mode: is not set" in said
    assert "data['config.conf']: iptables.synPeriod: kube-proxy does not know this field and drops it" in said
