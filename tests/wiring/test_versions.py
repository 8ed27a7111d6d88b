"""What is too old keeps a program from registering anything; what is newer than tested is a warning, once a run."""

import logging

import pulumi
import pytest
from pulumi.runtime import mocks

import config_rollout
from config_rollout import KubeProxy
from config_rollout.cluster.client import Cluster
from config_rollout.prepare import compatibility
from tests.wiring.conftest import _Monitor
from tests.wiring.kubeadm_cluster import ADOPT, KUBEADM, memory_cluster

REFUSAL = "Pulumi CLI version {} does not satisfy the version range"


def answer(monkeypatch, text: str) -> list[str]:
    """Let the engine answer with a text; return the ranges that it is asked for."""
    asked = []

    def require(range_: str) -> None:
        asked.append(range_)
        raise Exception(text)

    monkeypatch.setattr(pulumi, "require_pulumi_version", require)
    return asked


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (REFUSAL.format("3.259.0"), "3.259.0"),
        (REFUSAL.format("3.300.0-dev.1"), "3.300.0-dev.1"),
        ("The installed version of the CLI does not support the `RequirePulumiVersion` RPC. Please", "3.219 or older"),
        ("Resource monitor has terminated, shutting down", None),
    ],
)
def test_engine_tells_its_version_in_a_refusal(monkeypatch, text, expected):
    answer(monkeypatch, text)

    assert expected == compatibility.engine_version()


@pytest.mark.parametrize("text", [REFUSAL.format("3.237.9"), "does not support the `RequirePulumiVersion` RPC."])
def test_engine_that_is_too_old_is_refused(monkeypatch, register, text):
    answer(monkeypatch, text)

    with pytest.raises(compatibility.Incompatible, match=r"^ConfiguredDaemonSet 'agent': the Pulumi CLI: is too old"):
        register()


def test_newer_engine_is_warned_about(monkeypatch, register, caplog):
    answer(monkeypatch, REFUSAL.format("4.1.0"))
    with caplog.at_level(logging.WARNING):
        registered = register()

    assert "DaemonSet agent" in registered
    assert 1 == caplog.text.count(
        "the Pulumi CLI: is newer than 3.259, the newest that this is tested with (got 4.1.0)"
    )


def test_engine_is_asked_once_a_run(monkeypatch, register):
    asked = answer(monkeypatch, REFUSAL.format("3.259.0"))
    register()
    register()
    compatibility.check("again")

    assert 2 == len(asked)


def test_package_that_is_too_old_is_refused_before_a_component_is_imported(monkeypatch):
    monkeypatch.setattr(compatibility.metadata, "version", lambda package: "3.100.0")

    with pytest.raises(pulumi.RunError, match="config_rollout: the Python package pulumi: is too old"):
        config_rollout.ConfiguredDaemonSet  # noqa: B018 (the import happens when it is asked for)


@pytest.fixture
def adopt(monkeypatch):
    """Return a function that adopts a kube-proxy on an API server of a release, and gives what was registered."""

    def adopt(release: str) -> list[str]:
        cluster = memory_cluster(KUBEADM)
        cluster.release = release
        monkeypatch.setattr(Cluster, "find", lambda *_: cluster)
        monitor = _Monitor()
        mocks.set_mocks(monitor.mocks, monitor=monitor)
        pulumi.runtime.test(lambda: KubeProxy("kube-proxy", ADOPT) and None)()
        return [request.type.split(":")[-1] for request in monitor.requests]

    return adopt


def test_api_server_that_is_too_old_gets_nothing(adopt):
    with pytest.raises(
        compatibility.Incompatible, match=r"^KubeProxy 'kube-proxy': Kubernetes: is too old \(got v1.30"
    ):
        adopt("v1.30.9")


@pytest.mark.parametrize(("release", "warned"), [("v1.33.1", True), ("v1.34.3-eks-1", False), ("v1.38.0", True)])
def test_api_server_that_the_tests_have_not_seen_is_warned_about(adopt, caplog, release, warned):
    with caplog.at_level(logging.WARNING):
        registered = adopt(release)

    assert "DaemonSetPatch" in registered
    assert warned == ("KubeProxy 'kube-proxy': Kubernetes: is " in caplog.text)
