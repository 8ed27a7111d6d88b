"""Records of reloads, as an `up` leaves them: three nodes, of which one may refuse the text."""

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
    given = {"nodes": NODES, "read": read, "wrong": wrong, "reason": REASON if wrong else "", **more}
    return Reloaded(result, BEGAN, BEGAN + 2, ended, **given)


def record(result: str = "reloaded", wrong: dict[str, str] | None = None, **more) -> AuditRecord:
    base = AuditRecord(
        "n", "agent", "", "", "b" * 64, "b" * 64, result, by=By(stack="o/p/s"), old_revision=2, new_revision=2,
        changes=more.pop("changes", (CHANGE,)),
    )  # fmt: skip
    return reload_record(base, reloaded(result, wrong, **more), (OLD_TEXT, NEW_TEXT))


TAKEN_BACK = record("restored", REFUSED)
