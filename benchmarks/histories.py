"""
What share of a control plane's work needless restarts are, by the public histories of `tests/data`.

The article that this project began with says 15 % less control-plane work. That depends on what it is a share of: of
the work that restarts make, or of all that a control plane does, idle nodes included.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from benchmarks.windows import Work
from tools.documents import REPLAYS, ROOT, ran

_RULE = "helm"
_CLAIM = 0.15
_DAY = 86_400


@dataclass(frozen=True)
class History:
    """
    One history under one tool.

    Args:
      title: What it is of, and which tool restarts.
      steps: How many deployments.
      restarts: At how many of them all pods restart.
      needless: At how many of these nothing that pods see changed, nor the rest of their template.
      days: From the first to the last, 0 where it has no dates.

    """

    title: str
    steps: int
    restarts: int
    needless: int
    days: int = 0

    @property
    def share(self) -> float:
        """What part of the restarts is needless."""
        return self.needless / self.restarts


def histories() -> list[History]:
    """Return what the documents on replay show, one example of each history."""
    example, *_ = REPLAYS["otel-collector"]
    kubespray, *_ = REPLAYS["kubespray"]
    return [
        _replayed("OpenTelemetry collector's chart, by Helm's checksum", example, *REPLAYS["otel-collector"][2:]),
        _deployed(json.loads((ROOT / "docs" / "chart-history.json").read_text())),
        _replayed("kubespray's kube-proxy, by any hash of the text", kubespray),
    ]


def _replayed(title: str, path: str, *options: str) -> History:
    said = json.loads(ran("replay", path, *options, "--json"))
    (rule,) = [rule for rule in said["rules"] if rule["rule"] == _RULE]
    lines = [json.loads(line) for line in (ROOT / path).read_text().splitlines()]
    days = [line["date"] for line in lines if "date" in line]
    alone = rule["needless_alone"]  # a template that changed too would have restarted them with any tool
    needless = rule["needless"] if alone is None else alone
    return History(title, len(lines) - 1, rule["restarts"], needless, _days(days))


def _deployed(figures: Mapping[str, Any]) -> History:
    """Return the upgrades that Helm 3 really deployed."""
    steps, way = figures["steps"], "helm"
    moved = [step for step in steps if step["pods"][way]]
    needless = [step for step in moved if not (step["configuration"] or step["template"])]
    title = "the same chart where it changed most often, deployed by Helm 3"
    return History(title, len(steps), len(moved), len(needless), _days([step["date"] for step in steps]))


def _days(dates: Sequence[str]) -> int:
    """Return the days from the first to the last of some dates, 0 where there are none."""
    found = sorted(map(date.fromisoformat, dates))
    return (found[-1] - found[0]).days if found else 0


def of_everything(history: History, restart: Work, node_second: Work) -> Work | None:
    """Return what part of all work on a node's behalf its needless restarts are; nothing where there are no dates."""
    if not history.days:
        return None
    idle = node_second * (history.days * _DAY)
    return (restart * history.needless).share(restart * history.restarts + idle)


def often_enough(share: float, restart: Work, node_second: Work) -> Work:
    """Return after how many seconds each pod would have to restart again for restarts to be this share of all work."""
    pairs = zip(restart.amounts(), node_second.amounts(), strict=True)
    return Work(*(one / idle * (1 - share) / share if idle else 0.0 for one, idle in pairs))


def rows(every: Iterable[History], restart: Work, node_second: Work) -> list[list[str]]:
    """Return the head and a row for each history."""
    made = [
        [
            "history",
            "deployments",
            "restarted all pods",
            "for nothing",
            "of the work of restarts",
            "of all API requests",
            "of etcd's log",
            "of all CPU time",
        ]
    ]
    for history in every:
        whole = of_everything(history, restart, node_second)
        shares = [percent(part, 3) for part in whole.amounts()] if whole else ["no dates"] * 3
        counts = history.steps, history.restarts, history.needless
        made.append([history.title, *(f"{count:,}" for count in counts), percent(history.share), *shares])
    return made


def answer(every: Sequence[History], restart: Work, node_second: Work, nodes: int) -> str:
    """Return the answer to the claim of the article."""
    least, most = min(one.share for one in every), max(one.share for one in every)
    minutes = [f"{seconds / 60:,.0f}" for seconds in often_enough(_CLAIM, restart, node_second).amounts()]
    found = [whole for one in every if (whole := of_everything(one, restart, node_second))]
    largest = max(part for whole in found for part in whole.amounts())
    claim, of_restarts = percent(_CLAIM), f"{percent(least)} to {percent(most)}"
    return (
        f"**{claim} less work for the control plane?** Of the work that restarts make, {of_restarts} was for nothing "
        "in these histories. Of all that a control plane does, idle nodes included, restarts for nothing were at most "
        f"{percent(largest, 2)}, at {nodes:,} nodes. To be {claim} of all API requests, every pod would have to "
        f"restart for nothing every {minutes[0]} minutes; of etcd's log, every {minutes[1]}; of CPU time, every "
        f"{minutes[2]}."
    )


def percent(part: float, digits: int = 0) -> str:
    """Return a share of 1 in words."""
    return f"{100 * part:.{digits}f} %"
