"""Every rule fires on its bad example and not on its good one, and on nothing that only looks like it."""

import hashlib

import pytest

from config_rollout.core.markers import UNKNOWN
from config_rollout.core.rules import BY_ID, RULES
from config_rollout.core.rules.objects import KubernetesObject
from tests.objects.manifests import workload
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


def config_map(metadata: str = "name: agent", more: str = "data: {a.yaml: x}", kind: str = "ConfigMap") -> str:
    return f"apiVersion: v1\nkind: {kind}\nmetadata: {{{metadata}}}\n{more}\n---\n"


def reading(reference: str, template: str = "", container: str = "", metadata: str = "") -> str:
    """Return a workload that reads something."""
    return workload(
        f"spec: {{containers: [{{name: a, image: a, {container}}}], {reference}}}, {template}", metadata=metadata
    )


HEX = "3f1a6b02c4d53f1a6b02c4d53f1a6b02c4d53f1a"
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

    assert ["not checked: spec: depends on the provider of ConfigMap 'agent', which is not known yet"] == said(
        "hash-from-resource", found
    )


@pytest.mark.parametrize(
    ("text", "facts", "findings"),
    [
        (BY_ID["config-replaced"].bad, {}, 1),
        (BY_ID["config-replaced"].bad, {"replaces": False}, 0),
        (BY_ID["config-replaced"].bad.replace('      data: {agent.yaml: "level: info"}\n', ""), {}, 0),
        (BY_ID["config-replaced"].bad + "      immutable: true\n", {}, 0),
    ],
)
def test_config_replaced(text, facts, findings):
    assert findings == len(said("config-replaced", program(text, **facts)))


@pytest.mark.parametrize("name", ["config-replaced", "hash-from-resource", "patch-on-destroy"])
def test_rules_on_what_pulumi_does_say_nothing_of_a_manifest(name):
    text = config_map() + reading(VOLUME)

    assert [] == said(name, manifest(text).objects)


@pytest.mark.parametrize(
    ("own", "inside", "reads", "findings"),
    [
        ("checksum/config", "", "configMapRef: {name: agent}", 1),
        ("checksum/config", "", "configMapRef: {name: elsewhere}", 1),
        ("checksum/config", "checksum/config", "configMapRef: {name: agent}", 0),
        ("checksum/secret", "checksum/config", "configMapRef: {name: agent}", 0),
        ("checksum/secret", "checksum/config", "secretRef: {name: agent}", 0),
        ("checksum/config", "", "", 0),
        ("operator.io/spec-hash", "", "configMapRef: {name: agent}", 0),
        ("kapp.k14s.io/original-diff-md5", "", "configMapRef: {name: agent}", 0),
        ("objectset.rio.cattle.io/hash", "", "configMapRef: {name: agent}", 0),
        ("agent.io/image-checksum", "", "configMapRef: {name: agent}", 0),
    ],
)
def test_hash_beside_template(own, inside, reads, findings):
    template = f"metadata: {{annotations: {{{f'{inside}: {HEX}' if inside else ''}}}}}"
    text = reading("", template, f"envFrom: [{{{reads}}}]" if reads else "", f"annotations: {{{own}: {HEX}}}")

    assert findings == len(said("hash-beside-template", manifest(text).objects))


def test_hash_beside_template_of_a_second_source():
    text = reading(
        "",
        f"metadata: {{annotations: {{checksum/config: {HEX}}}}}",
        "envFrom: [{configMapRef: {name: agent}}, {secretRef: {name: agent}}]",
        f"annotations: {{checksum/secret: {HEX}}}",
    )

    assert 1 == len(said("hash-beside-template", manifest(text).objects))


