"""Objects that someone else owns: what their changes do, and what status, preview and `up` say of them."""

import base64

import pulumi
import pytest

from config_rollout import ConfiguredDeployment
from config_rollout.cli import main
from tests.engine.conftest import BETTER, BUNDLE, GOOD, NODES, grant, kubeconfig_of
from tests.engine.observed import FAST, PASSWORDS, in_the_open, traces, written

CA, OTHER_CA = "first\n", "second\n"


@pytest.fixture
def reader(agent):
    """Return a maker of programs whose pods read their own ConfigMap and a key of someone else's."""

    def maker(data=GOOD, optional=False, **arguments):
        mounts = [{"name": "config", "mount_path": "/etc/agent"}, {"name": "ca", "mount_path": "/etc/ca"}]
        items = [{"key": "ca.crt", "path": "ca.crt"}]
        ca = {"name": "ca", "config_map": {"name": BUNDLE, "optional": optional, "items": items}}
        pod_spec = {
            "containers": [{"name": "agent", "image": "agent:1", "volume_mounts": mounts}],
            "volumes": [{"name": "config", "config_map": {"name": "agent"}}, ca],
        }
        return agent(data, external={"config_maps": [BUNDLE]}, pod_spec=pod_spec, **FAST, **arguments)

    return maker


def status(cluster, namespace, capsys) -> str:
    capsys.readouterr()
    main.main(["status", f"{namespace}/agent", "--kubeconfig", str(cluster.kubeconfig)])
    return capsys.readouterr().out


def test_change_counts_with_the_next_up_and_status_reports_it_before(
    project, reader, bundle, cluster, namespace, record, capsys
):
    bundle(CA, notes="one")
    assert not project.up(reader()).failed
    assert {} == written(cluster, lambda: project.up(reader()))
    assert BUNDLE not in status(cluster, namespace, capsys)

    bundle(CA, notes="two")
    with record() as recorder:
        outcome = project.up(reader())
    assert {} == recorder.replaced()
    assert f"external ConfigMap {BUNDLE}: notes: no effective value changes" in outcome.messages[0]

    with record() as recorder:
        bundle(OTHER_CA)
        shown = status(cluster, namespace, capsys)
    assert {} == recorder.replaced()
    assert f"external ConfigMap {BUNDLE}" in shown
    assert f"{NODES} of {NODES} have an older one" in shown

    preview = project.preview(reader())
    with record() as recorder:
        outcome = project.up(reader())
    assert preview.messages == outcome.messages
    assert [1] * NODES == list(recorder.replaced().values())
    lines = outcome.messages[0].splitlines()
    assert f"external ConfigMap {BUNDLE}: ca.crt +1 -1: rolling restart" == lines[0]
    assert f"  ~ external ConfigMap {BUNDLE}: ca.crt: 1 line added, 1 removed" in lines
    assert BUNDLE not in status(cluster, namespace, capsys)

    assert not project.destroy().failed
    assert {"ca.crt": OTHER_CA} == cluster.api.get(f"namespaces/{namespace}/configmaps/{BUNDLE}")["data"]


def test_missing_one_is_refused_unless_pods_start_without_it(project, reader, bundle, namespace, record):
    refused = project.preview(reader())
    assert refused.failed
    assert (
        f"ConfiguredDaemonSet 'agent': external.config_maps[0]: ConfigMap {namespace}/{BUNDLE} does not exist: a new "
        "pod would wait for it forever. Create it first, or write `optional: true` where pod_spec reads it."
    ) in refused.output

    outcome = project.up(reader(optional=True))
    assert not outcome.failed
    without = f"external ConfigMap {namespace}/{BUNDLE} does not exist: pods start without it"
    assert without in "".join(outcome.messages)

    bundle(CA)
    with record() as recorder:
        outcome = project.up(reader(optional=True))
    assert [1] * NODES == list(recorder.replaced().values())
    assert f"external ConfigMap {BUNDLE}: ca.crt added: rolling restart" == outcome.messages[0].splitlines()[0]


def test_missing_permission_names_the_command_that_prints_the_role(
    project, reader, bundle, cluster, namespace, capsys, monkeypatch, tmp_path
):
    bundle(CA)
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(kubeconfig_of(cluster, f"reader-{namespace}"))
    program = reader(kubeconfig=str(kubeconfig))
    command = f"rbac {namespace}/agent --external {BUNDLE}"
    refused = project.preview(program)
    assert refused.failed
    assert (
        f"ConfiguredDaemonSet 'agent': external: may not get configmaps '{BUNDLE}' in namespace {namespace}. Grant the "
        f"user of this kubeconfig what `config-rollout {command}` prints."
    ) in refused.output

    capsys.readouterr()
    main.main(command.split())
    grant(cluster, f"reader-{namespace}", capsys.readouterr().out)
    assert not project.preview(program).failed


TLS = "agent-tls"


@pytest.fixture
def certificate(cluster, namespace):
    """Return a function that writes the Secret of someone else, as cert-manager renews it: under its old name."""

    def write(key, notes):
        path = f"namespaces/{namespace}/secrets"
        if cluster.api.exists(f"{path}/{TLS}"):
            cluster.api.delete(f"{path}/{TLS}")
        values = {"tls.crt": "certificate", "tls.key": key, "notes": notes}
        data = {name: base64.b64encode(text.encode()).decode() for name, text in values.items()}
        cluster.api.create(path, {"metadata": {"name": TLS}, "type": "kubernetes.io/tls", "data": data})

    return write


