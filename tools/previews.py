"""
Records what `pulumi preview --json` prints: `python -m tools.previews` writes `tests/data/previews/*.json`.

The program beside them runs once as it was (`before`), then is previewed at each of `STAGES`. What is left out is what
only this machine has, and what the engine remembers beside the inputs.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import build
from .engine import Engine
from .local_cluster import LocalCluster, run_folder

ROOT = Path(__file__).parents[1]
PREVIEWS = ROOT / "tests" / "data" / "previews"
STAGES = ("before", "restart", "text", "refused")
NODES = 6
_NAMESPACE = "fleet"
_LEFT_OUT = ("sourcePosition", "stackTrace", "resourceHooks", "outputs", "propertyDependencies", "created", "modified")


class Previews:
    """The program, run once; `folder` is where."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine, self._folder = engine, folder

    def at(self, stage: str) -> str:
        """Return what a preview of a stage prints as JSON, whether it succeeds or fails."""
        (self._folder / "stage").write_text(stage)
        return self._engine.run("preview", "--json", folder=self._folder, check=False).stdout


@contextmanager
def previews(cluster: LocalCluster, engine: Engine) -> Iterator[Previews]:
    """Run the program in a cluster of `NODES` nodes, and destroy what it made at the end."""
    folder = run_folder("previews")
    for file in (PREVIEWS / "program").iterdir():
        shutil.copy(file, folder)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    (folder / "stage").write_text("before")
    cluster.create_namespace(_NAMESPACE)
    engine.run("stack", "init", "test", folder=folder)
    try:
        engine.run("up", "--yes", "--skip-preview", folder=folder)
        cluster.wait("the DaemonSets to be available", lambda: _are_available(cluster))
        yield Previews(engine, folder)
    finally:
        engine.run("destroy", "--yes", "--skip-preview", "--remove", folder=folder)
        shutil.rmtree(folder)


def _are_available(cluster: LocalCluster) -> bool:
    every = cluster.api.list(f"namespaces/{_NAMESPACE}/daemonsets")
    return len(every) == 2 and all(one["status"].get("numberAvailable") == NODES for one in every)


def _recorded(printed: str) -> str:
    preview = json.loads(printed)
    for step in preview["steps"]:
        for state in (step.get("oldState"), step.get("newState")):
            for field in _LEFT_OUT:
                (state or {}).pop(field, None)
    return f"{json.dumps(preview, indent=1)}\n"


def main() -> None:
    """Run the program, and record its previews."""
    binaries = build.ensure([*build.CONTROL_PLANE, *build.ENGINE])
    with LocalCluster(binaries) as cluster, Engine(binaries, cluster.kubeconfig) as engine:
        cluster.add_nodes(NODES)
        with previews(cluster, engine) as program:
            for stage in STAGES:
                (PREVIEWS / f"{stage}.json").write_text(_recorded(program.at(stage)))


if __name__ == "__main__":
    main()
