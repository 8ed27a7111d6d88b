"""What mypy says, in one run, of the programs in documents and tests, and of a program with a mistake on every line."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools.documents import ROOT

pytestmark = pytest.mark.slow

_IMPORTS = """\
from collections.abc import Sequence
from pathlib import Path

import pulumi

from config_rollout import ConfiguredDaemonSet, ConfiguredStatefulSet, KubeProxy
from config_rollout.args.gates import Gate
from config_rollout.args.sources import ExternalArgs
from config_rollout.args.waves import WavesArgs

"""

GOOD = """\
class Checked:
    def __call__(self, wave: str, nodes: Sequence[str]) -> str | None:
        return None


def quick(wave: str, nodes: Sequence[str]) -> bool:
    return bool(nodes)


gates: list[Gate] = [quick, Checked(), {"function": quick, "strict": True}, {"http": {"port": 1, "path": "/"}}]
waves: WavesArgs = {"first": [{"name": "canary", "nodes": "1%", "gates": gates}], "on_failure": "halt"}
agent = ConfiguredDaemonSet("agent", {
    "namespace": pulumi.Output.from_input("agents"),
    "data": {"agent.yaml": "level: info"},
    "pod_spec": {"containers": []},
    "labels": {"stack": pulumi.Output.from_input("dev")},
    "waves": waves,
    "audit": [{"file": "records.jsonl"}, {"stdout": True}],
    "context": None,
})
hash_of_it: pulumi.Output[str] = agent.config_hash
proxy = KubeProxy("kube-proxy", {"manage": "adopt", "waves": waves, "layout": {"daemon_set": "proxy"},
                                 "audit": {"url": "https://records.example.com"}})
"""

WRONG = """\
function: WavesArgs = {"gates": [lambda wave: None]}  # Cannot infer type of lambda
name: WavesArgs = {"first": [{"nodes": 1}]}  # Missing key "name"
field: WavesArgs = {"first": [{"name": "a", "node": 1}]}  # Extra key "node"
soak: WavesArgs = {"soak_secs": 1}  # Extra key "soak_secs"
number: WavesArgs = {"soak_seconds": "1"}  # has type "str", TypedDict item "soak_seconds" has type "int"
choice: WavesArgs = {"on_failure": "restart"}  # has type "Literal['restore', 'halt']"
gate: list[Gate] = [{"htp": {"port": 1, "path": "/"}}]  # expected "PythonGateArgs
inside: list[Gate] = [{"http": {"port": "1", "path": "/"}}]  # expected "PythonGateArgs
day: list[Gate] = [{"window": {"not_between": [], "time_zone": "UTC", "days": ["Someday"]}}]  # expected "PythonGateArgs
KubeProxy("a", {"manage": "adopted"})  # has type "Literal['own', 'adopt']"
KubeProxy("a", {"manage": "adopt", "layout": {"daemonset": "a"}})  # TypedDict item "layout"
KubeProxy("a", {"manage": "adopt", "audit": {"fil": "a"}})  # TypedDict item "audit"
KubeProxy("a", {"manage": "adopt", "max_unavailable": 0.5})  # has type "float"
ConfiguredDaemonSet("a", {"namespace": "a", "data": {}})  # Missing key "pod_spec"
ConfiguredDaemonSet("a", {"namespace": "a", "data": {"k": 1}, "pod_spec": {}})  # has incompatible type "str": "int"
ConfiguredDaemonSet("a", {"namespace": "a", "data": {}, "pod_spec": {}, "formats": {"k": "yml"}})  # "Literal['yml']"
ConfiguredDaemonSet("a", {"namespace": "a", "data": {}, "pod_spec": {}, "update_strategy": {"a": 1}})  # UpdateStra
"""


def programs_to_accept() -> dict[str, str]:
    """Return the Python of README and docs as programs, and the programs of the upgrade tests: name -> text."""
    folders = sorted((ROOT / "tests" / "data" / "upgrades").glob("*/__main__.py"))
    programs = {"good": _IMPORTS + GOOD}
    programs |= {f"upgrade_{path.parent.name.replace('-', '_')}": path.read_text() for path in folders}
    for document in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for number, block in enumerate(re.findall(r"(?ms)^```python\n(.*?)^```", document.read_text())):
            name = f"{document.stem.replace('-', '_').lower()}_{number}"
            programs[name] = block if block.startswith(("import", "from")) else f"{_IMPORTS}{_whole(block)}"
    return programs


def _whole(block: str) -> str:
    """Return a part of a program as a program: what it leaves out as `...` is there, and an argument has a type."""
    if argument := re.match(r'"(waves|gates|external)": ', block):
        types = {"waves": "WavesArgs", "gates": "list[Gate]", "external": "ExternalArgs"}
        return f"shown: {types[argument[1]]} = {block[argument.end() :].rstrip().rstrip(',')}\n"
    return block.replace("    ...,\n", '    "namespace": "default", "data": {}, "pod_spec": {},\n')


@pytest.fixture(scope="module")
def errors(tmp_path_factory) -> dict[str, dict[int, str]]:
    """Return what mypy finds: name of the program -> line -> message."""
    folder: Path = tmp_path_factory.mktemp("programs")
    programs = {**programs_to_accept(), "wrong": _IMPORTS + WRONG}
    for name, text in programs.items():
        (folder / f"{name}.py").write_text(text)
    files = [str(folder / f"{name}.py") for name in programs]
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--hide-error-context", *files]
    lines = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.splitlines()
    found: dict[str, dict[int, str]] = {name: {} for name in programs}
    for line in lines:
        name, number, message = re.fullmatch(r"(?:.*/)?(\w+)\.py:(\d+): \w+: (.*)", line).groups()
        found[name][int(number)] = found[name].get(int(number), "") + message
    return found


@pytest.mark.parametrize("program", programs_to_accept())
def test_program_has_the_right_types(errors, program):
    assert {} == errors[program]


def test_mypy_refuses_each_mistake_and_says_which(errors):
    first = len(_IMPORTS.splitlines()) + 1
    expected = {first + number: line.rpartition("# ")[2] for number, line in enumerate(WRONG.splitlines())}

    assert [*expected] == [*errors["wrong"]]
    unsaid = [errors["wrong"][number] for number, words in expected.items() if words not in errors["wrong"][number]]
    assert [] == unsaid
