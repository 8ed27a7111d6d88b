"""`prune`: a ConfigMap named after its content goes when nothing reads it, and not before."""

import datetime
from types import SimpleNamespace

import pytest

from config_rollout.cli.commands import looking
from config_rollout.core.kubernetes.annotations import CONTENT_NAMED_LABEL
from config_rollout.core.transform.pruning import READERS
from tests.memory_cluster import MemoryCluster
from tools import command_line

OLD = "2020-01-01T00:00:00Z"


def config_map(name: str, created: str = OLD, label: str = CONTENT_NAMED_LABEL) -> tuple[str, dict]:
    return "configmaps", {
        "metadata": {"name": name, "namespace": "team", "labels": {label: "true"}, "creationTimestamp": created}
    }


def reader(resource: str, name: str, reads: str) -> tuple[str, dict]:
    """Return an object of a resource that reads a ConfigMap, as the API server lists it."""
    metadata = {"name": name, "namespace": "team"}
    pod = {"volumes": [{"name": "c", "configMap": {"name": reads}}], "containers": []}
    spec = {"template": {"spec": pod}}
    if resource == "controllerrevisions":
        return resource, {"metadata": metadata, "data": {"spec": {"template": {"spec": pod, "$patch": "replace"}}}}
    if resource == "cronjobs":
        spec = {"jobTemplate": {"spec": spec}}
    return resource, {"metadata": metadata, "spec": pod if resource == "pods" else spec}


@pytest.fixture
def prune(monkeypatch):
    """Return a function that runs the command on a cluster with some objects: what it prints, and what is left."""

    def prune(objects, *options, **cluster):
        memory = MemoryCluster(objects, **cluster)
        monkeypatch.setattr(looking, "Cluster", SimpleNamespace(find=lambda *_: memory))
        done = command_line.run_text("prune", "team", *options)
        return done, list(memory.of("configmaps"))

    return prune


@pytest.mark.parametrize("resource", READERS)
def test_what_is_read_stays_and_the_rest_goes(prune, resource):
    done, left = prune([config_map("a-1"), config_map("a-2"), reader(resource, "a", "a-2")])

    assert (0, ["a-2"]) == (done.returncode, left)
    assert [
        "ConfigMap team/a-1: deleted",
        "team: 1 of 2 deleted; 1 stay: a pod, a workload or a kept revision reads them, or they are younger than 60 "
        "minutes.",
    ] == done.stdout.splitlines()


def test_dry_run_deletes_nothing(prune):
    done, left = prune([config_map("a-1")], "--dry-run")

    assert ["a-1"] == left
    assert "ConfigMap team/a-1: would be deleted" == done.stdout.splitlines()[0]


def test_config_map_of_anyone_else_is_never_touched(prune):
    assert ["other"] == prune([config_map("other", label="app")])[1]


def test_young_one_may_be_waiting_for_its_workload(prune):
    now = f"{datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=5):%Y-%m-%dT%H:%M:%SZ}"

    assert ["a-1"] == prune([config_map("a-1", now)])[1]
    assert ["a-1"] == prune([config_map("a-1", now)], "--older-than", "90")[1]
    assert [] == prune([config_map("a-1", now)], "--older-than", "1")[1]


def test_nothing_is_deleted_where_something_cannot_be_read(prune):
    done, left = prune([config_map("a-1")], may_not=lambda right: right.resource == "cronjobs")

    assert (2, ["a-1"], "") == (done.returncode, left, done.stdout)
    assert "resources: [cronjobs], verbs: [list]" in done.stderr


def test_time_must_be_a_whole_number():
    done = command_line.run_text("prune", "team", "--older-than", "soon")

    assert 2 == done.returncode
    assert "must be a whole number of minutes (got 'soon')" in done.stderr
