"""
Runs four other linters and `check` over the same manifests, and writes the tables of docs/linters.md: `make linters`.

kube-score is built from its pinned Go module, and checkov comes from PyPI, into a virtual environment of its own.
kube-linter and polaris are taken from PATH. Counterparts are not chosen by hand: a check of theirs is the
counterpart of a rule of ours if it reports more findings for the rule's bad example than for its good one.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config_rollout.core.rules import RULES
from config_rollout.core.rules.rule import Level, Rule

from . import build
from .documents import ROOT, filled

DOCUMENT = ROOT / "docs" / "linters.md"
MANIFESTS = ROOT / "tests" / "data" / "manifests"

CHECKOV = "checkov==3.3.30"

Texts = Mapping[str, str]
"""Name of a file -> its text: manifests that are deployed together."""


Found = Iterator[tuple[str, str]]
"""The check and the file of each finding; the file is empty if the linter does not report it."""


@dataclass(frozen=True)
class Linter:
    """
    A linter: where it is, how it is run, and how its output is read.

    `program` returns the command that starts it, or nothing if there is none. In `arguments`, FOLDER stands for the
    folder of the manifests and FILES for their paths; `every` enables the checks that are off by default. With
    `at_once` one run checks all sets, each in a folder of its own, because starting it is slow.
    """

    name: str
    program: Callable[[], Sequence[str] | None]
    version: tuple[str, ...]
    arguments: tuple[str, ...]
    read: Callable[[Any], Found]
    every: tuple[str, ...] = ()
    at_once: bool = False
    refused: list[str] = field(default_factory=list)

    def counts(self, sets: Sequence[Texts], every: bool = True) -> list[Counter[str]]:
        """Return the number of findings of each check, for each set of manifests."""
        with tempfile.TemporaryDirectory() as top:
            folders = [Path(top, f"set-{number}") for number in range(len(sets))]
            for folder, texts in zip(folders, sets, strict=True):
                folder.mkdir()
                for name, text in texts.items():
                    (folder / name).write_text(text)
            if not self.at_once:
                return [Counter(check for check, _ in self._findings(folder, every)) for folder in folders]
            found = [Counter[str]() for _ in sets]
            for check, file in self._findings(Path(top), every):
                (number,) = re.findall(r"/set-([0-9]+)/", file)[-1:]
                found[int(number)][check] += 1
            return found

    def _findings(self, folder: Path, every: bool) -> Found:
        files = [str(file) for file in sorted(folder.iterdir())]
        words = [word for argument in self.arguments for word in (files if argument == "FILES" else [argument])]
        command = [word.replace("FOLDER", str(folder)) for word in (*words, *(self.every if every else ()))]
        answer = self._answer(*command)
        if answer is None:
            self.refused.append(folder.name)
            return iter(())
        return self.read(answer)

    def _answer(self, *arguments: str) -> Any:
        """
        Return the JSON that it prints; nothing if it rejects the manifests, which is reported.

        No exit code is an error, because it says whether there are findings.
        """
        done = self._run(*arguments)
        try:
            return json.loads(done.stdout)
        except ValueError:
            print(f"linters: {self.name}: {' '.join(arguments)}: {done.stdout}{done.stderr}", file=sys.stderr)
            return None

    def reported_version(self) -> str:
        """Return the first version number that it prints about itself."""
        version = re.search(r"\d+\.\d+\.\d+", self._run(*self.version).stdout) if self.version else None
        return version[0] if version else ""

    def _run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run([*(self.program() or ()), *arguments], capture_output=True, text=True, check=False)


def _on_path(name: str) -> Callable[[], Sequence[str] | None]:
    return lambda: [program] if (program := shutil.which(name)) else None


def _kube_score() -> Sequence[str]:
    return [str(build.ensure(["kube-score"])["kube-score"])]


def _checkov() -> Sequence[str]:
    """Return checkov, installed into a folder of the tool cache."""
    folder = build.CACHE / CHECKOV.replace("==", "-")
    if not (folder / "installed").exists():
        venv.create(folder, clear=True, with_pip=True)
        subprocess.run([str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", CHECKOV], check=True)
        (folder / "installed").touch()
    return [str(folder / "bin" / "checkov")]


def _of_kube_linter(answer: Any) -> Found:
    yield from ((one["Check"], "") for one in answer["Reports"] or ())


def _of_kube_score(answer: Any) -> Found:
    for scored in answer or ():
        checks = [one for one in scored["checks"] if not one["skipped"] and one["grade"] < _ALMOST_OK]
        yield from ((one["check"]["id"], "") for one in checks)


_ALMOST_OK = 7
"""kube-score's lowest grade that it does not report; below it are 5, a warning, and 1, critical."""


