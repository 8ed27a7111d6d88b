"""A ConfigMap that someone else owns: what its changes do, and what status, preview and `up` say of it."""

import pytest

from config_rollout.cli import main
from tests.engine.conftest import BUNDLE, GOOD, NODES, grant, kubeconfig_of
from tests.engine.observed import FAST, written

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
