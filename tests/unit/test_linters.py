"""How the answers of other linters are read and compared; the linters themselves run in `make linters`."""

import re
import sys
from pathlib import Path

import pytest

from tools.linters import COMPARED, DOCUMENT, OTHERS, Linter, stacks

READ = {linter.name: linter.read for linter in OTHERS}


@pytest.mark.parametrize(
    ("name", "answer", "checks"),
    [
        ("kube-linter", {"Reports": [{"Check": "no-uid"}, {"Check": "tag"}]}, ["no-uid", "tag"]),
        ("kube-linter", {"Reports": None}, []),
        (
            "kube-score",
            [{"checks": [{"check": {"id": name}, "skipped": skipped, "grade": grade} for name, skipped, grade in
                         (("critical", False, 1), ("warning", False, 5), ("almost", False, 7), ("off", True, 1))]}],
            ["critical", "warning"],
        ),
        ("kube-score", None, []),
        (
            "polaris",
            {"Results": [{"Results": {"a": {"Success": False}, "b": {"Success": True}}, "PodResult": {
                "Results": {"c": {"Success": False}}, "ContainerResults": [{"Results": {"d": {"Success": False}}}]}}]},
            ["a", "c", "d"],
        ),
        ("polaris", {"Results": [{"Results": {}, "PodResult": None}]}, []),
        (
            "checkov",
            [{"results": {"failed_checks": [{"check_id": "CKV_K8S_9", "file_abs_path": "/x"}]}}, {"passed": 0}],
            ["CKV_K8S_9"],
        ),
    ],
)  # fmt: skip
def test_findings_are_read(name, answer, checks):
    assert checks == [check for check, _ in READ[name](answer)]


def linter(program: str, tmp_path: Path, **more: object) -> Linter:
    """Return a linter whose program is this Python text."""
    (tmp_path / "program.py").write_text(program)
    start = [sys.executable, str(tmp_path / "program.py")]
    return Linter("fake", lambda: start, (), ("FOLDER",), lambda answer: ((a, b) for a, b in answer), **more)


PROGRAM = """
import json, pathlib, sys
print(json.dumps([[file.read_text(), str(file)] for file in sorted(pathlib.Path(sys.argv[1]).rglob("*.yaml"))]))
"""


@pytest.mark.parametrize("at_once", [False, True])
def test_each_set_is_counted_for_itself(tmp_path, at_once):
    counts = linter(PROGRAM, tmp_path, at_once=at_once).counts([{"a.yaml": "x", "b.yaml": "x"}, {"a.yaml": "y"}, {}])

    assert [{"x": 2}, {"y": 1}, {}] == counts


def test_set_that_is_refused_is_counted_as_such(tmp_path):
    fake = linter("import sys; sys.exit('no')", tmp_path)

    assert [{}] == fake.counts([{"a.yaml": "x"}])
    assert ["set-0"] == fake.refused


def test_files_of_one_example_are_one_stack():
    together = [list(texts) for texts in stacks() if len(texts) > 1]

    assert together
    assert all(
        len({re.sub("-(configmap-agent|daemonset).yaml", "", name) for name in names}) == 1 for names in together
    )


def test_document_compares_the_rules_that_there_are():
    (table,) = re.findall(r"(?s)<!-- rules -->\n(.*?)<!-- /rules -->", DOCUMENT.read_text())

    assert [rule.id for rule in COMPARED] == re.findall(r"(?m)^\| `([a-z-]+)`", table)
