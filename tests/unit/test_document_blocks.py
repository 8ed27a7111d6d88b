"""
Every block that a page shows is held by a test, or is marked here with why none can.

Python is in test_types.py, and what is made from the code, between `<!-- NAME -->` and in docs/reference, in
test_documents.py. Of all else this table has a row, in the order of the pages: the test, and words that it has in
common with the block, or the name of the page that it takes the block from.
"""

import itertools
import re
import shlex
from collections.abc import Iterator

import pytest

from config_rollout.cli.main import command_line, main
from tools.documents import ROOT

PERSON = "needs what only a person has"
BLOCKS = (
    ("README.md", "text", "engine/test_readme.py", 'blocks("text")'),
    ("README.md", "shell", "unit/test_documents.py", "make demo"),
    ("README.md", "shell", "engine/test_package.py", "pip"),
    ("docs/audit.md", "text", "engine/observed.py", "rollouts"),
    ("docs/check.md", "shell", "unit/test_check_document.py", "check.md"),
    ("docs/check.md", "yaml", "unit/test_check_document.py", "check.md"),
    ("docs/check.md", "yaml", "unit/test_check_document.py", "check.md"),
    ("docs/check.md", "shell", "unit/test_check_document.py", "check.md"),
    ("docs/check.md", "diff", "unit/test_check_document.py", "check.md"),
    ("docs/check.md", "yaml", "unit/test_check_document.py", "check.md"),
    ("docs/check.md", "yaml", "unit/test_check_document.py", "check.md"),
    ("docs/check.md", "yaml", "unit/test_check_document.py", "check.md"),
    ("docs/ci.md", "shell", "unit/test_ci_document.py", "ci.md"),
    ("docs/ci.md", "yaml", "unit/test_ci_document.py", "ci.md"),
    ("docs/ci.md", "yaml", "unit/test_ci_document.py", "ci.md"),
    ("docs/ci.md", "yaml", "unit/test_ci_document.py", "ci.md"),
    ("docs/command-line.md", "text", "unit/test_document_blocks.py", "command-line.md"),
    ("docs/compatibility.md", "text", "unit/test_compatibility.py", "is too old (got 3.200.0)"),
    ("docs/concepts/meaning.md", "shell", "engine/test_meaning.py", "canonical"),
    ("docs/deployments.md", "shell", "engine/test_status_kinds.py", "deployment/"),
    ("docs/external.md", "text", "unit/test_secret_contents.py", "tls.crt: 1,224 bytes changed"),
    ("docs/faults.md", "shell", "engine/test_walk.py", "make faults WALK='"),
    ("docs/init.md", "shell", "engine/test_init_project.py", "--from"),
    ("docs/init.md", "text", "engine/test_init_project.py", "= configuration: unchanged"),
    ("docs/init.md", "text", "unit/test_init.py", "init.md"),
    ("docs/kubespray.md", "text", "unit/test_kubespray_inventories.py", "kubespray"),
    ("docs/kubespray.md", "text", "judge/test_kubespray_ansible.py", "kubespray.md"),
    ("docs/kubespray.md", "text", "judge/test_kubespray_ansible.py", "kubespray.md"),
    ("docs/kubespray.md", "text", "engine/test_kubespray_replay.py", "config.conf"),
    ("docs/kubespray.md", "text", "engine/test_kubespray_replay.py", "config.conf"),
    ("docs/languages.md", "yaml", "engine/test_languages.py", 'block("yaml")'),
    ("docs/languages.md", "text", "engine/language_programs.py", "plugins/pulumi"),
    (
        "docs/languages.md",
        "shell",
        "",
        "makes the environment that the tests run in: language_programs.py links it there",
    ),
    ("docs/languages.md", "shell", "", "needs a host of the CLI's release: the page says what is run in its place"),
    ("docs/languages.md", "typescript", "engine/test_typed_languages.py", "block(stack.language.name)"),
    ("docs/languages.md", "go", "engine/test_typed_languages.py", "block(stack.language.name)"),
    ("docs/languages.md", "text", "engine/test_languages.py", "has a problem: the key contains a space"),
    ("docs/metrics.md", "shell", "unit/test_metrics.py", "--output"),
    ("docs/migrating.md", "shell", "engine/renderers/test_renderers.py", "--post-renderer"),
    ("docs/outputs.md", "text", "engine/test_outputs.py", "is not known before `up`: rolling restart"),
    ("docs/policies.md", "shell", "engine/test_policies.py", "config-rollout-policies"),
    ("docs/policies.md", "shell", "engine/test_policies.py", "config-rollout-policies"),
    ("docs/policies.md", "json", "engine/test_policies.py", '"readiness-probe": "mandatory"'),
    ("docs/reload.md", "text", "engine/test_reload.py", "reload, nothing restarts"),
    ("docs/reload.md", "text", "engine/test_real_nodes.py", "came up on node"),
    ("docs/reload.md", "text", "engine/test_real_nodes.py", "reload failed at its canary"),
    ("docs/reload.md", "text", "engine/test_real_nodes.py", "pods did not read it again"),
    ("docs/replay.md", "shell", "judge/test_kubespray.py", "replay.md"),
    ("docs/replay.md", "shell", "unit/test_replay.py", "replay"),
    ("docs/replay.md", "shell", "unit/test_replay_chart.py", "--chart"),
    ("docs/replay.md", "text", "", "is of the chart's whole repository, which the tests have a part of"),
    ("docs/secrets.md", "text", "unit/test_secret_contents.py", "tls.crt: 1,224 bytes changed"),
    ("docs/secrets.md", "shell", "unit/test_init.py", "pulumi config set --secret hash-key"),
    ("docs/several-clusters.md", "shell", "", PERSON),
    ("docs/start.md", "shell", "unit/test_documents.py", "make demo"),
    ("docs/start.md", "shell", "unit/test_documents.py", "pip install ."),
    ("docs/start.md", "shell", "engine/test_readme.py", "docs/start.md"),
    ("docs/start.md", "shell", "engine/test_readme.py", "docs/start.md"),
    ("docs/start.md", "text", "engine/test_readme.py", "docs/start.md"),
    ("docs/stateful-sets.md", "text", "engine/test_stateful_set.py", "did not finish within"),
    ("docs/stateful-sets.md", "shell", "engine/test_stateful_set.py", "--cascade=orphan"),
    ("docs/status.md", "text", "unit/test_reload_status.py", "report it now"),
    ("docs/taking-over.md", "text", "engine/test_taking_over.py", "revisionHistoryLimit: 3 => 10: restarts nothing"),
    ("docs/timeline.md", "shell", "unit/test_timeline_picture.py", "timeline"),
    ("docs/transform.md", "diff", "unit/test_transform.py", "5c1f0bb0aa"),
    ("docs/transform.md", "shell", "engine/test_transform.py", "prune"),
    ("docs/undo.md", "shell", "engine/test_kept.py", "rollout"),
    ("docs/undo.md", "text", "unit/test_drift_words.py", "containers[name=agent].image: agent:1 => agent:9"),
    ("docs/waves.md", "text", "engine/test_waves_adopt.py", "waves.by"),
    ("docs/waves.md", "text", "unit/test_wave_words.py", "counts against max_unavailable"),
    ("docs/waves.md", "text", "engine/test_status.py", "pause"),
    ("docs/what-counts.md", "text", "unit/independent.py", "config-rollout/v1"),
    ("docs/what-counts.md", "text", "unit/independent.py", "config-rollout/v2"),
)
EXAMPLES = "pulumi stack init dev\npulumi up\n"
"""What every example's README says; tests/engine/test_examples.py does it."""


