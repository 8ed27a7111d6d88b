"""What an `up` in waves says while it runs, and that it ends when it is told to, on the real engine."""

import os
import signal
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from config_rollout.core.audit.resumed import whole
from tests.engine.conftest import BETTER, GOOD, NODES
from tests.engine.observed import history
from tests.engine.staged_program import StagedProgram, ended
from tools.pods import Recorder

WAVES = {"first": [{"name": "canary", "nodes": 1}]}
SLOW = {"pod_annotations": {"local-cluster/ready-after": "2s"}}


@pytest.fixture
def program(engine, namespace):
    with StagedProgram(engine, namespace, data=GOOD, waves=WAVES, **SLOW) as program:
        good, output = program.up()
        assert good, output
        yield program


def place(lines: list[str], *words: str) -> int:
    """Return the number of the first line that has all these words."""
    return next(number for number, line in enumerate(lines) if all(word in line for word in words))


def test_wave_says_what_it_does_before_it_is_over(program, namespace):
    first = {**WAVES["first"][0], "soak_seconds": 25}  # longer than it may be silent
    good, output = program.up(data=BETTER, waves={"first": [first]})
    lines = output.splitlines()
    begins = place(lines, "ConfiguredDaemonSet agent", "canary begins: 1 node", f"status --watch {namespace}/agent")

    assert good, output
    assert f"`config-rollout pause {namespace}/agent` stops it before the next pod" in lines[begins]
    assert place(lines, "Stash agent-canary", "updating") < begins
    assert begins < place(lines, "1/1 of canary done, soaks for", " more") < place(lines, "Stash agent-canary updated")
    assert place(lines, "rest begins") < place(lines, "Stash agent-rest updated")


def processes(folder: Path, session: int, command: str = "") -> list[int]:
    """Return the processes of an `up`, or those of them that a command line has a word of."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            number = int(process.name)
            if os.getsid(number) == session or Path(os.readlink(process / "cwd")) == folder:
                found += [number] if command in (process / "cmdline").read_text() else []
    return found


def test_up_that_is_ended_ends_before_its_next_pod_and_the_next_goes_on(program, cluster, namespace):
    with Recorder(cluster.api, namespace) as recorder:
        moved = 0
        for number, of in ((signal.SIGINT, ""), (signal.SIGTERM, "language-python-exec")):
            up = program.start(data=BETTER)
            while len(recorder.replaced()) < moved + 2:
                assert up.poll() is None
            for process in processes(program.folder, up.pid, of):
                os.kill(process, number)
            good, output = ended(up)
            moved = len(recorder.replaced())

            assert not good
            assert (
                f"the program got {number.name} and stops before the next pod. `pulumi up` continues from here"
                in output
            )
            assert "Traceback" not in output
            assert moved < NODES
            assert [] == processes(program.folder, up.pid, "language-python-exec")
        good, output = program.up(data=BETTER)
    records = history(cluster, namespace)

    assert good, output
    assert ["stopped", "stopped", "done"] == [record.result for record in records]
    assert set(recorder.replaced()) == set(whole(records).pods)
    assert Counter(dict.fromkeys(recorder.replaced(), 1)) == Counter(recorder.replaced())
    assert NODES == len(recorder.replaced())
