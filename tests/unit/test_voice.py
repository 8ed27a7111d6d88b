"""What a hook says is said at once, at a resource that has a URN, and silence is broken."""

import asyncio
import threading

from config_rollout.hooks import voice
from config_rollout.hooks.voice import Voice
from tests.unit.hooks import run


def test_line_is_said_at_the_component_and_one_that_passes_at_the_stack(heard):
    async def hook():
        of = Voice("component")
        await asyncio.to_thread(of.say, "begins")
        await asyncio.to_thread(of.say, "1/2", ephemeral=True)
        await asyncio.sleep(0)

    run(hook())

    assert [("begins", "component", False), ("1/2", None, True)] == heard


def test_silence_is_broken_while_the_driver_waits(heard, monkeypatch):
    monkeypatch.setattr(voice, "SILENT_SECONDS", 0.01)

    async def hook():
        of, far_enough, asked = Voice("component"), threading.Event(), []

        def now():
            asked.append(None)
            if len(asked) == 3:
                far_enough.set()
            return f"{len(asked)}/3"

        with of.never_silent(now):
            await asyncio.to_thread(far_enough.wait, 30)
        await asyncio.sleep(0)

    run(hook())

    assert [("1/3", None, True), ("2/3", None, True), ("3/3", None, True)] == heard[:3]


def test_nothing_is_said_once_the_driver_has_ended(heard, monkeypatch):
    monkeypatch.setattr(voice, "SILENT_SECONDS", 0.05)

    async def hook():
        of = Voice("component")
        with of.never_silent(lambda: "still here"):
            pass
        await asyncio.sleep(0.2)

    run(hook())

    assert [] == heard
