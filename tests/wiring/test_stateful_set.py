"""What the component of a StatefulSet registers, and refuses."""

import re

import pulumi
import pytest

from config_rollout import ConfiguredStatefulSet, configured
from config_rollout.core.revisions.observation import Observation
from config_rollout.hooks.partition import Partition
from config_rollout.prepare import options, revisions
from config_rollout.prepare.revisions import Reading
from tests.memory_cluster import MemoryCluster
from tests.objects.stateful_set import stateful_pod
from tests.objects.stateful_set import stateful_set as live
from tests.wiring.conftest import HASH
from tools.documents import ROOT

CONFIG_MAP = f"ConfigMapPatch agent-{HASH[:10]}"
CLAIM = {"metadata": {"name": "data"}, "spec": {"access_modes": ["ReadWriteOnce"]}}


@pytest.fixture
def stateful_set(register):
    return lambda **changes: register(component=ConfiguredStatefulSet, **changes)


def test_component_registers_a_stateful_set_and_what_waits_for_it(stateful_set):
    registered = stateful_set(replicas=3)
    workload, rollout = registered["StatefulSet agent"], registered["Stash agent-rollout"]

    assert {"ConfiguredStatefulSet agent", "StatefulSet agent", CONFIG_MAP, "Stash agent-rollout"} == set(registered)
    assert "agent" == registered[CONFIG_MAP].inputs["metadata"]["labels"]["config-rollout/stateful-set"]
    assert (3, {"checksum/config": HASH}) == (
        workload.inputs["spec"]["replicas"],
        workload.inputs["spec"]["template"]["metadata"]["annotations"],
    )
    assert "true" == workload.inputs["metadata"]["annotations"]["pulumi.com/skipAwait"]
    assert [] == [urn for urns in workload.property_dependencies.values() for urn in urns]
    assert (["agent"], HASH, 1) == (
        rollout.dependencies,
        rollout.inputs["input"]["configHash"],
        rollout.inputs["input"]["generation"],
    )


def test_fields_of_a_stateful_set_are_kubernetes_own(stateful_set):
    fields = {
        "service_name": "db", "pod_management_policy": "Parallel", "volume_claim_templates": [CLAIM],
        "update_strategy": {"rolling_update": {"partition": 2}},
    }  # fmt: skip
    spec = stateful_set(**fields)["StatefulSet agent"].inputs["spec"]

    assert ("db", "Parallel", "data", 2) == (
        spec["serviceName"],
        spec["podManagementPolicy"],
        spec["volumeClaimTemplates"][0]["metadata"]["name"],
        spec["updateStrategy"]["rollingUpdate"]["partition"],
    )


def test_no_change_of_a_field_makes_the_provider_delete_it(stateful_set):
    ignored = stateful_set()["StatefulSet agent"].request.ignoreChanges

    assert [
        "spec.podManagementPolicy", "spec.revisionHistoryLimit", "spec.serviceName", "spec.volumeClaimTemplates",
    ] == list(ignored)  # fmt: skip


@pytest.fixture
def exists(monkeypatch):
    """Return a function that has the StatefulSet in the cluster, with a `spec` of its own."""

    def have(**spec):
        workload = live(**spec, selector={"matchLabels": {"app.kubernetes.io/name": "agent"}})
        workload["metadata"] |= {"name": "agent", "namespace": "monitoring"}
        observation = Observation("monitoring", "agent", workload=workload, is_read=True)
        monkeypatch.setattr(configured, "read_before", lambda *_: Reading(observation))

    return have


def test_field_that_cannot_be_changed_is_refused(refused, exists):
    exists(serviceName="db")

    (line,) = refused(component=ConfiguredStatefulSet, service_name="other")
    assert line.startswith("ConfiguredStatefulSet 'agent': service_name: differs from StatefulSet monitoring/agent, ")


def test_fields_that_cannot_be_changed_are_recorded_where_they_cannot_be_compared_at_once(stateful_set):
    later = lambda: pulumi.Output.from_input("monitoring")  # noqa: E731 - made where the program runs
    recorded = [stateful_set(service_name="db", **given)["ConfiguredStatefulSet agent"].inputs.get("fixed")
                for given in ({}, {"namespace": later})]  # fmt: skip

    assert [None, {"serviceName": "db"}] == recorded


@pytest.mark.parametrize(
    ("live", "what", "same"),
    [
        ({"serviceName": "db"}, "service_name", "Pass what it has: 'db'"),
        ({"revisionHistoryLimit": 3}, "revision_history_limit", "Pass what it has: 3"),
        ({"volumeClaimTemplates": [CLAIM]}, "volume_claim_templates", "Pass what it has"),
    ],
)
def test_what_is_taken_over_must_have_the_fields_that_cannot_be_changed(refused, exists, live, what, same):
    exists(**live)

    (line,) = refused(component=ConfiguredStatefulSet, take_over=True)
    assert line.startswith(f"ConfiguredStatefulSet 'agent': {what}: differs from StatefulSet monitoring/agent, ")
    assert f". {same}. Or run `kubectl -n monitoring delete statefulset agent --cascade=orphan`" in line


