"""What covers which source, key by key: what the pods read and how, and by which convention something follows it."""

import pytest

from config_rollout.core.rules.coverage import explained
from config_rollout.core.rules.objects import WORKLOADS, Objects
from tests.objects.manifests import source
from tests.objects.rule_examples import manifest, said

HASH = "3f1a6b02c4d53f1a6b02c4d53f1a6b02c4d53f1a6b02c4d53f1a6b02c4d53f1a"
RULES = ("config-not-hashed", "config-changed-in-place")


def pods(
    container: str = "envFrom: [{configMapRef: {name: agent}}]",
    volumes: str = "",
    annotations: str = "",
    labels: str = "",
    own: str = "",
    more: str = "",
    kind: str = "DaemonSet",
    image: str = "a",
) -> str:
    """Return a workload; the arguments are flow YAML to be put in, `more` a second container or init containers."""
    version = {"Rollout": "argoproj.io/v1alpha1", "DeploymentConfig": "apps.openshift.io/v1"}.get(kind, "apps/v1")
    return f"""apiVersion: {version}
kind: {kind}
metadata: {{name: agent, annotations: {{{own}}}}}
spec:
  selector: {{matchLabels: {{app: agent}}}}
  template:
    metadata: {{labels: {{app: agent, {labels}}}, annotations: {{{annotations}}}}}
    spec:
      volumes: [{volumes}]
      containers: [{{name: agent, image: {image}, {container}}}]
      {more}
---
"""


def told(text: str) -> list[int]:
    """Return how many findings each of the two rules has."""
    found = manifest(text).objects
    return [len(said(rule, found)) for rule in RULES]


READS = "envFrom: [{configMapRef: {name: agent}}]"
PROJECTED = "{name: v, projected: {sources: [{configMap: {name: agent}}]}}"
VOLUME = "{name: v, configMap: {name: agent}}"
READS_ONE = "env: [{name: L, valueFrom: {configMapKeyRef: {name: agent, key: a.yaml}}}]"
MOUNTS = "volumeMounts: [{name: v, mountPath: /etc/agent}]"
SUB_PATH = "volumeMounts: [{name: v, mountPath: /etc/agent/a.yaml, subPath: a.yaml}]"
NEVER, SOMETIME, NOTHING = [1, 0], [0, 1], [0, 0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(pods(READS), NEVER, id="variables"),
        pytest.param(pods(READS_ONE), NEVER, id="one key"),
        pytest.param(pods(SUB_PATH, VOLUME), NEVER, id="subPath"),
        pytest.param(pods(MOUNTS, VOLUME), SOMETIME, id="directory"),
        pytest.param(pods(MOUNTS, PROJECTED), SOMETIME, id="projected"),
        pytest.param(pods(MOUNTS, VOLUME, image="kube-proxy:v1.36.3"), NEVER, id="read once by kube-proxy"),
        pytest.param(pods(MOUNTS, VOLUME, image="vector:1"), NEVER, id="read once by vector"),
        pytest.param(
            pods("", VOLUME, more=f"initContainers: [{{name: i, image: i, {MOUNTS}}}]"), NEVER, id="init container"
        ),
        pytest.param(
            pods("", VOLUME, more=f"initContainers: [{{name: i, image: i, restartPolicy: Always, {MOUNTS}}}]"),
            SOMETIME,
            id="by a native sidecar",
        ),
        pytest.param(
            pods(MOUNTS, VOLUME, more=f"initContainers: [{{name: i, image: i, {MOUNTS}}}]"), NEVER, id="both, told once"
        ),
        pytest.param(pods("", VOLUME), NOTHING, id="a volume that no container mounts"),
        pytest.param(
            pods(MOUNTS, "{name: v, configMap: {name: agent, items: [{key: b.yaml, path: b}], optional: true}}"),
            NOTHING,
            id="a key that is not there, optional",
        ),
        pytest.param(
            pods("env: [{name: L, valueFrom: {configMapKeyRef: {name: agent, key: b, optional: true}}}]"),
            NOTHING,
            id="a variable of a key that is not there",
        ),
        pytest.param(pods(SUB_PATH.replace("a.yaml", "b.yaml"), VOLUME), NOTHING, id="a subPath that is not there"),
        pytest.param(pods("envFrom: [{configMapRef: {name: agent, optional: true}}]"), NEVER, id="optional and there"),
        pytest.param(pods("envFrom: [{configMapRef: {name: other}}]"), NOTHING, id="a ConfigMap that is not here"),
        pytest.param(pods("envFrom: [{secretRef: {name: agent}}]"), NOTHING, id="another kind"),
        pytest.param(pods(READS, kind="Rollout"), NEVER, id="Argo Rollout"),
        pytest.param(pods(READS, kind="DeploymentConfig"), NEVER, id="DeploymentConfig"),
        pytest.param(pods(READS, kind="ReplicaSet"), NOTHING, id="ReplicaSet, which replaces no pods"),
    ],
)
def test_how_it_is_read_decides_what_is_said(text, expected):
    assert expected == told(source() + text)


