"""What the README and the first page of the docs show is what happens."""

import re
import shutil
import subprocess

import pulumi
import pytest

from config_rollout import ConfiguredDaemonSet
from tools import build, demo, terminal
from tools.demo import Program
from tools.documents import ROOT, blocks
from tools.local_cluster import run_folder


def squeezed(text: str) -> list[str]:
    """Return the lines without what depends on the width of a terminal, or on which of two resources came first."""
    return [re.sub(r"[├└─\s]+", " ", line).strip() for line in text.splitlines() if line.strip()]


def test_preview_is_the_real_one(kubeadm, engine):
    kubeadm.addon()
    program = Program(engine, run_folder("program"), demo.ADOPT)
    try:
        program.up_quietly()
        program.edit(demo.GOOD, demo.BETTER, show=False)
        _, picture = terminal.run([engine.program, "preview", "--color", "never"], program.folder, engine.environment)
    finally:
        engine.run("destroy", "--yes", "--skip-preview", "--remove", folder=program.folder)
        shutil.rmtree(program.folder)
    command, *shown = squeezed(blocks("text")[0])

    assert "$ pulumi preview" == command
    assert sorted(shown) == sorted(squeezed(picture)[: len(shown)])


def test_quick_start_adopts_what_kubeadm_made(kubeadm, cluster, engine):
    _, _, first, second = blocks("shell", "docs/start.md")
    setup, first = first.split("\n", 1)
    folder = run_folder("quick-start")
    for name in demo.PROGRAM:
        shutil.copy(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    (folder / "bin").mkdir()
    (folder / "bin" / "kubectl").symlink_to(build.ensure(["kubectl"])["kubectl"])
    environment = {**engine.environment, "PATH": f"{folder / 'bin'}:{engine.environment['PATH']}"}

    def shell(commands: str) -> str:
        done = subprocess.run(["bash", "-ec", commands], cwd=folder, env=environment, capture_output=True, text=True)
        assert not done.returncode, done.stdout + done.stderr
        return done.stdout

    kubeadm.addon()
    try:
        assert "make setup" == setup
        assert "adopts DaemonSet kube-system/kube-proxy" in shell(first)
        shell("pulumi up --yes --skip-preview")
        assert "rolling restart" not in shell(second)
        shell("sed -i 's/mode: iptables/mode: nftables/' config.conf")
        assert "config.conf: mode iptables => nftables, and 1 more: rolling restart" in shell("pulumi preview")
    finally:
        engine.run("destroy", "--yes", "--skip-preview", "--remove", folder=folder)
        shutil.rmtree(folder)


def test_errors_are_the_real_ones():
    shown = blocks("text", "docs/start.md")[0].splitlines()
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the message is what is looked at
        ConfiguredDaemonSet(
            "node-agent",
            {
                "namespace": "default",
                "data": {"agent yaml": ""},
                "pod_spec": {"volumes": [{"config_map": {"name": "nod-agent"}}]},
            },
            pulumi.ResourceOptions(),
        )

    assert sorted(shown) == sorted(str(error.value).splitlines())
