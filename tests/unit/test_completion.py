"""The completion that `--print-completion` prints, in a real bash."""

import subprocess
import sys

import pytest

from config_rollout.cli.completion import SHELLS
from config_rollout.cli.main import main
from tools.command_line import run, run_text

COMPLETE = """
. completion.bash
COMP_WORDS=(config-rollout "$@") COMP_CWORD=$# COMPREPLY=()
_shtab_config_rollout config-rollout "${@: -1}" "${@: -2:1}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


def completion(shell: str) -> bytes:
    done = run("--print-completion", shell)
    done.check_returncode()
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with the completion for bash, a file and a folder."""
    folder = tmp_path_factory.mktemp("completion")
    (folder / "completion.bash").write_bytes(completion("bash"))
    (folder / "old.yaml").touch()
    (folder / "history").mkdir()
    return folder


def offered(folder, *words: str) -> list[str]:
    """Return what bash offers for the last word."""
    done = subprocess.run(["bash", "-c", COMPLETE, "bash", *words], capture_output=True, text=True, cwd=folder)
    assert "" == done.stderr
    return done.stdout.split()


def test_bash_accepts_it(folder):
    done = subprocess.run(["bash", "-n", "completion.bash"], capture_output=True, cwd=folder)

    assert (0, b"") == (done.returncode, done.stderr)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["di"], ["diff"]),
        (["rep"], ["replay"]),
        (["stat"], ["status"]),
        (["his"], ["history"]),
        (["status", "--wa"], ["--watch"]),
        (["history", "--js"], ["--json"]),
        (["hash", "--js"], ["--json"]),
        (["hash", "ol"], ["old.yaml"]),
        (["diff", "old.yaml", "ol"], ["old.yaml"]),
        (["replay", "hi"], ["history"]),
        (["replay", "history", "--output", "ol"], ["old.yaml"]),
        (["timeline", "--from", "ol"], ["old.yaml"]),
        (["metrics", "--pu"], ["--push"]),
    ],
)
def test_bash_offers(folder, words, expected):
    assert expected == offered(folder, *words)


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_has_one(shell):
    assert b"replay" in completion(shell)


def test_other_shell_is_refused():
    done = run_text("--print-completion", "csh")

    assert 2 == done.returncode
    assert "invalid choice: 'csh'" in done.stderr


def test_closed_pipe_is_quiet():
    command = f"{sys.executable} -m config_rollout --print-completion bash | head -c 1"
    done = subprocess.run(command, shell=True, capture_output=True)

    assert b"" == done.stderr


def test_shtab_that_is_missing_is_trouble(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "shtab", None)

    assert 2 == main(["--print-completion", "bash"])
    assert (
        "config-rollout: --print-completion: shtab is required to make the completion and not installed. "
        "Run: pip install 'pulumi-config-rollout[cli]'\n"
    ) == capsys.readouterr().err
