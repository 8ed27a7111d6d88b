"""What a later step fills in, and what others complete: not checked, or judged for no more than stands there."""

import pytest

from config_rollout.core.rules.checking import check
from config_rollout.core.rules.settings import Settings, parse_settings
from tests.objects.manifests import source, workload
from tests.objects.rule_examples import manifest, said

PLACEHOLDERS = ["${MAX}", "${max:=10%}", "$(MAX)", "{{ .Values.max }}", "{% if x %}1{% endif %}", "$MAX"]


@pytest.mark.parametrize("text", PLACEHOLDERS)
def test_budget_that_is_filled_in_later_is_not_checked(text):
    strategy = f"updateStrategy: {{rollingUpdate: {{maxUnavailable: '{text}'}}}}"
    found = manifest(workload("spec: {priorityClassName: system-node-critical}", strategy)).objects
    path = "spec.updateStrategy.rollingUpdate.maxUnavailable"

    expected = [f"not checked: {path}: contains a placeholder (got {text!r})"]
    assert [expected, expected] == [said("update-strategy", found), said("critical-budget", found)]


@pytest.mark.parametrize(
    ("strategy", "findings", "unchecked"),
    [
        ("{rollingUpdate: {maxUnavailable: '10 %'}}", 1, 0),
        ("{rollingUpdate: {maxUnavailable: '${X}', maxSurge: nonsense}}", 1, 1),
        ("{type: '${TYPE}'}", 0, 1),
        ("'{{ .Values.strategy }}'", 0, 1),
        ("{rollingUpdate: '${X}'}", 0, 1),
    ],
)
def test_rest_of_a_strategy_is_checked(strategy, findings, unchecked):
    told = said("update-strategy", manifest(workload(spec=f"updateStrategy: {strategy}")).objects)

    assert [findings, unchecked] == [
        sum(one.startswith("not checked") is kind for one in told) for kind in (False, True)
    ]


READ = """apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    spec:
      containers: [{name: a, image: a, env: [{name: L, valueFrom: {configMapKeyRef: {name: agent, key: KEY}}}]}]
"""


AT = "spec.template.spec.containers[0].env[0].valueFrom.configMapKeyRef.key"


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("a.yaml", []),
        ("'${KEY}'", [f"not checked: {AT}: contains a placeholder (got '${{KEY}}')"]),
    ],
)
def test_key_that_is_filled_in_later_is_not_checked(key, expected):
    assert expected == said("missing-key", manifest(source() + READ.replace("KEY", key)).objects)


@pytest.mark.parametrize(("name", "expected"), [("agent-${ENV}", 1), ("other-${ENV}", 0)])
def test_name_with_a_placeholder_is_that_of_the_object_that_has_it_too(name, expected):
    text = source("'agent-${ENV}'") + READ.replace("name: agent, key: KEY", f"name: '{name}', key: a.yaml")
    told = said("config-not-hashed", manifest(text).objects)

    assert [expected, 1 - expected] == [
        sum(one.startswith("not checked") is kind for one in told) for kind in (False, True)
    ]


def kube_proxy(fields: str) -> str:
    text = f"apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n{fields}\n"
    lines = "\n".join(f"    {line}" for line in text.splitlines())
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n  config.conf: |\n{lines}\n"


@pytest.mark.parametrize(
    ("fields", "rule", "findings", "unchecked"),
    [
        ("mode: ${MODE}", "kube-proxy-refuses", 0, 1),
        ("mode: '{{ kube_proxy_mode }}'", "kube-proxy-refuses", 0, 1),
        ("mode: {{ kube_proxy_mode }}", "kube-proxy-refuses", 0, 1),
        ("clusterCIDR: ${POD_CIDR}\nmode: iptables", "kube-proxy-refuses", 0, 1),
        ("oomScoreAdj: -2000\nclusterCIDR: ${POD_CIDR}", "kube-proxy-refuses", 1, 1),
        ("featureGates: {A: '{{ gate }}'}", "kube-proxy-refuses", 0, 1),
        ("mode: iptables\nhealthzBindAddress: 0.0.0.0:${PORT}", "kube-proxy-health-port", 0, 1),
        ("mode: iptables\n${MORE}: 1", "kube-proxy-ignores", 0, 1),
    ],
)
def test_kube_proxy_is_not_checked_where_something_is_filled_in_later(fields, rule, findings, unchecked):
    told = said(rule, manifest(kube_proxy(fields)).objects)

    assert [findings, unchecked] == [
        sum(one.startswith("not checked") is kind for one in told) for kind in (False, True)
    ]


