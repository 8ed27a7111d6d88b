"""What stands beside a workload in manifests that are taken over: changed in place, never replaced, never run again."""

import json

import pytest
import yaml
from pulumi.automation import ConfigValue

from config_rollout import ConfiguredManifests
from config_rollout.cli.main import main
from tests.engine.conftest import grant, kubeconfig_of
from tests.engine.observed import order_of_pods, told, written
from tests.objects.manifests import source, workload

POD = (
    "metadata: {labels: {app: agent}, annotations: {local-cluster/ready-after: 0s}}, spec: {containers: [{name: agent, "
    'image: "agent:1", volumeMounts: [{name: c, mountPath: /etc/agent}]}], volumes: [{name: c, '
    "configMap: {name: agent}}]}"
)
JOB = (
    "spec: {template: {spec: {restartPolicy: Never, containers: [{name: once, image: %s, envFrom: [{configMapRef: "
    "{name: agent}}]}]}}}"
)
KINDS = ["configmaps/agent", "secrets/token", "persistentvolumeclaims/data", "jobs/once",
         "poddisruptionbudgets/agent", "roles/reader", "services/agent"]  # fmt: skip


ALONE = 'annotations: {pulumi.com/skipAwait: "true"}'


def manifests(level="info", version="1", image="once:1", least=1, mode="ReadWriteOnce", token="eA==", of_service=ALONE):
    """Return a Deployment, and objects of the kinds of which a field can never be changed, or replaces the object."""
    label = f"labels: {{helm.sh/chart: agent-{version}}}"
    beside = f"""
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{name: data, {label}, {ALONE}}}
spec: {{accessModes: [{mode}], resources: {{requests: {{storage: 1Gi}}}}}}
---
apiVersion: batch/v1
kind: Job
metadata: {{name: once, {label}, {ALONE}}}
{JOB % json.dumps(image)}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{name: agent, {label}}}
spec: {{minAvailable: {least}, selector: {{matchLabels: {{app: agent}}}}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {{name: reader, {label}}}
rules: [{{apiGroups: [""], resources: [configmaps], resourceNames: [agent], verbs: [get]}}]
---
apiVersion: v1
kind: Service
metadata: {{name: agent, {label}, {of_service}}}
spec: {{ports: [{{port: 80}}], selector: {{app: agent}}}}
"""
    data = json.dumps({"agent.yaml": f"level: {level}\n"})
    return "".join([
        workload(POD, "replicas: 2", label, kind="Deployment"), source("agent", data, more=label),
        source("token", f"{{t: {token}}}", kind="Secret", more=label), beside,
    ])  # fmt: skip


@pytest.fixture
def helms(cluster, namespace, tmp_path):
    """Have the objects as Helm leaves them: created by its field manager."""
    for number, one in enumerate(yaml.safe_load_all(manifests())):
        if one:
            owner = {"meta.helm.sh/release-name": "agent", "meta.helm.sh/release-namespace": namespace}
            one["metadata"]["annotations"] = {**one["metadata"].get("annotations", {}), **owner}
            (tmp_path / f"{number}.json").write_text(json.dumps(one))
            cluster.kubectl("-n", namespace, "create", "-f", str(tmp_path / f"{number}.json"), "--field-manager=helm")
    cluster.kubectl("-n", namespace, "rollout", "status", "deployment/agent", "--timeout=60s")


@pytest.fixture
def up(cluster, namespace, project, record):
    """Return a function that runs `up`, and gives the workloads and Jobs whose pods it made; nothing is replaced."""

    def uids():
        return {kind: cluster.api.get(f"namespaces/{namespace}/{kind}")["metadata"]["uid"] for kind in KINDS}

    def run(take_over=True, **changes):
        before = uids()
        with record() as recorder:
            outcome = project.up(program(namespace, take_over, **changes))
        assert not outcome.failed, outcome.output
        assert before == uids()
        return sorted({name.rsplit("-", 2)[0] for name in order_of_pods(recorder)})

    return run


def program(namespace, take_over=True, **changes):
    given = {"manifests": manifests(**changes), "namespace": namespace, "take_over": take_over}
    return lambda: ConfiguredManifests("agent", given)


