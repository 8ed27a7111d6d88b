"""A DaemonSet or Deployment that kubectl, Helm or another program made becomes a component's, and what follows."""

import json

import pulumi
from pulumi_kubernetes.apps.v1 import DaemonSet
from pulumi_kubernetes.core.v1 import ConfigMap

from config_rollout import ConfiguredDeployment
from tests.engine.conftest import BETTER, GOOD, NODES, name_of
from tests.engine.helm_release import installed
from tests.engine.observed import config_maps, daemon_set, managers, told, undo, written

FAST = {"update_strategy": {"rolling_update": {"max_unavailable": "100%"}}, "ready_after": "0s"}
APPLIED = {
    "apiVersion": "apps/v1",
    "kind": "DaemonSet",
    "metadata": {"name": "agent", "labels": {"team": "net"}, "annotations": {"old": "note"}},
    "spec": {
        "selector": {"matchLabels": {"app": "agent"}},
        "revisionHistoryLimit": 3,
        "template": {
            "metadata": {"labels": {"app": "agent"}, "annotations": {"local-cluster/ready-after": "0s"}},
            "spec": {
                "hostNetwork": True,
                "containers": [
                    {
                        "name": "agent",
                        "image": "agent:0",
                        "args": ["--verbose"],
                        "volumeMounts": [{"name": "config", "mountPath": "/etc/agent"}],
                    },
                    {"name": "sidecar", "image": "sidecar:1"},
                ],
                "volumes": [{"name": "config", "configMap": {"name": "agent-config"}}],
            },
        },
    },
}
CONFIG = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "agent-config"},
    "data": {"agent.yaml": "level: warn\n"},
}


SELECTOR = {"app": "agent"}
OF = "daemonset/agent"


def applied(cluster, namespace, tmp_path, *objects):
    path = tmp_path / "objects.json"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}))
    cluster.kubectl("-n", namespace, "apply", "-f", str(path))
    cluster.wait_at_rest(namespace, "agent")


def test_what_kubectl_applied_becomes_the_component_s_with_one_restart_and_stays_when_it_leaves(
    project, agent, cluster, namespace, record, tmp_path
):
    applied(cluster, namespace, tmp_path, CONFIG, APPLIED)
    first, outcomes = daemon_set(cluster, namespace), {}
    fixed = cluster.api.get(f"namespaces/{namespace}/configmaps/agent-config")

    def look():
        outcomes["refused"] = project.preview(agent(**FAST))
        outcomes["selector"] = project.up(agent(take_over=True, **FAST))
        outcomes["invalid"] = project.up(agent(take_over=True, selector=SELECTOR, image="", **FAST))
        outcomes["preview"] = project.preview(agent(take_over=True, selector=SELECTOR, **FAST))

    assert {} == written(cluster, look)
    assert [True, True, True, False] == [one.failed for one in outcomes.values()]
    ways = "To take it over, pass take_over=True and selector={'app': 'agent'}: preview shows what changes"
    assert f"created by `kubectl apply`, with the selector {SELECTOR}, which cannot be changed. {ways}" in (
        outcomes["refused"].output
    )
    assert "To take it over, pass selector={'app': 'agent'}: preview" in outcomes["selector"].output
    assert '422 DaemonSet.apps "agent" is invalid: spec.template.spec.containers[0].image' in outcomes["invalid"].output
    assert [
        f"takes over DaemonSet {namespace}/agent, created by `kubectl apply`: one rolling restart of 6 pods",
        "  ~ agent.yaml",
        "      ~ level: warn => info",
        "  - metadata.annotations.old: note: restarts nothing",
        "  + metadata.labels.app.kubernetes.io/name: agent: restarts nothing",
        "  - metadata.labels.team: net: restarts nothing",
        "  ~ revisionHistoryLimit: 3 => 10: restarts nothing",
        '  - containers[name=agent].args: ["--verbose"]',
        "  ~ containers[name=agent].image: agent:0 => agent:1",
        '  - containers[name=sidecar]: {"name": "sidecar", "image": "sidecar:1", "resources": {},...'
        'MessagePolicy": "File", "imagePullPolicy": "IfNotPresent"}',
        "  - hostNetwork: true",
        "  ~ updateStrategy.rollingUpdate.maxUnavailable: 1 => 100%: restarts nothing",
        "  - annotations and labels of its maker's own (2): restarts nothing",
        f"  ~ the pods' ConfigMap: agent-config => {name_of(GOOD)}",
        "  nothing else of the DaemonSet changes",
        "  it restarts once so that its pods get a ConfigMap of their own revision; after that only a changed "
        "configuration restarts them",
        "  kubectl-client-side-apply wrote it: what this program leaves out of that goes",
        f"  ConfigMap {namespace}/agent-config stays; no new pod reads it, but `kubectl rollout undo` needs it",
        "  `kubectl apply` of its old manifest would overwrite it: take it out of there",
        f"  rolling restart of DaemonSet {namespace}/agent, at most 100% of its pods at a time",
    ] == told(outcomes["preview"])

    program = agent(take_over=True, selector=SELECTOR, **FAST)
    with record() as recorder:
        assert told(outcomes["preview"]) == told(project.up(program))
        cluster.wait_at_rest(namespace, "agent")
    assert [1] * NODES == list(recorder.replaced().values())
    now = daemon_set(cluster, namespace)
    assert first["metadata"]["uid"] == now["metadata"]["uid"]
    assert {"config-rollout-own", "config-rollout-audit"} == managers(now)
    assert {"app.kubernetes.io/name": "agent"} == now["metadata"]["labels"]
    assert not {"old", "kubectl.kubernetes.io/last-applied-configuration"} & set(now["metadata"]["annotations"])
    pod_spec = now["spec"]["template"]["spec"]
    assert ["agent"] == [one["name"] for one in pod_spec["containers"]]
    assert "hostNetwork" not in pod_spec
    assert "args" not in pod_spec["containers"][0]
    assert "agent.yaml: level warn => info, and " in cluster.kubectl("-n", namespace, "rollout", "history", OF)
    assert {} == written(cluster, lambda: project.up(program))

    undo(cluster, namespace)
    assert (
        "agent-config" == daemon_set(cluster, namespace)["spec"]["template"]["spec"]["volumes"][0]["configMap"]["name"]
    )
    assert not project.up(program, refresh=True).failed
    assert {} == project.preview(program).steps
    assert {} == written(cluster, lambda: project.destroy())
    assert name_of(GOOD) in config_maps(cluster, namespace)
    assert fixed == cluster.api.get(f"namespaces/{namespace}/configmaps/agent-config")
    with record() as recorder:
        assert told(project.up(program))[0].endswith("this stack takes it over as it is: nothing restarts")
        assert not project.destroy().failed
    assert {} == recorder.replaced()