ALL_KINDS = source() + source(kind="Secret", name="token", data="{token: eA==}")
BOTH = "envFrom: [{configMapRef: {name: agent}}, {secretRef: {name: token}}]"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(pods(annotations="vault.hashicorp.com/agent-inject: 'true'"), id="hashicorp has hash in it"),
        pytest.param(pods(f"{READS}, env: [{{name: PASSWORD_HASH_ROUNDS, value: '12'}}]"), id="rounds of a hash"),
        pytest.param(pods(annotations=f"cosign.sigstore.dev/image-digest: 'sha256:{HASH}'"), id="an image's digest"),
        pytest.param(pods(f"{READS}, args: [--watch-config=false]"), id="a flag that is off"),
        pytest.param(pods(labels="version: 3f1a6b02"), id="a version that looks like a hash"),
        pytest.param(pods(annotations=f"revision: {HASH[:40]}"), id="a commit"),
        pytest.param(pods(labels="pod-template-hash: 5d8f7c9b6d"), id="what Kubernetes adds"),
        pytest.param(pods(annotations=f"checksum/secret: {HASH}"), id="the checksum of Secrets"),
        pytest.param(pods(annotations=f"checksum/dashboards: {HASH}"), id="the checksum of something else"),
        pytest.param(pods(own="reloader.stakater.com/auto: 'false'"), id="Reloader off"),
        pytest.param(pods(own="secret.reloader.stakater.com/auto: 'true'"), id="Reloader for Secrets"),
        pytest.param(pods(own="configmap.reloader.stakater.com/reload: 'other,agent-2'"), id="Reloader for others"),
        pytest.param(pods(own="reloader.stakater.com/search: 'true'"), id="Reloader for those that match"),
        pytest.param(pods(own="wave.pusher.com/update-on-config-change: 'false'"), id="wave off"),
        pytest.param(pods(f"{READS}, args: [--watch-config]"), id="a program that watches files reads variables once"),
    ],
)
def test_what_only_looks_like_a_convention_covers_nothing(text):
    assert NEVER == told(source() + text)


@pytest.mark.parametrize(
    ("annotation", "covered"),
    [
        ("checksum/config", True),
        ("checksum/configmap", True),
        ("checksum/config-map", True),
        ("checksum/cm", True),
        ("checksum/agent", True),
        ("checksum/agent-config", True),
        ("checksum", True),
        ("checksum.config", True),
        ("config-hash", True),
        ("configHash", True),
        ("config.sha256", True),
        ("agent.io/agent-configmap-checksum", True),
        ("k0sproject.io/config-hash", True),
        ("wave.pusher.com/config-hash", True),
        ("kubeadm.kubernetes.io/component-config.hash", True),
        ("checksum/values", True),
        ("checksum/a.yaml", True),
        ("checksum.config/md5", True),
        ("configchecksum", True),
        ("checksum/configmap-envvars", True),
        ("checksum/env", True),
        ("checksum/secret-env", False),
        ("checksum/tls", False),
        ("agent.io/image-checksum", False),
        ("agent.io/hash", False),
        ("kustomize.toolkit.fluxcd.io/checksum", False),
        ("agent.io/template-config-hash", False),
    ],
)
def test_key_of_an_annotation_says_of_what_it_is_the_hash(annotation, covered):
    assert (NOTHING if covered else NEVER) == told(source() + pods(annotations=f"{annotation}: {HASH}"))


