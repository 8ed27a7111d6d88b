"""What docs/check.md shows and the pre-commit hooks call runs as it stands there."""

import json
import re
import shlex
from pathlib import Path

import jsonschema
import pytest
import yaml

from config_rollout.core.rules.check_settings import config_schema
from tests.objects.check_runs import AGENT, MAP, REFUSED, Folder

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "check.md").read_text()
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)


def chapter(title: str) -> dict:
    """Return the YAML of a chapter."""
    return yaml.safe_load(re.search(rf"## {title}\n.*?```yaml\n(.*?)```", DOCUMENT, re.DOTALL)[1])


@pytest.fixture
def here(tmp_path):
    folder = Folder(tmp_path)
    for name in ("manifests/agent.yaml", "base/agent.yaml", "apps/one/prod/agent.yaml"):
        folder.write(name, f"{MAP}---\n{AGENT}")
    folder.write(".config-rollout-baseline.json", '{"findings": []}')
    return folder


def commands() -> list[str]:
    """Return each call of the command in the document, without what pipes into it or where it writes to."""
    runs = [step["run"] for step in chapter("GitHub Actions")["jobs"]["check"]["steps"] if "run" in step]
    lines = [*"".join(blocks("shell")).splitlines(), *runs, *chapter("GitLab")["check-manifests"]["script"]]
    return [line.partition("#")[0].partition(" > ")[0].strip() for line in lines if line.startswith("config-rollout")]


def test_commands_are_there():
    assert 11 == len(commands())


@pytest.mark.parametrize("command", commands())
def test_command_runs(here, command):
    program, name, *arguments = shlex.split(command)

    assert ("config-rollout", "check") == (program, name)
    assert here.check(*arguments).code == (1 if "--fix" in arguments else 0)


def test_configuration_file_is_one(here):
    text = next(block for block in blocks("yaml") if "failOn" in block)
    jsonschema.validate(yaml.safe_load(text), config_schema())
    here.write(".config-rollout.yaml", text)
    done = here.check("manifests")

    assert (1, ["config-not-hashed"]) == (done.code, [one.split()[1] for one in done.findings])


def test_schema_is_printed(here):
    assert config_schema() == here.check("--schema").json


def test_annotation_is_one(here):
    text = next(block for block in blocks("yaml") if "config-rollout/skip" in block)
    head = yaml.safe_load(text)
    head["metadata"]["name"] = "agent"
    here.write("manifests/agent.yaml", f"{MAP}---\n{json.dumps(yaml.safe_load(AGENT) | head)}")

    assert here.check("manifests", "--rule", "config-not-hashed").out.endswith("in 2 objects, 1 skipped\n")


def test_diff_is_what_is_written(here):
    (shown,) = blocks("diff")
    text = AGENT.replace("metadata: {name: agent}", "metadata:\n  name: agent")
    here.write(
        "manifests/agent.yaml",
        f"{MAP}---\n" + text.replace("metadata: {labels: {app: agent}}", "metadata:\n      labels: {app: agent}"),
    )
    added = [line for line in here.check("manifests", "--fix").out.splitlines() if line.startswith("+ ")]

    assert [line for line in shown.splitlines() if line.startswith("+")] == added


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_hook_runs(here, hook):
    program, name, *arguments = shlex.split(hook["entry"])
    here.write("manifests/agent.yaml", f"{MAP}---\n{REFUSED}")

    assert ("config-rollout", "check", "python", False) == (program, name, hook["language"], hook["pass_filenames"])
    assert here.check(*arguments, *hook["args"]).code == (0 if "--fix" in arguments else 1)


def test_hooks_of_the_document_are_there():
    (repository,) = chapter("pre-commit")["repos"]

    assert [hook["id"] for hook in HOOKS] == [hook["id"] for hook in repository["hooks"]]
    assert all(re.search(hook["files"], name) for hook in HOOKS for name in ("a.yaml", "b.yml", "c.json"))