@pytest.mark.parametrize(
    ("name", "findings"),
    [("agent", 1), ("agent-config", 1), ("agent-3f1a6b02c4", 0), ("app-v2", 0), ("app-2", 0), ("app-2024-03-01", 0),
     ("app-v1.2.3", 0), ("app2", 1), ("app-decade", 1)],
)  # fmt: skip
def test_immutable_fixed_name(name, findings):
    text = config_map(f"name: {name}", "immutable: true\ndata: {a: x}")

    assert findings == len(said("immutable-fixed-name", manifest(text).objects))


def annotated(value: str) -> str:
    template = f"metadata: {{annotations: {{checksum/config: {value!r}}}}}"
    return reading(
        VOLUME, template, "volumeMounts: [{name: v, mountPath: /etc/agent}]", "labels: {helm.sh/chart: agent-1.2.3}"
    )


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (hashlib.sha256(b"agent/templates/configmap.yaml").hexdigest(), "is the hash of 'agent/templates/configmap.ya"),
        (hashlib.sha1(b"agent").hexdigest(), "is the hash of 'agent'"),
        (hashlib.sha256(b"null\n").hexdigest(), "is the hash of an empty text"),
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


def test_hash_of_nothing_is_good_where_nothing_is_read():
    text = annotated(hashlib.sha256(b"").hexdigest()).replace(VOLUME, "volumes: []")

    assert [] == said("hash-not-of-content", manifest(text).objects)


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


PROBE = "readinessProbe: {tcpSocket: {port: 1}}"
DEFAULT = "metadata: {annotations: {kubectl.kubernetes.io/default-container: main}}"


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        pytest.param(f"spec: {{containers: [{{image: a}}, {{image: b, {PROBE}}}]}}", 0, id="one of two"),
        pytest.param("spec: {containers: [{image: a, livenessProbe: {tcpSocket: {port: 1}}}]}", 1, id="liveness"),
        pytest.param("spec: {containers: [{image: a, startupProbe: {tcpSocket: {port: 1}}}]}", 0, id="startup"),
        pytest.param("spec: {initContainers: [{image: a}], containers: [{image: 'x/pause:3.10'}]}", 0, id="pause"),
        pytest.param(
            f"spec: {{initContainers: [{{image: a, restartPolicy: Always, {PROBE}}}], containers: [{{image: b}}]}}",
            0,
            id="a native sidecar decides on readiness",
        ),
        pytest.param(
            f"spec: {{initContainers: [{{image: a, {PROBE}}}], containers: [{{image: b}}]}}", 1, id="init container"
        ),
        pytest.param(
            f"spec: {{containers: [{{name: main, image: a}}, {{image: x/kube-rbac-proxy:v1, {PROBE}}}]}}",
            1,
            id="only a known sidecar",
        ),
        pytest.param(
            f"spec: {{containers: [{{name: agent, image: a}}, {{name: b, image: b, {PROBE}}}]}}",
            1,
            id="the container of the DaemonSet's name has none",
        ),
        pytest.param(
            f"{DEFAULT}, spec: {{containers: [{{name: main, image: a}}, {{name: b, image: b, {PROBE}}}]}}",
            1,
            id="the default container has none",
        ),
        pytest.param(
            f"{DEFAULT}, spec: {{containers: [{{name: main, image: a, {PROBE}}}, {{name: b, image: b}}]}}",
            0,
            id="the default container has one",
        ),
        pytest.param("spec: {readinessGates: [{conditionType: a/b}], containers: [{image: a}]}", 0, id="gate"),
        pytest.param("spec: {}", 0, id="nothing"),
    ],
)
def test_readiness_probe(text, findings):
    assert findings == len(said("readiness-probe", manifest(workload(text)).objects))


def test_unprobed_main_container_is_named():
    text = f"spec: {{containers: [{{name: agent, image: a}}, {{name: b, image: b, {PROBE}}}]}}"
    (finding,) = said("readiness-probe", manifest(workload(text)).objects)

    assert finding.startswith(
        "spec.template.spec.containers[0]: has no readinessProbe, only 'b' has one, so a pod is ready as soon as "
    )


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
        "Set maxUnavailable to 0 with maxSurge: the API server accepts only one of them."
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