@pytest.mark.parametrize(
    ("value", "covered"),
    [(f"CONFIG_HASH, value: {HASH}", True), ("CONFIG_HASH, value: '12'", False), (f"DATA_HASH, value: {HASH}", False)],
)
def test_variable_is_a_hash_if_it_names_a_configuration_and_looks_like_one(value, covered):
    text = source() + pods(f"{READS}, env: [{{name: {value}}}]")

    assert (NOTHING if covered else NEVER) == told(text)


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("agent-3f1a6b02c4", ""),
        ("agent-4k7bm92hgd", ""),
        ("agent-ver-3", ""),
        ("agent-v012", ""),
        ("agent", "annotations: {kapp.k14s.io/versioned: ''}"),
    ],
)
def test_name_that_follows_the_content_covers(name, more):
    text = source(name, more=more) + pods(READS.replace("agent", name))

    assert NOTHING == told(text)


@pytest.mark.parametrize("name", ["app-decade", "app-20240301", "app-v2", "app-defaced", "app-2"])
def test_name_that_only_looks_so_covers_nothing(name):
    assert NEVER == told(source(name) + pods(READS.replace("agent", name)))


@pytest.mark.parametrize(
    "own",
    [
        "reloader.stakater.com/auto: 'true'",
        "configmap.reloader.stakater.com/auto: 'true'",
        "configmap.reloader.stakater.com/reload: 'other, agent'",
        "configmap.reloader.stakater.com/reload: 'ag.*'",
        "wave.pusher.com/update-on-config-change: 'true'",
    ],
)
def test_controller_that_restarts_the_pods_covers(own):
    assert NOTHING == told(source() + pods(own=own))


def test_reloader_asks_the_source_too():
    found = "reloader.stakater.com/search: 'true'"
    auto = "reloader.stakater.com/auto: 'true'"

    assert NOTHING == told(source(more="annotations: {reloader.stakater.com/match: 'true'}") + pods(own=found))
    assert NEVER == told(source(more="annotations: {reloader.stakater.com/ignore: 'true'}") + pods(own=auto))
    excluded = f"{auto}, configmaps.exclude.reloader.stakater.com/reload: agent"
    assert NEVER == told(source() + pods(own=excluded))


@pytest.mark.parametrize(
    ("sources", "annotations", "left"),
    [
        pytest.param(["agent", "agent-dashboards"], ["config"], ["agent-dashboards"], id="one checksum covers one"),
        pytest.param(["agent", "agent-dashboards"], ["config", "dashboards"], [], id="each its own"),
        pytest.param(["agent", "agent-dashboards"], ["dashboards"], ["agent"], id="the other one"),
        pytest.param(["agent", "agent-config"], ["config"], [], id="two that are named after the workload"),
        pytest.param(["web", "db"], ["config"], [], id="nobody can tell of which, so nothing is said"),
        pytest.param(["web", "db"], ["web"], ["db"], id="named"),
        pytest.param(["web", "db"], ["web-config", "db-config"], [], id="each named"),
        pytest.param(["web", "db"], ["values"], [], id="all values"),
        pytest.param(["web", "db"], ["install_info"], ["web", "db"], id="something else"),
        pytest.param(["agent-config", "agent-rules"], ["agent-config"], ["agent-rules"], id="by its whole name"),
        pytest.param(["agent-dashboards"], ["dashboardproviders"], [], id="by its stem"),
        pytest.param(["agent-install-info"], ["install_info"], [], id="words written apart"),
        pytest.param(["agent-scripts"], ["script"], [], id="one or many"),
    ],
)
def test_one_checksum_does_not_cover_all(sources, annotations, left):
    reads = ", ".join(f"{{configMapRef: {{name: {name}}}}}" for name in sources)
    hashes = ", ".join(f"checksum/{name}: {HASH}" for name in annotations)
    text = "".join(map(source, sources)) + pods(f"envFrom: [{reads}]", annotations=hashes)
    found = "".join(said("config-not-hashed", manifest(text).objects))

    assert left == [name for name in sources if f"'{name}'" in found]