def _of_polaris(answer: Any) -> Found:
    for result in answer["Results"] or ():
        pod = result.get("PodResult") or {}
        for part in (result, pod, *(pod.get("ContainerResults") or ())):
            yield from ((name, "") for name, one in (part.get("Results") or {}).items() if not one["Success"])


def _of_checkov(answer: Any) -> Found:
    for one in answer if isinstance(answer, list) else [answer]:
        failed = one.get("results", {}).get("failed_checks", ())
        yield from ((check["check_id"], check["file_abs_path"]) for check in failed)


OURS = Linter(
    "config-rollout",
    lambda: [sys.executable, "-m", "config_rollout"],
    (),
    ("check", "--json", "FOLDER"),
    lambda answer: ((one["rule"], "") for one in answer["findings"]),
)

OTHERS = (
    Linter(
        "kube-linter",
        _on_path("kube-linter"),
        ("version",),
        ("lint", "--format", "json", "FOLDER"),
        _of_kube_linter,
        ("--add-all-built-in", "--exclude", "schema-validation"),  # which fetches schemas
    ),
    Linter(
        "kube-score",
        _kube_score,
        ("version",),
        ("score", "--output-format", "json", "FILES"),
        _of_kube_score,
        ("--all-default-optional",),
    ),
    Linter(
        "polaris",
        _on_path("polaris"),
        ("version",),
        ("audit", "--format", "json", "--audit-path", "FOLDER"),
        _of_polaris,
    ),
    Linter(
        "checkov",
        _checkov,
        ("--version",),
        ("--framework", "kubernetes", "secrets", "--skip-download", "--output", "json", "--directory", "FOLDER"),
        _of_checkov,
        at_once=True,
    ),
)


@dataclass(frozen=True)
class Answers:
    """
    What one linter finds: by default and with every check, and the checks that are counterparts of each rule.

    `refused` counts the deployments that it rejects.
    """

    linter: Linter
    version: str
    by_default: Counter[str]
    found: Counter[str]
    refused: int
    counterparts: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, linter: Linter) -> "Answers":
        """Run it over the manifests, each stack separately, and over the examples of the rules."""
        pairs = [(rule.id, rule.bad, rule.good) for rule in COMPARED] + OTHER_SHAPES
        examples = [{"manifest.yaml": text} for _, bad, good in pairs for text in (bad, good)]
        every = linter.counts([*stacks(), *examples])
        refused = len({f"set-{number}" for number in range(len(stacks()))} & set(linter.refused))
        found = sum(every[: -len(examples)], Counter[str]())
        by_default = sum(linter.counts(stacks(), every=False), Counter[str]()) if linter.every else found
        counterparts: dict[str, list[str]] = {rule.id: [] for rule in COMPARED}
        for number, (rule, _, _) in enumerate(pairs):
            bad, good = every[len(stacks()) + 2 * number :][:2]
            counterparts[rule] += bad - good
        once = {rule: sorted(set(checks)) for rule, checks in counterparts.items()}
        return cls(linter, linter.reported_version(), by_default, found, refused, once)

    def known(self) -> set[str]:
        """Return the checks that are a counterpart of some rule."""
        return {check for checks in self.counterparts.values() for check in checks}

    def cell(self, rule: str) -> str:
        """Return the counterparts of a rule and the number of their findings, as a table cell."""
        checks = self.counterparts[rule]
        return ", ".join(f"`{check}`: {self.found[check]}" for check in checks) or "none"


def _agent(container: str, rest: str = "") -> str:
    return f"""
apiVersion: apps/v1
kind: DaemonSet
metadata: {{name: agent, namespace: monitoring, labels: {{app: agent}}}}
spec:
  selector: {{matchLabels: {{app: agent}}}}
  template:
    metadata: {{labels: {{app: agent}}}}
    spec: {{containers: [{{name: agent, image: "agent:1.0.0", {container}}}]}}
---
{rest}"""


