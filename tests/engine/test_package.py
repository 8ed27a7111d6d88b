"""
The package by itself: what is built, and an empty environment that has nothing but what it installs.

The README's program and the example run in that environment too, before any extra is installed there.
"""

import json
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2_grpc

from config_rollout.core.rules import BY_ID
from tests.engine.conftest import NODES
from tools.cluster import offer
from tools.documents import ROOT, blocks
from tools.engine import Engine

BUILD_SDIST = "import sys, setuptools.build_meta as backend; backend.build_sdist(sys.argv[1])"
QUIET = ("--quiet", "--disable-pip-version-check")
INSTALL = (*QUIET, "--no-compile")
MYPY = (sys.executable, "-m", "mypy", "--strict", "--python-executable")
PYRIGHT = (sys.executable, "-m", "basedpyright", "--level", "error", "--pythonpath")
RECORDS = ROOT / "tests" / "data" / "rollouts" / "kube-proxy.jsonl"
MODULES = {str(path.relative_to(ROOT / "components")) for path in (ROOT / "components").rglob("*.py")}


@pytest.fixture(scope="module")
def project_folder(tmp_path_factory) -> Path:
    """Return a copy of the project folder, without what git ignores: building writes beside what it builds."""
    folder = tmp_path_factory.mktemp("built") / "project"
    ignored = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text().splitlines()]
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".*", *ignored))
    return folder


@pytest.fixture(scope="module")
def unpacked(project_folder, tmp_path_factory) -> Path:
    """Return the folder that a source distribution unpacks to."""
    folder = tmp_path_factory.mktemp("unpacked")
    subprocess.run([sys.executable, "-c", BUILD_SDIST, folder], cwd=project_folder, check=True, capture_output=True)
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as file:
        file.extractall(folder, filter="data")
    return folder / archive.name.removesuffix(".tar.gz")


