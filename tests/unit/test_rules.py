"""Every rule fires on its bad example and not on its good one, and on nothing that only looks like it."""

import hashlib

import pytest

from config_rollout.core.rules import BY_ID, RULES
from config_rollout.core.rules.objects import UNKNOWN, KubernetesObject
from tests.objects.rule_examples import manifest, objects, program, said

NAMES = [rule.id for rule in RULES]


@pytest.mark.parametrize("name", NAMES)
def test_rule_fires_on_its_bad_example(name):
    found = objects(BY_ID[name], BY_ID[name].bad)

    assert 1 == len(said(name, found))


@pytest.mark.parametrize("name", NAMES)
def test_rule_is_silent_on_its_good_example(name):
    found = objects(BY_ID[name], BY_ID[name].good)

    assert found
    assert [] == said(name, found)


def test_ids_are_different():
    assert len(NAMES) == len(set(NAMES))


def workload(template: str = "", spec: str = "", metadata: str = "", kind: str = "DaemonSet") -> str:
    """Return a manifest; the arguments are flow YAML to be put in."""
    return (
        f"apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: agent, {metadata}}}\nspec:\n"
        f"  {{selector: {{matchLabels: {{app: agent}}}}, template: {{{template or 'spec: {}'}}}, {spec}}}\n---\n"
    )


def config_map(metadata: str = "name: agent", more: str = "data: {a.yaml: x}", kind: str = "ConfigMap") -> str:
    return f"apiVersion: v1\nkind: {kind}\nmetadata: {{{metadata}}}\n{more}\n---\n"


def reading(reference: str, template: str = "", container: str = "", metadata: str = "") -> str:
    """Return a workload that reads something."""
    return workload(
        f"spec: {{containers: [{{name: a, image: a, {container}}}], {reference}}}, {template}", metadata=metadata
    )


VOLUME = "volumes: [{name: v, configMap: {name: agent}}]"


def test_config_named_by_pulumi_counts_as_named_after_its_content_where_it_is_replaced():
    mounted = 'agent:1", volumeMounts: [{name: config, mountPath: /a, subPath: agent.yaml}]'
    text = (
        BY_ID["hash-from-resource"]
        .bad.replace('agent:1"', mounted)
        .replace(
            "metadata: {name: agent, namespace: default}\n      data",
            """
      metadata: {name: agent-1a2b3z, namespace: default, annotations: {pulumi.com/autonamed: "true"}}
      data""",
        )
    )

    assert [0, 1] == [len(said("config-not-hashed", program(text, replaces=flag))) for flag in (True, False)]
    assert [0, 0] == [len(said("hash-from-resource", program(text, replaces=flag))) for flag in (True, False)]


@pytest.mark.parametrize(
    ("old", "new", "facts", "findings"),
    [
        pytest.param("", "", {}, 1, id="as it is"),
        pytest.param("ConfigMap", "Secret", {}, 1, id="a Secret"),
        pytest.param("DaemonSet", "Deployment", {}, 1, id="a Deployment"),
        pytest.param("", "", {"replaces": False}, 0, id="a provider that updates ConfigMaps in place"),
        pytest.param("\n      data: {", "\n      immutable: true\n      data: {", {"replaces": False}, 1,
                     id="but not immutable ones"),
        pytest.param("ConfigMap\n", "ConfigMapPatch\n", {}, 0, id="a patch, which is never replaced"),
        pytest.param("metadata: {name: agent, namespace: default}\n      data",
                     "metadata: {name: agent-3f1a6b02c4, namespace: default}\n      data", {}, 0,
                     id="named after its content"),
    ],
)  # fmt: skip
def test_hash_from_resource(old, new, facts, findings):
    text = BY_ID["hash-from-resource"].bad.replace(old, new, 1 if old != "ConfigMap" else -1) if old else None

    assert findings == len(said("hash-from-resource", program(text or BY_ID["hash-from-resource"].bad, **facts)))


def test_hash_from_resource_of_an_unknown_provider_is_not_checked():
    found = program(BY_ID["hash-from-resource"].bad, replaces=UNKNOWN)

    assert ["not checked: spec: the provider of ConfigMap 'agent' is not known yet"] == said(
        "hash-from-resource", found
    )