@pytest.mark.parametrize(
    ("files", "annotation", "covered"),
    [
        (("a/templates/cm.yaml", "a/templates/cm.yaml"), "checksum/config", True),
        (("a/templates/cm.yaml", "a/templates/dashboards.yaml"), "checksum/config", False),
        (("a/templates/cm.yaml", "a/templates/cm.yaml"), "config-hash", False),
    ],
)
def test_checksum_of_a_file_covers_all_that_helm_rendered_from_it(files, annotation, covered):
    names = ("agent", "agent-dashboards")
    text = "".join(f"# Source: {file}\n{source(name)}" for file, name in zip(files, names, strict=True))
    reads = "envFrom: [{configMapRef: {name: agent}}, {configMapRef: {name: agent-dashboards}}]"

    assert (NOTHING if covered else NEVER) == told(text + pods(reads, annotations=f"{annotation}: {HASH}"))


@pytest.mark.parametrize(
    ("annotations", "left"),
    [("config", ["Secret"]), ("secret", ["ConfigMap"]), ("secrets", ["ConfigMap"]), ("token", ["ConfigMap"])],
)
def test_checksum_of_a_kind_covers_that_kind(annotations, left):
    text = ALL_KINDS + pods(BOTH, annotations=f"checksum/{annotations}: {HASH}")
    found = "".join(said("config-not-hashed", manifest(text).objects))

    assert left == [kind for kind in ("ConfigMap", "Secret") if f"{kind} '" in found]


@pytest.mark.parametrize(("name", "left"), [("web", ["db"]), ("db", ["web"])])
@pytest.mark.parametrize("annotation", ["config-rollout/hashes", "config-rollout/hash-of"])
def test_hash_of_ours_is_of_what_the_workload_says(name, left, annotation):
    reads = "envFrom: [{configMapRef: {name: web}}, {configMapRef: {name: db}}]"
    own = f"{annotation}: checksum/config={name}"
    text = source("web") + source("db") + pods(reads, annotations=f"checksum/config: {HASH}", own=own)
    (finding,) = said("config-not-hashed", manifest(text).objects)

    assert left == [one for one in ("web", "db") if f"'{one}'" in finding]


def test_hash_that_transform_wrote_is_of_all_that_the_workload_says():
    reads = "envFrom: [{configMapRef: {name: web}}, {configMapRef: {name: db}}]"
    own = "config-rollout/hash-of: 'checksum/config=db,web'"

    assert NOTHING == told(source("web") + source("db") + pods(reads, annotations=f"checksum/config: {HASH}", own=own))


@pytest.mark.parametrize(
    ("own", "left"), [("", []), ("config-rollout/hash-of: checksum/config=agent", ["Secret"])], ids=["Helm", "ours"]
)
def test_hash_of_ours_is_not_of_what_else_helm_rendered_from_the_file(own, left):
    rendered = "".join(f"# Source: c/templates/config.yaml\n{one}---\n" for one in ALL_KINDS.split("---\n") if one)
    text = rendered + pods(BOTH, annotations=f"checksum/config: {HASH}", own=own)
    found = "".join(said("config-not-hashed", manifest(text).objects))

    assert left == [kind for kind in ("ConfigMap", "Secret") if f"{kind} '" in found]