HEALTH = "httpGet: {path: /livez, port: 10256}"


@pytest.mark.parametrize(
    ("address", "probe", "findings"),
    [
        ("127.0.0.1:10256", HEALTH, 1),
        ("'[::1]:10256'", HEALTH, 1),
        ("127.0.0.1:10256", HEALTH.replace("path", "host: 127.0.0.1, path"), 0),
        ("127.0.0.1:10256", "httpGet: {path: /, port: 80}", 0),
        ("127.0.0.1:10256", "tcpSocket: {port: 10256}", 1),
        ("127.0.0.1:10256", "tcpSocket: {port: 10249}", 0),
        (
            "127.0.0.1:10256",
            "httpGet: {path: /livez, port: health}}, ports: [{name: health, containerPort: 10256}], lifecycle: {",
            1,
        ),
        ("0.0.0.0:10256", HEALTH, 0),
        ("10.0.0.1:10256", HEALTH, 0),
    ],
)
@pytest.mark.parametrize("kind", ["readinessProbe", "livenessProbe"])
def test_health_address_on_loopback_fails_the_probe(address, probe, kind, findings):
    found = kube_proxy(f"mode: iptables\nhealthzBindAddress: {address}", f"x', {kind}: {{{probe}}}, workingDir: '/")

    assert findings == len(said("kube-proxy-health-port", found))


AFFINITY = (
    "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: "
    "[{key: kubernetes.io/os, operator: In, values: [SYSTEM]}]}]}}}"
)


@pytest.mark.parametrize(("system", "findings"), [("windows", 0), ("linux", 1), ("windows, linux", 0)])
@pytest.mark.parametrize("where", [AFFINITY, "os: {name: SYSTEM}"])
def test_mode_kernelspace_is_refused_where_it_is_known_to_be_linux(system, findings, where):
    config = kube_proxy("mode: kernelspace")[0].value
    text = reading(f"{VOLUME}, {where.replace('SYSTEM', system)}") if "," not in system or where is AFFINITY else ""
    found = [KubernetesObject("ConfigMap", config), *manifest(text).objects]

    assert (findings, 0) == tuple(len(said(rule, found)) for rule in ("kube-proxy-release", "kube-proxy-refuses"))


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


KEY = "-----BEGIN RSA PRIVATE KEY-----\\nMIIEpAIBAAKCAQEA3Tz2mr7SZiAMfQyuvBjM\\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        (KEY, 1),
        (KEY.replace("\\n", "\\\\n"), 1),
        ("tls.key: |\\n  " + KEY.replace("\\n", "\\n  "), 1),
        (KEY.replace("RSA PRIVATE KEY-----\\n", "ENCRYPTED PRIVATE KEY-----\\nProc-Type: 4,ENCRYPTED\\n"), 1),
        ("grep -q -- '-----BEGIN RSA PRIVATE KEY-----' /a", 0),
        ("-----BEGIN PRIVATE KEY-----\\nREPLACE_ME\\n-----END PRIVATE KEY-----", 0),
        ("-----BEGIN CERTIFICATE-----", 0),
        ("kind: Config\\nusers:\\n- user:\\n    password: x", 1),
        ("kind: Config\\nusers:\\n- user:\\n    client-key-data: x", 1),
        ("{apiVersion: v1, kind: Config, users: [{name: a, user: {token: s3cr3t}}]}", 1),
        ('{\\"kind\\": \\"Config\\", \\"users\\": [{\\"user\\": {\\"token\\": \\"s3cr3t\\"}}]}', 1),
        ("kind: Config\\nusers:\\n- user: {token: 123456789}", 1),
        ("kind: Config\\nusers: [{user: {token: REPLACE_ME}}]", 0),
        ("kind: Config\\nusers: [{user: {token: <your token>}}]", 0),
        ("kind: Config\\nusers: [{user: {token: changeme, password: xxxx}}]", 0),
        ("kind: Config\\nusers:\\n- user:\\n    token: {{ .token }}", 0),
        ("kind: Config\\nclusters: [{cluster: {server: {{ .server }}}}]\\nusers:\\n- user:\\n    token: s3cr3t", 1),
        ("kind: Config\\nusers:\\n- user:\\n    exec: {args: [token, get]}", 0),
        ("kind: Config\\nusers:\\n- user:\\n    token: ''", 0),
        ("kind: Config\\nusers:\\n- user:\\n    token: ${TOKEN}", 0),
        ("kind: Config\\nusers:\\n- user:\\n    tokenFile: /a", 0),
        ("token: x", 0),
    ],
)
def test_secret_in_config_map(text, findings):
    found = manifest(config_map(more=f'data: {{k: "{text}"}}')).objects

    assert findings == len(said("secret-in-config-map", found))