def test_renewed_secret_restarts_pods_with_the_next_up_and_no_value_is_anywhere(
    project, agent, certificate, cluster, engine, namespace, record, capsys, tmp_path
):
    mounts = [{"name": "config", "mount_path": "/etc/agent"}, {"name": "tls", "mount_path": "/etc/tls"}]
    items = [{"key": key, "path": key} for key in ("tls.crt", "tls.key")]
    tls = {"name": "tls", "secret": {"secret_name": TLS, "items": items}}
    pod_spec = {
        "containers": [{"name": "agent", "image": "agent:1", "volume_mounts": mounts}],
        "volumes": [{"name": "config", "config_map": {"name": "agent"}}, tls],
    }
    audit = tmp_path / "audit.jsonl"

    def reader(data=GOOD, **more):
        def program():
            key = pulumi.Output.secret("a hash key of the stack, 32 letters")
            arguments = {"external": {"secrets": [TLS]}, "hash_key": key, "audit": [{"file": str(audit)}], **more}
            return agent(data, pod_spec=pod_spec, **arguments, **FAST)()

        return program

    certificate(PASSWORDS[0], "one")
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(kubeconfig_of(cluster, f"reader-{namespace}"))
    command = f"rbac {namespace}/agent --external-secret {TLS}"
    refused = project.preview(reader(kubeconfig=str(kubeconfig)))
    assert refused.failed
    assert f"may not get secrets '{TLS}' in namespace {namespace}. Grant" in refused.output
    assert f"`config-rollout {command}`" in refused.output
    capsys.readouterr()
    main.main(command.split())
    grant(cluster, f"reader-{namespace}", capsys.readouterr().out)
    said = [project.preview(reader(kubeconfig=str(kubeconfig)))]

    said.append(project.up(reader(), diff=True))
    assert {} == written(cluster, lambda: said.append(project.up(reader())))
    with record() as recorder:
        certificate(PASSWORDS[1], "one")
        shown = status(cluster, namespace, capsys)
    assert {} == recorder.replaced()
    assert TLS not in shown

    said.append(project.preview(reader(), diff=True))
    with record() as recorder:
        said.append(project.up(reader(), diff=True, debug=True))
    assert said[-2].messages == said[-1].messages
    assert [1] * NODES == list(recorder.replaced().values())
    lines = said[-1].messages[0].splitlines()
    assert f"external Secret {TLS}: tls.key: 9 => 7 bytes changed: rolling restart" == lines[0]
    assert {} == written(cluster, lambda: said.append(project.up(reader())))

    certificate(PASSWORDS[1], "another")
    with record() as recorder:
        said.append(project.up(reader()))
    assert {} == recorder.replaced()
    assert f"external Secret {TLS}: notes: no effective value changes" in said[-1].messages[0]

    with record() as recorder:
        said.append(project.up(reader(BETTER)))
    assert [1] * NODES == list(recorder.replaced().values())
    assert "ConfigMap agent: agent.yaml: level info => debug: rolling restart" == said[-1].messages[0].splitlines()[0]
    shown += status(cluster, namespace, capsys)
    assert "mounts ConfigMap" not in shown

    texts = [shown, audit.read_text(), *in_the_open(cluster, namespace, engine)]
    texts += [text for outcome in said for text in (outcome.output, *outcome.messages)]
    assert [] == [(outcome.failed, outcome.output) for outcome in said if outcome.failed]
    assert [] == [(trace, text) for text in texts for trace in traces(text)]
    assert "9 bytes" in audit.read_text()

    assert not project.destroy().failed
    (kept,) = cluster.api.list(f"namespaces/{namespace}/secrets")
    assert (PASSWORDS[1], "base64") in traces(kept["data"]["tls.key"])


def test_pods_may_read_nothing_else(project, agent, bundle, cluster, namespace, record):
    mount = {"name": "ca", "mount_path": "/etc/ca"}
    containers = [{"name": "agent", "image": "agent:1", "volume_mounts": [mount]}]
    pod_spec = {"containers": containers, "volumes": [{"name": "ca", "config_map": {"name": BUNDLE}}]}
    reads = {"external": {"config_maps": [BUNDLE]}, "pod_spec": pod_spec, "ready_after": "0s"}
    replicas = 2

    def program():
        agent(None, **reads, **FAST)()
        agent(None, name="web", component=ConfiguredDeployment, replicas=replicas, **reads)()

    bundle(CA)
    assert not project.up(program).failed
    assert {} == written(cluster, lambda: project.up(program))

    bundle(OTHER_CA)
    preview = project.preview(program)
    with record() as recorder:
        outcome = project.up(program)
    assert sorted(preview.messages) == sorted(outcome.messages)
    assert {f"external ConfigMap {BUNDLE}: ca.crt +1 -1: rolling restart"} == {
        message.splitlines()[0] for message in outcome.messages
    }
    assert NODES + replicas == sum(recorder.replaced().values())

    assert not project.destroy().failed
    assert {"ca.crt": OTHER_CA} == cluster.api.get(f"namespaces/{namespace}/configmaps/{BUNDLE}")["data"]
