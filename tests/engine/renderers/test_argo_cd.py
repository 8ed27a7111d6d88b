"""The plugin in Argo CD's own server for plugins, asked over its socket as Argo CD's repo server asks."""

import subprocess
import tempfile
import time
from pathlib import Path

import pytest
import yaml

from tests.engine.renderers.conftest import write_chart
from tools.documents import ROOT

PLUGIN = "config-rollout"
HASHED = {"config-rollout/hash-of": "checksum/config=agent"}


@pytest.fixture
def argo_cd(programs, renderers, tmp_path):
    """Return a function that renders an application in a folder of a repository, with variables of the application."""
    binaries = tmp_path / "bin"
    binaries.mkdir()
    (binaries / "helm").symlink_to(renderers["helm-4"])
    programs.environment["PATH"] = f"{binaries}:{programs.environment['PATH']}"
    with tempfile.TemporaryDirectory(dir="/tmp") as sockets:  # the path of a socket has at most 107 characters
        programs.environment |= {"ARGOCD_PLUGINSOCKFILEPATH": sockets, "ARGOCD_CMP_WORKDIR": str(tmp_path / "work")}
        server = subprocess.Popen(
            [renderers["argocd-cmp-server"], "--config-dir-path", ROOT / "plugins" / "argocd"],
            env=programs.environment,
        )
        while not Path(sockets, f"{PLUGIN}.sock").exists():
            assert server.poll() is None
            time.sleep(0.05)

        def render(folder, fails=False, **variables):
            given = {
                "ARGOCD_APP_NAME": "agent",
                "ARGOCD_APP_NAMESPACE": "monitoring",
                "KUBE_VERSION": "1.36",
                **variables,
            }
            words = [renderers["argocd-cmp-server"], "render", tmp_path, folder, PLUGIN]
            return programs.run(*words, *(f"{name}={value}" for name, value in given.items()), fails=fails)

        yield render
        server.kill()  # at SIGTERM it removes its socket, and serves on
        server.wait()


def test_application_has_the_hash_of_the_meaning_and_the_options_that_it_passes(argo_cd, tmp_path):
    chart = write_chart(tmp_path / "apps" / "agent", "1.0.0")

    def hashes(**variables):
        objects = list(yaml.safe_load_all(argo_cd(chart, **variables).stdout))
        (agent,) = (one for one in objects if one and one["kind"] == "DaemonSet")
        return agent["metadata"]["annotations"], agent["spec"]["template"]["metadata"]["annotations"]["checksum/config"]

    recorded, first = hashes()
    assert HASHED == recorded
    write_chart(chart, "1.0.1")
    assert first == hashes()[1]
    assert first != hashes(ARGOCD_ENV_HELM_ARGS="--set level=debug")[1]
    named = argo_cd(chart, ARGOCD_ENV_TRANSFORM_ARGS="--names=content").stdout
    assert '"argocd.argoproj.io/sync-options":"Prune=false"' in named


def test_application_that_cannot_be_transformed_is_refused_with_the_reason(argo_cd, tmp_path):
    chart = write_chart(tmp_path / "apps" / "agent", "1.0.0")
    refused = argo_cd(chart, fails=True, ARGOCD_ENV_TRANSFORM_ARGS="--leave-out=app")

    assert "cannot be left out: spec.selector needs it" in refused.stderr
