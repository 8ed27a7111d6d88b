"""When the rollout of a Deployment has ended, and where `up` does not wait for it."""

import pytest

from config_rollout.core.kubernetes.deployments import is_over, is_rolled_out
from tests.objects.deployment import MOVING, deployment


@pytest.mark.parametrize(
    ("live", "ended"),
    [
        (deployment(), True),
        (deployment(there=0, updated=0, available=0, replicas=0), True),
        (deployment(seen=1), False),
        (deployment(**MOVING), False),
        (deployment(updated=0), False),
        (deployment(there=4), False),
        (deployment(available=2), False),
        (deployment(replicas=4), False),
    ],
)
def test_rollout_has_ended_when_all_pods_are_new_and_available_and_no_other_is_there(live, ended):
    assert ended == is_rolled_out(live)


@pytest.mark.parametrize(
    ("live", "over"),
    [
        (deployment(), True),
        (deployment(**MOVING), False),
        (deployment(**MOVING, paused=True), True),
        (deployment(**MOVING, annotations={"pulumi.com/skipAwait": "true"}), True),
        (deployment(**MOVING, annotations={"pulumi.com/skipAwait": "false"}), False),
        (deployment(**MOVING, annotations={"pulumi.com/waitFor": "condition=Available"}), True),
    ],
)
def test_up_does_not_wait_for_one_that_is_paused_or_asks_for_another_wait(live, over):
    assert over == is_over(live)
