"""A StatefulSet that kubectl made becomes a component's, with one restart."""

import json

import pytest

from config_rollout import ConfiguredStatefulSet
from tests.engine.conftest import BAD, BETTER, GOOD, name_of
from tests.engine.observed import managers, most_unavailable, order_of_pods, told, written

PODS = 3
SELECTOR = {"app": "agent"}
MOUNT = {"name": "config", "mountPath": "/etc/agent"}
VOLUME = {"name": "config", "configMap": {"name": "agent-config"}}
CONFIG = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "agent-config"},
    "data": {"agent.yaml": "level: warn\n"},
}
APPLIED = {
    "apiVersion": "apps/v1",
    "kind": "StatefulSet",
    "metadata": {"name": "agent"},
    "spec": {
        "replicas": PODS,
        "serviceName": "agent",
        "revisionHistoryLimit": 3,
        "selector": {"matchLabels": SELECTOR},
        "template": {
            "metadata": {"labels": SELECTOR, "annotations": {"local-cluster/ready-after": "0s"}},
            "spec": {
                "containers": [{"name": "agent", "image": "agent:1", "volumeMounts": [MOUNT]}],
                "volumes": [VOLUME],
            },
        },
    },
}
FIXED = {"service_name": "agent", "revision_history_limit": 3}
CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}


@pytest.fixture
def kubectl(cluster, namespace):
    return lambda *arguments: cluster.kubectl("-n", namespace, *arguments)


@pytest.fixture
def applied(kubectl, tmp_path):
    """Return a function that has kubectl make the StatefulSet, with fields of its own."""

    def apply(**spec):
        path, workload = tmp_path / "objects.json", {**APPLIED, "spec": {**APPLIED["spec"], **spec}}
        path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [CONFIG, workload]}))
        kubectl("apply", "-f", str(path))
        kubectl("rollout", "status", "statefulset/agent", "--timeout=60s")

    return apply


@pytest.fixture
def program(agent):
    """Return a maker of programs that have the component of that name."""
    usual = {"component": ConfiguredStatefulSet, "selector": SELECTOR, "ready_after": "0s"}
    return lambda data=GOOD, **given: agent(data, **usual, **given)


def test_stateful_set_becomes_the_component_s_with_one_restart_if_it_has_what_cannot_be_changed(
    project, program, applied, kubectl, cluster, namespace, record
):
    path, of = f"namespaces/{namespace}/statefulsets/agent", "statefulset/agent"
    applied()
    first, outcomes = cluster.api.get(path), {}

    def look():
        outcomes["refused"] = project.preview(program(**FIXED))
        outcomes["fixed"] = project.up(program(take_over=True))
        outcomes["preview"] = project.preview(program(take_over=True, **FIXED))

    assert {} == written(cluster, look)
    assert [True, True, False] == [one.failed for one in outcomes.values()]
    assert "To take it over, pass take_over=True: preview shows what changes" in outcomes["refused"].output
    differs = f"differs from StatefulSet {namespace}/agent, which would have to be deleted and made again"
    assert f"service_name: {differs}. Pass what it has: 'agent'. Or run" in outcomes["fixed"].output
    assert f"revision_history_limit: {differs}. Pass what it has: 3. Or run" in outcomes["fixed"].output
    shown = told(outcomes["preview"])
    assert [
        f"takes over StatefulSet {namespace}/agent, created by `kubectl apply`: one rolling restart of 3 pods",
        "  ~ agent.yaml",
        "      ~ level: warn => info",
        "  + metadata.labels.app.kubernetes.io/name: agent: restarts nothing",
        "  - annotations and labels of its maker's own (1): restarts nothing",
        f"  ~ the pods' ConfigMap: agent-config => {name_of(GOOD)}",
        "  nothing else of the StatefulSet changes",
        "  it restarts once so that its pods get a ConfigMap of their own revision; after that only a changed "
        "configuration restarts them",
        "  kubectl-client-side-apply wrote it: what this program leaves out of that goes",
        f"  ConfigMap {namespace}/agent-config stays; no new pod reads it, but `kubectl rollout undo` needs it",
        "  `kubectl apply` of its old manifest would overwrite it: take it out of there",
        f"  rolling restart of StatefulSet {namespace}/agent, at most 1 pod at a time, from the highest ordinal down",
    ] == shown

    takes = program(take_over=True, **FIXED)
    with record() as recorder:
        assert shown == told(project.up(takes))
    assert ["agent-2", "agent-1", "agent-0"] == order_of_pods(recorder)
    now = cluster.api.get(path)
    assert (first["metadata"]["uid"], PODS) == (now["metadata"]["uid"], now["spec"]["replicas"])
    assert {"config-rollout-own", "config-rollout-audit"} == managers(now)
    assert {} == written(cluster, lambda: project.up(takes))

    kubectl("rollout", "undo", of, "--to-revision=1")
    kubectl("rollout", "status", of, "--timeout=60s")
    names = [volume.get("configMap") for volume in cluster.api.get(path)["spec"]["template"]["spec"]["volumes"]]
    assert {"name": "agent-config", "defaultMode": 420} in names
    assert not project.up(takes, refresh=True).failed
    assert {} == written(cluster, lambda: project.destroy())
    with record() as recorder:
        assert told(project.up(takes))[0].endswith("takes it over as it is: nothing restarts")
        assert not project.destroy().failed
    assert {} == recorder.replaced()


