"""Records of rollouts of any size, in the shape that the audit writes. Run as a program, it writes the data file."""

import json
import math
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[1] / "data" / "rollouts" / "kube-proxy.jsonl"
START = datetime.fromisoformat("2026-11-25T18:00:00+00:00")
OLD, NEW = "fa55fd0379" + "0" * 54, "9c07aa31be" + "0" * 54
FINDING = "{}: http :10256/livez 503 Service Unavailable"


def at(seconds: float, start: datetime = START) -> str:
    return (start + timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def node_name(number: int) -> str:
    return f"node-{number}"


def waves_of(nodes: int, zones: int) -> dict[str, list[str]]:
    """Return wave -> nodes: a canary, and the rest evenly in zones."""
    names = [node_name(number) for number in range(1, nodes + 1)]
    parted = {f"zone-{chr(ord('a') + zone)}": names[1 + zone :: zones] for zone in range(zones)}
    return {"canary": names[:1], **parted}


def rollout(
    nodes: int = 6,
    zones: int = 2,
    fails: str = "",
    result: str = "done",
    budget: float = 0.05,
    soak: float = 20.0,
    start: datetime = START,
    seed: int = 1,
) -> dict[str, Any]:
    """Return a record; a wave `fails` when the second half of its nodes is never ready, and the rollout ends there."""
    chance, now = random.Random(seed), 0.5
    waves: list[dict[str, Any]] = []
    pods: dict[str, list[float | None]] = {}
    for name, of in waves_of(nodes, zones).items():
        began, lanes = now, [now] * max(1, math.ceil(len(of) * budget))
        for place, node in enumerate(of):
            lane = lanes.index(min(lanes))
            deleted = lanes[lane]
            lanes[lane] = deleted + 2 + chance.random() * 4
            if name == fails and place >= len(of) // 2:
                pods[node] = [round(deleted, 1), None]
                if place >= len(of) // 2 + len(lanes) - 1:
                    break
            else:
                pods[node] = [round(deleted, 1), round(lanes[lane], 1)]
        now = max(lanes) + soak
        stuck = [node for node, times in pods.items() if times[1] is None]
        waves.append(
            {
                "name": name,
                "started": at(began, start),
                "ended": at(now, start),
                "nodes": len(of),
                "restarts": sum(node in pods for node in of),
                "retries": 0,
                "result": "failed" if name == fails else "done",
                "findings": [FINDING.format(node) for node in stuck],
            }
        )
        if name == fails:
            break
    ended = now + (soak if fails and result == "restored" else 0.4)
    return {
        "version": 1,
        "namespace": "kube-system",
        "name": "kube-proxy",
        "started": at(0, start),
        "ended": at(ended, start),
        "by": {"stack": "organization/kube-proxy/prod", "commit": "4f" * 20, "dirty": False, "user": "deployer"},
        "old_hash": OLD,
        "new_hash": NEW,
        "old_revision": 3,
        "new_revision": 4,
        "changes": [
            {
                "key": "config.conf",
                "path": "mode",
                "before": "iptables",
                "after": "nftables",
                "effect": "restart",
                "class": "data plane",
            },
            {
                "key": "config.conf",
                "path": "oomScoreAdj",
                "before": "-999",
                "after": "-998",
                "effect": "restart",
                "class": "restart",
            },
        ],
        "template_changes": [],
        "waves": waves,
        "restarts": len(pods) * (1 + (result == "restored")),
        "retries": 0,
        "pods": pods,
        "result": result,
        "reason": f"wave '{fails}' failed" if fails else "",
    }


def lines(*records: dict[str, Any]) -> str:
    return "".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records)


def written() -> str:
    """Return what the data file holds: a canary that failed and was taken back, then a zone, and then all went well."""
    later, last = START + timedelta(minutes=25), START + timedelta(hours=2)
    return lines(
        rollout(30, 3, fails="canary", result="restored"),
        rollout(30, 3, fails="zone-b", result="restored", start=later, budget=0.2),
        rollout(30, 3, start=last, budget=0.2),
    )


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(written())
