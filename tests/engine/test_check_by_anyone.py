"""Anyone who may read a ConfigMap can check the hash in the annotation, with kubectl and the command line alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine.conftest import NODES
from tests.engine.kube_system import DAEMON_SET, adopt, own, settle
from tests.engine.observed import daemon_set
from tools import build
from tools.adoption import NFTABLES

CONTENT = {
    "data": {"rules": "level: info\nnote: first\n", "agent.yaml": "a: 1\n", "motd": "hello\n"},
    "binary_data": {"blob": "AAE="},
    "formats": {"rules": "yaml", "agent.yaml": "text"},
    "effects": {"rules:note": "none", "motd": "none", "blob": "none"},
}


@pytest.fixture
def hashes(cluster):
    """Return a function that gives name -> hash of the ConfigMaps of a DaemonSet, as the documents say to get it."""
    programs = [Path(sys.executable).parent, build.ensure(["kubectl"])["kubectl"].parent]
    environment = os.environ | cluster.environment | {"PATH": ":".join([*map(str, programs), os.environ["PATH"]])}

    def shell(command: str) -> list[str]:
        return subprocess.check_output(["bash", "-ec", command], env=environment, text=True).split()

    def of(namespace: str, name: str) -> dict[str, str]:
        listed = shell(f"kubectl -n {namespace} get configmaps -l config-rollout/daemon-set={name} -o name")
        names = [one.removeprefix("configmap/") for one in listed if not one.endswith("-rollouts")]
        get = f"kubectl -n {namespace} get configmap"
        return {one: shell(f"{get} {one} -o yaml | config-rollout hash -")[0] for one in names}

    return of


def expected(live: dict) -> tuple[str, str]:
    """Return name and hash of the ConfigMap that a DaemonSet's pods have."""
    template = live["spec"]["template"]
    (name,) = (v["configMap"]["name"] for v in template["spec"]["volumes"] if "configMap" in v)
    return name, template["metadata"]["annotations"]["checksum/config"]


def test_hash_of_a_configuration_with_formats_and_effects(project, agent, cluster, namespace, hashes):
    project.up(agent(**CONTENT))
    first = expected(daemon_set(cluster, namespace))
    changed = {"data": {**CONTENT["data"], "rules": "level: debug\n"}, "effects": {"motd": "none"}}
    project.up(agent(**{**CONTENT, **changed}))

    assert dict([first, expected(daemon_set(cluster, namespace))]) == hashes(namespace, "agent")


@pytest.mark.parametrize("manage", ["own", "adopt"])
def test_hash_of_a_kube_proxy(project, kubeadm, cluster, hashes, manage):
    if manage == "adopt":
        kubeadm.addon()
    program = {"own": own, "adopt": adopt}[manage]
    project.up(program())
    settle(cluster)
    first = expected(cluster.api.get(DAEMON_SET))
    project.up(program(config=NFTABLES))
    settle(cluster)
    assert NODES == cluster.api.get(DAEMON_SET)["status"]["numberReady"]

    assert dict([first, expected(cluster.api.get(DAEMON_SET))]) == hashes("kube-system", "kube-proxy")
    if manage == "own":
        project.destroy()
