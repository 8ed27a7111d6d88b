"""The life of an agent that reads two ConfigMaps, a TLS Secret, and a bundle of certificates that others own."""

import re

import pulumi
import pytest

from config_rollout.cli import main
from tests.engine.conftest import BETTER, BUNDLE, GOOD, NODES, grant, kubeconfig_of
from tests.engine.observed import FAST, WAVES, changed_to, order, undo, written, zones

ALLOW, DENY = {"rules.yaml": "policy: allow\n", "NOTES": "one\n"}, {"rules.yaml": "policy: deny\n", "NOTES": "one\n"}
FIRST = {"tls.crt": "certificate one\n", "tls.key": "swordfish"}
SECOND = {**FIRST, "tls.crt": "certificate two, longer\n"}
KEY = "a hash key of the stack, 32 letters"
NO_CONFIGURATION = "configmap kube-root-ca.crt", "configmap agent-rollouts"
SOURCES = ["configmap agent", "configmap agent.agent-rules", "secret agent.agent-tls"]
HASH = re.compile(r"-[0-9a-f]{10}$")


@pytest.fixture
def reader(agent):
    """Return a maker of programs: a ConfigMap by directory, one by `subPath`, the Secret, and a key of the bundle."""
    mounts = [{"name": name, "mount_path": f"/etc/{name}"} for name in ("config", "tls", "ca")]
    mounts.append({"name": "rules", "mount_path": "/etc/rules.yaml", "sub_path": "rules.yaml"})
    ca = {"name": BUNDLE, "items": [{"key": "ca.crt", "path": "ca.crt"}]}
    volumes = [
        {"name": "config", "config_map": {"name": "agent"}},
        {"name": "rules", "config_map": {"name": "agent-rules"}},
        {"name": "tls", "secret": {"secret_name": "agent-tls"}},
        {"name": "ca", "config_map": ca},
    ]
    spec = {"containers": [{"name": "agent", "image": "agent:1", "volume_mounts": mounts}], "volumes": volumes}

    def maker(data=GOOD, rules=ALLOW, tls=FIRST, **more):
        def program():
            hidden = {name: pulumi.Output.secret(value) for name, value in tls.items()}
            return agent(
                data,
                config_maps={"agent-rules": {"data": rules}},
                secrets={"agent-tls": {"string_data": hidden, "type": "kubernetes.io/tls"}},
                hash_key=pulumi.Output.secret(KEY),
                external={"config_maps": [BUNDLE]},
                pod_spec=spec,
                **(more or FAST),
            )()

        return program

    return maker


@pytest.fixture
def objects(cluster, namespace):
    """Return a function that gives `kind name` -> UID of what holds a configuration or a Secret."""

    def read():
        found = {}
        for kind in ("configmap", "secret"):
            for item in cluster.api.list(f"namespaces/{namespace}/{kind}s"):
                found[f"{kind} {item['metadata']['name']}"] = item["metadata"]["uid"]
        return {name: uid for name, uid in found.items() if name not in NO_CONFIGURATION}

    return read


@pytest.fixture
def mounted(cluster, namespace):
    """Return a function that gives what the volumes of each pod name, `kind name`: the same for all pods."""

    def of(volume):
        config_map, secret = volume.get("configMap"), volume.get("secret")
        return f"configmap {config_map['name']}" if config_map else f"secret {secret['secretName']}"

    def read():
        pods = cluster.api.list(f"namespaces/{namespace}/pods")
        (names,) = {
            frozenset(of(one) for one in pod["spec"]["volumes"] if {"configMap", "secret"} & {*one}) for pod in pods
        }
        return names

    return read


@pytest.fixture
def step(project, record, objects):
    """Return a function that runs `up` and gives restarts, the new objects without their hashes, and the lines said."""

    def run(program, **options):
        before = objects()
        with record() as recorder:
            outcome = project.up(program, **options)
        assert not outcome.failed, outcome.output
        assert before.items() <= objects().items()
        new = [HASH.sub("", name) for name in sorted(objects().keys() - before.keys())]
        return list(recorder.replaced().values()), new, outcome.messages[0].splitlines()

    return run


def test_each_source_changed_alone_is_one_restart_and_at_most_one_new_object(
    project, reader, bundle, cluster, step, mounted
):
    bundle("first\n")
    assert not project.up(reader()).failed
    assert {} == written(cluster, lambda: project.up(reader()))

    def another_ca():
        bundle("second\n")
        return reader(BETTER, DENY, SECOND)

    for change, new, reason in [
        (lambda: reader(BETTER), ["configmap agent"], "ConfigMap agent: agent.yaml: level info => debug"),
        (
            lambda: reader(BETTER, DENY),
            ["configmap agent.agent-rules"],
            "ConfigMap agent-rules: rules.yaml: policy allow => deny",
        ),
        (
            lambda: reader(BETTER, DENY, SECOND),
            ["secret agent.agent-tls"],
            "Secret agent-tls: tls.crt: 16 => 24 bytes changed",
        ),
        (another_ca, [], f"external ConfigMap {BUNDLE}: ca.crt +1 -1"),
    ]:
        before = mounted()
        restarts, made, said = step(change())
        assert ([1] * NODES, new, f"{reason}: rolling restart") == (restarts, made, said[0])
        assert new == [HASH.sub("", name) for name in mounted() - before]


