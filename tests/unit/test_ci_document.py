"""The jobs of docs/ci.md run as they stand there, with the real command and stand-ins for what talks to others."""

import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from config_rollout.core.waves.order import parse_waves
from tools.command_line import run_text
from tools.previews import PREVIEWS, ROOT

pytestmark = pytest.mark.slow

DOCUMENT = (ROOT / "docs" / "ci.md").read_text()
GITHUB, GITLAB, OPERATOR = (yaml.safe_load(text) for text in re.findall(r"(?s)```yaml\n(.*?)```", DOCUMENT))
NOTES = "https://gitlab.example.com/api/v4/projects/7/merge_requests/42/notes"
VARIABLES = {
    "PULL_REQUEST": "42",
    "COMMENT_TOKEN": "token",
    "CI_API_V4_URL": "https://gitlab.example.com/api/v4",
    "CI_PROJECT_ID": "7",
    "CI_MERGE_REQUEST_IID": "42",
}


def script_of(host: str) -> str:
    if host == "gitlab":
        return GITLAB["preview"]["script"][-1]
    return GITHUB["jobs"]["preview"]["steps"][-1]["run"]


def stand_in(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.mark.parametrize(("stage", "code"), [("restart", 0), ("refused", 255)])
@pytest.mark.parametrize(
    ("host", "called"),
    [
        ("github", "gh pr comment 42 --edit-last --create-if-none --body-file comment.md"),
        (
            "gitlab",
            "curl --fail --silent --show-error --output response.json --header PRIVATE-TOKEN: token "
            f"--data-urlencode body@comment.md {NOTES}",
        ),
    ],
)
def test_job_posts_the_comment_and_ends_as_the_preview_did(tmp_path, stage, code, host, called):
    stand_in(tmp_path, "pulumi", f"cat {PREVIEWS / f'{stage}.json'}; exit {code}")
    stand_in(tmp_path, "config-rollout", f'exec {sys.executable} -m config_rollout "$@"')
    for name in ("gh", "curl"):
        stand_in(tmp_path, name, f'echo "{name} $*" > called; cp comment.md posted')
    done = subprocess.run(
        ["bash", "-e", "-c", script_of(host)], cwd=tmp_path, env={**VARIABLES, "PATH": f"{tmp_path}:/usr/bin:/bin"}
    )

    assert code == done.returncode
    assert called == (tmp_path / "called").read_text().strip()
    assert run_text("explain", PREVIEWS / f"{stage}.json").stdout == (tmp_path / "posted").read_text()


@pytest.mark.parametrize("through", [None, "canary"])
def test_waves_with_a_setting_for_through_are_good(through, monkeypatch):
    _, block = re.findall(r"(?s)```python\n(.*?)```", DOCUMENT)
    monkeypatch.setitem(sys.modules, "pulumi", SimpleNamespace(Config=lambda: {"through": through}))
    names: dict = {}
    exec(block, names)

    assert [] == parse_waves(names["waves"])[1]


def test_stack_of_the_operator_has_what_a_run_needs():
    assert ("pulumi.com/v1", "Stack") == (OPERATOR["apiVersion"], OPERATOR["kind"])
    needed = {"serviceAccountName", "projectRepo", "branch", "repoDir", "stack", "envRefs", "workspaceTemplate"}
    assert set() == needed - set(OPERATOR["spec"])
