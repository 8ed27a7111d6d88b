"""
Keeps what a version of the components left, in Pulumi's state and in the cluster, and puts it into another cluster.

`python -m tools.upgrades REVISION` runs the programs of `tests/data/upgrades/` with the components of a git revision:
once with `earlier.conf`, then with `config.conf`. What is there then goes to `REVISION.json` beside each program.
"""

import argparse
import base64
import json
import os
import shutil
import subprocess
from pathlib import Path

import requests

from . import build
from .api import Api, Json
from .engine import Engine
from .kubeadm import Kubeadm
from .local_cluster import LocalCluster, run_folder

ROOT = Path(__file__).parents[1]
PROGRAMS = ROOT / "tests" / "data" / "upgrades"
NODES = 6
CHANGED = "config.conf"
"""The file of a program that its configuration is read from."""

_KINDS = ("serviceaccounts", "daemonsets", "controllerrevisions", "configmaps")


def place(program: str) -> tuple[str, str]:
    """Return namespace and name of the DaemonSet that a program makes."""
    return ("kube-system", "kube-proxy") if program == "kube-proxy" else (f"upgrade-{program}", "agent")


def folder_of(program: str) -> Path:
    """Return a new folder with a program, to be run in."""
    folder = run_folder(f"upgrade-{program}")
    for file in (PROGRAMS / program).iterdir():
        if file.suffix != ".json":
            shutil.copy(file, folder)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder


def put_back(cluster: LocalCluster, objects: list[Json]) -> None:
    """
    Write objects as they were, UIDs and managed fields included, all at one moment.

    The API server would give them new ones, so they go to etcd; it reads JSON there too.
    Source: apimachinery `UniversalDeserializer`, which recognizes an encoding whatever it writes itself.
    """
    puts = [{"request_put": {"key": _text(_key(item)), "value": _text(_stored(item))}} for item in objects]
    requests.post(f"{cluster.etcd}/v3/kv/txn", json={"success": puts}, timeout=60).raise_for_status()


def _key(item: Json) -> str:
    kind, metadata = f"{item['kind'].lower()}s", item["metadata"]
    return f"/registry/{kind}/{metadata['namespace']}/{metadata['name']}"


def _stored(item: Json) -> str:
    """Return an object as the API server keeps it: its version is etcd's, and its fields keep their order."""
    metadata = {key: value for key, value in item["metadata"].items() if key != "resourceVersion"}
    return json.dumps({**item, "metadata": metadata}, separators=(",", ":"))


def _text(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _objects(api: Api, namespace: str, name: str) -> list[Json]:
    """Return everything in the namespace that a DaemonSet of this name has, each with its kind."""
    paths = [
        f"namespaces/{namespace}/{kind}/{found}"
        for kind in _KINDS
        for found in sorted(item["metadata"]["name"] for item in api.list(f"namespaces/{namespace}/{kind}"))
        if found.startswith(name)
    ]
    return [api.get(path) for path in paths]


def _made(program: str, cluster: LocalCluster, engine: Engine) -> Json:
    """Run a program with both of its configurations, and return state and objects."""
    namespace, name = place(program)
    if program == "kube-proxy":
        kubeadm = build.ensure(["kubeadm"])["kubeadm"]
        Kubeadm(kubeadm, cluster, build.TOOLS["kubeadm"].version).addon()
    else:
        cluster.create_namespace(namespace)
    folder = folder_of(program)
    engine.run("stack", "init", "test", folder=folder)
    for file in ("earlier.conf", CHANGED):
        shutil.copy(PROGRAMS / program / file, folder / CHANGED)
        engine.run("up", "--yes", folder=folder)
        cluster.wait_at_rest(namespace, name)
    engine.run("stack", "export", "--file", "state.json", folder=folder)
    state = json.loads((folder / "state.json").read_text())
    shutil.rmtree(folder)
    return {"state": state, "objects": _objects(cluster.api, namespace, name)}


def main() -> None:
    """Make the data of one revision."""
    parser = argparse.ArgumentParser(prog="python -m tools.upgrades", description=main.__doc__)
    parser.add_argument("revision", help="whose components are run, as git knows it")
    revision = parser.parse_args().revision
    short = _git("rev-parse", "--short", revision).decode().strip()
    binaries = build.ensure([*build.CONTROL_PLANE, *build.ENGINE])
    components = run_folder("components")
    subprocess.run(["tar", "-x", "-C", components], input=_git("archive", revision, "components"), check=True)
    with LocalCluster(binaries) as cluster, Engine(binaries, cluster.kubeconfig) as engine:
        cluster.add_nodes(NODES)
        # Before the editable install of what is here now; and the record of a rollout names no commit of that.
        engine.environment |= {"PYTHONPATH": str(components / "components"), "GIT_DIR": os.devnull}
        for program in sorted(path.name for path in PROGRAMS.iterdir() if path.is_dir()):
            made = _made(program, cluster, engine)
            (PROGRAMS / program / f"{short}.json").write_text(json.dumps(made, indent=1) + "\n")
    shutil.rmtree(components)


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout


if __name__ == "__main__":
    main()
