"""
Steps in the life of a configuration of each kind of workload, in an order that is random and always the same.

In most of them two things go wrong at once. `make faults STEPS=1000 SEED=7` takes as many as one likes, others with
each seed; where it fails, it looks for the shortest walk that does, which `make faults WALK='...'` walks again.
"""

import os

import pytest

from tests.engine.shrinking import shrunk
from tests.engine.walk_model import WALKED, walk
from tests.engine.walk_plan import Plan
from tests.engine.walks import broken

STEPS, SEED, TRIES = (int(os.environ.get(name, "0")) for name in ("WALK_STEPS", "FAULT_SEED", "WALK_TRIES"))
GIVEN = os.environ.get("WALK", "")


@pytest.mark.parametrize("kind", WALKED, ids=lambda kind: kind.word)
def test_walk(binaries, kind):
    plan = Plan.of(GIVEN) if GIVEN else walk(kind, STEPS, SEED)
    if plan.kind != kind.word:
        pytest.skip(f"the walk is of a {plan.kind}")
    print(f"{len(plan.steps)} steps, SEED={SEED}: {plan}")  # shown where it fails, and with -s
    failure = broken(plan, binaries)
    if failure is None:
        return

    def fails(shorter):
        again = broken(shorter, binaries)
        return again is not None and again.rule == failure.rule

    until = Plan(plan.kind, plan.steps[: failure.step + 1])
    shortest = (TRIES and shrunk(until, fails, TRIES)) or until
    pytest.fail(f"{failure}\n\nOf {len(until.steps)} steps, {len(shortest.steps)} are left. Again:\n"
                f"  make faults WALK='{shortest}'", pytrace=False)  # fmt: skip