def test_checksum_of_config_covers_a_secret_where_that_is_all():
    text = source(kind="Secret") + pods("envFrom: [{secretRef: {name: agent}}]", annotations=f"checksum/config: {HASH}")

    assert NOTHING == told(text)


RUNS = "{exec: {command: [sh, -c, /etc/agent/a.yaml 1]}}"
TRAEFIK = "args: [--providers.file.directory="


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(pods(f"{MOUNTS}, args: [--watch-config]", VOLUME), NOTHING, id="a flag"),
        pytest.param(pods(f"{MOUNTS}, args: [--watch-config, poll]", VOLUME, image="telegraf"), NOTHING, id="a value"),
        pytest.param(pods(f"{MOUNTS}, command: [sh, -c, 'exec vector -w']", VOLUME, image="vector:1"), NOTHING,
                     id="a short flag in a script"),
        pytest.param(pods(f"{MOUNTS}, env: [{{name: VECTOR_WATCH_CONFIG, value: 'true'}}]", VOLUME, image="vector:1"),
                     NOTHING, id="a variable"),
        pytest.param(pods(f"{MOUNTS}, args: [--watch-config=false]", VOLUME), SOMETIME, id="a flag that is off"),
        pytest.param(pods(f"{SUB_PATH}, args: [--watch-config]", VOLUME), NEVER, id="subPath never changes"),
        pytest.param(pods(f"{MOUNTS}, args: [run, --server, --watch, /etc/agent]", VOLUME, image="x/opa:1"),
                     NOTHING, id="opa"),
        pytest.param(pods(f"{MOUNTS}, args: [--enable-feature=agent]", VOLUME, image="prometheus:v3"), SOMETIME,
                     id="another feature"),
        pytest.param(pods(f"{MOUNTS}, args: ['--enable-feature=auto-reload-config,x']", VOLUME, image="prometheus:v3"),
                     NOTHING, id="prometheus"),
        pytest.param(pods(MOUNTS, VOLUME, image="falcosecurity/falco:0.41"), NOTHING, id="falco"),
        pytest.param(pods(f"{MOUNTS}, {TRAEFIK}/etc/agent]", VOLUME, image="traefik:v3"), NOTHING,
                     id="traefik"),
        pytest.param(pods(f"{MOUNTS}, {TRAEFIK}/etc/other]", VOLUME, image="traefik:v3"), SOMETIME,
                     id="traefik elsewhere"),
        pytest.param(pods(f"{MOUNTS}, readinessProbe: {RUNS}", VOLUME), NOTHING, id="a script of a probe"),
        pytest.param(pods(f"{MOUNTS}, args: [--web.config.file=/etc/agent/a.yaml]", VOLUME, image="node-exporter:v1"),
                     NOTHING, id="node_exporter"),
    ],
)  # fmt: skip
def test_program_that_reads_its_files_again_is_covered(text, expected):
    assert expected == told(source() + text)


@pytest.mark.parametrize(
    ("image", "mounts", "expected"),
    [
        ("x/prometheus-config-reloader:v0.85.0", MOUNTS, NOTHING),
        ("ghcr.io/jimmidyson/configmap-reload:v0.15.0", MOUNTS, NOTHING),
        ("ghcr.io/jimmidyson/configmap-reload:v0.15.0", "volumeMounts: []", SOMETIME),
        ("kiwigrid/k8s-sidecar:1.30", MOUNTS, SOMETIME),
        ("busybox", MOUNTS, SOMETIME),
    ],
)
def test_sidecar_covers_the_volumes_that_it_watches(image, mounts, expected):
    text = source() + pods(MOUNTS, VOLUME)
    text = text.replace(f", {MOUNTS}}}]", f", {MOUNTS}}}, {{name: r, image: '{image}', {mounts}}}]")

    assert expected == told(text)


