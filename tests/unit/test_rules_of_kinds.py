"""The rules on what our components make of each kind, and on Jobs and CronJobs, which nothing restarts."""

import pytest
import yaml

from config_rollout.core.configuration.content import parse_content
from config_rollout.core.kubernetes.workload_kinds import KINDS
from config_rollout.core.rules.checking import check
from config_rollout.core.rules.objects import KubernetesObject
from config_rollout.core.rules.settings import Settings
from config_rollout.core.workload.asked import workload_of
from config_rollout.core.workload.configuration import Configuration
from config_rollout.core.workload.render import render
from config_rollout.core.workload.source import Source
from tests.objects.check_runs import Folder

PROBE = {"httpGet": {"path": "/ready", "port": 8080}}
DATA = {"web.yaml": "level: info\n"}


def made(kind):
    """Return the objects that a component makes of a kind."""
    container = {"name": "web", "image": "web:1", "readinessProbe": PROBE}
    pod_spec = {
        "containers": [{**container, "envFrom": [{"configMapRef": {"name": "more"}}]}],
        "volumes": [{"name": "c", "configMap": {"name": "web"}}],
    }
    asked = {"namespace": "n", "pod_spec": pod_spec, "replicas": 3, "min_ready_seconds": 10}
    sources = [Source(name, parse_content(DATA)[0], DATA) for name in ("web", "more")]
    rendered = render(workload_of(kind, "web", asked), Configuration(sources))
    return [*rendered.sources.values(), rendered.workload]


def findings(objects):
    violations, _ = check([KubernetesObject(str(one["kind"]), one) for one in objects], Settings())
    return [(one.rule.id, one.object.kind) for one in violations]


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.kind)
def test_what_a_component_makes_has_no_findings(kind):
    assert [] == findings(made(kind))


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.kind)
@pytest.mark.parametrize(
    ("immutable", "found"), [(True, "immutable-fixed-name ConfigMap"), (False, "config-not-hashed workload")]
)
def test_workload_of_any_kind_is_held_to_the_rules_on_its_configuration(kind, immutable, found):
    config_map, _, workload = made(kind)
    config_map = {**config_map, "metadata": {**config_map["metadata"], "name": "web"}, "immutable": immutable}
    template = workload["spec"]["template"]
    del template["metadata"]["annotations"], template["spec"]["volumes"]
    template["spec"]["containers"][0]["envFrom"][0]["configMapRef"]["name"] = "web"
    rule, of = found.split()

    assert [(rule, kind.kind if of == "workload" else of)] == findings([config_map, workload])


READS = """
apiVersion: v1
kind: ConfigMap
metadata: {{name: agent}}
data: {{agent.yaml: "level: info"}}
---
apiVersion: {group}
kind: {kind}
metadata: {{name: agent}}
spec: {spec}
"""
POD = (
    '{restartPolicy: Never, containers: [{name: a, image: "a:1", env: [{name: L, valueFrom: {configMapKeyRef: %s}}]}]}'
)
JOBS = pytest.mark.parametrize(
    ("kind", "spec"),
    [("Job", "{{template: {{spec: {pod}}}}}"),
     ("CronJob", "{{schedule: '@daily', jobTemplate: {{spec: {{template: {{spec: {pod}}}}}}}}}")],
)  # fmt: skip


def reading(kind, spec, key):
    text = spec.format(pod=POD % f"{{name: agent, key: {key}}}")
    return READS.format(group="batch/v1", kind=kind, spec=text)


@JOBS
def test_job_has_its_configuration_checked_and_nothing_said_of_restarts(kind, spec):
    right, wrong = (list(yaml.safe_load_all(reading(kind, spec, key))) for key in ("agent.yaml", "agent.yml"))

    assert ([], [("missing-key", kind)]) == (findings(right), findings(wrong))


@JOBS
def test_fix_writes_no_hash_into_a_job(kind, spec, tmp_path):
    here = Folder(tmp_path)
    here.write("m.yaml", reading(kind, spec, "agent.yaml"))

    assert (0, "", "config-rollout: nothing to fix.\n") == here.check(".", "--fix", "--yes")