@pytest.mark.parametrize(
    ("text", "facts", "findings"),
    [
        (BY_ID["config-replaced"].bad, {}, 1),
        (BY_ID["config-replaced"].bad, {"replaces": False}, 0),
        (BY_ID["config-replaced"].bad.replace("      data: {agent.yaml: \"level: info\"}\n", ""), {}, 0),
        (BY_ID["config-replaced"].bad + "      immutable: true\n", {}, 0),
    ],
)  # fmt: skip
def test_config_replaced(text, facts, findings):
    assert findings == len(said("config-replaced", program(text, **facts)))


@pytest.mark.parametrize("name", ["config-replaced", "hash-from-resource", "patch-on-destroy"])
def test_rules_on_what_pulumi_does_say_nothing_of_a_manifest(name):
    text = config_map() + reading(VOLUME)

    assert [] == said(name, manifest(text).objects)


def annotated(value: str) -> str:
    template = f"metadata: {{annotations: {{checksum/config: {value!r}}}}}"
    return reading(VOLUME, template, "volumeMounts: [{mountPath: /etc/agent}]", "labels: {helm.sh/chart: agent-1.2.3}")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (hashlib.sha256(b"agent/templates/configmap.yaml").hexdigest(), "is the hash of 'agent/templates/configmap.ya"),
        (hashlib.sha1(b"agent").hexdigest(), "is the hash of 'agent'"),
        (hashlib.md5(b"").hexdigest(), "is the hash of an empty text"),
        (hashlib.sha256(b"/etc/agent").hexdigest()[:10], "is the hash of '/etc/agent'"),
        ("sha256:" + hashlib.sha256(b"").hexdigest(), "is the hash of an empty text"),
        ("/etc/agent/agent.yaml", "is a path"),
        ("v2", "is too short to be a hash"),
        ("", "is empty"),
    ],
)
def test_hash_not_of_content(value, words):
    (finding,) = said("hash-not-of-content", manifest(annotated(value)).objects)

    assert words in finding


@pytest.mark.parametrize(
    "value",
    [
        hashlib.sha256(b"level: info").hexdigest(),
        hashlib.sha256(b"level: info").hexdigest()[:8],
        "pbMNpJlxAYdOaJ1K8uOCRa3uXFOBFBHv2vEIA6/nyxU=",
        '{{ include (print .Template.BasePath "/configmap.yaml") . | sha256sum }}',
    ],
)
def test_hash_of_content_is_good(value):
    assert [] == said("hash-not-of-content", manifest(annotated(value)).objects)


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("metadata: {annotations: {deployed-at: '2026-03-01T12:00:00Z'}}", "is a time"),
        ("metadata: {annotations: {stamp: '1772366400'}}", "is a time"),
        ("metadata: {annotations: {stamp: '1772366400123'}}", "is a time"),
        ("metadata: {annotations: {kubectl.kubernetes.io/restartedAt: '2026-03-01T12:00:00Z'}}", "by hand"),
        ("metadata: {annotations: {rollme: x1y2z}}", "is random"),
        ("metadata: {labels: {helm.sh/chart: agent-1.2.3}}", "is the chart's version"),
        ("metadata: {labels: {git-commit: 3f1a6b02c4}}", "is a commit"),
        ("metadata: {annotations: {ci/build-number: '42'}}", "is the number of a run"),
        (
            "spec: {containers: [{image: 'a:1', env: [{name: DEPLOYED_AT, value: '2026-03-01T12:00:00Z'}]}]}",
            "is a time",
        ),
        ("spec: {containers: [{image: 'a:1', env: [{name: GIT_COMMIT, value: 3f1a6b02c4d5}]}]}", "is a commit"),
        ("spec: {initContainers: [{image: 'a:1', env: [{name: BUILD_ID, value: '7'}]}]}", "is the number of a run"),
    ],
)
@pytest.mark.parametrize("kind", ["DaemonSet", "Deployment"])
def test_volatile_template(template, words, kind):
    (finding,) = said("volatile-template", manifest(workload(template, kind=kind)).objects)

    assert words in finding


