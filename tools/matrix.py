"""
Runs the tests that depend on versions with each release of Kubernetes and each Python, and writes down what was run.

Each release has its own control plane, kubeadm and kube-proxy. Rows that are not run keep what an earlier run wrote.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from config_rollout.core.compatibility import NEEDS

from . import build
from .documents import ROOT, filled
from .local_cluster import run_folder

DOCUMENT = ROOT / "docs" / "compatibility.md"

ENGINE_TESTS = (
    "test_adopt.py::test_story_is_the_one_that_the_documents_tell",
    "test_changes.py",
    "test_kubespray_replay.py",
    "test_meaning.py",
)
"""What a release of Kubernetes can decide about: the rest is about Pulumi and our tools, or the story in detail."""

_HEAD = ("| with | run | passed | in `make test` |", "| --- | --- | --- | --- |")
_DEFAULT_KUBERNETES = "1.36"


@dataclass
class Counts:
    """What pytest counted, and the names of what did not pass."""

    tests: int = 0
    wrong: list[str] = field(default_factory=list)

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.tests + other.tests, self.wrong + other.wrong)


@dataclass(frozen=True)
class Row:
    """One row of the table; `ran` has what was run -> its counts."""

    title: str
    ran: dict[str, Counts]
    by_default: str

    @property
    def passed(self) -> bool:
        """Return whether something was run and all of it passed."""
        return all(counts.tests and not counts.wrong for counts in self.ran.values())

    def __str__(self) -> str:
        total = Counts()
        for counts in self.ran.values():
            total += counts
        run = " and ".join(f"{counts.tests:,} {what}" for what, counts in self.ran.items())
        right = "all" if self.passed else f"{total.tests - len(total.wrong):,}; not {', '.join(total.wrong) or 'run'}"
        return f"| {self.title} | {run} | {right} | {self.by_default} |"


def kubernetes(release: str) -> Row:
    """Run the tests with the control plane, kubeadm and kube-proxy of a release."""
    tools = build.TOOLS | build.OTHER_RELEASES
    of_release = {tool.version for name, tool in tools.items() if name == f"kube-proxy-{release}"}
    engine, provider = (build.TOOLS[name].version for name in ("pulumi", "pulumi-resource-kubernetes"))
    title = (
        f"Kubernetes {of_release.pop()}, Pulumi CLI {engine}, provider {provider}, Python {_version(sys.executable)}"
    )
    environment = {"KUBERNETES_RELEASE": release}
    files = [f"tests/engine/{name}" for name in ENGINE_TESTS]
    ran = {
        "engine tests": _pytest(sys.executable, files, environment),
        "of the judge": _pytest(sys.executable, ["tests/judge", "-k", f"kube-proxy-{release}"], environment),
    }
    return Row(title, ran, "yes" if release == _DEFAULT_KUBERNETES else "no")


def python(program: str) -> Row:
    """Run the unit and wiring tests in an environment of another Python."""
    folder = run_folder("matrix")
    try:
        _say(f"{program}: installing what requirements.lock names")
        inside = str(folder / "bin" / "python")
        pip = [inside, "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
        subprocess.run([program, "-m", "venv", str(folder)], check=True)
        subprocess.run([*pip, "--require-hashes", "-r", str(ROOT / "requirements.lock")], check=True)
        subprocess.run([*pip, "--no-deps", "--no-build-isolation", "--editable", str(ROOT)], check=True)
        ran = {"unit and wiring tests": _pytest(inside, ["tests/unit", "tests/wiring"], {})}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    same = _version(program).rpartition(".")[0] == _version(sys.executable).rpartition(".")[0]
    return Row(f"Python {_version(program)}", ran, "yes, if it is the Python of `.venv`" if same else "no")


def interpreters() -> dict[str, str]:
    """Return `3.11` -> program for the Pythons that are needed or newer and can be found on PATH or in pyenv."""
    least = next(need.least for need in NEEDS if need.key == "python")
    names = [f"python3.{minor}" for minor in range(least[1], least[1] + 8)]
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    found = {}
    for name in names:
        for program in [shutil.which(name), *map(str, sorted(pyenv.glob(f"*/bin/{name}")))]:
            if program and _version(program):
                found[name.removeprefix("python")] = program
                break
    return found


def _version(program: str) -> str:
    """Return `3.11.7`; empty for a program that does not run, as a shim of a Python that is not chosen."""
    code = "import platform; print(platform.python_version())"
    return subprocess.run([program, "-c", code], capture_output=True, text=True, check=False).stdout.strip()


def _pytest(program: str, arguments: list[str], environment: dict[str, str]) -> Counts:
    """Run tests, their progress to be seen, and return what they counted."""
    folder = run_folder("junit")
    report = folder / "report.xml"
    try:
        command = [program, "-m", "pytest", "-q", f"--junit-xml={report}", *arguments]
        subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=False)
        return _counts(report) if report.exists() else Counts()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _counts(report: Path) -> Counts:
    cases = list(ElementTree.parse(report).iter("testcase"))
    wrong = [case.get("name", "") for case in cases if any(part.tag in _NOT_PASSED for part in case)]
    return Counts(len(cases), wrong)


_NOT_PASSED = {"failure", "error", "skipped"}


def write(rows: list[Row]) -> None:
    """Put rows into the document's table: in place of those of the same release, else where they belong."""
    document = DOCUMENT.read_text()
    found = re.search(r"(?s)<!-- matrix -->\n(.*?)<!-- /matrix -->", document)
    lines = (found[1] if found else "").splitlines()[2:]
    table = {_place(line): line for line in [*lines, *map(str, rows)]}
    DOCUMENT.write_text(filled(document, "matrix", "\n".join([*_HEAD, *(table[key] for key in sorted(table))])))


def _place(line: str) -> tuple[str, int, int]:
    """Return what a row is about: Kubernetes or Python, major and minor."""
    found = re.match(r"\| (\w+) (\d+)\.(\d+)", line)
    assert found, line
    return found[1], int(found[2]), int(found[3])


def _say(text: str) -> None:
    print(f"matrix: {text}", file=sys.stderr, flush=True)


def _run(names: list[str], pythons: dict[str, str]) -> Iterator[Row]:
    for number, name in enumerate(names, start=1):
        _say(f"[{number}/{len(names)}] {'Python' if name in pythons else 'Kubernetes'} {name}")
        since = time.monotonic()
        row = python(pythons[name]) if name in pythons else kubernetes(name)
        _say(f"[{number}/{len(names)}] {name} took {time.monotonic() - since:.0f} s: {row}")
        yield row


def main() -> int:
    """Run the releases that are named, or all, write the table after each, and fail if anything did not pass."""
    pythons = interpreters()
    parser = argparse.ArgumentParser(prog="python -m tools.matrix", description=main.__doc__)
    parser.add_argument("release", nargs="*", help=f"of {', '.join([*build.RELEASES, *pythons])}")
    names = parser.parse_args().release or [*build.RELEASES, *pythons]
    unknown = [name for name in names if name not in (*build.RELEASES, *pythons)]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join([*build.RELEASES, *pythons])}")
    passed = True
    for row in _run(names, pythons):
        write([row])
        passed &= row.passed
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