def shown() -> Iterator[tuple[str, str, str]]:
    """Give the page, language and text of each block that this table is about."""
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        name = str(path.relative_to(ROOT))
        text = re.sub(r"(?s)<!-- ([\w-]+) -->\n.*?<!-- /\1 -->", "", path.read_text())
        for _, language, block in re.findall(r"(?ms)^(`{3,})(\w*)\n(.*?)^\1$", text):
            if language != "python" and not name.startswith("docs/reference/"):
                yield name, language, block


SHOWN = list(shown())
COMMANDS = sorted(
    {
        line.removeprefix("$ ").split("#")[0].strip()
        for _, _, block in SHOWN
        for line in block.replace("\\\n", "").splitlines()
        if re.match(r"(\$ )?config-rollout(?!:| \w+:) [a-z]", line)
    }
)


def test_every_block_has_a_row():
    assert [(page, language) for page, language, _ in SHOWN] == [row[:2] for row in BLOCKS]


@pytest.mark.parametrize("number", range(len(BLOCKS)), ids=[f"{row[0]}-{number}" for number, row in enumerate(BLOCKS)])
def test_test_of_a_block_has_its_words(number):
    page, _, test, words = BLOCKS[number]
    block = SHOWN[number][2]
    if not test:
        assert len(words.split()) > 4
    else:
        assert words in (ROOT / "tests" / test).read_text()
        assert words in block or page.rpartition("/")[2] in words or words.startswith(("block(", "blocks("))


@pytest.mark.parametrize("command", COMMANDS)
def test_command_is_one_that_the_command_line_takes(command):
    words = list(itertools.takewhile(lambda word: word not in ("|", ">"), shlex.split(command)))[1:]
    assert command_line(words).parse_args(words)


def test_difference_of_the_document_is_the_real_one(tmp_path, capsys, monkeypatch):
    (block,) = [block for page, _, block in SHOWN if page == "docs/command-line.md"]
    command, expected = block.split("\n", 1)
    for folder, mode in (("old", "iptables"), ("new", "nftables")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "config.yaml").write_text(f"mode: {mode}\n")
    monkeypatch.chdir(tmp_path)
    main(shlex.split(command.removeprefix("$ "))[1:])

    assert expected == capsys.readouterr().out


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*/README.md")), ids=lambda path: path.parent.name)
def test_commands_of_an_example_are_those_that_its_test_stands_for(path):
    assert [EXAMPLES] == re.findall(r"(?ms)^```shell\n(.*?)^```", path.read_text())
