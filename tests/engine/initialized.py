"""What `init` wrote and printed, run as a person types it, and the workloads that it takes over."""

import json
import re
import shutil
import subprocess
import sys
import textwrap
from contextlib import contextmanager, redirect_stdout
from copy import deepcopy
from io import StringIO
from pathlib import Path

from config_rollout.cli.main import main
from config_rollout.core.kubernetes.annotations import CONFIG_HASH_ANNOTATION, EXTERNAL_ANNOTATION
from config_rollout.core.project.typescript import INSTALL
from tests.engine.conftest import NODES
from tests.engine.language_programs import mend_imports
from tests.engine.observed import daemon_set, updated, written

CONTAINERS = [
    {
        "name": "agent",
        "image": "agent:0",
        "args": ["--verbose"],
        "ports": [{"containerPort": 8080}],
        "env": [{"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "login", "key": "password"}}}],
        "livenessProbe": {"httpGet": {"path": "/healthz", "port": 8080}},
        "volumeMounts": [{"name": "config", "mountPath": "/etc/agent"}],
    },
    {"name": "sidecar", "image": "sidecar"},
]
TEMPLATE = {
    "metadata": {
        "labels": {"app": "agent", "tier": "node"},
        "annotations": {"local-cluster/ready-after": "0s"},
    },
    "spec": {
        "containers": CONTAINERS,
        "volumes": [
            {"name": "config", "configMap": {"name": "agent-config"}},
            {"name": "run", "hostPath": {"path": "/run"}},
        ],
    },
}
COMMON = {"apiVersion": "apps/v1", "metadata": {"name": "agent", "labels": {"team": "net"}}}
SPEC = {"selector": {"matchLabels": {"app": "agent"}}, "template": TEMPLATE, "revisionHistoryLimit": 3}
DAEMON_SET = {
    **COMMON,
    "kind": "DaemonSet",
    "spec": {**SPEC, "updateStrategy": {"rollingUpdate": {"maxUnavailable": "100%"}}},
}
DEPLOYMENT = {
    **COMMON,
    "kind": "Deployment",
    "spec": {**SPEC, "replicas": 2, "minReadySeconds": 1, "strategy": {"rollingUpdate": {"maxUnavailable": 0}}},
}
STATEFUL_SET = {
    **COMMON,
    "kind": "StatefulSet",
    "spec": {**SPEC, "replicas": 2, "serviceName": "agent"},
}
CONFIG = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "agent-config"},
    "data": {"agent.yaml": "level: warn # as it is\n", "notes.txt": "one\r\ntwo"},
    "binaryData": {"key.bin": "/wD+"},
}
SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login"}, "stringData": {"password": "xyzzy-1"}}

MESSAGE = re.compile(r"(?m)^  config-rollout:index:\w+ \(\S+\):\n((?:    .*\n)+)")
"""What a component says among the diagnostics of the command line."""


class Initialized:
    """What `init` wrote and printed, and the real command line in it."""

    def __init__(self, engine, folder, *words, installed=None):
        """Run `init` and the commands that it prints; with `installed` a folder, what npm installed there is used."""
        with redirect_stdout(StringIO()) as printed:
            assert main(["init", str(folder), *words]) == 0
        _, _, commands, *rest = printed.getvalue().rstrip().split("\n\n")
        self.promised = textwrap.dedent(rest[1]).splitlines() if rest else []
        self.folder, self._engine = folder, engine
        *settings, last = textwrap.dedent(commands).splitlines()
        assert last == "pulumi preview"
        if installed:
            assert INSTALL == tuple(settings[1:3])
            del settings[1:3]
            for name in ("sdks", "node_modules"):
                (folder / name).symlink_to(installed / name)
        for command in settings:
            done = subprocess.run(
                command, shell=True, cwd=folder, env=engine.environment, capture_output=True, text=True
            )
            assert not done.returncode, done.stdout + done.stderr
            mend_imports(folder / "sdks" / "nodejs" / "types")

    def preview(self):
        """Return what the component says, without moments and hashes."""
        (message,) = MESSAGE.findall(self.run("preview"))
        message = re.sub(r" [(][0-9-]+ [0-9:]+ UTC[)]", "", textwrap.dedent(message))
        return re.sub(r"(?m)-[0-9a-f]{10}$", "-HASH", message).splitlines()

    def run(self, *words):
        return self._engine.run(*words, folder=self.folder).stdout

    @property
    def environment(self):
        return self._engine.environment

    def up(self):
        self.run("up", "--yes", "--skip-preview")

    def files(self):
        """Return path -> content, of what `init` wrote."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in self.folder.rglob("*")
            if path.is_file() and path.name != "Pulumi.dev.yaml"
        }

    def forget(self):
        self._engine.run("stack", "rm", "--yes", "--force", folder=self.folder)
        shutil.rmtree(self.folder)


@contextmanager
def initializing(engine, folder, monkeypatch):
    """Give a function that runs `init` and what it says to run, with this Python environment active."""
    path = f"{Path(sys.executable).parent}:{engine.environment['PATH']}"
    monkeypatch.setitem(engine.environment, "PATH", path)
    made = []

    def make(*words, **given):
        made.append(Initialized(engine, folder, *words, **given))
        return made[-1]

    yield make
    for one in made:
        one.forget()


def apply(cluster, namespace, tmp_path, workload):
    path = tmp_path / "objects.json"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [SECRET, CONFIG, workload]}))
    cluster.kubectl("-n", namespace, "apply", "-f", str(path))
    cluster.kubectl("-n", namespace, "rollout", "status", f"{workload['kind']}/agent", "--timeout=60s")


def without_revision(workload):
    """Return the spec but for what says which revision of the configuration its pods have."""
    spec = deepcopy(workload["spec"])
    for key in (CONFIG_HASH_ANNOTATION, EXTERNAL_ANNOTATION):
        spec["template"]["metadata"]["annotations"].pop(key, None)
    for volume in spec["template"]["spec"]["volumes"]:
        volume.get("configMap", {}).pop("name", None)
    return spec


BESIDE_THE_CONFIGURATION = [
    "  + metadata.labels.app.kubernetes.io/name: agent: restarts nothing",
    "  - annotations and labels of its maker's own (2): restarts nothing",
    "  ~ the pods' ConfigMap: agent-config => agent.agent-config-HASH",
    "  nothing else of the DaemonSet changes",
]
"""What a preview says of kubectl's DaemonSet after what `init` has promised."""


def takes_over_once(project, cluster, namespace, record, before):
    """Assert that `up` restarts each pod once and changes nothing else, and that another one writes nothing."""
    with record() as recorder:
        project.up()
        cluster.wait_at_rest(namespace, "agent")
    assert [1] * NODES == list(recorder.replaced().values())
    assert without_revision(before) == without_revision(daemon_set(cluster, namespace))
    assert {} == written(cluster, project.up)


def starts_once(project, cluster, namespace):
    """Assert that `up` of a new chart starts a pod on each node, and that another one writes nothing."""
    project.up()
    cluster.wait_at_rest(namespace, "project")
    assert NODES == updated(cluster, namespace, "project")
    assert {} == written(cluster, project.up)
