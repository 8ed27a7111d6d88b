"""Reading histories: git repositories, folders and lines of JSON, and what is wrong with them."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from config_rollout.cli.inputs import in_force as judge
from config_rollout.cli.inputs.files import MAX_FILE_BYTES
from tests.objects.git_repository import Repository
from tools.command_line import run_text

pytestmark = pytest.mark.slow

ONE, SAME, OTHER = "a: 1\n", "a: 1 # note\n", "a: 2\n"

MANIFEST = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: agent, labels: {v: %s}}\ndata: {c.yaml: %s}\n"


def replay(*arguments: object) -> CompletedProcess:
    return run_text("replay", *arguments)


def found(*arguments: object) -> list[tuple[bool, str]]:
    """Return for each transition whether it is real, and the rules that restart."""
    done = replay("--json", *arguments)
    assert 0 == done.returncode, done.stderr
    return [(row["real"], " ".join(row["restarts"])) for row in json.loads(done.stdout)["transitions"]]


ALL = "helm resource-version kustomize reloader wave bytes config-rollout"
BYTES = ALL.removesuffix(" config-rollout")


@pytest.fixture
def repository(tmp_path):
    folder = tmp_path / "repository"
    folder.mkdir()
    return Repository(folder)


@pytest.fixture
def lines(tmp_path):
    """Return a function that writes lines of JSON."""

    def write(*rows: object, contents: object = None) -> Path:
        file = tmp_path / "history.jsonl"
        file.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
        if contents is not None:
            (tmp_path / "contents.json").write_text(contents if isinstance(contents, str) else json.dumps(contents))
        return file

    return write


def test_file_in_git(repository):
    for text in (ONE, SAME, OTHER):
        repository.commit(conf__c_yaml=text)
        repository.commit(README_md=text)  # changes another file

    assert [(False, BYTES), (True, ALL)] == found(repository.folder, "--path", "conf/c.yaml")


def test_folder_in_git(repository):
    repository.commit(conf__c_yaml=ONE, conf__b=b"\x00\xff")
    repository.commit(conf__c_yaml=SAME)
    repository.commit(conf__b=b"\x00\xfe")

    assert [(False, BYTES), (True, ALL)] == found(repository.folder, "--path", "conf/")


def test_manifest_in_git(repository):
    for version, text in ((1, "'a: 1'"), (2, "'a: 1'"), (2, "'{a: 1}'"), (2, "'a: 2'"), (2, "  'a: 2'")):
        repository.commit(agent_yaml=MANIFEST % (version, text))

    assert [
        (False, "helm resource-version"),
        (False, BYTES),
        (True, ALL),
        (False, "helm"),
    ] == found(repository.folder, "--path", "agent.yaml")


def test_manifest_that_is_broken_for_one_commit_is_left_out(repository):
    for text in (MANIFEST % (1, "'a: 1'"), "<<<<<<< HEAD\n" + MANIFEST % (1, "'a: 1'"), MANIFEST % (1, "'a: 2'")):
        repository.commit(agent_yaml=text)
    done = replay(repository.folder, "--path", "agent.yaml", "--json")

    assert 1 == len(json.loads(done.stdout)["transitions"])
    assert "is not a readable manifest: it is not valid YAML" in done.stderr


def test_map_of_a_manifest_is_chosen_by_name(repository):
    for text in ("'a: 1'", "'a: 2'"):
        other = (MANIFEST % (1, "'b: 1'")).replace("agent", "other")
        repository.commit(agent_yaml=f"{MANIFEST % (1, text)}---\n{other}")

    assert [(True, ALL)] == found(repository.folder, "--path", "agent.yaml", "--name", "agent")


def test_bare_repository(repository, tmp_path):
    repository.commit(c_yaml=ONE)
    repository.commit(c_yaml=OTHER)
    repository.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare"))

    assert [(True, ALL)] == found(tmp_path / "bare", "--path", "c.yaml")


def test_repository_that_names_objects_by_sha_256(tmp_path):
    repository = Repository(tmp_path, "--object-format=sha256")
    for text in (ONE, SAME, OTHER):
        repository.commit(conf__c_yaml=text, conf__d="x")

    assert [(False, BYTES), (True, ALL)] == found(tmp_path, "--path", "conf")


def test_merged_branch_is_one_step(repository):
    repository.commit(c_yaml=ONE)
    repository.git("checkout", "--quiet", "-b", "side")
    repository.commit(c_yaml=OTHER)
    repository.commit(c_yaml="a: 3\n")
    repository.git("checkout", "--quiet", "main")
    repository.commit(README_md="x")
    repository.git("merge", "--quiet", "--no-ff", "--message", "x", "side")

    assert [(True, ALL)] == found(repository.folder, "--path", "c.yaml")


def test_commit_without_the_path_is_no_snapshot(repository):
    for text in (ONE, None, OTHER):
        repository.commit(c_yaml=text)

    assert [(True, ALL)] == found(repository.folder, "--path", "c.yaml")


def test_version_that_is_no_configuration_is_left_out_and_said(repository):
    repository.commit(conf__c_yaml=ONE)
    repository.commit(conf__sub__c_yaml=ONE)
    repository.commit(conf__sub__c_yaml=None, conf__c_yaml=b"x" * (MAX_FILE_BYTES + 1))
    repository.commit(conf__c_yaml="x" * (MAX_FILE_BYTES // 2))
    repository.commit(conf__c_yaml=OTHER)
    done = replay(repository.folder, "--path", "conf", "--json")
    warnings = done.stderr.splitlines()

    assert [True] == [row["real"] for row in json.loads(done.stdout)["transitions"]]
    assert 3 == len(warnings)
    assert all(line.endswith("This version is skipped.") for line in warnings)
    assert "contains the folder 'sub'" in warnings[0]
    assert "c.yaml is larger than 4,194,304 bytes" in warnings[1]
    assert "a ConfigMap holds at most 1,048,576" in warnings[2]


def test_names_in_git_may_hold_anything(repository):
    for text in (ONE, OTHER):
        (repository.folder / "a b*ü.yaml").write_text(text)
        repository.commit()

    assert 2 == replay(repository.folder, "--path", "a b*ü.yaml").returncode  # no key of a ConfigMap
    assert "the key contains a space" in replay(repository.folder, "--path", "a b*ü.yaml").stderr


def test_shallow_clone_is_said(repository, tmp_path):
    for text in (ONE, SAME, OTHER):
        repository.commit(c_yaml=text)
    repository.git("clone", "--quiet", "--depth=2", f"file://{repository.folder}", str(tmp_path / "shallow"))
    done = replay(tmp_path / "shallow", "--path", "c.yaml")

    assert 0 == done.returncode
    assert "is a shallow clone" in done.stderr


def test_damaged_repository_is_trouble(repository):
    for text in (ONE, OTHER):
        repository.commit(c_yaml=text)
    blob = subprocess.run(
        ["git", "hash-object", "c.yaml"], cwd=repository.folder, capture_output=True, text=True
    ).stdout
    path = repository.folder / ".git" / "objects" / blob[:2] / blob[2:].strip()
    path.chmod(0o644)
    path.write_bytes(b"x")

    check_trouble(replay(repository.folder, "--path", "c.yaml"), "git cannot read its objects")


def test_folder_of_files_in_the_order_of_their_numbers(tmp_path):
    for name, text in (("v2.yaml", ONE), ("v10.yaml", OTHER), ("v9.yaml", SAME)):
        (tmp_path / name).write_text(text)

    assert [(False, BYTES), (True, ALL)] == found(tmp_path)


def test_folder_of_folders(tmp_path):
    for name, text in (("1", ONE), ("2", SAME), ("3", OTHER)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "c.yaml").write_text(text)

    assert [(False, BYTES), (True, ALL)] == found(tmp_path)


def test_lines_with_their_texts(lines):
    rows = [{"data": {"c.yaml": text}} for text in (ONE, SAME, OTHER)]

    assert [(False, BYTES), (True, ALL)] == found(lines(*rows))


def test_lines_with_ids(lines):
    rows = [{"data": {"c.yaml": name}} for name in ("1", "2", "3")]

    assert [(False, BYTES), (True, ALL)] == found(lines(*rows, contents={"1": ONE, "2": SAME, "3": OTHER}))


def test_lines_with_labels_and_recorded_checksum(lines):
    row = {"data": {"c.yaml": ONE}, "labels": {"v": "1"}, "helm_checksum": "x"}

    assert [(False, "helm"), (False, "resource-version")] == found(
        lines(row, row | {"helm_checksum": "y"}, row | {"helm_checksum": "y", "labels": {}})
    )


def test_lines_that_say_what_is_in_force(lines):
    row = {"data": {"c.yaml": ONE}, "effective": "x"}

    assert [(True, "")] == found(lines(row, row | {"effective": "y"}))


def test_judge_decides(lines):
    rows = [{"data": {"c.yaml": text}, "effective": text} for text in (ONE, SAME, OTHER, "b: 1\n")]

    assert [False, False, True] == [real for real, _ in found(lines(*rows), "--judge", "cut -c1 c.yaml")]


def test_declared_format_reaches_the_judge_and_us(lines):
    rows = [{"data": {"c": text}} for text in (ONE, SAME)]

    assert [(True, ALL)] == found(lines(*rows))
    assert [(False, BYTES)] == found(lines(*rows), "--format", "c=yaml")


def test_stated_effect_reaches_us_and_not_the_judge(lines):
    rows = [{"data": {"c.yaml": text}} for text in (ONE, OTHER)]

    assert [(True, BYTES)] == found(lines(*rows), "--effect", "c.yaml:a=none")


def test_several_histories_are_counted_together_and_never_compared(lines, tmp_path):
    file = lines({"data": {"c": "1"}}, {"data": {"c": "2"}})

    assert 2 == len(found(file, file))


def test_what_the_component_refuses_is_compared_and_said(lines):
    text = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: %s\n"
    done = replay(lines(*({"data": {"config.conf": text % mode}} for mode in ("x", "y"))), "--judge", "cat *")

    assert 0 == done.returncode
    assert "The component would refuse this" in done.stderr


def test_kube_proxy_without_its_judge_is_said(lines):
    text = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: %s\n"
    rows = [{"data": {"config.conf": text % mode}} for mode in ("ipvs", "nftables")]

    assert "with --judge the real kube-proxy decides" in replay(lines(*rows)).stderr


def test_progress_is_for_terminals(lines):
    rows = [{"data": {"c": str(number)}} for number in range(300)]

    assert "" == replay(lines(*rows)).stderr


def check_trouble(done: CompletedProcess, message: str) -> None:
    assert (2, "") == (done.returncode, done.stdout)
    assert message in done.stderr


TWO = [{"data": {"c": "1"}}, {"data": {"c": "2"}}]


@pytest.mark.parametrize(
    ("rows", "contents", "message"),
    [
        ([], None, "contains no snapshot, but a replay compares at least two. Pass a longer history."),
        (TWO[:1], None, "contains one snapshot, but a replay compares at least two. Pass a longer history."),
        ([TWO[0], "{"], None, "line 2: is not valid JSON (expecting property name"),
        (["[" * 100_000], None, "line 1: is not valid JSON"),
        (["\x00"], None, "line 1: is not valid JSON"),
        (["[]"], None, "line 1: must be an object (got list). Write one snapshot per line."),
        ([{"commit": "x"}], None, "line 1: 'data' is required. Write key -> text."),
        ([{"data": []}], None, "line 1: data: must be a mapping (got list)."),
        ([{"data": {"c": 1}}], None, "line 1: data['c']: must be text (got int)."),
        ([{"data": {"a b": ""}}], None, "line 1: data['a b']: the key contains a space."),
        ([{"data": {"c": "\ud800"}}], None, "is half of a surrogate pair"),
        ([{"data": {}}], None, "has no keys, so there is no configuration."),
        ([{"data": {"c": "x" * (MAX_FILE_BYTES // 2)}}], None, "a ConfigMap holds at most 1,048,576."),
        ([{"data": {"c": "x" * MAX_FILE_BYTES}}], None, "line 1: is larger than 4,194,304 bytes."),
        ([TWO[0] | {"helm_cheksum": "x"}], None, "line 1: unknown field 'helm_cheksum'. Use commit, name,"),
        ([TWO[0] | {"template": "x"}, TWO[1]], None, "line 2: 'template' is in some lines and missing in others."),
        (TWO, {"1": "x"}, "line 2: data['c']: contents.json has no such id (got '2'). Add its text."),
        (TWO, "{", "contents.json: is not valid JSON"),
        (TWO, {"1": 1}, "contents.json: must be an object, id -> text."),
    ],
)
def test_trouble_with_lines(lines, rows, contents, message):
    check_trouble(replay(lines(*rows, contents=contents)), message)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--format", "x=yaml"], "--format x: no snapshot has this key (got c). Use one of them."),
        (["--format", "c=xml"], "--format: is not a known format (got 'xml')."),
        (["--effect", "x=none"], "--effect x: no snapshot has this key (got c). Use one of them."),
        (["--path", "x"], "is a file, but --path is for git repositories."),
        (
            ["--judge", "echo no >&2; exit 3"],
            "--judge: exit code 3 for line 1 (no). For configurations that it refuses, it must",
        ),
        (["--judge", "true"], "--judge: printed nothing for line 1. It must print the effective values."),
        (["--output", "x.pdf"], "--output: must end in .svg or .png (got 'x.pdf')."),
        (["--output", "nowhere/x.svg"], "--output: folder 'nowhere' does not exist. Create it first."),
    ],
)
def test_trouble_with_options(lines, arguments, message):
    check_trouble(replay(lines(*TWO), *arguments), message)


def test_judge_that_does_not_end_is_ended_with_all_it_started(lines, tmp_path, monkeypatch):
    monkeypatch.setattr(judge, "_TIMEOUT", 2)

    check_trouble(
        replay(lines(*TWO), "--judge", f"sleep 600 & echo $! > {tmp_path}/pid; wait"),
        "--judge: took more than 2 s for line 1. Pass a faster command.",
    )
    assert ends(int((tmp_path / "pid").read_text()))


def ends(pid: int) -> bool:
    """Return whether a process that was killed is gone, which may take it a moment."""
    for _ in range(200):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().split()[2]
        except OSError:
            return True
        if state in "ZX":
            return True
        time.sleep(0.05)
    return False


def test_interrupt_ends_quietly(lines, tmp_path):
    endless = f"echo > {tmp_path}/begun; sleep 600"
    command = [sys.executable, "-m", "config_rollout", "replay", lines(*TWO), "--judge", endless]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        while not (tmp_path / "begun").exists():
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)

        assert (b"", b"") == process.communicate(timeout=60)
        assert 130 == process.returncode


def test_some_histories_with_what_is_in_force_are_trouble(lines, tmp_path):
    file = lines(*TWO)
    other = tmp_path / "other.jsonl"
    other.write_text("".join(json.dumps(row | {"effective": "x"}) + "\n" for row in TWO))

    check_trouble(replay(file, other), "only some histories contain effective values.")


def test_trouble_with_repositories(repository, tmp_path):
    check_trouble(replay(repository.folder, "--path", "x"), "has no commits. Pass a repository with a history.")
    repository.commit(c_yaml=ONE)
    (tmp_path / "plain").mkdir()
    for place, arguments, message in (
        ("/nowhere", [], "/nowhere: no such file or directory."),
        (repository.folder, [], "is a git repository. Pass a file or folder in it with --path."),
        (repository.folder, ["--path", "x"], "no commit has 'x'. Pass the path from the top of the repository."),
        (repository.folder, ["--path", ""], "--path: must be a file or folder in the repository (got '')."),
        (repository.folder, ["--path", "c.yaml"], "contains one snapshot, but a replay compares at least two."),
        (tmp_path / "plain", ["--path", "x"], "git says: fatal: not a git repository"),
        (tmp_path / "plain", [], "contains no snapshot"),
    ):
        check_trouble(replay(place, *arguments), message)


def test_git_that_is_missing_is_trouble(repository, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    check_trouble(
        replay(repository.folder, "--path", "x"),
        "git: is required to read the history of a repository. Install git.",
    )
