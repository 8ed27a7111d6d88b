"""What changes with every deployment in a pod template, and what to do about it without breaking anything."""

import pytest

from tests.objects.manifests import workload
from tests.objects.rule_examples import manifest, said

NOW = "'2026-03-01T12:00:00Z'"
SHA = "3f1a6b02c4d53f1a6b02c4d53f1a6b02c4d53f1a"


def annotation(key: str, value: str) -> str:
    return f"metadata: {{annotations: {{{key}: {value}}}}}"


def label(key: str, value: str) -> str:
    return f"metadata: {{labels: {{{key}: {value}}}}}"


def variable(name: str, value: str, image: str = "'a:1'") -> str:
    return f"spec: {{containers: [{{image: {image}, env: [{{name: {name}, value: {value}}}]}}]}}"


@pytest.mark.parametrize(
    ("template", "words"),
    [
        (annotation("deployed-at", NOW), "is a time"),
        (annotation("deployedAt", "'1772366400'"), "is a time"),
        (annotation("deployedAt", "'2026-03-01'"), "is a time"),
        (annotation("deployedAt", "'20260301-1200'"), "is a time"),
        (annotation("deployedAt", "'Sun Mar 1 12:00:00 UTC 2026'"), "is a time"),
        (annotation("last-restart", "'1772366400'"), "is a time"),
        (annotation("stamp", "'1772366400'"), "is a time"),
        (annotation("stamp", "'1772366400123'"), "is a time"),
        (annotation("anything", NOW), "is a time"),
        (annotation("kubectl.kubernetes.io/restartedAt", NOW), "a manual restart"),
        (annotation("rollme", "x1y2z"), "is random"),
        (label("helm.sh/chart", "agent-1.2.3"), "is the chart's version"),
        (label("git-commit", "3f1a6b02c4"), "is a commit"),
        (label("gitSha", SHA), "is a commit"),
        (label("commit", SHA), "is a commit"),
        (label("revision", "3f1a6b0"), "is a commit"),
        (label("app.kubernetes.io/version", SHA), "is a commit"),
        (label("app.kubernetes.io/version", "3f1a6b0"), "is a commit"),
        (label("app.kubernetes.io/version", "main-3f1a6b0"), "is a commit"),
        (label("app.kubernetes.io/version", "v1.2.3-14-g3f1a6b0"), "is a commit"),
        (annotation("ci/build-number", "'42'"), "is a run number"),
        (label("pipeline", "'1234567'"), "is a run number"),
        (label("ci/pipelineId", "'1234567'"), "is a run number"),
        (label("ci_job_id", "'1234567'"), "is a run number"),
        (label("revision", "'17'"), "is a run number"),
        (label("helm-revision", "'17'"), "is a run number"),
        (variable("DEPLOYED_AT", NOW), "is a time"),
        (variable("DEPLOY_TIMESTAMP", "'1772366400'"), "is a time"),
        (variable("BUILD_DATE", "'2026-03-01'"), "is a time"),
        (variable("RESTART_TS", "'1772366400'"), "is a time"),
        (variable("GIT_COMMIT", "3f1a6b02c4d5"), "is a commit"),
        (variable("CI_COMMIT_SHA", SHA), "is a commit"),
        (variable("CI_PIPELINE_ID", "'123456'"), "is a run number"),
        ("spec: {initContainers: [{image: 'a:1', env: [{name: BUILD_ID, value: '7'}]}]}", "is a run number"),
        (annotation("checksum/install_info", SHA), "is a hash of content in which information about the installation"),
    ],
)
@pytest.mark.parametrize("kind", ["DaemonSet", "Deployment"])
def test_volatile_template(template, words, kind):
    (finding,) = said("volatile-template", manifest(workload(template, kind=kind)).objects)

    assert words in finding


