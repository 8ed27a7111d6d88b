"""
Records of reloads, as an `up` leaves them: three nodes, of which one may refuse the text.

Run as a program, it writes the data file.
"""

import random
from pathlib import Path

from config_rollout.core.audit.record import AuditRecord, By, Change
from config_rollout.core.audit.reloads import Reloaded, reload_record

OLD_TEXT, NEW_TEXT = "d" * 64, "e" * 64
BEGAN = 1767312000.0
"""2026-01-02T00:00:00Z"""
CHANGE = Change("rules", "", "1 line", "2 lines", "reload", "reload")
NODES = ["n1", "n2", "n3"]
REFUSED = {"n2": "rejected it (rules_failed_total 0 => 1)"}
REASON = "reload failed: 1 of 3 pods did not read it again"


def reloaded(result: str = "reloaded", wrong: dict[str, str] | None = None, **more) -> Reloaded:
    """Return how a reload went that took 2 s, and 4 s more to be taken back or restarted."""
    wrong = wrong or {}
    read = {node: BEGAN + 1 + number / 2 for number, node in enumerate(NODES) if node not in wrong and "" not in wrong}
    ended = BEGAN + (6 if wrong else 2)
    restarts = 3 if result == "restarted" else 0
    given = {
        "restarts": restarts,
        "nodes": NODES,
        "read": read,
        "wrong": wrong,
        "reason": REASON if wrong else "",
        **more,
    }
    return Reloaded(result, BEGAN, BEGAN + 2, ended, **given)


def record(result: str = "reloaded", wrong: dict[str, str] | None = None, **more) -> AuditRecord:
    base = AuditRecord(
        "n", "agent", "", "", "b" * 64, "b" * 64, result, by=By(stack="o/p/s"), old_revision=2, new_revision=2,
        changes=more.pop("changes", (CHANGE,)),
    )  # fmt: skip
    return reload_record(base, reloaded(result, wrong, **more), (OLD_TEXT, NEW_TEXT))


TAKEN_BACK = record("restored", REFUSED)

FILE = Path(__file__).parents[1] / "data" / "rollouts" / "node-dns.jsonl"


def of_node_dns(result: str = "reloaded", refuses: str = "", began: float = BEGAN) -> AuditRecord:
    """Return the record of a reload of a Corefile on twelve nodes, at ten of which pods are asked at a time."""
    chance, nodes = random.Random(1), [f"node-{number}" for number in range(1, 13)]
    read = {node: began + 0.6 + number // 10 + 0.8 * chance.random() for number, node in enumerate(nodes)}
    read.pop(refuses, None)
    wrong = {refuses: "rejected it (coredns_reload_failed_total 0 => 1)"} if refuses else {}
    until = max(read.values()) + 1
    change = Change("Corefile", "blocks[name=.:53].forward", ". 192.0.2.1", ". 192.0.2.2", "reload", "reload")
    reason = f"reload failed: 1 of {len(nodes)} pods did not read it again" if refuses else ""
    of = Reloaded(result, began, until, until + (2.5 if refuses else 0), nodes, (), read, wrong, reason)
    base = AuditRecord("kube-system", "node-dns", "", "", "b" * 64, "b" * 64, result, by=By("organization/dns/prod"),
                       old_revision=3, new_revision=3, changes=(change,))  # fmt: skip
    return reload_record(base, of, (OLD_TEXT, NEW_TEXT))


def written() -> str:
    """Return what the data file holds: a text that all have read, and one that a node rejects."""
    records = of_node_dns(), of_node_dns("restored", "node-5", BEGAN + 3600)
    return "".join(f"{one.to_json()}\n" for one in records)


if __name__ == "__main__":
    FILE.write_text(written())