def in_wheel(folder: Path, tmp_path: Path) -> dict[str, bytes]:
    """Build the wheel of a folder; return the files that it installs."""
    build = [sys.executable, "-m", "pip", "wheel", *QUIET, "--no-deps", "--no-build-isolation", "-w", tmp_path, "."]
    subprocess.run(build, cwd=folder, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as file:
        return {name: file.read(name) for name in file.namelist()}


@pytest.fixture(scope="module")
def wheel(unpacked, tmp_path_factory) -> dict[str, bytes]:
    """Return the files of the wheel that the source distribution becomes."""
    return in_wheel(unpacked, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(project_folder, tmp_path_factory) -> Path:
    """
    Return a new environment with this project installed as the README says: with the newest of all that it needs.

    From the source distribution comes the same wheel, as a test says.
    """
    folder = tmp_path_factory.mktemp("installed") / "venv"
    (command,) = [block.split() for block in blocks("shell") if block.startswith("pip")]
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    subprocess.run([folder / "bin" / "python", "-m", *command, *INSTALL], cwd=project_folder, check=True)
    return folder


@pytest.fixture(scope="module")
def play(binaries, cluster) -> Iterator[Engine]:
    """Give the engine as `make cluster` does, for programs with a newer pulumi-kubernetes than its provider."""
    with Engine(binaries, cluster.kubeconfig) as engine:
        offer(engine, binaries)
        yield engine


def ran(folder: Path, *command: object) -> tuple[int, str]:
    """Run a command in a folder that is not the clone's; return its exit code, and its output."""
    done = subprocess.run(
        [str(word) for word in command], cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    return done.returncode, done.stdout


def test_source_distribution_holds_every_module(unpacked):
    folder = unpacked / "components"

    assert MODULES == {str(path.relative_to(folder)) for path in folder.rglob("*.py")}


def test_wheel_from_the_source_distribution_holds_every_module_and_nothing_else(wheel):
    names = {name for name in wheel if ".dist-info/" not in name}

    assert {*MODULES, "config_rollout/py.typed", "pulumi_config_rollout/pulumi-plugin.json"} == names


def test_wheel_from_the_project_folder_is_the_same_one(wheel, project_folder, tmp_path):
    assert wheel == in_wheel(project_folder, tmp_path)


def test_program_runs_in_an_environment_where_only_this_was_installed(installed, play, cluster, tmp_path):
    (code,) = blocks("python")
    (tmp_path / "__main__.py").write_text(code)
    (tmp_path / "agent.yaml").write_text("level: info\n")
    (tmp_path / "venv").symlink_to(installed)
    runtime = "{name: python, options: {toolchain: pip, virtualenv: venv}}"
    (tmp_path / "Pulumi.yaml").write_text(f"name: quick-start\nruntime: {runtime}\n")
    play.run("stack", "init", "dev", folder=tmp_path)
    play.run("up", "--yes", folder=tmp_path)
    try:
        assert NODES == cluster.api.get("namespaces/default/daemonsets/node-agent")["status"]["numberReady"]

        (tmp_path / "agent.yaml").write_text("level: debug\n")
        assert "agent.yaml: level info => debug: rolling restart" in play.run("preview", folder=tmp_path).stdout
    finally:
        play.run("destroy", "--yes", "--skip-preview", "--remove", folder=tmp_path)


def test_example_runs_in_another_folder_where_only_this_was_installed(installed, kubeadm, play, tmp_path):
    kubeadm.addon()
    for name in ("Pulumi.yaml", "__main__.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / ".venv").symlink_to(installed)
    play.run("stack", "init", "dev", folder=tmp_path)
    try:
        assert "adopts DaemonSet kube-system/kube-proxy" in play.run("preview", folder=tmp_path).stdout
    finally:
        play.run("stack", "rm", "--yes", "--force", folder=tmp_path)


def test_components_are_imported_from_the_environment(installed, tmp_path):
    code = "import config_rollout as of; print(of.ConfiguredDaemonSet.__name__, of.KubeProxy.__name__, of.__file__)"
    status, printed = ran(tmp_path, installed / "bin" / "python", "-c", code)

    assert (0, "ConfiguredDaemonSet KubeProxy") == (status, printed.rpartition(" ")[0])
    assert printed.rpartition(" ")[2].startswith(str(installed))


def test_pulumi_is_told_that_the_package_needs_no_plugin(installed, tmp_path):
    """Source: pulumi-language-python 3.187 main.go `readPulumiPluginJSON`, by the name of the distribution."""
    module = "pulumi-config-rollout".replace("-", "_")
    code = f"import importlib.util as of; print(*of.find_spec('{module}').submodule_search_locations)"
    _, folder = ran(tmp_path, installed / "bin" / "python", "-c", code)

    assert {"resource": False} == json.loads(Path(folder.strip(), "pulumi-plugin.json").read_text())


def test_command_line_says_its_version(installed, tmp_path):
    expected = f"config-rollout {version('pulumi-config-rollout')}\n"

    assert (0, expected) == ran(tmp_path, installed / "bin" / "config-rollout", "--version")


@pytest.mark.parametrize(
    ("extra", "module", "command", "printed"),
    [
        ("cli", "shtab", ["--print-completion", "bash"], "_shtab_config_rollout"),
        ("metrics", "prometheus_client", ["metrics", "--from", RECORDS], "# EOF"),
        ("plot", "matplotlib", ["timeline", "--from", RECORDS, "--output", "rollout.svg"], ""),
        ("kubespray", "jinja2", ["kubespray", "group_vars"], "mode: nftables\n"),
    ],
)
def test_command_needs_its_extra_and_says_so(installed, unpacked, tmp_path, extra, module, command, printed):
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars" / "all.yml").write_text('chosen: nftables\nkube_proxy_mode: "{{ chosen | lower }}"\n')
    program = installed / "bin" / "config-rollout"
    refused, message = ran(tmp_path, program, *command)
    ran(unpacked, installed / "bin" / "python", "-m", "pip", "install", *INSTALL, f".[{extra}]")
    status, output = ran(tmp_path, program, *command)

    assert (2, True) == (refused, f" Run: pip install 'pulumi-config-rollout[{extra}]'" in message)
    assert "not installed" in message
    assert module.partition("_")[0] in message.lower()
    assert (0, True) == (status, printed in output)


def test_policies_need_no_extra(installed, tmp_path):
    """The engine starts the pack as this program, reads the port that it prints, and asks there for the rules."""
    with subprocess.Popen(
        [installed / "bin" / "config-rollout-policies"], cwd=tmp_path, stdout=subprocess.PIPE
    ) as pack:
        try:
            with grpc.insecure_channel(f"127.0.0.1:{int(pack.stdout.readline())}") as channel:
                served = analyzer_pb2_grpc.AnalyzerStub(channel).GetAnalyzerInfo(empty_pb2.Empty()).policies
        finally:
            pack.kill()

    assert {*BY_ID} == {policy.name for policy in served}


def test_readme_says_what_completion_needs():
    assert "`pip install '.[cli]'`" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("checker", [MYPY, PYRIGHT], ids=["mypy", "pyright"])
def test_type_checker_finds_the_types_from_outside(installed, tmp_path, checker):
    (good,) = blocks("python")
    (tmp_path / "good.py").write_text(good)
    (tmp_path / "wrong.py").write_text(good.replace('"namespace"', '"namespce"'))
    status, printed = ran(tmp_path, *checker, installed / "bin" / "python", "good.py", "wrong.py")

    wrong = {Path(line.strip().partition(":")[0]).name for line in printed.splitlines() if " error: " in line}
    assert (1, {"wrong.py"}) == (status, wrong)
    assert '"namespce"' in printed