def test_coverage_is_decided_for_each_key():
    data = r'{Corefile: ".:53 {\n  reload\n}", zones.db: x}'
    text = source("coredns", data) + pods(MOUNTS, VOLUME.replace("agent", "coredns"), image="coredns/coredns:1.12")
    (finding,) = said("config-changed-in-place", manifest(text).objects)

    assert "mounts 'zones.db' of ConfigMap 'coredns' as a directory" in finding


@pytest.mark.parametrize(
    ("image", "folder", "key", "expected"),
    [
        ("grafana/grafana:12", "/grafana-dashboard-definitions/0", "nodes.json", NOTHING),
        ("grafana/grafana:12", "/etc/grafana", "grafana.ini", SOMETIME),
        ("quay.io/argoproj/argocd:v3.4.6", "/app/config/tls", "example.com", NOTHING),
        ("quay.io/argoproj/argocd:v3.4.6", "/app/config/reposerver", "a.yaml", SOMETIME),
        ("operator:v1", "/tmp/k8s-webhook-server/serving-certs", "tls.crt", NOTHING),
        ("operator:v1", "/tmp/k8s-webhook-server/serving-certs", "ca.crt", SOMETIME),
    ],
)
def test_file_that_a_program_reads_again_unasked_is_covered(image, folder, key, expected):
    mount = f"volumeMounts: [{{name: v, mountPath: {folder}}}]"
    text = source("nodes", f"{{{key}: x}}") + pods(mount, VOLUME.replace("agent", "nodes"), image=f"'{image}'")

    assert expected == told(text)


def test_hash_of_something_else_is_named():
    (finding,) = said("config-not-hashed", manifest(source() + pods(annotations=f"checksum/tls: {HASH}")).objects)

    assert "changes with the content ('checksum/tls' belongs to something else, by name), so the pods keep" in finding


def test_several_sources_are_one_finding():
    (finding,) = said("config-not-hashed", manifest(ALL_KINDS + pods(BOTH)).objects)

    assert "reads ConfigMap 'agent' and Secret 'token' as environment variables, and nothing in the pod " in finding


@pytest.mark.parametrize(
    ("data", "moves"),
    [
        ("{a.yaml: x}", ""),
        ("{deployedAt: '2026-03-01T12:00:00Z'}", "data['deployedAt'] of ConfigMap 'agent'"),
        ("{install_time: '1772366400'}", "data['install_time'] of ConfigMap 'agent'"),
        (r'{a.yaml: "# generated at 2026-03-01T12:00:00Z\nlevel: info"}', "the time in data['a.yaml'] of ConfigMap"),
        (r'{a.yaml: "bandwidth: 1500000000"}', ""),
        (r'{a.yaml: "expires: 2030-01-01T00:00:00Z"}', ""),
    ],
)
def test_nobody_is_told_to_hash_what_changes_with_each_deployment(data, moves):
    (finding,) = said("config-not-hashed", manifest(source(data=data) + pods()).objects)

    assert moves in finding
    assert ("move it elsewhere first" in finding) == bool(moves)


def test_every_decision_comes_with_its_reason():
    text = ALL_KINDS + pods(BOTH, annotations=f"checksum/config: {HASH}")
    objects = Objects.of(manifest(text).objects)

    assert [
        "ConfigMap 'agent', key 'a.yaml', read as environment variables at "
        "spec.template.spec.containers[0].envFrom[0].configMapRef.name: covered: checksum/config is its hash by Helm's "
        "convention, at spec.template.metadata.annotations['checksum/config']",
        "Secret 'token', key 'token', read as environment variables at "
        "spec.template.spec.containers[0].envFrom[1].secretRef.name: nothing covers it",
    ] == [str(one) for _, one in explained(objects, *WORKLOADS)]


def test_part_of_an_object_is_not_judged_for_what_the_rest_may_have():
    text = source() + pods().replace("  selector: {matchLabels: {app: agent}}\n", "")

    assert NOTHING == told(text)
