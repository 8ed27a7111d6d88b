"""What earlier versions left, in Pulumi's state and in the cluster, and what the first `up` of this one makes of it."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.engine.conftest import NODES
from tests.engine.observed import written
from tools import upgrades
from tools.engine import Engine
from tools.local_cluster import LocalCluster
from tools.pods import Recorder

LEFT = sorted(upgrades.PROGRAMS.glob("*/*.json"))
"""One file for each program and version."""

WRITES: dict[str, dict[str, int]] = {
    # How the ConfigMap is read, where its content does not tell its formats and effects; `patchForce`; whose both are.
    # Before the provider applies a DaemonSet it looks after the managed fields. Source: pulumi-kubernetes 4.25
    # `fixCSAFieldManagers`.
    "plain": {"APPLY configmaps": 1, "APPLY daemonsets": 1, "PATCH daemonsets": 1},
    "waves": {"APPLY configmaps": 1, "APPLY daemonsets": 1, "PATCH daemonsets": 1},
    "kube-proxy": {"APPLY configmaps": 1, "APPLY daemonsets": 1},  # the same, in a patch of its own
}
"""Program -> what the first `up` after an upgrade writes; CHANGELOG.md names everything that is here."""


@dataclass
class Left:
    """A stack of an earlier version, its objects in the cluster, and the program to run today's components."""

    program: str
    folder: Path
    cluster: LocalCluster
    engine: Engine

    def up(self) -> tuple[dict[str, int], dict[str, int]]:
        """Run `pulumi up` with its preview; return what was written, and how many pods each node was given."""
        namespace, name = upgrades.place(self.program)

        def run() -> None:
            print(self.engine.run("up", "--yes", folder=self.folder).stdout)
            self.cluster.wait_at_rest(namespace, name)

        with Recorder(self.cluster.api, namespace) as recorder:
            writes = written(self.cluster, run)
        return writes, recorder.replaced()


@pytest.fixture(params=LEFT, ids=lambda path: f"{path.parent.name}-{path.stem}")
def left(request, cluster, engine) -> Iterator[Left]:
    program, before = request.param.parent.name, json.loads(request.param.read_text())
    namespace, name = upgrades.place(program)
    folder = upgrades.folder_of(program)
    if namespace != "kube-system":
        cluster.create_namespace(namespace)
    upgrades.put_back(cluster, before["objects"])
    (folder / "state.json").write_text(json.dumps(before["state"]))
    engine.run("stack", "init", "test", folder=folder)
    engine.run("stack", "import", "--file", "state.json", folder=folder)
    cluster.wait_at_rest(namespace, name)
    yield Left(program, folder, cluster, engine)
    engine.run("destroy", "--yes", "--skip-preview", "--remove", folder=folder)
    shutil.rmtree(folder)
    if namespace == "kube-system":
        cluster.remove_kube_proxy()


def test_upgrade_restarts_nothing_and_the_way_back_restarts_each_pod_once(left):
    writes, restarts = left.up()
    assert (WRITES[left.program], {}) == (writes, restarts)

    shutil.copy(left.folder / "earlier.conf", left.folder / upgrades.CHANGED)
    _, restarts = left.up()
    assert [1] * NODES == list(restarts.values())


def test_there_is_something_of_each_program():
    assert set(WRITES) == {path.parent.name for path in LEFT}
