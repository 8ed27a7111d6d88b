"""What the commands that read a cluster say of a real Deployment through its life, and of a plain StatefulSet."""

import json
import re
import shlex
import signal
import subprocess
import sys

import jsonschema
import pytest
import yaml

from config_rollout import ConfiguredDeployment
from config_rollout.cli.main import main
from config_rollout.core.kubernetes.workload_kinds import DEPLOYMENT
from config_rollout.core.rbac.rights import roles
from config_rollout.core.rbac.status import status_rights
from tests.engine.conftest import BAD, BETTER, GOOD, grant, hash_of, kubeconfig_of
from tools.demo import ROOT

pytestmark = pytest.mark.usefixtures("kubeconfig")

REPLICAS = 3
SHORT = {name: hash_of(data)[:10] for name, data in (("good", GOOD), ("better", BETTER), ("bad", BAD))}


@pytest.fixture
def say(capsys, namespace):
    """Return a function that runs a command on a workload of the namespace: exit code and what it printed."""

    def say(command, workload, *arguments):
        capsys.readouterr()
        code = main([command, "-n", namespace, workload, *arguments])
        said = capsys.readouterr()
        assert "" == said.err
        return code, said.out

    return say


@pytest.fixture
def state(say):
    """Return a function that gives exit code, state and findings of a workload, by `status --json` and its schema."""

    def state(workload):
        code, out = say("status", workload, "--json")
        found = json.loads(out)
        jsonschema.validate(found, json.loads((ROOT / "docs" / "schemas" / "status.json").read_text()))
        ((one,),) = [every for every in found.values() if every]
        return code, one["state"], [f"{of['where']}: {of['what']}. {of['fix']}." for of in one["findings"]]

    return state


@pytest.fixture
def kubectl(cluster, namespace):
    return lambda *arguments: cluster.kubectl(f"--namespace={namespace}", *arguments)


@pytest.fixture
def web(namespace):
    """Return a maker of programs: a Deployment that reads its data."""

    def web(data, **arguments):
        mounts = [{"name": "c", "mount_path": "/etc/agent"}]
        args = {
            "namespace": namespace,
            "data": data,
            "replicas": REPLICAS,
            "pod_spec": {
                "containers": [{"name": "agent", "image": "agent:1", "volume_mounts": mounts}],
                "volumes": [{"name": "c", "config_map": {"name": "agent"}}],
            },
            "pod_annotations": {"local-cluster/ready-after": "100ms"},
            **arguments,
        }
        return lambda: ConfiguredDeployment("agent", args)

    return web


