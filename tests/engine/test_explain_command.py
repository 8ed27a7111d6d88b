"""`config-rollout explain` makes the same comments of what the engine prints now as of what the tests have of it."""

from tools.command_line import run_text
from tools.previews import PREVIEWS, STAGES, previews


def test_comment_is_the_same_for_the_engines_own_output_as_for_the_recorded_one(cluster, engine):
    with previews(cluster, engine) as program:
        made = {stage: run_text("explain", stdin=program.at(stage)).stdout for stage in STAGES}

    assert {stage: run_text("explain", PREVIEWS / f"{stage}.json").stdout for stage in STAGES} == made
    assert "| `DaemonSet fleet/node-agent` | rolling restart | `agent.yaml: level info => debug` |" in made["restart"]