def test_field_that_is_not_known_is_not_compared(stateful_set, exists):
    exists(serviceName="db")

    assert "StatefulSet agent" in stateful_set(service_name=lambda: pulumi.Output.from_input("other"))


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"waves": {"by": "zone"}}, "waves.by: is of nodes, and the waves of a StatefulSet are of its pods, from the "
         "highest ordinal down. Use `pods` of a wave in `first`."),
        ({"waves": {}, "update_strategy": {"rolling_update": {"partition": 1}}},
         "update_strategy: cannot be combined with `waves`. Leave it out: the waves lower its `partition` themselves, "
         "and nothing remains of it after a rollout."),
        ({"update_strategy": {"type": "Recreate"}},
         "update_strategy.type: is not valid (got 'Recreate'). Use 'RollingUpdate' or 'OnDelete'."),
        ({"replicas": -1}, "replicas: must be a whole number of at least 0 (got -1). Pass an int in that range."),
    ],
)  # fmt: skip
def test_bad_arguments_are_refused(refused, changes, line):
    assert [f"ConfiguredStatefulSet 'agent': {line}"] == refused(component=ConfiguredStatefulSet, **changes)


WAVES = {"first": [{"name": "canary", "pods": 1}]}


@pytest.fixture
def fleet(monkeypatch):
    """Return a function that puts a cluster in place, with a StatefulSet of three pods, of which some are unready."""

    def use(unready=(), **annotations):
        selector = {"app.kubernetes.io/name": "agent"}
        workload = live(selector={"matchLabels": selector}, template={"metadata": {}, "spec": {}})
        workload["metadata"] |= {"name": "agent", "namespace": "monitoring", "annotations": annotations}
        pods = [stateful_pod(ordinal, ready=ordinal not in unready) for ordinal in range(3)]
        for ordinal, pod in enumerate(pods):
            pod["metadata"] |= {"name": f"agent-{ordinal}", "namespace": "monitoring"}
            pod["metadata"]["labels"] |= selector
        objects = [("statefulsets", workload), *(("pods", pod) for pod in pods)]
        cluster = MemoryCluster(objects, may_not=lambda right: right.resource == "nodes")
        monkeypatch.setattr(revisions, "find_cluster", lambda plain: cluster)

    return use


def test_waves_leave_the_strategy_to_their_driver_and_have_a_stash_each(stateful_set, fleet):
    """A partition of the program's would be written together with the new template, or be drift in between."""
    fleet()
    registered = stateful_set(replicas=3, waves=WAVES)
    workload, canary = registered["StatefulSet agent"].inputs, registered["Stash agent-canary"]

    assert "updateStrategy" not in workload["spec"]
    annotations = workload["metadata"]["annotations"]
    assert ("true", '{"first": [{"name": "canary", "pods": 1}]}') == (
        annotations["pulumi.com/skipAwait"], annotations["config-rollout/waves"]
    )  # fmt: skip
    assert {"name": "canary", "pods": 1, "maxUnavailable": 1} == canary.inputs["input"]["wave"]
    assert {"Stash agent-canary", "Stash agent-rest"} == {name for name in registered if name.startswith("Stash")}


def test_each_write_of_a_stateful_set_is_heard_by_what_holds_its_pods(stateful_set, fleet, monkeypatch):
    fleet()
    heard = {}
    monkeypatch.setattr(options, "heard_by", lambda listeners, type_, *_: heard.update({type_: listeners}))
    stateful_set(waves=WAVES)
    of = heard["kubernetes:apps/v1:StatefulSet"]

    assert [Partition] * 2 == [type(moment[-1].function.__self__) for moment in (of.before_create, of.before_update)]


def test_pod_that_kubernetes_would_wait_for_is_refused_before_anything_is_written(refused, fleet):
    fleet(unready=[1])

    assert [
        "ConfiguredStatefulSet 'agent': waves: 1 pod is unavailable (agent-1), which this change does not restart "
        "first, so wave 'canary' could not begin. Fix what is unavailable."
    ] == refused(component=ConfiguredStatefulSet, waves=WAVES)


def test_paused_rollout_of_a_stateful_set_is_refused(refused, fleet):
    fleet(**{"config-rollout/paused": "true"})

    assert [
        "ConfiguredStatefulSet 'agent': waves: the rollout of StatefulSet monitoring/agent is paused. Run "
        "`config-rollout resume -n monitoring statefulset/agent` first."
    ] == refused(component=ConfiguredStatefulSet, waves=WAVES)


def test_example_of_the_document_runs(register):
    example, *_ = re.findall(r"(?s)```python\n(.*?)```", (ROOT / "docs" / "stateful-sets.md").read_text())

    assert "StatefulSet db" in register(component=lambda *_: exec(example, {}))
