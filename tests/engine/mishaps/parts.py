"""Parts of the control plane that are killed or stand still, and an etcd that is full."""

import random
import time

import requests

from tests.engine.mishaps.world import World

_SHORT, _LONG = 0.3, 2.5
"""How long a part is away, in seconds."""


def _killed(world: World, chance: random.Random, part: str) -> None:
    world.cluster.kill(part)
    time.sleep(chance.uniform(0, _LONG / 2))
    world.cluster.start(part)


def _stands_still(world: World, chance: random.Random, part: str) -> None:
    world.cluster.stand_still(part)
    time.sleep(chance.uniform(_SHORT, _LONG))
    world.cluster.stand_still(part, still=False)


def api_killed(world: World, chance: random.Random) -> None:
    _killed(world, chance, "kube-apiserver")
    world.cluster.wait_ready()


def api_stands_still(world: World, chance: random.Random) -> None:
    _stands_still(world, chance, "kube-apiserver")


def etcd_killed(world: World, chance: random.Random) -> None:
    _killed(world, chance, "etcd")
    world.cluster.wait_ready()


def etcd_stands_still(world: World, chance: random.Random) -> None:
    _stands_still(world, chance, "etcd")


def etcd_full(world: World, chance: random.Random) -> None:
    """Raise the alarm that etcd raises when its quota is used up: it is cleared as after a defragmentation."""
    _alarm(world, "ACTIVATE")
    time.sleep(chance.uniform(_SHORT, _LONG))
    world.surely(lambda: _alarm(world, "DEACTIVATE"))
    world.cluster.try_again()


def _alarm(world: World, action: str) -> None:
    member = requests.post(f"{world.cluster.etcd}/v3/maintenance/status", json={}, timeout=10).json()
    asked = {"action": action, "memberID": member["header"]["member_id"], "alarm": "NOSPACE"}
    requests.post(f"{world.cluster.etcd}/v3/maintenance/alarm", json=asked, timeout=10).raise_for_status()


def controller_killed(world: World, chance: random.Random) -> None:
    _killed(world, chance, "kube-controller-manager")


def controller_stands_still(world: World, chance: random.Random) -> None:
    _stands_still(world, chance, "kube-controller-manager")


def scheduler_killed(world: World, chance: random.Random) -> None:
    _killed(world, chance, "kube-scheduler")


def scheduler_stands_still(world: World, chance: random.Random) -> None:
    _stands_still(world, chance, "kube-scheduler")


def kubelets_stand_still(world: World, chance: random.Random) -> None:
    _stands_still(world, chance, "kwok")