@pytest.mark.parametrize(
    "template",
    [
        "metadata: {annotations: {checksum/config: 3f1a6b02c4d53f1a6b02c4d53f1a6b02c4d53f1a}}",
        "metadata: {annotations: {prometheus.io/port: '8080', cluster-autoscaler.kubernetes.io/safe-to-evict: 'true'}}",
        "metadata: {annotations: {force-restart: '1', cluster-uuid: 0a0b0c0d-1111-2222-3333-444455556666}}",
        "spec: {containers: [{image: 'a:1', env: [{name: DEPLOYMENT_ID, value: prod-eu-1}]}]}",
        "metadata: {labels: {app.kubernetes.io/version: 1.2.3, chart: agent}}",
        "metadata: {labels: {git-commit: 3f1a6b02c4}}, spec: {containers: [{image: 'a:3f1a6b02c4'}]}",
        "spec: {containers: [{image: 'a:1', env: [{name: GOMEMLIMIT, value: 152MiB}, {name: EXPIRES, value: "
        "'2030-01-01T00:00:00Z'}, {name: TIMEOUT, value: '1600000000'}, {name: N, valueFrom: {fieldRef: {}}}]}]}",
    ],
)
def test_template_that_is_not_volatile(template):
    assert [] == said("volatile-template", manifest(workload(template)).objects)


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        ("spec: {containers: [{image: a}, {image: b, readinessProbe: {tcpSocket: {port: 1}}}]}", 0),
        ("spec: {containers: [{image: a, livenessProbe: {tcpSocket: {port: 1}}}]}", 1),
        ("spec: {initContainers: [{image: a}], containers: [{image: 'registry.k8s.io/pause:3.10'}]}", 0),
        ("spec: {}", 0),
    ],
)
def test_readiness_probe(text, findings):
    assert findings == len(said("readiness-probe", manifest(workload(text)).objects))


@pytest.mark.parametrize(
    ("name", "spec", "template", "findings"),
    [
        ("min-ready-seconds", "minReadySeconds: 0", "", 1),
        ("min-ready-seconds", "updateStrategy: {type: OnDelete}", "", 0),
        ("critical-budget", "updateStrategy: {rollingUpdate: {maxUnavailable: 100%}}",
         "spec: {priorityClassName: system-cluster-critical}", 1),
        ("critical-budget", "updateStrategy: {rollingUpdate: {maxUnavailable: 100%}}", "", 0),
        ("critical-budget", "updateStrategy: {rollingUpdate: {maxUnavailable: 25%}}",
         "spec: {priorityClassName: system-node-critical}", 0),
        ("critical-budget", "updateStrategy: {rollingUpdate: {maxUnavailable: 500}}",
         "spec: {priorityClassName: system-node-critical}", 0),
        ("update-strategy", "updateStrategy: null", "", 0),
        ("update-strategy", "updateStrategy: {rollingUpdate: {maxUnavailable: 0}}", "", 1),
        ("update-strategy", "updateStrategy: {rollingUpdate: {maxUnavailabel: 1}}", "", 1),
        ("update-strategy", "updateStrategy: {type: Recreate}", "", 1),
        ("update-strategy", "updateStrategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}",
         "spec: {hostNetwork: true, containers: [{ports: [{containerPort: 1}]}]}", 1),
        ("surge-on-host", "updateStrategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}",
         "spec: {hostNetwork: true, containers: [{ports: [{containerPort: 1}]}]}", 0),
        ("surge-on-host", "updateStrategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}",
         "spec: {containers: [{ports: [{containerPort: 1}]}]}", 0),
    ],
)  # fmt: skip
def test_rollout(name, spec, template, findings):
    assert findings == len(said(name, manifest(workload(template, spec)).objects))


def test_update_strategy_speaks_of_the_manifest():
    text = workload(spec="updateStrategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 1}}")

    assert [
        "spec.updateStrategy: maxSurge is 1 and maxUnavailable 1 (1 unless set). "
        "Set maxUnavailable to 0 with maxSurge: the API server takes only one of them."
    ] == said("update-strategy", manifest(text).objects)


def test_share_of_a_critical_fleet_can_be_set():
    text = BY_ID["critical-budget"].good

    assert [0, 1] == [len(said("critical-budget", manifest(text).objects, maxShare=share)) for share in (10, 9)]


def budget(selector: str) -> str:
    return (
        "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: b}\n"
        f"spec: {{selector: {selector}}}\n---\n" + workload("metadata: {labels: {app: agent, tier: node}}")
    )


@pytest.mark.parametrize(
    ("selector", "findings"),
    [
        ("{matchLabels: {app: agent}}", 1),
        ("{matchLabels: {app: web}}", 0),
        ("{}", 0),
        ("{matchExpressions: [{key: tier, operator: In, values: [node]}]}", 1),
        ("{matchExpressions: [{key: tier, operator: NotIn, values: [node]}]}", 0),
        ("{matchExpressions: [{key: app, operator: Exists}, {key: x, operator: DoesNotExist}]}", 1),
        ("{matchExpressions: [{key: app, operator: Nonsense}]}", 0),
    ],
)
def test_disruption_budget(selector, findings):
    assert findings == len(said("disruption-budget", manifest(budget(selector)).objects))


