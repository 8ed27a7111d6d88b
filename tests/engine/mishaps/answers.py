"""What the requests of an `up` are answered for a while, and what its watches show."""

import random
import time
from collections.abc import Callable

from tests.engine.mishaps.world import World
from tools.proxy import Answer, Cut, status

_GONE = Answer(0)
_BUSY = Answer(429, "Too many requests, please try again later.",
               {"Content-Type": "text/plain; charset=utf-8", "Retry-After": "1"})  # fmt: skip
_MODIFIED = status(409, "Conflict", "Operation cannot be fulfilled: the object has been modified; please apply your "
                   "changes to the latest version and try again")  # fmt: skip
_ERROR = status(500, "InternalError", "Internal error occurred: something is wrong")
_AWAY = status(503, "ServiceUnavailable", "the server is currently unable to handle the request")
_EXPIRED = status(401, "Unauthorized", "Unauthorized")
_SHORT, _LONG, _SHARE = 0.3, 1.5, 0.5
"""For how long, in seconds, and for which share of the requests."""

_WRITES = ("POST", "PUT", "PATCH", "DELETE")


def _is_write(method: str, path: str) -> bool:
    return method in _WRITES


def _is_any(method: str, path: str) -> bool:
    return True


def _answered(world: World, chance: random.Random, answer: Answer | Cut, to: Callable[[str, str], bool]) -> None:
    dice = random.Random(chance.random())
    world.answering(
        lambda method, path: answer if to(method, path) and dice.random() < _SHARE else None,
        chance.uniform(_SHORT, _LONG),
    )


def conflict(world: World, chance: random.Random) -> None:
    """Refuse a few deletes of pods, as a webhook does."""
    refused: list[str] = []

    def webhook(method: str, path: str) -> Answer | None:
        if method == "DELETE" and "/pods/" in path and len(refused) < 3:
            refused.append(path)
            return status(409, "Conflict", "admission webhook: not now")
        return None

    world.answering(webhook, _LONG)


def modified(world: World, chance: random.Random) -> None:
    _answered(world, chance, _MODIFIED, _is_write)


def busy(world: World, chance: random.Random) -> None:
    _answered(world, chance, _BUSY, _is_any)


def server_error(world: World, chance: random.Random) -> None:
    _answered(world, chance, _ERROR, _is_any)


def unavailable(world: World, chance: random.Random) -> None:
    _answered(world, chance, _AWAY, _is_any)


def credentials_expire(world: World, chance: random.Random) -> None:
    world.answering(lambda method, path: _EXPIRED, chance.uniform(_SHORT, _LONG))


def no_answer(world: World, chance: random.Random) -> None:
    _answered(world, chance, _GONE, _is_any)


def lost_answer(world: World, chance: random.Random) -> None:
    _answered(world, chance, Cut(0), _is_write)


def half_answer(world: World, chance: random.Random) -> None:
    _answered(world, chance, Cut(0.5), _is_any)


def slow(world: World, chance: random.Random) -> None:
    world.proxy.delay_seconds = 0.2
    time.sleep(_LONG)
    world.proxy.delay_seconds = 0


def watches_stall(world: World, chance: random.Random) -> None:
    world.proxy.flows.clear()
    time.sleep(chance.uniform(_SHORT, _LONG))
    world.proxy.flows.set()


def watches_cut(world: World, chance: random.Random) -> None:
    for _ in range(chance.randrange(1, 4)):
        world.proxy.cut_watches()
        time.sleep(_SHORT)


def watches_late(world: World, chance: random.Random) -> None:
    world.proxy.watch_delay_seconds = 1
    time.sleep(2 * _LONG)
    world.proxy.watch_delay_seconds = 0