def _config_map(data: str) -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: agent, namespace: monitoring}}\ndata: {data}\n"


_SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: agent, namespace: monitoring}
spec: {selector: {app: agent}, ports: [{port: 80, targetPort: 8080}]}
"""
_PROBE = "readinessProbe: {httpGet: {path: /ready, port: 8080}}"
_LEVEL = "env: [{name: LEVEL, valueFrom: {configMapKeyRef: {name: agent, key: %s}}}]"
_KEY = """|
    -----BEGIN RSA PRIVATE KEY-----
    MIIEpAIBAAKCAQEAwJ7z1xq5YzQ3w0pHq2n4v6t8
    -----END RSA PRIVATE KEY-----"""

OTHER_SHAPES = [
    ("readiness-probe", _agent("ports: [{containerPort: 8080}]", _SERVICE),
     _agent(f"ports: [{{containerPort: 8080}}], {_PROBE}", _SERVICE)),
    ("missing-key", _agent(_LEVEL % "levle", _config_map("{level: info}")),
     _agent(_LEVEL % "level", _config_map("{level: info}"))),
    ("secret-in-config-map", _config_map(f"\n  key.pem: {_KEY}"), _config_map("{level: info}")),
]  # fmt: skip
"""Rule, bad and good: where others look for the same mistake in another shape than that of the rule's own example."""

COMPARED = [rule for rule in RULES if not rule.programs_only]


def stacks() -> list[Texts]:
    """Return the manifests that are deployed together: the files of one example of a chart are one stack."""
    together: dict[str, dict[str, str]] = {}
    for path in sorted(MANIFESTS.glob("*.yaml")):
        name = re.sub("-(configmap-agent|daemonset)$", "", path.stem)
        together.setdefault(name, {})[path.name] = path.read_text()
    return list(together.values())


def totals(ours: Answers, others: Sequence[Answers]) -> str:
    """Return the table of the linters."""
    head = ("linter", "findings by default", "with all checks", "with a counterpart here", "not read")
    rows: list[tuple[str, ...]] = [head]
    for one in (ours, *others):
        known = one.found if one is ours else {check: one.found[check] for check in one.known()}
        title = f"{one.linter.name} {one.version}".strip()
        numbers = [*(sum(counts.values()) for counts in (one.by_default, one.found, known)), one.refused]
        rows.append((title, *map(str, numbers)))
    return _table(rows)


def rules(ours: Answers, others: Sequence[Answers]) -> str:
    """Return the table of the rules: the number of findings here, and the counterparts with theirs."""
    rows: list[tuple[str, ...]] = [("rule", "here", *(one.linter.name for one in others))]
    rows += [(f"`{rule.id}`", _count(rule, ours), *(one.cell(rule.id) for one in others)) for rule in COMPARED]
    return _table(rows)


def _count(rule: Rule, ours: Answers) -> str:
    return "off by default" if rule.level is Level.DISABLED else str(ours.found[rule.id])


def without(others: Sequence[Answers]) -> str:
    """Return the table of the others' checks that have no counterpart here."""
    rows = [("linter", "checks without a counterpart, and their findings")]
    for one in others:
        left = [f"`{check}` {count}" for check, count in one.found.most_common() if check not in one.known()]
        rows.append((one.linter.name, ", ".join(left)))
    return _table(rows)


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    head, *body = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join([head, f"|{' --- |' * len(rows[0])}", *body])


def main() -> None:
    """Run all installed linters, and write the document."""
    missing = [linter.name for linter in OTHERS if not linter.program()]
    if missing:
        print(f"linters: {', '.join(missing)}: not on PATH, so skipped.", file=sys.stderr)
    ours, *others = (Answers.of(linter) for linter in (OURS, *OTHERS) if linter.name not in missing)
    text = DOCUMENT.read_text()
    for name, table in (("totals", totals(ours, others)), ("rules", rules(ours, others)), ("others", without(others))):
        print(table)
        text = filled(text, name, table)
    DOCUMENT.write_text(text)


if __name__ == "__main__":
    main()