def test_disruption_budget_of_a_deployment_too_is_good():
    text = budget("{matchLabels: {app: agent}}") + workload("metadata: {labels: {app: agent}}", kind="Deployment")

    assert [] == said("disruption-budget", manifest(text).objects)


def kube_proxy(fields: str, image: str = "") -> list[KubernetesObject]:
    text = f"apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n{fields}\n"
    lines = "\n".join(f"    {line}" for line in text.splitlines())
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: agent}}\ndata:\n  config.conf: |\n{lines}\n---\n"
    return manifest(text + (reading(VOLUME).replace("image: a", f"image: '{image}'") if image else "")).objects


@pytest.mark.parametrize(
    ("name", "fields", "findings"),
    [
        ("kube-proxy-refuses", "mode: nonsense\noomScoreAdj: 5000", 2),
        ("kube-proxy-refuses", "nonsense: 1", 0),
        ("kube-proxy-refuses", "mode: ''\nclusterCIDR: ''", 0),
        ("kube-proxy-ignores", "mode: iptables\nnonsense: 1", 1),
        ("kube-proxy-ignores", "mode: iptables\nudpIdleTimeout: 250ms", 1),
        ("kube-proxy-ignores", "mode: iptables\nconntrack.maxPerCore: 0\nmetadata: {name: a}", 2),
        ("kube-proxy-ignores", "mode: iptables\nmode: iptables", 1),
        ("kube-proxy-ignores", "mode: iptables\nfeatureGates: {NoSuchGate: true}", 1),
        ("kube-proxy-refuses", "mode: iptables\noomScoreAdj: &a -2000", 1),
        ("kube-proxy-health-port", "mode: iptables\nhealthzBindAddress: &a 0.0.0.0:1", 1),
        ("kube-proxy-mode", "mode: ''", 1),
        ("kube-proxy-health-port", "mode: iptables\nhealthzBindAddress: ''", 0),
        ("kube-proxy-health-port", "mode: iptables\nhealthzBindAddress: '[::]:10256'", 0),
    ],
)
def test_kube_proxy(name, fields, findings):
    assert findings == len(said(name, kube_proxy(fields)))


@pytest.mark.parametrize(
    ("image", "findings"),
    [
        ("registry.k8s.io/kube-proxy:v1.34.3", 0),
        ("registry.k8s.io/kube-proxy:v1.35.0", 1),
        ("registry.k8s.io/kube-proxy:v1.36.3@sha256:aa", 1),
        ("mirror/kube-proxy:latest", 1),
    ],
)
def test_ipvs_counts_from_the_release_on_that_deprecates_it(image, findings):
    assert findings == len(said("kube-proxy-ipvs", kube_proxy("mode: ipvs", image)))


def test_kube_proxy_configuration_that_cannot_be_read_is_refused_with_its_line():
    (what,) = said("kube-proxy-refuses", kube_proxy("ipvs:\n\tscheduler: rr"))

    assert what.startswith("data['config.conf']: line 4: kube-proxy cannot read it: it is not valid YAML (found ")


@pytest.mark.parametrize(
    ("where", "findings"),
    [("name: kube-proxy, namespace: kube-system", 1), ("name: kube-proxy, namespace: mine", 0), ("name: other", 0)],
)
def test_key_of_a_known_layout_is_kube_proxy_s_whatever_it_says(where, findings):
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{{where}}}\ndata: {{config.conf: 'mode: ipvs'}}\n"

    assert findings == len(said("kube-proxy-refuses", manifest(text).objects))


@pytest.mark.parametrize(("system", "findings"), [("windows", 0), ("linux", 1), ("", 1)])
def test_unset_mode_is_no_matter_where_there_is_one_mode(system, findings):
    text = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\\nkind: KubeProxyConfiguration"
    selector = f"nodeSelector: {{kubernetes.io/os: {system}}}, " if system else ""
    objects = manifest(
        f'apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata: {{c: "{text}"}}\n---\n'
        "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: p}\nspec: {template: {spec: {"
        f"{selector}containers: [{{name: p, image: p}}], volumes: [{{name: c, configMap: {{name: a}}}}]}}}}}}\n"
    ).objects

    assert findings == len(said("kube-proxy-mode", objects))