def test_no_finding_shows_a_secret():
    text = 'data: {k: "kind: Config\\nusers:\\n- user:\\n    token: abcdef"}'

    assert "abcdef" not in "".join(said("secret-in-config-map", manifest(config_map(more=text)).objects))


POD = "{containers: [{name: a, image: a, env: [{name: L, valueFrom: {configMapKeyRef: {name: agent, key: b}}}]}]}"


@pytest.mark.parametrize(
    ("head", "spec", "path"),
    [
        ("v1, kind: Pod", POD, "spec"),
        ("batch/v1, kind: Job", f"{{template: {{spec: {POD}}}}}", "spec.template.spec"),
        (
            "batch/v1, kind: CronJob",
            f"{{jobTemplate: {{spec: {{template: {{spec: {POD}}}}}}}}}",
            "spec.jobTemplate.spec.template.spec",
        ),
        ("apps/v1, kind: ReplicaSet", f"{{selector: {{a: b}}, template: {{spec: {POD}}}}}", "spec.template.spec"),
        ("argoproj.io/v1alpha1, kind: Rollout", f"{{template: {{spec: {POD}}}}}", "spec.template.spec"),
        ("apps.openshift.io/v1, kind: DeploymentConfig", f"{{template: {{spec: {POD}}}}}", "spec.template.spec"),
    ],
)
def test_missing_key_is_found_wherever_a_pod_is(head, spec, path):
    text = config_map() + f"{{apiVersion: {head}, metadata: {{name: a}}, spec: {spec}}}\n"
    (finding,) = said("missing-key", manifest(text).objects)

    assert finding.startswith(f"{path}.containers[0].env[0].valueFrom.configMapKeyRef.key: refers to key 'b', which ")


@pytest.mark.parametrize(
    ("head", "known"),
    [
        ("argoproj.io/v1alpha1, kind: Rollout", True),
        ("rollouts.kruise.io/v1beta1, kind: Rollout", False),
        ("v1, kind: DeploymentConfig", True),
        ("apps.kruise.io/v1, kind: DaemonSet", False),
        ("batch/v1beta1, kind: CronJob", True),
        ("apps/v1, kind: Pod", False),
    ],
)
def test_kind_of_another_group_is_another_kind(head, known):
    assert known == bool(manifest(f"{{apiVersion: {head}, metadata: {{name: a}}}}\n").objects)


UNKNOWN_SPEC = KubernetesObject("DaemonSet", {"metadata": {"name": "agent"}, "spec": UNKNOWN})


@pytest.mark.parametrize("name", NAMES)
def test_unknown_is_never_a_finding_and_never_a_crash(name):
    values = (
        {"spec": UNKNOWN},
        {"spec": {"template": UNKNOWN}},
        {"spec": {"template": {"spec": UNKNOWN}}},
        {"metadata": UNKNOWN},
        {"data": UNKNOWN},
        {"data": {"a": UNKNOWN}, "metadata": {"name": UNKNOWN}},
        {"spec": {"updateStrategy": UNKNOWN, "minReadySeconds": UNKNOWN, "selector": UNKNOWN}},
    )
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
