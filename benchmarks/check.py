"""What `check` takes: against reading the same text, and for many objects against few: `python -m benchmarks.check`."""

import tracemalloc
from collections.abc import Callable

import yaml

from benchmarks.timing import against
from tools.command_line import run
from tools.documents import ROOT

MANIFESTS = ROOT / "tests" / "data" / "manifests"
MEGABYTE = 1_000_000
FEW, MANY = 300, 3000

BUDGET = """
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{name: agent-{0}}}
spec: {{maxUnavailable: 1, selector: {{matchLabels: {{tier: node, app: agent-{0}}}}}}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {{name: agent-{0}}}
spec:
  selector: {{matchLabels: {{app: agent-{0}}}}}
  template:
    metadata: {{labels: {{tier: node, app: agent-{0}}}}}
    spec: {{containers: [{{name: agent, image: "agent:1"}}]}}
"""

CONFIG_MAP = """
apiVersion: v1
kind: ConfigMap
metadata: {{name: agent-{0}}}
data: {{agent.yaml: "level: info"}}
"""

Row = tuple[str, str, str]


def rows() -> list[Row]:
    """Measure."""
    real = manifests(2 * MEGABYTE)
    size = f"{len(real) / MEGABYTE:.0f} MB of manifests"
    ratios = [
        (
            f"`check` of {size} / libyaml's compose of them",
            "at most 3",
            against(checked(real), composed(real)).processors,
        ),
        (f"`check` of {MANY:,} budgets, each with its DaemonSet / of {FEW}, for each", "1: linear", growth(BUDGET)),
        (f"`check` of {MANY:,} ConfigMaps / of {FEW}, for each", "1: linear", growth(CONFIG_MAP)),
        (f"peak of memory of `check` of {size} / their size", "", peak(real) / len(real)),
    ]
    return [(what, f"{ratio:.2f}", goal) for what, goal, ratio in ratios]


def manifests(size: int) -> str:
    """Return real manifests, again and again until there is this much."""
    text = "".join(f"\n---\n{path.read_text()}" for path in sorted(MANIFESTS.glob("*.yaml")))
    return text * (size // len(text) + 1)


def many(template: str, number: int) -> str:
    """Return as many copies of a template as are asked for, each with its number."""
    return "---".join(map(template.format, range(number)))


def growth(template: str) -> float:
    """Return the time for each of many copies, against each of few."""
    few, much = many(template, FEW), many(template, MANY)
    return against(checked(much), checked(few)).processors * FEW / MANY


def checked(text: str) -> Callable[[], object]:
    """Return what checks a text as the command does."""

    def check() -> None:
        done = run("check", "-", stdin=text)
        assert done.returncode in (0, 1), done.stderr

    return check


def composed(text: str) -> Callable[[], object]:
    """Return what reads a text with libyaml, and nothing else."""
    return lambda: list(yaml.compose_all(text, Loader=yaml.CSafeLoader))


def peak(text: str) -> float:
    """Return the most memory that Python holds while a text is checked."""
    tracemalloc.start()
    checked(text)()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


if __name__ == "__main__":
    for row in rows():
        print("| " + " | ".join(row) + " |")
