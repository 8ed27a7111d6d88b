"""kubespray's history of kube-proxy's configuration, before the real kube-proxy."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools import build

pytestmark = pytest.mark.judge

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests" / "data" / "kubespray-kube-proxy"
RELEASES = [json.loads(line) for line in (FOLDER / "releases.jsonl").read_text().splitlines()]
TEXTS = json.loads((FOLDER / "contents.json").read_text())
COMMAND = re.search(r"--judge \\\n  '(.*)'", (ROOT / "docs" / "replay.md").read_text())[1]
"""The judge that the document advises."""


def in_force(printed: str) -> str:
    """Return what kube-proxy printed; it writes an empty list as `null` or as `[]`."""
    return printed.replace(": null\n", ": []\n")


def test_what_is_in_force_never_changes(judge):
    texts = [TEXTS[release["data"]["config.conf"]] for release in RELEASES]
    verdicts = judge.verdicts(texts)

    assert (38, 6) == (len(texts), len(verdicts))
    assert 1 == len({in_force(verdict.printed) for verdict in verdicts.values()})


@pytest.fixture(scope="module")
def recorder(tmp_path_factory):
    """Return a folder for PATH with the kube-proxy that the history quotes."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "kube-proxy").symlink_to(build.ensure(["kube-proxy-1.36"])["kube-proxy-1.36"])
    return folder


def test_history_records_what_kube_proxy_prints(recorder):
    for release in RELEASES:
        done = subprocess.run(
            [recorder / "kube-proxy", "--config", "/dev/stdin", "--write-config-to", "/dev/stdout"],
            input=TEXTS[release["data"]["config.conf"]],
            capture_output=True,
            text=True,
            check=True,
        )

        assert TEXTS[release["effective"]] == in_force(done.stdout), release["name"]


def test_replay_before_the_judge_of_the_document(recorder):
    done = subprocess.run(
        [sys.executable, "-m", "config_rollout", "replay", FOLDER / "releases.jsonl", "--judge", COMMAND, "--json"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PATH": f"{recorder}:{os.environ['PATH']}"},
    )
    answer = json.loads(done.stdout)

    assert ("judge", 0) == (answer["decided_by"], answer["real_changes"])
    assert {"config-rollout": 0} == {r["rule"]: r["restarts"] for r in answer["rules"] if r["restarts"] != 5}
