"""Nodes that come, go and change, and pods that others delete, hold or make unready."""

import random
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.engine.mishaps.world import World
from tests.engine.walk_model import BUDGET, ZONE

_SECONDS = 1.5
"""How long a node is away or a pod is stuck."""

_FINALIZER = "example.com/stuck"


def _node(world: World, chance: random.Random) -> Any:
    return chance.choice(sorted(world.cluster.api.list("nodes"), key=lambda node: node["metadata"]["name"]))


def _pods(world: World, chance: random.Random, count: int = 1) -> list[str]:
    pods = sorted(pod["metadata"]["name"] for pod in world.pods())
    return [f"{world.of}/pods/{name}" for name in chance.sample(pods, min(count, len(pods)))]


def _remove(world: World, node: str) -> None:
    """Delete a node and, as its cloud would see to, its pods."""
    world.surely(lambda: world.cluster.api.delete(f"nodes/{node}"))
    for pod in world.cluster.api.list(f"pods?fieldSelector=spec.nodeName%3D{node}"):
        path = f"namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"
        world.surely(lambda path=path: world.cluster.api.delete(path))  # type: ignore[misc]


def node_away(world: World, chance: random.Random) -> None:
    name = _node(world, chance)["metadata"]["name"]
    try:
        world.cluster.take_node_down(name)
        time.sleep(_SECONDS)
    finally:
        world.surely(lambda: world.cluster.bring_node_back(name))


def node_replaced(world: World, chance: random.Random) -> None:
    metadata = _node(world, chance)["metadata"]
    labels = {ZONE: metadata["labels"][ZONE]}
    _remove(world, metadata["name"])
    time.sleep(chance.uniform(0, _SECONDS))
    world.surely(lambda: _add(world, metadata["name"], labels))


def node_joins(world: World, chance: random.Random) -> None:
    name = f"joined-{chance.randrange(1_000_000)}"
    _add(world, name, {ZONE: chance.choice(["zone-a", "zone-b", "zone-c"])})
    time.sleep(_SECONDS)
    _remove(world, name)
    world.surely(lambda: _remove(world, name))  # also a pod that was made for it meanwhile


def _add(world: World, name: str, labels: dict[str, str]) -> None:
    if not world.cluster.api.exists(f"nodes/{name}"):  # else an answer was lost
        world.cluster.add_node(name, labels)


def node_relabelled(world: World, chance: random.Random) -> None:
    metadata = _node(world, chance)["metadata"]
    path, zone = f"nodes/{metadata['name']}", metadata["labels"][ZONE]
    other = chance.choice([name for name in ("zone-a", "zone-b", "zone-c") if name != zone])
    world.cluster.api.patch(path, {"metadata": {"labels": {ZONE: other}}})
    time.sleep(_SECONDS)
    world.surely(lambda: world.cluster.api.patch(path, {"metadata": {"labels": {ZONE: zone}}}))


def node_clock_jumps(world: World, chance: random.Random) -> None:
    """Let pods say that they became ready an hour before they did, or will in an hour."""
    then = datetime.now(UTC) + timedelta(hours=chance.choice([-1, 1]))
    conditions = [{"type": "Ready", "status": "True", "lastTransitionTime": then.strftime("%Y-%m-%dT%H:%M:%SZ")}]
    for path in _pods(world, chance, BUDGET):
        if any(c == ("Ready", "True") for c in _conditions(world.cluster.api.get(path))):
            world.cluster.api.patch(f"{path}/status", {"status": {"conditions": conditions}}, "strategic-merge")


def _conditions(pod: Any) -> list[tuple[str, str]]:
    return [(c["type"], c["status"]) for c in pod.get("status", {}).get("conditions", [])]


def pod_deleted(world: World, chance: random.Random) -> None:
    for path in _pods(world, chance):
        world.cluster.api.delete(path)


def pods_deleted(world: World, chance: random.Random) -> None:
    for path in _pods(world, chance, BUDGET):
        world.cluster.api.delete(path)


def pod_evicted(world: World, chance: random.Random) -> None:
    for path in _pods(world, chance):
        body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": path.rpartition("/")[2]}}
        world.cluster.api.create(f"{path}/eviction", body)


def pod_stuck(world: World, chance: random.Random) -> None:
    for path in _pods(world, chance):
        try:
            world.cluster.api.patch(path, {"metadata": {"finalizers": [_FINALIZER]}})
            world.cluster.api.delete(path)
            time.sleep(_SECONDS)
        finally:
            world.surely(lambda path=path: world.cluster.api.patch(path, {"metadata": {"finalizers": None}}))  # type: ignore[misc]


def pod_unready(world: World, chance: random.Random) -> None:
    """Let a pod that is ready say that it is not, and a moment later that it is again."""
    for path in _pods(world, chance):
        if ("Ready", "True") not in _conditions(world.cluster.api.get(path)):
            return
        try:
            _says(world, path, "False")
            time.sleep(_SECONDS)
        finally:
            world.surely(lambda path=path: _says(world, path, "True"))  # type: ignore[misc]


def _says(world: World, path: str, ready: str) -> None:
    conditions = [{"type": "Ready", "status": ready}]
    world.cluster.api.patch(f"{path}/status", {"status": {"conditions": conditions}}, "strategic-merge")
