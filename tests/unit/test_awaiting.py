"""What is said while the provider waits for a DaemonSet without waves."""

import asyncio
from types import SimpleNamespace

import pytest

from config_rollout import voice
from config_rollout.cluster import ClusterError
from config_rollout.hooks.awaiting import Awaiting
from tests.unit.test_progress import rolled
from tests.unit.test_voice import heard, run  # noqa: F401 # a fixture

ARGS = SimpleNamespace(new_inputs={"metadata": {"name": "a", "namespace": "n"}})


async def nowhere():
    raise ClusterError("https://h: does not answer.", 0)


async def somewhere():
    return SimpleNamespace(get=lambda *_: rolled(updatedNumberScheduled=4, numberAvailable=5))


@pytest.mark.parametrize(
    ("find", "line"),
    [(somewhere, "4/6 pods of n/a updated, 5 available (0 s)"), (nowhere, "n/a: waits for its pods (0 s)")],
)
def test_silence_of_the_provider_is_broken_until_it_is_done(heard, monkeypatch, find, line):  # noqa: F811
    monkeypatch.setattr(voice, "SILENT_SECONDS", 0.01)
    awaiting = Awaiting(find)

    async def hooks():
        for _ in range(2):  # a write that is tried again begins again
            await awaiting.begins(ARGS)
        while not heard:
            await asyncio.sleep(0.01)
        await awaiting.ends()
        said = len(heard)
        await asyncio.sleep(0.1)
        return said

    said = run(hooks())
    assert (line, None, True) == heard[0]
    assert said == len(heard)


def test_end_without_a_beginning_says_nothing(heard):  # noqa: F811
    run(Awaiting(nowhere).ends())

    assert [] == heard
