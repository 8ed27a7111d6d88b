"""ConfigMap manifests as the real kubectl and API server take them: the judge of what the command line reads."""

import base64
import json
import subprocess

import pytest

from config_rollout.cli.errors import Trouble
from tests.objects.manifest_sources import ACCEPTED, HEAD, REFUSED, held
from tools import build


@pytest.fixture(scope="module")
def judged(cluster, tmp_path_factory):
    """Give what the API server would hold, by the name of the ConfigMap; what is refused is not there."""
    folder = tmp_path_factory.mktemp("manifests")
    for number, (text, _) in enumerate([*ACCEPTED.values(), *REFUSED.values()]):
        (folder / f"{number}.yaml").write_text(HEAD.replace("name: a", f"name: m{number}") + text)
    kubectl = build.ensure(["kubectl"])["kubectl"]
    command = [kubectl, "--kubeconfig", cluster.kubeconfig, "create", "--dry-run=server", "-o", "json", "-f"]
    found = {}
    for number in range(len(ACCEPTED) + len(REFUSED)):
        done = subprocess.run([*command, folder / f"{number}.yaml"], capture_output=True, text=True, timeout=60)
        if done.returncode == 0:
            found[number] = json.loads(done.stdout)
    return found


def test_what_is_accepted_is_accepted_and_holds_the_same(judged):
    for number, (what, (text, _)) in enumerate(ACCEPTED.items()):
        assert number in judged, what
        data = {key: value.encode() for key, value in judged[number].get("data", {}).items()}
        binary = {key: base64.b64decode(value) for key, value in judged[number].get("binaryData", {}).items()}
        assert {**data, **binary} == held(HEAD + text), what


def test_what_is_refused_is_refused(judged):
    for number, (what, (text, _)) in enumerate(REFUSED.items(), start=len(ACCEPTED)):
        assert number not in judged, what
        with pytest.raises(Trouble):
            held(HEAD + text)
