"""Where real nodes cannot run, and what is said of it."""

import os
import shutil
import subprocess
import sys

import pytest

from tools.real_nodes import parts


@pytest.fixture(autouse=True)
def machine(monkeypatch):
    """Be root on Debian, with what it comes with."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 0))


def test_nothing_is_missing_for_root_on_debian():
    assert "" == parts.missing()


def test_another_system_is_told(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert "real nodes need Linux, for its namespaces and cgroups." == parts.missing()


def test_another_user_is_told(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "real nodes need root: they make namespaces, mounts and cgroups of their own." == parts.missing()


def test_another_distribution_is_told(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert "real nodes are made of Debian's packages, and there is no apt-get." == parts.missing()


def test_programs_that_are_missing_are_told(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None)
    assert "real nodes need ip, nsenter, unshare on PATH: install Debian's iproute2 and util-linux." == (
        parts.missing()
    )


def test_container_that_may_not_make_namespaces_is_told(monkeypatch):
    monkeypatch.setattr(subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 1))
    assert "real nodes need the right to make namespaces, which this container does not give." == parts.missing()