def test_what_helm_installed_becomes_the_component_s_and_helm_forgets_it(
    project, agent, cluster, namespace, record, tmp_path
):
    installed(cluster, namespace, tmp_path)
    labels = {"app.kubernetes.io/name": "agent", "app.kubernetes.io/instance": "agent"}
    program = agent({"agent.yaml": "# as the chart has it\nlevel: 'warn'\n"}, take_over=True, selector=labels, **FAST)
    previewed = told(project.preview(program))
    assert [
        f"takes over DaemonSet {namespace}/agent, created by Helm (release {namespace}/agent): one rolling restart of "
        "6 pods",
        "  = agent.yaml: written differently, means the same",
        "  - metadata.labels.app.kubernetes.io/instance: agent: restarts nothing",
        "  - metadata.labels.helm.sh/chart: agent-1.2.0: restarts nothing",
        '  - containers[name=agent].env: [{"name": "NODE", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": '
        '"spec.nodeName"}}}]',
        "  - serviceAccount: default",
        "  - serviceAccountName: default",
        "  ~ updateStrategy.rollingUpdate.maxUnavailable: 1 => 100%: restarts nothing",
        "  - annotations and labels of its maker's own (4): restarts nothing",
    ] == previewed[:9]
    command = previewed[-2].strip()
    assert f"kubectl -n {namespace} delete secret -l owner=helm,name=agent" == command

    with record() as recorder:
        assert previewed == told(project.up(program))
        cluster.kubectl(*command.split()[1:])
        cluster.wait_at_rest(namespace, "agent")
    assert [1] * NODES == list(recorder.replaced().values())
    assert [] == [one for one in cluster.api.list(f"namespaces/{namespace}/secrets") if "owner" in labels_of(one)]
    now = daemon_set(cluster, namespace)
    assert {"config-rollout-own", "config-rollout-audit"} == managers(now)
    assert {"app.kubernetes.io/name": "agent"} == now["metadata"]["labels"]
    assert "serviceAccountName" not in now["spec"]["template"]["spec"]
    assert {} == written(cluster, lambda: project.up(program))


