"""When mishaps happen in an `up`: at one of its requests, or while pods restart. Each ends by itself in seconds."""

import threading
import time
from collections.abc import Callable, Sequence
from subprocess import Popen

import requests

from tests.engine.mishaps import answers, nodes, parts, people
from tests.engine.mishaps.world import World
from tests.engine.walk_model import MISHAPS
from tests.engine.walk_plan import Chosen

_MODULES = (answers, parts, nodes, people)


def doing(name: str) -> Callable[..., None]:
    """Return what a mishap does."""
    act: Callable[..., None] = next(getattr(module, name) for module in _MODULES if hasattr(module, name))
    return act


def begin(
    world: World, chosen: Sequence[Chosen], process: "Popen[str]", restarts: Callable[[], bool]
) -> list[threading.Thread]:
    """Let these happen to an `up`, each by itself; `restarts` tells whether its pods are being restarted."""
    world.begins(process)
    threads = [threading.Thread(target=_happen, args=(world, one, restarts), daemon=True) for one in chosen]
    for thread in threads:
        thread.start()
    return threads


def _happen(world: World, chosen: Chosen, restarts: Callable[[], bool]) -> None:
    chance = chosen.chance
    share, after = chance.random(), chance.uniform(0, 0.5)
    at_request = chance.random() < 0.5
    while world.runs() and not (world.asked > share * world.usual if at_request else restarts()):
        time.sleep(0.02)
    time.sleep(0 if at_request else after)
    try:
        doing(chosen.name)(world, chance)
    except (requests.RequestException, RuntimeError):
        pass  # of two at once one may keep the other from it
    except Exception as error:
        world.trouble.append(f"{chosen.name}: {error!r}")


assert all(callable(doing(name)) for name in MISHAPS)