def test_life_of_all_sources_together(project, reader, bundle, cluster, namespace, step, mounted, objects):
    bundle("first\n", notes="one")
    assert not project.up(reader()).failed
    first = mounted()

    restarts, made, said = step(reader(BETTER, tls=SECOND))
    assert ([1] * NODES, ["configmap agent", "secret agent.agent-tls"]) == (restarts, made)
    assert "ConfigMap agent: agent.yaml: level info => debug, and 1 more: rolling restart" == said[0]
    assert "  ~ Secret agent-tls: tls.crt: 16 => 24 bytes changed" in said
    both = mounted()

    bundle("first\n", notes="two")
    unread = reader(BETTER, {**ALLOW, "NOTES": "two\n"}, SECOND)
    preview = project.preview(unread)
    assert ([], [], preview.messages[0].splitlines()) == step(unread)
    assert [
        "ConfigMap agent-rules: NOTES, and 1 more: no effective value changes, so nothing restarts",
        "  ~ ConfigMap agent-rules: NOTES: 1 line added, 1 removed (nothing: no pod reads it)",
        f"  ~ external ConfigMap {BUNDLE}: notes: 1 line added, 1 removed (nothing: no pod reads it)",
        "  The ConfigMap stays as it is until a change restarts pods",
    ] == [line for line in preview.messages[0].splitlines() if not line.startswith("      ")]
    assert both == mounted()

    restarts, made, _ = step(reader())
    assert ([1] * NODES, [], first) == (restarts, made, mounted())

    wanted = changed_to(cluster, namespace)[:10]
    undo(cluster, namespace)
    assert both == mounted()
    undone = changed_to(cluster, namespace)[:10]
    (message,) = project.preview(reader()).messages
    assert message.startswith(f"DaemonSet {namespace}/agent runs {undone}, created 20")
    assert message.splitlines()[0].endswith(f", but this program wants {wanted}")
    assert "  changed by kubectl on 20" in message
    restarts, made, said = step(reader(), refresh=True)
    assert ([1] * NODES, [], first) == (restarts, made, mounted())
    assert "ConfigMap agent: agent.yaml: level debug => info, and 1 more: rolling restart" == said[0]
    assert "  ~ Secret agent-tls: tls.crt: 24 => 16 bytes changed" in said

    assert not project.destroy().failed
    cluster.wait("only the bundle of others to be left", lambda: [f"configmap {BUNDLE}"] == list(objects()))
    assert not cluster.api.exists(f"namespaces/{namespace}/configmaps/agent-rollouts")
    assert not cluster.api.exists(f"namespaces/{namespace}/daemonsets/agent")


def test_waves_bring_all_sources_and_a_gate_that_fails_takes_all_back(
    project, reader, bundle, cluster, namespace, record, step, mounted, objects, capsys
):
    refused = set()

    def network_works(wave, nodes):
        return "no route" if wave in refused else None

    user = f"agent-{namespace}"
    for options in (["--gate", "function", "--secrets"], ["--external", BUNDLE]):
        capsys.readouterr()
        main.main(["rbac", f"{namespace}/agent", *options])
        grant(cluster, user, capsys.readouterr().out)
    more = {"waves": {**WAVES, "gates": [network_works]}, "kubeconfig": kubeconfig_of(cluster, user)}
    old, new = reader(**more), reader(BETTER, DENY, SECOND, **more)
    bundle("first\n")
    assert not project.up(old).failed
    first = mounted()

    refused.add("zone-a")
    before = objects()
    with record() as recorder:
        outcome = project.up(new)
    assert outcome.failed
    assert "wave 'zone-a' failed: network_works: no route" in outcome.output
    moved = {node for node, zone in zones(cluster).items() if zone == "zone-a"} | {order(recorder)[0]}
    assert dict.fromkeys(sorted(moved), 2) == dict(sorted(recorder.replaced().items()))
    assert first == mounted()
    made = objects().keys() - before.keys()
    assert SOURCES == sorted(HASH.sub("", name) for name in made)

    refused.clear()
    (message,) = project.preview(new).messages
    assert "the last rollout of this configuration was taken back: it is tried again, wave by wave" in message
    with record() as recorder:
        outcome = project.up(new)
    of_zone = [zones(cluster)[node] for node in order(recorder)[1:]]
    assert not outcome.failed, outcome.output
    assert ([1] * NODES, sorted(of_zone)) == (list(recorder.replaced().values()), of_zone)
    assert made == mounted() - first
    assert {} == written(cluster, lambda: project.up(new))

    restarts, again, said = step(old)
    assert ([1] * NODES, [], first) == (restarts, again, mounted())
    assert ["agent: agent.yaml", "agent-rules: rules.yaml", "agent-tls: tls.crt: 24 => 16 bytes changed"] == [
        line.split(maxsplit=2)[2] for line in said if line.startswith("  ~ ")
    ]
    owners = [
        [owner["kind"] for owner in cluster.api.get(path)["metadata"].get("ownerReferences", [])]
        for path in (f"namespaces/{namespace}/{name.replace(' ', 's/')}" for name in made)
    ]
    assert [["ControllerRevision"]] * len(SOURCES) == owners
