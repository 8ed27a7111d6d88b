"""What a component says of a DaemonSet that its `up` does not touch: a row for each state of the three that know it."""

import asyncio
from types import SimpleNamespace

import pulumi
import pytest

from config_rollout.core.configuration.content import Content
from config_rollout.core.configuration.digest import config_hash, short_hash
from config_rollout.core.kubernetes.annotations import RESTORED_ANNOTATION, WAVES_ANNOTATION
from config_rollout.core.kubernetes.workload_kinds import DAEMON_SET
from config_rollout.core.revisions.observation import Observation
from config_rollout.core.workload.configuration import Configuration
from config_rollout.hooks.explain import Explainer

WANTED, OTHER = Content({"a.yaml": b"level: debug\n"}), Content({"a.yaml": b"level: info\n"})
NEW, OLD = (short_hash(config_hash(content)) for content in (WANTED, OTHER))
TIME = "2026-11-28T22:10:00Z"


def daemon_set(content=WANTED, image="agent:1", uid="u", manager="config-rollout-own", **annotations):
    metadata = {"name": "agent", "namespace": "n", "uid": uid, "annotations": annotations, "creationTimestamp": TIME}
    metadata["managedFields"] = [{"manager": "config-rollout-own", "time": TIME, "fieldsV1": {"f:metadata": {}}}]
    if manager != "config-rollout-own":
        image_of = {"f:containers": {'k:{"name":"agent"}': {"f:image": {}}}}
        fields = {"f:spec": {"f:template": {"f:spec": image_of}}}
        metadata["managedFields"].append({"manager": manager, "time": TIME, "fieldsV1": fields})
    template = {
        "metadata": {"annotations": {"checksum/config": config_hash(content)}},
        "spec": {"containers": [{"name": "agent", "image": image}]},
    }
    return {"metadata": metadata, "spec": {"template": template}}


def said(live, engine=None, read=True, made=False, ignored=()):
    """Return the first line of what is said, for what is live, what the engine has noted, and what this `up` did."""
    engine = daemon_set() if engine is None else engine

    async def found():
        return Observation(workload=live, is_read=read)

    async def run():
        explainer = object.__new__(Explainer)
        explainer.__dict__ |= {
            "_observe": found,
            "_configuration": Configuration.of({"agent": WANTED}),
            "_made": made,
            "_where": "n/agent",
            "_kind": DAEMON_SET,
        }
        explainer.audit = SimpleNamespace(staged=False)
        outputs = {key: pulumi.Output.from_input(engine.get(key)) for key in ("metadata", "spec")}
        text = await explainer._left(SimpleNamespace(**outputs), daemon_set(), ignored)
        return text.split("\n")[0]

    return asyncio.run(run())


TAKEN_BACK = {WAVES_ANNOTATION: "{}", RESTORED_ANNOTATION: '{"revision": "r", "generation": 2}'}
AGAIN = (
    "DaemonSet n/agent is not the one that the last `up` wrote: it was created 2026-11-28 22:10 UTC and has the UID v "
    "instead of u"
)


@pytest.mark.parametrize(
    ("state", "line"),
    [
        pytest.param({"live": daemon_set()}, "", id="as it is to be"),
        pytest.param({"live": daemon_set(OTHER), "made": True}, "", id="made by this up"),
        pytest.param({"live": None, "read": False}, "", id="the cluster cannot be read"),
        pytest.param({"live": None},
                     "DaemonSet n/agent was deleted since the last `up`", id="deleted"),
        pytest.param({"live": daemon_set(uid="v")}, AGAIN, id="made again by someone"),
        pytest.param({"live": daemon_set(OTHER)},
                     f"DaemonSet n/agent runs {OLD}, but this program wants {NEW}", id="undone"),
        pytest.param({"live": daemon_set(OTHER, **TAKEN_BACK)}, "",
                     id="taken back by a failed rollout"),
        pytest.param({"live": daemon_set(OTHER), "engine": daemon_set(OTHER)},
                     f"DaemonSet n/agent keeps {OLD} for now: this `up` leaves it out",
                     id="left out by --target"),
        pytest.param({"live": daemon_set(OTHER), "engine": daemon_set(OTHER), "read": False},
                     f"DaemonSet n/agent keeps {OLD} for now: this `up` leaves it out",
                     id="left out, and the cluster cannot be read"),
        pytest.param({"live": None, "engine": {}},
                     "DaemonSet n/agent is not created yet: this `up` leaves it out",
                     id="left out of the first up"),
        pytest.param({"live": daemon_set(image="agent:9", manager="kubectl-set")},
                     "DaemonSet n/agent differs from what the last `up` wrote: containers[name=agent].image",
                     id="an image set by hand"),
        pytest.param({"live": daemon_set(image="agent:9", manager="kubectl-set"),
                      "ignored": ["spec.template.spec.containers[0].image"]}, "", id="one that is ignored"),
        pytest.param({"live": daemon_set(image="agent:0"), "engine": daemon_set(image="agent:0")}, "",
                     id="an image that was left out by --target"),
    ],
)  # fmt: skip
def test_what_is_said_is_so_in_this_state(state, line):
    assert line == said(**state)


def test_comparison_that_fails_is_a_warning(monkeypatch):
    warned = []
    monkeypatch.setattr(pulumi.log, "warn", lambda message, resource: warned.append(message))
    explainer = object.__new__(Explainer)
    explainer.__dict__ |= {"_moved": None, "has_told": False, "_component": None, "_kind": DAEMON_SET}
    explainer._left = lambda *_: 1 / 0
    asyncio.run(explainer._settle(None, None, ()))

    assert ["the DaemonSet could not be compared: ZeroDivisionError: division by zero"] == warned