@pytest.mark.parametrize(
    ("image", "fields", "findings"),
    [
        ("kube-proxy:v1.36.3", "mode: iptables\nfeatureGates: {IPv6DualStack: true}", 1),
        ("kube-proxy:v1.36.3", "mode: iptables\nshowHiddenMetricsForVersion: '1.30'", 1),
        ("kube-proxy:v1.99.3", "mode: iptables\nfeatureGates: {IPv6DualStack: true}", 0),
        ("kube-proxy:latest", "mode: iptables\nfeatureGates: {IPv6DualStack: true}", 0),
        ("kube-proxy:v1.36.3", "mode: iptables\nfeatureGates: {NFTablesProxyMode: false}", 1),
        ("kube-proxy:v1.36.3", "mode: iptables\nfeatureGates: {NFTablesProxyMode: true}", 0),
    ],
)
def test_release_of_the_pods_decides_about_feature_gates(image, fields, findings):
    assert findings == len(said("kube-proxy-release", kube_proxy(fields, image)))


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        ("-----BEGIN RSA PRIVATE KEY-----", 1),
        ("-----BEGIN CERTIFICATE-----", 0),
        ("kind: Config\\nusers:\\n- user:\\n    password: x", 1),
        ("kind: Config\\nusers:\\n- user:\\n    client-key-data: x", 1),
        ("kind: Config\\nusers:\\n- user:\\n    token: ''", 0),
        ("kind: Config\\nusers:\\n- user:\\n    token: ${TOKEN}", 0),
        ("kind: Config\\nusers:\\n- user:\\n    tokenFile: /a", 0),
        ("token: x", 0),
    ],
)
def test_secret_in_config_map(text, findings):
    found = manifest(config_map(more=f'data: {{k: "{text}"}}')).objects

    assert findings == len(said("secret-in-config-map", found))


def test_no_finding_shows_a_variable():
    env = "[{name: NONCE, value: s3cret}, {name: RUN_ID, value: '12345'}]"
    text = workload(f"spec: {{containers: [{{image: a, env: {env}}}]}}")
    found = said("volatile-template", manifest(text).objects)

    assert [2, False, False] == [len(found), "s3cret" in "".join(found), "12345" in "".join(found)]


def test_no_finding_shows_a_secret():
    text = 'data: {k: "kind: Config\\nusers:\\n- user:\\n    token: abcdef"}'

    assert "abcdef" not in "".join(said("secret-in-config-map", manifest(config_map(more=text)).objects))


UNKNOWN_SPEC = KubernetesObject("DaemonSet", {"metadata": {"name": "agent"}, "spec": UNKNOWN})


@pytest.mark.parametrize("name", NAMES)
def test_unknown_is_never_a_finding_and_never_a_crash(name):
    values = ({"spec": UNKNOWN}, {"spec": {"template": UNKNOWN}}, {"spec": {"template": {"spec": UNKNOWN}}},
              {"metadata": UNKNOWN}, {"data": UNKNOWN}, {"data": {"a": UNKNOWN}, "metadata": {"name": UNKNOWN}},
              {"spec": {"updateStrategy": UNKNOWN, "minReadySeconds": UNKNOWN, "selector": UNKNOWN}})  # fmt: skip
    kinds = ("DaemonSet", "ConfigMap", "Secret", "PodDisruptionBudget")
    found = [KubernetesObject(kind, value) for kind in kinds for value in values]
    quiet = [what for what in said(name, found) if not what.startswith("not checked")]

    assert not quiet or name == "min-ready-seconds"  # a spec without it is known to lack it


@pytest.mark.parametrize("name", ["config-not-hashed", "readiness-probe"])
def test_unknown_spec_is_told(name):
    assert ["not checked: spec: is not known before the update"] == said(name, [UNKNOWN_SPEC])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [None, 1, "x", [], {}, [None], {"a": None}])
def test_odd_shapes_never_crash_a_rule(name, value):
    shapes = [{key: value} for key in ("metadata", "spec", "data", "immutable")]
    shapes += [{"spec": {key: value}} for key in ("template", "selector", "updateStrategy", "minReadySeconds")]
    shapes += [{"spec": {"template": {key: value}}} for key in ("metadata", "spec")]
    shapes += [{"spec": {"template": {"spec": {key: value}}}} for key in ("containers", "volumes", "hostNetwork")]
    shapes += [{"spec": {"template": {"metadata": {key: value}}}} for key in ("annotations", "labels")]
    shapes += [{"metadata": {key: value}} for key in ("name", "namespace", "annotations")]
    kinds = ("DaemonSet", "Deployment", "ConfigMap", "Secret", "PodDisruptionBudget")

    said(name, [KubernetesObject(kind, shape) for kind in kinds for shape in shapes])
