"""Which ConfigMaps of earlier configurations live, by whose will, and what is said about them."""

import pytest

from config_rollout.core.configuration.content import Content
from config_rollout.core.configuration.digest import config_hash
from config_rollout.core.revisions import config_maps as kept
from config_rollout.core.revisions.observation import Observation

NAME = "agent"
A, B, C = (f"agent-{digit * 10}" for digit in "abc")
HASHES = {name: name[-1] * 64 for name in (A, B, C)}


def template(mounts):
    volumes = [{"name": "c", "configMap": {"name": mounts}}, {"name": "other", "configMap": {"name": "ca"}}]
    return {"metadata": {"annotations": {"checksum/config": HASHES.get(mounts, "")}}, "spec": {"volumes": volumes}}


def daemon_set(mounts=A, **metadata):
    return {
        "metadata": {"name": NAME, "namespace": "ns", "uid": "ds", **metadata},
        "spec": {"template": template(mounts)},
    }


def revision(number, mounts):
    return {
        "metadata": {"name": f"agent-r{number}", "uid": f"r{number}", "creationTimestamp": "2026-11-20T10:00:00Z"},
        "revision": number,
        "data": {"spec": {"template": template(mounts)}},
    }


def config_map(name, *owners, **metadata):
    references = [{"kind": "DaemonSet" if uid == "ds" else "ControllerRevision", "uid": uid} for uid in owners]
    return {
        "metadata": {
            "name": name,
            "uid": f"u-{name}",
            "resourceVersion": "7",
            "ownerReferences": references,
            **metadata,
        }
    }


def written(live, revisions, config_maps, wanted):
    """Return ConfigMap -> the UIDs of the owners that it gets; only those that something is written to."""
    found = kept.ownerships(daemon_set(live), revisions, config_maps, [wanted])
    return {one.name: [owner["uid"] for owner in one.owners] for one in found}


@pytest.mark.parametrize(
    ("live", "revisions", "config_maps", "wanted", "owners"),
    [
        (A, [revision(1, A)], [config_map(A)], A, {A: ["ds"]}),
        (A, [revision(1, A)], [config_map(A, "ds")], A, {}),
        (B, [revision(1, A), revision(2, B)], [config_map(A, "ds"), config_map(B)], B, {A: ["r1"], B: ["ds"]}),
        # restarted by others meanwhile: the DaemonSet is owner enough
        (A, [revision(1, A), revision(2, A)], [config_map(A, "ds")], A, {}),
        # another image before the change: two revisions mount the earlier one
        (B, [revision(1, A), revision(2, A), revision(3, B)], [config_map(A, "ds")], B, {A: ["r1", "r2"]}),
        # undone: what is live is the DaemonSet's again, since nobody here hears of the next revisions
        (A, [revision(3, A), revision(2, B)], [config_map(A, "r3"), config_map(B, "ds")], B, {A: ["ds"]}),
        # a revision that is gone is no owner
        (C, [revision(2, B), revision(3, C)], [config_map(B, "r1", "r2"), config_map(C, "ds")], C, {B: ["r2"]}),
        # an `up` that never reached the DaemonSet, and another program now
        (A, [revision(1, A)], [config_map(A, "ds"), config_map(B)], A, {B: []}),
        # what the program wants stays, though its DaemonSet is not written yet
        (A, [revision(1, A)], [config_map(A, "ds"), config_map(B)], B, {B: ["ds"]}),
        # Kubernetes is at it already
        (A, [revision(1, A)], [config_map(A, "ds"), config_map(B, deletionTimestamp="t")], A, {}),
    ],
)
def test_owners(live, revisions, config_maps, wanted, owners):
    assert owners == written(live, revisions, config_maps, wanted)


@pytest.mark.parametrize(
    "name", ["agent", "agent-b-rollouts", "agent-b-aaaaaaaaaa", "agent-AAAAAAAAAA", "agent-aaaaaaaaaaa"]
)
def test_another_name_is_left_alone(name):
    assert {} == written(A, [], [config_map(name)], A)


def test_owner_that_someone_else_gave_stays():
    theirs = {"kind": "Helm", "uid": "h"}
    given = config_map(A, "r0")
    given["metadata"]["ownerReferences"].append(theirs)
    (one,) = kept.ownerships(daemon_set(A), [revision(1, A)], [given], [A])

    assert ["h", "ds"] == [owner["uid"] for owner in one.owners]


def test_patch_is_refused_if_the_config_map_changed_meanwhile():
    (one,) = kept.ownerships(daemon_set(A), [], [config_map(A)], [A])
    owner = {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "agent", "uid": "ds"}

    assert {"metadata": {"resourceVersion": "7", "ownerReferences": [owner]}} == one.patch()


@pytest.mark.parametrize(("there", "lost"), [([A, B], []), ([A], [B]), ([B], [A]), ([], [A, B])])
def test_lost_are_those_that_a_template_names(there, lost):
    found = kept.lost(daemon_set(A), [revision(1, A), revision(2, B)], [config_map(name) for name in there])

    assert lost == found


TEXT = "# as it was first written\nlevel: info\n"
FULL = config_hash(Content({"agent.yaml": TEXT.encode()}))
HELD = {"metadata": {"name": "agent-x", "namespace": "ns"}, "data": {"agent.yaml": TEXT}}


LIKE = Content(formats={"gone.conf": "yaml"}, effects={"gone": {"x": "none"}})
"""A program's configuration, which has other keys by now."""


@pytest.mark.parametrize(
    ("data", "findings"),
    [({"agent.yaml": "level: info\n"}, 0), ({"agent.yaml": "level: debug\n"}, 1), ({}, 1), (None, 1)],
)
def test_config_map_has_to_mean_what_its_name_says(data, findings):
    assert findings == len(kept.check_same({**HELD, "data": data}, FULL, LIKE))


def observed(config_map=None, daemon_set=None):
    """Return an observation of a DaemonSet and of the ConfigMap that the program wants."""
    return Observation(workload=daemon_set, config_maps={A: config_map} if config_map else {}, wanted=[A])


def test_bytes_that_are_there_are_used():
    given = {"metadata": {"name": A}, "data": {"agent.yaml": "level: info\n"}, "binaryData": None}

    assert TEXT == observed(HELD).as_it_is(given)["data"]["agent.yaml"]
    assert "level: info\n" == Observation().as_it_is(given)["data"]["agent.yaml"]


@pytest.mark.parametrize(
    ("before", "told"),
    [
        (observed(daemon_set=daemon_set(A)), True),
        (observed(HELD, daemon_set(A)), False),
        (observed(daemon_set=daemon_set(B)), False),
        (Observation(), False),
    ],
)
def test_config_map_that_pods_mount_and_that_is_not_there_is_told(before, told):
    assert told == before.missing(A).startswith(f"ConfigMap ns/{A}, which the pods mount, is missing")


def test_namespace_that_is_not_there_is_said():
    what = (
        "namespace 'x' does not exist: unless this program creates it, correct the name. Otherwise `up` fails "
        "after a minute"
    )

    assert what == Observation("x", has_namespace=False).without_namespace()
    assert "" == Observation("x").without_namespace()
