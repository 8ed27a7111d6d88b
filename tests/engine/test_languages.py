"""
Programs in other languages on the real engine: those of docs/languages.md, and what no program of Python meets.

The library is served from a folder such as plugins/pulumi, in the environment that the tests run in.
"""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.engine import kube_system
from tests.engine.conftest import BAD, BETTER, GOOD, NODES, hash_of
from tests.engine.language_programs import COMPONENT, YamlProgram, block, clone_below, outputs
from tests.engine.observed import order_of_pods, updated, written
from tests.objects.git_repository import Repository
from tools.adoption import NFTABLES
from tools.kubeadm import CONFIGURATION
from tools.pods import Recorder


@pytest.fixture
def beside(tmp_path) -> Path:
    """Return a folder in which a clone lies beside the program."""
    clone_below(tmp_path)
    return tmp_path


@pytest.fixture
def yaml_program(engine, beside) -> Iterator[YamlProgram]:
    program = YamlProgram(engine, beside / "program")
    program.write({})
    program.run("stack", "init", "dev")
    yield program
    program.run("destroy", "--yes", "--skip-preview", "--remove")


def test_yaml_program_lives_its_life_in_its_own_folder(yaml_program, cluster, namespace):
    program, folder = yaml_program, yaml_program.folder
    repository = Repository(folder)
    repository.commit()
    there = f"namespaces/{namespace}/daemonsets"

    program.agent(namespace=namespace, data={"agent yaml": ""}, minReadySeconds=-1)
    refused = program.refused("preview")
    assert 'property data["agent yaml"]  has a problem: the key contains a space.' in refused
    assert "property minReadySeconds  has a problem: must be a whole number of at least 0 (got -1)." in refused
    assert "Traceback" not in refused
    assert [] == cluster.api.list(there)

    shutil.copy(cluster.kubeconfig, folder / "cluster.json")
    given = {"namespace": namespace, "kubeconfig": "cluster.json", "audit": [{"file": "records.jsonl"}]}
    program.agent(**given)
    assert "+ 4 created" in program.up()
    assert NODES == updated(cluster, namespace, "node-agent")
    assert {} == written(cluster, program.up)

    gate = ["sh", "-c", "pwd > gate.txt"]
    waves = {"first": [{"name": "canary", "nodes": 1, "gates": [{"command": gate}]}]}
    program.agent(**given, data=BETTER, waves=waves)
    preview = program.preview()
    assert "agent.yaml: level info => debug: rolling restart" in preview
    assert re.search(r"canary +1 node", preview)
    program.up()
    assert NODES == updated(cluster, namespace, "node-agent")
    assert {"node-agent": hash_of(BETTER)} == outputs(program)
    (record,) = map(json.loads, (folder / "records.jsonl").read_text().splitlines())
    assert (hash_of(BETTER), repository.head()) == (record["new_hash"], record["by"]["commit"])
    assert ["canary", "rest"] == [wave["name"] for wave in record["waves"]]
    assert str(folder) == (folder / "gate.txt").read_text().strip()


def test_components_of_one_name_under_two_parents_live_side_by_side(yaml_program, cluster, namespace):
    (agent,) = yaml.safe_load(block("yaml"))["resources"].values()

    def write(data: dict[str, str], *names: str) -> None:
        """Write a component of each Kubernetes name, all called `node-agent`, below a parent of its own kind."""
        resources: dict[str, Any] = {}
        for name, kind in zip(names, ("ServiceAccount", "ConfigMap"), strict=True):
            metadata = {"name": f"parent-{kind.lower()}", "namespace": namespace}
            resources[kind] = {"type": f"kubernetes:core/v1:{kind}", "properties": {"metadata": metadata}}
            properties = {**agent["properties"], "namespace": namespace, "data": data, "name": name}
            volumes = [{"name": "config", "configMap": {"name": name}}]
            properties["podSpec"] = {**properties["podSpec"], "volumes": volumes}
            of = {"type": COMPONENT, "name": "node-agent", "properties": properties}
            resources[f"below-{kind}"] = {**of, "options": {"parent": f"${{{kind}}}"}}
        yaml_program.write(resources)

    write(GOOD, "one", "two")
    yaml_program.up()
    write(BETTER, "one", "two")
    told = yaml_program.preview().partition("Diagnostics:")[2]
    assert 2 == told.count("agent.yaml: level info => debug: rolling restart")
    yaml_program.up()
    assert dict.fromkeys(("below-ServiceAccount", "below-ConfigMap"), hash_of(BETTER)) == outputs(yaml_program)
    assert [] == [name for name in ("one", "two") if NODES != updated(cluster, namespace, name)]

    write(BETTER, "one", "one")
    assert "of this program already owns it" in yaml_program.refused("preview")