def watch(cluster, namespace):
    command = [sys.executable, "-m", "config_rollout", "status", "--watch", "-n", namespace, "deployment/agent"]
    return subprocess.Popen(
        [*command, "--kubeconfig", str(cluster.kubeconfig)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def allowed(cluster, namespace, name, manifests):
    """Return a kubeconfig whose user may do what the manifests say, and nothing else."""
    user = f"{name}-{namespace}"
    manifests = [{**one, "metadata": {**one["metadata"], "name": user}} for one in yaml.safe_load_all(manifests)]
    grant(cluster, user, yaml.safe_dump_all(manifests))
    return kubeconfig_of(cluster, user)


def test_life_of_a_deployment(project, web, say, state, kubectl, cluster, namespace, tmp_path):
    where = "deployment/agent"
    assert not project.up(web(GOOD)).failed
    assert (0, "done", []) == state(where)

    # a change, by an `up` that may do no more than `rbac` prints, while someone watches
    deployer = allowed(cluster, namespace, "deploys", say("rbac", where)[1])
    watching = watch(cluster, namespace)
    assert f"Deployment {namespace}/agent: done, {SHORT['good']}" in watching.stdout.readline()
    outcome = project.up(web(BETTER, kubeconfig=deployer))
    assert (False, False) == (outcome.failed, "may not" in outcome.output)
    lines = [watching.stdout.readline()]
    while f": done, {SHORT['better']}" not in lines[-1]:
        assert lines[-1]
        lines.append(watching.stdout.readline())
    watching.send_signal(signal.SIGINT)
    assert f"revision 2: {REPLICAS} of {REPLICAS} pods are ready" in lines[-1]
    assert (True, "") == (watching.wait(60) in (0, 1), watching.stderr.read())  # owners are read each 15 s
    _, out = say("status", where)
    assert [f"{REPLICAS} of {REPLICAS} pods"] == re.findall(r"\d+ of \d+ pods(?=  Config)", out)

    # what happened
    assert (1, f"~ agent.yaml\n    ~ level: info => debug\n{SHORT['good']} => {SHORT['better']}: restart\n") == (
        say("history", where, "1..2")
    )
    assert ["1", "2"] == [line.split()[0] for line in say("history", where)[1].splitlines()[2:]]
    (wave,) = json.loads(say("timeline", where, "--json")[1])["waves"]
    assert (REPLICAS, ["new"] * REPLICAS) == (wave["restarted"], [pod["states"][-1]["state"] for pod in wave["nodes"]])
    info = f'config_hash="{hash_of(BETTER)}",deployment="agent",namespace="{namespace}"'
    assert f"config_rollout_config_info{{{info}}} 1.0" in say("metrics", where)[1].splitlines()

    # a configuration that crashes, and back
    assert project.up(web(BAD, rollout_timeout_seconds=10)).failed
    code, found, findings = state(where)
    assert (1, "halted", True) == (code, found, any("(CrashLoopBackOff)" in one for one in findings))
    behind = (
        f"pods behind: {REPLICAS} of {REPLICAS + 1} have configuration {SHORT['better']}, not {SHORT['bad']}: agent-"
    )
    assert [behind] == [one[: len(behind)] for one in findings if one.startswith("pods behind")]
    assert 1 == say("history", where)[0]
    assert not project.up(web(BETTER)).failed
    assert (0, "done", []) == state(where)

    # undone by kubectl
    kubectl("rollout", "undo", where, "--to-revision=1")
    kubectl("rollout", "status", where, "--timeout=60s")
    cluster.wait("old pods to go", lambda: state(where)[1] == "done")
    (finding,) = state(where)[2]
    assert finding.startswith(f"pod template: has configuration {SHORT['good']}, written by kubectl")
    assert say("history", where)[1].splitlines()[-1].split()[0] == "5"
    assert not project.up(web(BETTER), refresh=True).failed

    # paused and changed by kubectl
    kubectl("rollout", "pause", where)
    kubectl("set", "image", where, "agent=agent:2")
    cluster.wait("its controller", lambda: not any("no controller" in one for one in state(where)[2]))
    code, found, (paused,) = state(where)
    resume = re.search(r"`kubectl (.*)`", paused)
    assert (1, "paused", True) == (code, found, paused.startswith("rollout: is paused"))
    cluster.kubectl(*shlex.split(resume[1]))
    cluster.wait("the rollout", lambda: state(where)[1] == "done")
    image = "containers[name=agent].image"
    number = int(say("history", where)[1].splitlines()[-1].split()[0])
    assert (1, f"pod template\n    ~ {image}: agent:1 => agent:2\nrestart\n") == (
        say("history", where, f"{number - 1}..{number}")
    )

    # the smallest rules for a look
    looks = allowed(
        cluster, namespace, "looks", roles(status_rights([DEPLOYMENT], namespace, "agent", False), "x", namespace)
    )
    (tmp_path / "config").write_text(looks)
    assert 0 == say("status", where, "--kubeconfig", str(tmp_path / "config"))[0]


def stateful_set(config_hash, partition=0, **annotations):
    labels = {"app": "db"}
    noted = {"checksum/config": config_hash * 64, "local-cluster/ready-after": "100ms", **annotations}
    template = {
        "metadata": {"labels": labels, "annotations": noted},
        "spec": {"containers": [{"name": "db", "image": "db:1"}], "terminationGracePeriodSeconds": 0},
    }
    return {
        "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db"},
        "spec": {"replicas": 3, "serviceName": "db", "selector": {"matchLabels": labels}, "template": template,
                 "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": partition}}},
    }  # fmt: skip


def test_plain_stateful_set(say, state, kubectl, cluster, namespace, tmp_path):
    where, file = "sts/db", tmp_path / "db.json"

    def apply(*arguments, **annotations):
        file.write_text(json.dumps(stateful_set(*arguments, **annotations)))
        kubectl("apply", "-f", str(file))

    apply("1")
    cluster.wait("all pods", lambda: state(where)[:2] == (0, "done"))
    assert (
        f"StatefulSet {namespace}/db: done, 1111111111, revision 1: 3 of 3 pods are ready with it"
        in say("status", where)[1]
    )

    # only from an ordinal on
    apply("2", 2)
    behind = (
        "pods behind: 2 of 3 have configuration 1111111111, not 2222222222: db-0, db-1. Kubernetes leaves pods with an "
    )
    fix = "ordinal below `partition` 2 as they are: lower it."
    cluster.wait("its last pod", lambda: state(where) == (1, "rolling", [behind + fix]))
    apply("2")
    cluster.wait("all pods", lambda: state(where) == (0, "done", []))

    # a pod that crashes blocks the way back, until it is deleted as it is said
    apply("3", **{"local-cluster/fate": "crash"})
    cluster.wait("a crash", lambda: any("db-2 (CrashLoopBackOff)" in one for one in state(where)[2]))
    apply("2")

    def told():
        return [
            found
            for one in state(where)[2]
            if (found := re.search(r"Kubernetes waits until db-2 .*`kubectl (.*)`", one))
        ]

    cluster.wait("what to do", told)
    cluster.kubectl(*shlex.split(told()[0][1]))
    cluster.wait("all pods", lambda: state(where) == (0, "done", []))
    assert ["3", "4"] == [line.split()[0] for line in say("history", where)[1].splitlines()[-2:]]