def test_objects_change_in_place_while_they_are_taken_over_and_afterwards(helms, up, project, cluster, namespace):
    of = f"namespaces/{namespace}"
    assert ["agent"] == up()
    assert {} == written(cluster, lambda: project.up(program(namespace)))

    assert ["agent"] == up(level="debug")
    assert "level: debug\n" == cluster.api.get(f"{of}/configmaps/agent")["data"]["agent.yaml"]
    now = {"level": "debug", "least": 0, "token": "eQ=="}
    assert [] == up(**now)
    assert ("eQ==", 0) == (
        cluster.api.get(f"{of}/secrets/token")["data"]["t"],
        cluster.api.get(f"{of}/poddisruptionbudgets/agent")["spec"]["minAvailable"],
    )

    outcomes = []
    wrong = program(namespace, image="once:2", mode="ReadOnlyMany", **now)
    assert {} == written(cluster, lambda: outcomes.extend([project.preview(wrong), project.up(wrong)]))
    for outcome in outcomes:
        assert outcome.failed
        for what in ("Job NAMESPACE/once", "PersistentVolumeClaim NAMESPACE/data"):
            assert f"{what.replace('NAMESPACE', namespace)}: take_over: " in outcome.output
        assert "field is immutable" in outcome.output
        assert "spec is immutable after creation" in outcome.output

    assert [] == up(take_over=False, **now)
    assert [] == up(take_over=False, version="2", **now)
    for kind in KINDS:
        metadata = cluster.api.get(f"{of}/{kind}")["metadata"]
        assert ("agent-2", "agent") == (
            metadata["labels"]["helm.sh/chart"],
            metadata["annotations"]["meta.helm.sh/release-name"],
        )
    assert not project.destroy().failed
    assert not cluster.api.exists(f"{of}/configmaps/agent")


def test_what_another_stack_made_is_that_stacks_no_more_and_neither_stays_beside_us(
    project, second, cluster, namespace
):
    path = f"namespaces/{namespace}/roles/reader"

    def program(verb="get", take_over=True):
        rule = {"apiGroups": [""], "resources": ["configmaps"], "verbs": [verb]}
        role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "rules": [rule]}
        given = {"manifests": {**role, "metadata": {"name": "reader"}}, "namespace": namespace, "take_over": take_over}
        return lambda: ConfiguredManifests("agent", given)

    def owners():
        entries = cluster.api.get(path)["metadata"]["managedFields"]
        return [one["manager"] for one in entries if "f:rules" in one["fieldsV1"]]

    assert not project.up(program(take_over=False)).failed
    (theirs,) = owners()
    assert not second.up(program()).failed
    (ours,) = owners()
    assert theirs != ours

    assert not second.up(program(take_over=False)).failed
    outcome = second.up(program("list", take_over=False))
    assert not outcome.failed, outcome.output
    assert (["list"], [ours]) == (cluster.api.get(path)["rules"][0]["verbs"], owners())
    late = project.up(program("watch", take_over=False))
    assert (True, True) == (late.failed, "conflict" in late.output)


def test_user_who_has_what_rbac_prints_can_preview_and_take_over(helms, project, cluster, namespace, tmp_path, capsys):
    (tmp_path / "manifests.yaml").write_text(manifests(of_service=""))
    assert 0 == main(["rbac", "-n", namespace, "--take-over", str(tmp_path / "manifests.yaml")])
    grant(cluster, user := f"takes-over-{namespace}", capsys.readouterr().out)
    wants = program(namespace, of_service="", level="debug", version="2")
    kubeconfig = ConfigValue(kubeconfig_of(cluster, user))
    project.stack(wants).set_config("kubernetes:kubeconfig", kubeconfig)

    for run in (project.preview, project.up):
        outcome = run(wants)
        assert not outcome.failed, outcome.output
        assert "may not" not in outcome.output
        assert any("takes over Deployment" in one for one in told(outcome))
    chart = {cluster.api.get(f"namespaces/{namespace}/{kind}")["metadata"]["labels"]["helm.sh/chart"] for kind in KINDS}
    assert {"agent-2"} == chart


def test_claim_that_is_bound_is_taken_over_although_its_class_waits_for_a_pod(project, cluster, namespace):
    """As nearly every cloud's class does. The provider waits until a new one is pending, which this is no more."""
    spec = {"storageClassName": "late", "accessModes": ["ReadWriteOnce"]}
    late = {"metadata": {"name": "late"}, "provisioner": "none", "volumeBindingMode": "WaitForFirstConsumer"}
    claimed = {"claimRef": {"namespace": namespace, "name": "data"}, "hostPath": {"path": "/none"}, **spec}
    volume = {"metadata": {"name": namespace}, "spec": {"capacity": {"storage": "1Gi"}, **claimed}}
    spec["resources"] = {"requests": {"storage": "1Gi"}}
    claims = f"namespaces/{namespace}/persistentvolumeclaims"
    for path, of in (("storageclasses", late), ("persistentvolumes", volume),
                     (claims, {"metadata": {"name": "data"}, "spec": {**spec, "volumeName": namespace}})):  # fmt: skip
        cluster.api.create(path, of)
    cluster.kubectl("-n", namespace, "wait", "pvc/data", "--for=jsonpath={.status.phase}=Bound", "--timeout=60s")

    def program(version):
        labels = {"helm.sh/chart": f"agent-{version}"}
        claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "spec": spec}
        claim["metadata"] = {"name": "data", "labels": labels}
        given = {"manifests": claim, "namespace": namespace, "take_over": True}
        return lambda: ConfiguredManifests("agent", given)

    for version in ("1", "2"):
        outcome = project.up(program(version))
        assert not outcome.failed, outcome.output
    assert "agent-2" == cluster.api.get(f"{claims}/data")["metadata"]["labels"]["helm.sh/chart"]