def test_stateful_set_goes_in_waves_and_its_canary_is_taken_back(yaml_program, cluster, namespace):
    def write(data: dict[str, str]) -> None:
        container = {"name": "a", "image": "a:1", "volumeMounts": [{"name": "config", "mountPath": "/etc/agent"}]}
        volumes = [{"name": "config", "configMap": {"name": "agent"}}]
        waves = {"first": [{"name": "canary", "pods": 1}], "progressDeadlineSeconds": 4}
        properties = {"namespace": namespace, "replicas": 3, "serviceName": "agent", "data": data, "waves": waves,
                      "podAnnotations": {"local-cluster/ready-after": "100ms"},
                      "podSpec": {"containers": [container], "volumes": volumes}}  # fmt: skip
        yaml_program.write({"agent": {"type": "config-rollout:ConfiguredStatefulSet", "properties": properties}})

    write(GOOD)
    yaml_program.up()
    assert {} == written(cluster, yaml_program.up)
    write(BETTER)
    assert re.search(r"canary +1 pod", yaml_program.preview())
    with Recorder(cluster.api, namespace) as recorder:
        yaml_program.up()
    assert ["agent-2", "agent-1", "agent-0"] == order_of_pods(recorder)
    write(BAD)
    with Recorder(cluster.api, namespace) as recorder:
        refused = yaml_program.refused("up", "--yes", "--skip-preview", "--color", "never")
    assert "wave 'canary' failed" in refused
    assert ["agent-2", "agent-2"] == order_of_pods(recorder)


def test_kube_proxy_and_a_deployment_in_one_program(kubeadm, yaml_program, cluster, namespace):
    kubeadm.addon()
    kube_system.settle(cluster)
    container = {"name": "web", "image": "web:1", "volumeMounts": [{"name": "config", "mountPath": "/etc/web"}]}
    volumes = [{"name": "config", "configMap": {"name": "web"}}]
    pod_spec = {"containers": [container], "volumes": volumes}

    def write(level: str, config: dict[str, Any]) -> None:
        web = {"namespace": namespace, "replicas": 2, "data": {"web.yaml": f"level: {level}\n"}, "podSpec": pod_spec}
        proxy = {"manage": "adopt", "config": config, "layout": {"daemonSet": "kube-proxy"}, "minReadySeconds": 0,
                 "maxUnavailable": "100%"}  # fmt: skip
        yaml_program.write({
            "web": {"type": "config-rollout:ConfiguredDeployment", "properties": web},
            "kube-proxy": {"type": "config-rollout:KubeProxy", "properties": proxy},
        })  # fmt: skip

    write("info", CONFIGURATION)
    assert "adopts DaemonSet kube-system/kube-proxy" in yaml_program.up()
    write("debug", NFTABLES)
    preview = yaml_program.preview()
    assert "web.yaml: level info => debug: rolling restart" in preview
    assert "config.conf: mode iptables => nftables, and 1 more: rolling restart" in preview
    yaml_program.up()
    assert 2 == cluster.api.get(f"namespaces/{namespace}/deployments/web")["status"]["updatedReplicas"]
    assert "mode: nftables" == kube_system.known(cluster)
