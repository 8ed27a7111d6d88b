"""What is said while the engine waits for a write of the provider."""

import asyncio
import threading
from types import SimpleNamespace

import pytest

from config_rollout.cluster.client import ClusterError
from config_rollout.core.kubernetes.workload_kinds import DAEMON_SET
from config_rollout.hooks import awaiting as module
from config_rollout.hooks import voice
from config_rollout.hooks.awaiting import Awaiting
from tests.objects.daemon_set import rolled
from tests.unit.hooks import run


def args(kind="kubernetes:apps/v1:DaemonSetPatch"):
    return SimpleNamespace(urn="u", type=kind, new_inputs={"metadata": {"name": "a", "namespace": "n"}})


async def nowhere():
    raise ClusterError("https://h: is not there.", 0)


async def somewhere():
    return SimpleNamespace(get=lambda *_: rolled(updatedNumberScheduled=4, numberAvailable=5))


async def silent():
    return SimpleNamespace(server="https://h", get=lambda *_: threading.Event().wait())


@pytest.fixture
def awaiting(monkeypatch):
    monkeypatch.setattr(voice, "SILENT_SECONDS", 0.01)
    monkeypatch.setattr(module, "_LOOK_SECONDS", 0.01)
    return lambda find, rolls=True: Awaiting(find, DAEMON_SET if rolls else None)


UNSEEN = "DaemonSet n/a: waiting for its pods (0 s), but cannot read them: https://h"


@pytest.mark.parametrize(
    ("find", "rolls", "of", "line"),
    [
        (somewhere, True, args(), "4/6 pods of n/a updated, 5 available (0 s)"),
        (nowhere, True, args(), f"{UNSEEN}: is not there."),
        (silent, True, args(), f"{UNSEEN}: does not answer"),
        (nowhere, False, args(), "DaemonSet n/a: still being written (0 s)"),
        (nowhere, True, args("kubernetes:core/v1:ConfigMap"), "ConfigMap n/a: still being written (0 s)"),
    ],
)
def test_silence_of_the_provider_is_broken_until_it_is_done(heard, awaiting, find, rolls, of, line):
    async def hooks():
        writes = awaiting(find, rolls)
        for _ in range(2):  # a write that is tried again begins again
            await writes.begins(of)
        while not heard:
            await asyncio.sleep(0.01)
        await writes.ends(of)
        said = len(heard)
        await asyncio.sleep(0.1)
        return said

    said = run(hooks())
    assert (line, None, True) == heard[0]
    assert said == len(heard)


def test_end_without_a_beginning_says_nothing(heard, awaiting):
    async def hooks():
        await awaiting(nowhere).ends(args())

    run(hooks())
    assert [] == heard