@pytest.mark.parametrize(
    "template",
    [
        annotation("checksum/config", SHA),
        annotation("kubernetes.io/egress-bandwidth", "'1500000000'"),
        annotation("limit", "'1500000000'"),
        annotation("expires", "'2030-01-01T00:00:00Z'"),
        annotation("not-after", "'2030-01-01T00:00:00Z'"),
        annotation("prometheus.io/port", "'8080'"),
        annotation("cluster-autoscaler.kubernetes.io/safe-to-evict", "'true'"),
        annotation("force-restart", "'1'"),
        annotation("cluster-uuid", "0a0b0c0d-1111-2222-3333-444455556666"),
        annotation("deployedAt", "'${DEPLOYED_AT}'"),
        annotation("rollme", "'{{ randAlphaNum 5 }}'"),
        label("app.kubernetes.io/version", "1.2.3"),
        label("app.kubernetes.io/version", "'20260301'"),
        label("app.kubernetes.io/version", "v2026.3.1"),
        label("chart", "agent"),
        label("istio.io/rev", "default"),
        label("revision", "stable"),
        label("pipeline", "metrics"),
        label("git-commit", "3f1a6b02c4") + ", spec: {containers: [{image: 'a:3f1a6b02c4'}]}",
        variable("DEPLOYMENT_ID", "prod-eu-1"),
        variable("GOMEMLIMIT", "152MiB"),
        variable("EXPIRES", "'2030-01-01T00:00:00Z'"),
        variable("TIMEOUT", "'1600000000'"),
        variable("GIT_SYNC_DEPTH", "'1000000'"),
        variable("GIT_SYNC_REV", SHA),
        variable("MAX_RUN_ID", "'1000'"),
        variable("KEEP_BUILD_NUMBER", "'10'"),
        variable("START_TIME", "'2026-03-01T12:00:00Z'"),
        variable("API_VERSION", "20260301"),
        variable("VERSION", "3f1a6b02c4"),
        variable("PASSWORD_HASH", "3f1a6b02c4"),
        "spec: {containers: [{image: 'a:1', env: [{name: N, valueFrom: {fieldRef: {}}}]}]}",
    ],
)
def test_template_that_is_not_volatile(template):
    assert [] == said("volatile-template", manifest(workload(template)).objects)


def fix_of(text: str) -> str:
    (finding,) = said("volatile-template", manifest(text).objects)
    return finding


CHART = label("helm.sh/chart", "agent-1.2.3")
BUDGET = """apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: agent}
spec: {selector: {matchLabels: {helm.sh/chart: agent-1.2.3}}}
---
"""
SPREAD = "topologySpreadConstraints: [{labelSelector: {matchLabels: {helm.sh/chart: agent-1.2.3}}}]"
FIELD = "{fieldPath: \"metadata.labels['helm.sh/chart']\"}"
READS_ITSELF = f"containers: [{{image: 'a:1', env: [{{name: C, valueFrom: {{fieldRef: {FIELD}}}}}]}}]"


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        pytest.param(workload(CHART), "Move it to metadata.labels, which restarts nothing.", id="moved"),
        pytest.param(
            workload(CHART, metadata="labels: {helm.sh/chart: agent-1.2.3}"),
            "Remove it here: metadata.labels has it too, and restarts nothing.",
            id="there already",
        ),
        pytest.param(
            workload(CHART).replace("{app: agent}", "{helm.sh/chart: agent-1.2.3}"),
            "Recreate the DaemonSet without it in selector and labels: a selector cannot be changed.",
            id="the selector has it",
        ),
        pytest.param(
            BUDGET + workload(CHART),
            "Remove it from the selector of PodDisruptionBudget default/agent first, then from the pod template.",
            id="a budget has it",
        ),
        pytest.param(
            workload(f"{CHART}, spec: {{{SPREAD}}}"),
            "Remove it from spec.template.spec.topologySpreadConstraints[0].labelSelector first, then from the pod "
            "template.",
            id="a constraint has it",
        ),
        pytest.param(
            workload(f"{CHART}, spec: {{{READS_ITSELF}}}"),
            "Remove it together with spec.template.spec.containers[0].env[0].valueFrom.fieldRef.fieldPath, which "
            "reads it.",
            id="the pods read it",
        ),
        pytest.param(
            workload(CHART).replace("selector: {matchLabels: {app: agent}}, ", ""),
            "Move it to metadata.labels, unless a selector uses it.",
            id="a part, whose selector nobody knows",
        ),
        pytest.param(
            workload(annotation("kubectl.kubernetes.io/restartedAt", NOW)),
            "Leave it to kubectl rollout restart.",
            id="by hand",
        ),
    ],
)
def test_fix_leaves_a_valid_object(text, fix):
    assert fix_of(text).endswith(f" {fix}")


CONFIG = """apiVersion: v1
kind: ConfigMap
metadata: {{name: agent}}
data: {{{data}}}
---
"""


@pytest.mark.parametrize(
    ("data", "findings"),
    [("a.yaml: x", 0), ("install_time: '1772366400'", 1), (f"a.yaml: 'generated at {NOW[1:-1]}'", 0)],
)
def test_hash_of_what_changes_with_each_deployment(data, findings):
    reads = "spec: {containers: [{image: a, envFrom: [{configMapRef: {name: agent}}]}]}"
    text = CONFIG.format(data=data) + workload(f"{annotation('checksum/config', SHA)}, {reads}")

    assert findings == len(said("volatile-template", manifest(text).objects))


def test_no_finding_shows_a_variable():
    env = "[{name: NONCE, value: s3cret}, {name: RUN_ID, value: '12345'}]"
    text = workload(f"spec: {{containers: [{{image: a, env: {env}}}]}}")
    found = said("volatile-template", manifest(text).objects)

    assert [2, False, False] == [len(found), "s3cret" in "".join(found), "12345" in "".join(found)]
