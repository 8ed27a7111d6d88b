"""An agent that reads a ConfigMap and a TLS Secret: changed, undone, rotated; and where its values never are."""

import base64
import json
import re
import shutil
import subprocess

import pulumi
import pytest
from pulumi_kubernetes.core.v1 import ConfigMapPatch

from config_rollout.core.configuration.keyed import MAKE_KEY
from tests.engine.conftest import GOOD, NODES, name_of
from tests.engine.observed import FAST, PASSWORDS, changed_to, config_maps, in_the_open, traces, undo, written
from tools.demo import ROOT
from tools.local_cluster import run_folder

KEY, OTHER_KEY = "a hash key of the stack, 32 letters", "another one, which comes after that"
FIRST = {"tls.crt": "certificate one\n", "tls.key": "swordfish"}
SECOND = {"tls.crt": "certificate two, longer\n", "tls.key": "swordfish"}


def pod_spec(image="agent:1"):
    mounts = [{"name": "config", "mount_path": "/etc/agent"}, {"name": "tls", "mount_path": "/etc/tls"}]
    items = [{"key": key, "path": key} for key in FIRST]
    volumes = [
        {"name": "config", "config_map": {"name": "agent"}},
        {"name": "tls", "projected": {"sources": [{"secret": {"name": "agent-tls", "items": items}}]}},
    ]
    return {"containers": [{"name": "agent", "image": image, "volume_mounts": mounts}], "volumes": volumes}


@pytest.fixture
def secretive(agent):
    """Return a maker of programs whose pods read both; the values are secrets of the stack."""

    def maker(values=FIRST, key=KEY, **more):
        def program():
            hidden = {name: pulumi.Output.secret(value) for name, value in values.items()}
            secret = {"string_data": hidden, "type": "kubernetes.io/tls"}
            arguments = {"secrets": {"agent-tls": secret}, "hash_key": pulumi.Output.secret(key)}
            return agent(pod_spec=pod_spec(), **arguments, **FAST, **more)()

        return program

    return maker


def secrets(cluster, namespace):
    return {item["metadata"]["name"]: item for item in cluster.api.list(f"namespaces/{namespace}/secrets")}


def mounted_by_pods(cluster, namespace):
    pods = cluster.api.list(f"namespaces/{namespace}/pods")
    return {
        source["secret"]["name"]
        for pod in pods
        for volume in pod["spec"]["volumes"]
        for source in volume.get("projected", {}).get("sources", [])
        if "secret" in source
    }


def test_life_of_a_secret(project, secretive, cluster, namespace, record):
    outcome = project.up(secretive())
    assert not outcome.failed, outcome.output
    (first,) = secrets(cluster, namespace)
    held = secrets(cluster, namespace)[first]
    assert {first} == mounted_by_pods(cluster, namespace)
    assert ("kubernetes.io/tls", True) == (held["type"], held["immutable"])
    assert {key: base64.b64encode(of.encode()).decode() for key, of in FIRST.items()} == held["data"]
    assert {} == written(cluster, lambda: project.up(secretive()))

    preview = project.preview(secretive(SECOND))
    with record() as recorder:
        outcome = project.up(secretive(SECOND))
    assert not outcome.failed, outcome.output
    assert [1] * NODES == list(recorder.replaced().values())
    (second,) = secrets(cluster, namespace).keys() - {first}
    (message,) = preview.messages
    assert "Secret agent-tls: tls.crt: 16 => 24 bytes changed: rolling restart" == message.splitlines()[0]
    assert (
        f"  delete[retain]: Secret {first} stays in the cluster as long as a kept revision mounts it"
        == (message.splitlines()[-1])
    )
    assert f"ConfigMapPatch {name_of(GOOD)}" not in outcome.steps
    assert {second} == mounted_by_pods(cluster, namespace)
    owners = {
        name: [one["kind"] for one in of["metadata"]["ownerReferences"]]
        for name, of in secrets(cluster, namespace).items()
    }
    assert {first: ["ControllerRevision"], second: ["DaemonSet"]} == owners

    with record() as recorder:
        outcome = project.up(secretive({**SECOND, "README": "for people\n"}))
    assert {} == recorder.replaced()
    assert [
        "Secret agent-tls: README: no effective value changes, so nothing restarts\n"
        "  + Secret agent-tls: README: 11 bytes added (nothing: no pod reads it)\n"
        "  The Secret stays as it is until a change restarts pods"
    ] == outcome.messages

    undo(cluster, namespace)
    assert {first} == mounted_by_pods(cluster, namespace)
    with record() as recorder:
        outcome = project.up(secretive(SECOND), refresh=True)
    assert [1] * NODES == list(recorder.replaced().values())
    assert {second} == mounted_by_pods(cluster, namespace)

    cluster.api.delete(f"namespaces/{namespace}/secrets/{second}")
    preview = project.preview(secretive(SECOND))
    with record() as recorder:
        assert not project.up(secretive(SECOND)).failed
    assert f"Secret {namespace}/{second}, which the pods mount, is missing" in preview.messages[0]
    assert {second} == mounted_by_pods(cluster, namespace) & secrets(cluster, namespace).keys()
    assert {} == recorder.replaced()

    before = changed_to(cluster, namespace)
    preview = project.preview(secretive(SECOND, OTHER_KEY))
    with record() as recorder:
        assert not project.up(secretive(SECOND, OTHER_KEY)).failed
    assert [1] * NODES == list(recorder.replaced().values())
    assert preview.messages[0].startswith("hash_key ")
    assert before != changed_to(cluster, namespace)

    assert not project.destroy().failed
    cluster.wait("all to be gone", lambda: not (config_maps(cluster, namespace) or secrets(cluster, namespace)))