def labels_of(thing):
    return thing["metadata"].get("labels") or {}


def plain_program(namespace, name="agent"):
    """Return a program of the provider's own resources, as someone has it before there is a component."""

    def program():
        ConfigMap("config", metadata={**CONFIG["metadata"], "namespace": namespace}, data=CONFIG["data"])
        metadata = {"name": "agent", "namespace": namespace}
        DaemonSet(name, metadata=metadata, spec=APPLIED["spec"])

    return program


def test_what_a_plain_program_made_becomes_the_component_s_in_its_own_stack_and_in_another(
    project, second, agent, cluster, namespace, record
):
    assert not project.up(plain_program(namespace)).failed
    first = daemon_set(cluster, namespace)["metadata"]["uid"]
    program = agent(take_over=True, selector=SELECTOR, **FAST)
    with record() as recorder:
        outcome = project.up(program)
        cluster.wait_at_rest(namespace, "agent")
    assert "created by another Pulumi program (field manager pulumi-kubernetes-" in told(outcome)[0]
    assert ("update", "delete") == (outcome.steps["DaemonSet agent"], outcome.steps["ConfigMap config"])
    assert [1] * NODES == list(recorder.replaced().values())
    assert first == daemon_set(cluster, namespace)["metadata"]["uid"]

    with record() as recorder:
        outcome = second.up(program)
        assert (
            f"created by ConfiguredDaemonSet 'agent' of stack organization/test/{namespace}: nothing restarts"
            in (told(outcome)[0])
        )
        late = project.up(agent(BETTER, take_over=True, selector=SELECTOR, **FAST))
        assert late.failed
        assert f"belongs to ConfiguredDaemonSet 'agent' of stack organization/test/{namespace}-second" in late.output
        assert not second.up(agent(GOOD, selector=SELECTOR, **FAST)).failed
    assert {} == recorder.replaced()
    assert not second.destroy().failed
    assert not cluster.api.exists(f"namespaces/{namespace}/daemonsets/agent")


def test_waves_take_over_node_by_node(project, agent, cluster, namespace, record, tmp_path):
    applied(cluster, namespace, tmp_path, CONFIG, APPLIED)
    waves = {"first": [{"name": "canary", "nodes": 1}], "max_unavailable": "100%"}
    program = agent(take_over=True, selector=SELECTOR, waves=waves, ready_after="0s")
    (message,) = project.preview(program).messages
    assert "rolling restart of DaemonSet" in message
    assert "canary  1 node" in message
    with record() as recorder:
        assert not project.up(program).failed
    assert [1] * NODES == list(recorder.replaced().values())
    ours = {f"config-rollout-{what}" for what in ("audit", "driver", "own")}
    assert ours == managers(daemon_set(cluster, namespace))
    assert {} == project.preview(program).steps


PODS, REPLICAS = 3, 4
"""How many pods the manifest says, and how many there are once someone has scaled it."""
MOUNTS = [{"name": "config", "mountPath": "/etc/agent"}, {"name": "token", "mountPath": "/etc/token"}]
VOLUMES = [
    {"name": "config", "configMap": {"name": "agent-config"}},
    {"name": "token", "secret": {"secretName": "agent-token"}},
]
TOKEN = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "agent-token"},
    "stringData": {"token": "swordfish", "user": "agent"},
}
DEPLOYED = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "agent"},
    "spec": {
        "replicas": PODS,
        "selector": {"matchLabels": SELECTOR},
        "template": {
            "metadata": {"labels": SELECTOR, "annotations": {"local-cluster/ready-after": "0s"}},
            "spec": {
                "containers": [{"name": "agent", "image": "agent:1", "volumeMounts": MOUNTS}],
                "volumes": VOLUMES,
            },
        },
    },
}