def test_stateful_set_with_claims_becomes_the_component_s(project, program, applied, cluster, namespace):
    path = f"namespaces/{namespace}/statefulsets/agent"
    applied(replicas=0, volumeClaimTemplates=[{"metadata": {"name": "data"}, "spec": CLAIM}])
    first = cluster.api.get(path)
    other = [{"metadata": {"name": "data"}, "spec": {**CLAIM, "accessModes": ["ReadOnlyMany"]}}]
    same = [{"metadata": {"name": "data"}, "spec": CLAIM}]
    refused = project.preview(program(take_over=True, volume_claim_templates=other, **FIXED))
    takes = program(take_over=True, volume_claim_templates=same, **FIXED)

    assert f"volume_claim_templates: differs from StatefulSet {namespace}/agent, which" in refused.output
    assert [] == [line for line in told(project.up(takes)) if "laim" in line]
    now = cluster.api.get(path)
    assert first["metadata"]["uid"] == now["metadata"]["uid"]
    assert first["spec"]["volumeClaimTemplates"] == now["spec"]["volumeClaimTemplates"]
    assert {"config-rollout-own", "config-rollout-audit"} == managers(now)
    assert {} == written(cluster, lambda: project.up(takes))


def test_waves_take_a_stateful_set_over_from_the_highest_ordinal_down_and_back_if_its_canary_crashes(
    project, program, applied, cluster, namespace, record
):
    path = f"namespaces/{namespace}/statefulsets/agent"
    waves = {"first": [{"name": "canary", "pods": 1}], "progress_deadline_seconds": 4}
    given = {"take_over": True, "waves": waves, **FIXED}

    def run(data):
        """Return the outcome of an `up`, the pods that it made, in their order, and the ConfigMaps that they mount."""
        with record() as recorder:
            outcome = project.up(program(data, **given))
        pods = cluster.api.list(f"namespaces/{namespace}/pods")
        mounted = {pod["spec"]["volumes"][0]["configMap"]["name"] for pod in pods}
        assert most_unavailable(recorder) <= 1
        return outcome, order_of_pods(recorder), mounted

    applied()
    first = cluster.api.get(path)["metadata"]["uid"]
    (message,) = project.preview(program(BAD, **given)).messages
    assert "canary  1 pod, 1 at a time" in message
    outcome, made, mounted = run(BAD)
    assert outcome.failed
    assert "wave 'canary' failed" in outcome.output
    assert (["agent-2", "agent-2"], {"agent-config"}) == (made, mounted), outcome.output

    outcome, made, mounted = run(GOOD)
    assert not outcome.failed, outcome.output
    assert (["agent-2", "agent-1", "agent-0"], {name_of(GOOD)}) == (made, mounted)
    assert {} == written(cluster, lambda: project.up(program(**given)))
    now = cluster.api.get(path)
    assert (first, 0) == (now["metadata"]["uid"], now["spec"]["updateStrategy"]["rollingUpdate"]["partition"])

    without = {**given, "take_over": None}
    assert not project.up(program(**without)).failed
    with record() as recorder:
        assert not project.up(program(BETTER, **without)).failed
    assert ["agent-2", "agent-1", "agent-0"] == order_of_pods(recorder)
    assert not project.destroy().failed