def test_value_that_a_resource_makes_is_named_in_preview_and_waited_for_in_up(project, secretive, cluster, namespace):
    def program(key="first"):
        def run():
            other = ConfigMapPatch(f"other-{key}", metadata={"name": f"other-{key}", "namespace": namespace})
            value = other.metadata.apply(
                lambda of: FIRST["tls.key"] if of.get("uid") else pulumi.Output.from_input(pulumi.UNKNOWN)
            )
            return secretive({"tls.crt": FIRST["tls.crt"], "tls.key": value})()

        return run

    preview = project.preview(program())
    assert not preview.failed, preview.output
    assert "create" == preview.steps["SecretPatch agent/agent-tls-unknown"]
    assert not project.up(program()).failed
    (first,) = secrets(cluster, namespace)

    preview = project.preview(program("second"))
    assert (
        "Secret agent-tls: tls.key is not known before `up`: rolling restart, if it means something else then"
        == (preview.messages[0].splitlines()[0])
    )
    outcome = project.up(program("second"))
    assert [first] == list(secrets(cluster, namespace))
    assert "DaemonSet agent" not in outcome.steps


DOCUMENT = (ROOT / "docs/secrets.md").read_text()
SHELL, PROGRAM = (re.search(rf"```{of}\n(.*?)```", DOCUMENT, re.DOTALL)[1] for of in ("shell", "python"))
MORE = """
        "audit": [{"file": "audit.jsonl"}, {"stdout": True}],
        "update_strategy": {"rolling_update": {"max_unavailable": "100%"}},"""


CHART = {
    "Chart.yaml": "{apiVersion: v2, name: agent, version: 1.0.0}",
    "templates/secret.yaml": """\
apiVersion: v1
kind: Secret
metadata: {name: agent-tls}
data: {tls.key: {{ .Values.key | b64enc }}}
""",
    "templates/agent.yaml": """\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  updateStrategy: {rollingUpdate: {maxUnavailable: 100%}}
  template:
    metadata:
      labels: {app: agent}
      annotations: {checksum/tls: {{ include (print $.Template.BasePath "/secret.yaml") . | sha256sum }}}
    spec:
      containers: [{name: agent, image: "agent:1", volumeMounts: [{name: tls, mountPath: /etc/tls}]}]
      volumes: [{name: tls, secret: {secretName: agent-tls}}]
""",
}
OF_A_CHART = """
import pulumi

from config_rollout import ConfiguredChart

config = pulumi.Config()
ConfiguredChart(
    "agent",
    {
        "chart": "chart",
        "namespace": "monitoring",
        "values": {"key": config.require_secret("private-key")},
        "hash_key": config.require_secret("hash-key"),
        "audit": [{"file": "audit.jsonl"}, {"stdout": True}],
    },
)
"""


@pytest.fixture
def said(engine, cluster, namespace):
    """
    Return a function that runs a program with one password after the other.

    It gives what was said, what others can read, the Secrets, the state with its secrets in the open, and the records.
    """
    folder = run_folder("secrets")

    def run(*arguments):
        return engine.run(*arguments, folder=folder).stdout

    def live(program, more=None):
        runtime = {"name": "python", "options": {"virtualenv": ".venv"}}
        text = program.replace('"namespace": "monitoring",', f'"namespace": "{namespace}",')
        files = {
            "Pulumi.yaml": json.dumps({"name": namespace, "runtime": runtime}),
            "__main__.py": text,
            **(more or {}),
        }
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(content)
        (folder / ".venv").symlink_to(ROOT / ".venv")
        said = [run("stack", "init", "test"), run("config", "set", "certificate", "open to all")]
        made = subprocess.run(MAKE_KEY, shell=True, cwd=folder, env=engine.environment, check=True, capture_output=True)
        said.append(made.stdout.decode() + made.stderr.decode())
        for password in PASSWORDS:
            run("config", "set", "--secret", "private-key", password)
            said += [
                run("preview", "--diff"),
                run("up", "--yes", "--skip-preview", "--debug", "--diff", "--color=never"),
            ]
            said += [run("stack", "export"), run("preview", "--json"), run("stack", "history", "--json")]
        public = in_the_open(cluster, namespace, engine)
        held = json.dumps(list(secrets(cluster, namespace).values()))
        audit = (folder / "audit.jsonl").read_text()
        return said, public, held, run("stack", "export", "--show-secrets"), audit

    yield live
    run("destroy", "--yes", "--skip-preview", "--remove")
    shutil.rmtree(folder)


@pytest.mark.parametrize("of", ["a component", "a chart"])
def test_no_value_is_anywhere_but_in_the_secret(said, of):
    if of == "a chart":
        every, public, held, with_values, audit = said(
            OF_A_CHART, {f"chart/{name}": text for name, text in CHART.items()}
        )
    else:
        where = '"namespace": "monitoring",'
        every, public, held, with_values, audit = said(PROGRAM.replace(where, where + MORE))

    assert MAKE_KEY == SHELL.strip()
    assert all((password, "base64") in traces(held) for password in PASSWORDS)
    assert (PASSWORDS[1], "base64") in traces(with_values)
    assert [] == [(trace, text) for text in (*every, *public, audit) for trace in traces(text)]
    assert "Secret agent-tls: tls.key: 9 => 7 bytes changed: rolling restart" in every[-5]
    changes = [change for line in audit.splitlines() for change in json.loads(line)["changes"]]
    assert [
        {"kind": "Secret", "source": "agent-tls", "key": "tls.key", "path": "", "before": "9 bytes", "after": "7 bytes",
         "effect": "restart", "class": "restart"},
    ] == changes  # fmt: skip
