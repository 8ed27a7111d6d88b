"""What people do with kubectl and pulumi meanwhile, and processes of an `up` that are killed."""

import json
import random
import stat

from tests.engine.mishaps.world import World
from tests.engine.staged_program import ended

_HOUR = 3600


def restarted(world: World, chance: random.Random) -> None:
    world.kubectl("rollout", "restart", f"{world.kind.word}/agent")


def undone(world: World, chance: random.Random) -> None:
    world.kubectl("rollout", "undo", f"{world.kind.word}/agent")


def image_set(world: World, chance: random.Random) -> None:
    world.kubectl("set", "image", f"{world.kind.word}/agent", f"agent=agent:{chance.randrange(7, 10)}")


def edited(world: World, chance: random.Random) -> None:
    """Let an editor add an annotation to the pod template, as a person does."""
    editor = world.program.folder / f"editor-{chance.randrange(1000)}"
    note = f"note-{chance.randrange(1000)}"
    # The template is indented by four and its annotations stand first in its metadata.
    script = f"sed -i 's/^        checksum\\/config:/        example.com\\/{note}: seen\\n&/' \"$1\"\n"
    editor.write_text(f"#!/bin/sh\n{script}")
    editor.chmod(editor.stat().st_mode | stat.S_IXUSR)
    world.kubectl("edit", f"{world.kind.word}/agent", environment={"KUBE_EDITOR": str(editor)})


def strategy_set(world: World, chance: random.Random) -> None:
    patch = json.dumps({"spec": {"updateStrategy": {"type": "RollingUpdate"}}})
    world.kubectl("patch", f"{world.kind.word}/agent", "--patch", patch)


def revision_deleted(world: World, chance: random.Random) -> None:
    revisions = world.cluster.api.list(f"{world.of}/controllerrevisions")
    if revisions:
        newest = max(revisions, key=lambda one: int(one["revision"]))
        world.kubectl("delete", "controllerrevision", newest["metadata"]["name"])


def second_up(world: World, chance: random.Random) -> None:
    """Run another `up` of the same stack: it is refused, or has the stack once the first has ended."""
    well, output = ended(world.program.start("--refresh", kubeconfig=world.proxy.kubeconfig))
    if not well and "currently locked" not in output:
        world.trouble.append(output)


def engine_killed(world: World, chance: random.Random) -> None:
    if world.runs() and world.process:
        world.program.kill(world.process)
        world.program.end_what_is_left()


def program_killed(world: World, chance: random.Random) -> None:
    world.program.kill_process("pulumi-language-python-exec")


def provider_killed(world: World, chance: random.Random) -> None:
    world.program.kill_process("pulumi-resource-kubernetes")


def program_clock_jumps(world: World, chance: random.Random) -> None:
    world.program.set_clock(chance.choice([-_HOUR, _HOUR]))