@pytest.mark.parametrize("value", ["'${HASH}'", "'{{ include \"x\" . | sha256sum }}'", "'$(HASH)'"])
def test_hash_that_is_filled_in_later_covers_and_is_not_judged(value):
    text = READ.replace("    spec:", f"    metadata: {{annotations: {{checksum/config: {value}}}}}\n    spec:")
    found = manifest(source() + text.replace("KEY", "a.yaml")).objects

    assert [[], []] == [said("config-not-hashed", found), said("hash-not-of-content", found)]


PATCH = """apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, annotations: {checksum/config: 3f1a6b02c4d53f1a}}
spec:
  UPDATE
  template:
    spec:
      hostNetwork: true
      containers: [{name: a, image: a, envFrom: [{configMapRef: {name: agent}}]}]
"""


def mandatory_and_advisory(text: str) -> tuple[int, int]:
    settings, _ = parse_settings({"all": "advisory", "update-strategy": "mandatory", "missing-key": "mandatory"})
    violations, _ = check(manifest(text).objects, settings)
    mandatory = sum(violation.level.value == "mandatory" for violation in violations)
    return mandatory, len(violations) - mandatory


@pytest.mark.parametrize(
    ("update", "expected"),
    [
        ("", (0, 0)),
        ("updateStrategy: {rollingUpdate: {maxUnavailable: 0}}", (0, 0)),
        ("updateStrategy: {rollingUpdate: {maxUnavailable: 150%}}", (1, 0)),
        ("updateStrategy: {rollingUpdate: {maxUnavailable: 0, maxSurge: 0}}", (1, 0)),
        ("updateStrategy: {type: OnDelete}", (0, 0)),
    ],
)
def test_patch_is_judged_for_what_stands_in_it(update, expected):
    assert expected == mandatory_and_advisory(source() + PATCH.replace("UPDATE", update))


@pytest.mark.parametrize(
    ("old", "new", "partial"),
    [
        ("UPDATE", "selector: {matchLabels: {app: agent}}", False),
        ("UPDATE", "", True),
        ("apps/v1", "extensions/v1beta1", False),
        ("hostNetwork: true", "$patch: replace", True),
    ],
)
def test_object_without_a_selector_or_with_a_directive_is_a_part(old, new, partial):
    text = PATCH.replace(old, new).replace("UPDATE", "minReadySeconds: 1" if old == "UPDATE" else "selector: {a: b}")
    if old == "apps/v1":
        text = text.replace("selector: {a: b}", "minReadySeconds: 1")
    (found,) = manifest(text).objects

    assert (partial, "DaemonSet default/agent") == (found.patch, found.title)


def test_patch_of_a_config_map_beside_a_patch_lacks_no_key():
    assert (0, 0) == mandatory_and_advisory(
        source()
        + PATCH.replace(
            "envFrom: [{configMapRef: {name: agent}}]",
            "env: [{name: A, valueFrom: {configMapKeyRef: {name: agent, key: other}}}]",
        ).replace("UPDATE", "")
    )


def test_placeholders_say_nothing_of_what_is_free_text():
    text = READ.replace("image: a,", "image: '${IMAGE}', args: ['--node=$(NODE)'],").replace("KEY", "a.yaml")
    violations, unchecked = check(manifest(text).objects, Settings())

    assert (["readiness-probe"], []) == ([violation.rule.id for violation in violations], unchecked)