def test_deployment_becomes_the_component_s_with_one_restart_and_keeps_the_number_that_was_scaled(
    project, agent, cluster, namespace, record, tmp_path
):
    path, of = f"namespaces/{namespace}/deployments/agent", "deployment/agent"

    def kubectl(*arguments):
        return cluster.kubectl("-n", namespace, *arguments)

    def rest():
        kubectl("rollout", "status", of, "--timeout=60s")
        cluster.wait("pods", lambda: len(cluster.api.list(f"namespaces/{namespace}/pods")) == REPLICAS)

    def program(data=GOOD, password="catfish", **arguments):
        containers = [{"name": "agent", "image": "agent:1", "volume_mounts": MOUNTS}]
        volumes = [{"name": "config", "config_map": {"name": "agent"}}, VOLUMES[1]]
        secret = {"string_data": {"token": password, "user": "agent"}}
        key = lambda: pulumi.Output.secret("a hash key of the stack, 32 letters")  # noqa: E731 - made in the program
        more = {"pod_spec": {"containers": containers, "volumes": volumes}, "secrets": {"agent-token": secret}}
        of_agent = {"component": ConfiguredDeployment, "selector": SELECTOR, "ready_after": "0s", **more, **arguments}
        return lambda: agent(data, hash_key=key(), **of_agent)()

    objects = tmp_path / "objects.json"
    objects.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [CONFIG, TOKEN, DEPLOYED]}))
    kubectl("apply", "-f", str(objects))
    kubectl("scale", of, f"--replicas={REPLICAS}")
    rest()
    first, outcomes = cluster.api.get(path), {}

    def look():
        outcomes["refused"] = project.preview(program())
        outcomes["selector"] = project.up(program(take_over=True, selector={"app": "other"}))
        outcomes["invalid"] = project.up(program(take_over=True, strategy={"type": "Recreate"}, min_ready_seconds=700))
        outcomes["preview"] = project.preview(program(take_over=True))

    assert {} == written(cluster, look)
    assert [True, True, True, False] == [one.failed for one in outcomes.values()]
    assert "To take it over, pass take_over=True: preview shows what changes" in outcomes["refused"].output
    assert f"pass selector={SELECTOR}: preview" in outcomes["selector"].output
    assert '422 Deployment.apps "agent" is invalid: spec.progressDeadlineSeconds' in outcomes["invalid"].output
    stays = "stays; no new pod reads it, but `kubectl rollout undo` needs it"
    shown = told(outcomes["preview"])
    (secret,) = [line for line in shown if line.startswith("  ~ the pods' Secret: agent-token => agent.agent-token-")]
    assert [
        f"takes over Deployment {namespace}/agent, created by `kubectl apply`: one rolling restart of 4 pods",
        "  ~ ConfigMap agent: agent.yaml",
        "      ~ level: warn => info",
        "  ~ Secret agent-token: token: 9 => 7 bytes changed",
        "  + metadata.labels.app.kubernetes.io/name: agent: restarts nothing",
        "  - annotations and labels of its maker's own (1): restarts nothing",
        f"  ~ the pods' ConfigMap: agent-config => {name_of(GOOD)}",
        secret,
        "  nothing else of the Deployment changes",
        "  it restarts once so that its pods get a ConfigMap and a Secret of their own revision; after that only a "
        "changed configuration restarts them",
        "  kubectl-client-side-apply wrote it: what this program leaves out of that goes",
        f"  ConfigMap {namespace}/agent-config {stays}",
        f"  Secret {namespace}/agent-token {stays}",
        "  `kubectl apply` of its old manifest would overwrite it: take it out of there",
        f"  rolling restart of Deployment {namespace}/agent, at most 25% of its pods unavailable and at most 25% of "
        "its pods more at a time",
    ] == shown

    with record() as recorder:
        assert shown == told(project.up(program(take_over=True)))
        rest()
    assert REPLICAS == sum(recorder.replaced().values())
    now = cluster.api.get(path)
    assert (first["metadata"]["uid"], REPLICAS) == (now["metadata"]["uid"], now["spec"]["replicas"])
    assert {"config-rollout-own", "config-rollout-audit"} == managers(now)
    assert {} == written(cluster, lambda: project.up(program(take_over=True)))

    kubectl("scale", of, "--replicas=5")
    assert not project.up(program(BETTER, take_over=True)).failed
    assert 5 == cluster.api.get(path)["spec"]["replicas"]
    kubectl("scale", of, f"--replicas={REPLICAS}")
    rest()

    kubectl("rollout", "undo", of, "--to-revision=1")
    rest()
    names = [volume.get("configMap") for volume in cluster.api.get(path)["spec"]["template"]["spec"]["volumes"]]
    assert {"name": "agent-config", "defaultMode": 420} in names
    assert not project.up(program(take_over=True), refresh=True).failed
    rest()  # the controller still ends the pods of before when `up` is done
    assert {} == written(cluster, lambda: project.destroy())
    with record() as recorder:
        assert told(project.up(program(take_over=True)))[0].endswith("takes it over as it is: nothing restarts")
        assert not project.destroy().failed
    assert {} == recorder.replaced()
    assert REPLICAS == cluster.api.get(path)["spec"]["replicas"]
