"""ConfigMaps and Secrets that others own: what is registered, and what is refused."""

import base64
import hashlib
import json

import pulumi
import pytest

from config_rollout import ConfiguredDaemonSet, ConfiguredDeployment
from config_rollout.core.configuration.keyed import HashKey
from config_rollout.core.workload.external import external_source, rolled_out
from config_rollout.core.workload.recorded import changes_between
from config_rollout.prepare import external as prepare
from tests.memory_cluster import MemoryCluster
from tests.wiring.conftest import DAEMON_SET, HASH, POD_SPEC

OWN = f"ConfigMapPatch agent-{HASH[:10]}"
SPEC = {
    **POD_SPEC,
    "containers": [{**POD_SPEC["containers"][0], "env_from": [{"config_map_ref": {"name": "bundle"}}]}],
}
EXTERNAL = {"config_maps": ["bundle"]}
SECRET_SPEC = {
    **POD_SPEC,
    "containers": [{**POD_SPEC["containers"][0], "env_from": [{"secret_ref": {"name": "tls"}}]}],
}
SECRETS = {"secrets": ["tls"]}
KEY = "a hash key of 32 characters, and more"
PIN = "swordfish"
"""A value that anyone could guess: nothing that stands in the open may confirm the guess."""


def test_one_that_is_read_is_no_object_of_ours_and_counts(register):
    registered = register(external=EXTERNAL, pod_spec=SPEC)
    template = registered[DAEMON_SET].inputs["spec"]["template"]

    assert {"ConfiguredDaemonSet agent", OWN, DAEMON_SET} == set(registered)
    assert [{"configMapRef": {"name": "bundle"}}] == template["spec"]["containers"][0]["envFrom"]
    assert {"bundle": external_source(SPEC, "bundle", None).hash} == rolled_out(template["metadata"]["annotations"])
    assert HASH != template["metadata"]["annotations"]["checksum/config"]
    assert {"configMaps": {"bundle": {"data": {}, "binaryData": {}}}} == (
        registered["ConfiguredDaemonSet agent"].inputs["external"]
    )


def test_secret_that_is_read_is_no_object_of_ours_and_counts(register):
    registered = register(external=SECRETS, hash_key=pulumi.Output.secret(KEY), pod_spec=SECRET_SPEC)
    template = registered[DAEMON_SET].inputs["spec"]["template"]

    assert {"ConfiguredDaemonSet agent", OWN, DAEMON_SET} == set(registered)
    assert [{"secretRef": {"name": "tls"}}] == template["spec"]["containers"][0]["envFrom"]
    assert HASH != template["metadata"]["annotations"]["checksum/config"]
    recorded = registered["ConfiguredDaemonSet agent"].inputs["secretHashes"]["tls"]
    assert {"Secret tls": recorded["hash"]} == rolled_out(template["metadata"]["annotations"])
    assert recorded["external"]


@pytest.mark.parametrize("component", [ConfiguredDaemonSet, ConfiguredDeployment])
@pytest.mark.parametrize(
    ("external", "volume", "more"),
    [
        (EXTERNAL, {"name": "c", "config_map": {"name": "bundle"}}, {}),
        (SECRETS, {"name": "c", "secret": {"secret_name": "tls"}}, {"hash_key": lambda: pulumi.Output.secret(KEY)}),
    ],
)
def test_pods_may_read_nothing_of_our_own(register, component, external, volume, more):
    pod_spec = {**POD_SPEC, "volumes": [volume]}
    registered = register(component=component, data=None, external=external, pod_spec=pod_spec, **more)
    kind = component.__name__.removeprefix("Configured")
    of = registered[f"{kind} agent"]

    assert {f"{component.__name__} agent", f"{kind} agent"} == set(registered)
    assert {"checksum/config", "config-rollout/external"} == set(
        of.inputs["spec"]["template"]["metadata"]["annotations"]
    )
    recorded = registered[f"{component.__name__} agent"].inputs
    assert [] == changes_between(recorded, recorded)


def test_change_of_the_only_one_says_whose_it_is():
    before, after = ({"name": "agent", "external": {"configMaps": {"bundle": {"data": {"ca": ca}}}}} for ca in "12")

    assert ["external ConfigMap bundle: ca"] == [change.name for change in changes_between(before, after)]


@pytest.mark.parametrize("text", ["[]", "{", "1"])
def test_annotation_that_someone_spoilt_tells_nothing(text):
    assert {} == rolled_out({"config-rollout/external": text})


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"external": ["bundle"]}, "external: must be a mapping with `config_maps` or `secrets` (got list). Pass "
         "{'config_maps': ['NAME']}."),
        ({"external": {}}, "external: must be a mapping with `config_maps` or `secrets` (got {}). Pass "
         "{'config_maps': ['NAME']}."),
        ({"external": {"config_map": ["bundle"], "config_maps": ["bundle"]}},
         "external.config_map: is not a known field. Write 'config_maps', if that was meant."),
        ({"external": {"config_maps": []}}, "external.config_maps: must be a list of names (got []). Pass ['NAME']."),
        ({"external": {"config_maps": ["bundle", "bundle"]}},
         "external.config_maps[1]: 'bundle' is listed twice. Keep one of the two."),
        ({"external": {"config_maps": ["bundle", "agent"]}},
         "external.config_maps[1]: 'agent' is a ConfigMap of this component. Leave it out here, or in `data` and "
         "`config_maps`."),
        ({"external": {"config_maps": ["bundel", "bundle"]}},
         "pod_spec: no volume or env reads ConfigMap 'bundel', so no pod would see this data. Add a config_map volume "
         "with the name 'bundel', or an env_from."),
        ({"external": EXTERNAL, "namespace": None}, "namespace: is required. Pass it."),
        ({"external": EXTERNAL, "namespace": lambda: pulumi.Output.from_input("x")},
         "namespace: must be plain with `external`: the component reads the cluster before it registers anything. Pass "
         "a plain str."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_where_it_is(refused, changes, line):
    assert [f"ConfiguredDaemonSet 'agent': {line}"] == refused(pod_spec=SPEC, **changes)


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({"hash_key": None},
         ["hash_key: is required with `secrets`: others can read their hash, and without a key anyone could test "
          "guesses with it. Run `head -c 32 /dev/urandom | base64 | pulumi config set --secret hash-key`, and pass "
          "pulumi.Config().require_secret('hash-key')."]),
        ({"external": {"secrets": []}}, ["external.secrets: must be a list of names (got []). Pass ['NAME'].",
                                         "hash_key: is for `secrets`, and there are none. Leave it out."]),
        ({"external": {"secrets": ["tls", "tls"]}},
         ["external.secrets[1]: 'tls' is listed twice. Keep one of the two."]),
        ({"secrets": {"tls": {"string_data": {"PIN": PIN}}}},
         ["external.secrets[0]: 'tls' is a Secret of this component. Leave it out here, or in `secrets`."]),
        ({"external": {"secrets": ["tls", "T"]}},
         ["pod_spec: no volume or env reads Secret 'T', so no pod would see this data. Add a secret volume with the "
          "secret_name 'T', or an env_from.",
          "external.secrets[1]: is not the name of a Secret. Use lowercase letters, digits, '-' and '.', and begin "
          "and end with a letter or digit."]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_secrets_is_said_where_it_is(refused, changes, lines):
    arguments = {"external": SECRETS, "hash_key": pulumi.Output.secret(KEY), "pod_spec": SECRET_SPEC, **changes}

    assert [f"ConfiguredDaemonSet 'agent': {line}" for line in lines] == refused(**arguments)


@pytest.fixture(params=["ConfigMap", "Secret"])
def kind(request):
    return request.param


@pytest.fixture
def of_kind(kind):
    """Return a function that gives what the cluster has of an object of the kind, from key -> text."""

    def make(**texts):
        encoded = {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}
        return {"data": encoded if kind == "Secret" else texts}

    return make


@pytest.fixture
def read(monkeypatch, kind):
    """Return a function that reads the object of a cluster, and gives what was read, what is missing and findings."""
    secret = kind == "Secret"
    resource, field = ("secrets", "secrets") if secret else ("configmaps", "config_maps")

    def run(*there, ref=None, preview=True, **of_cluster):
        objects = [(resource, {"metadata": {"name": "bundle", "namespace": "n"}, **of}) for of in there]
        monkeypatch.setattr(prepare, "find_cluster", lambda plain: MemoryCluster(objects, **of_cluster))
        monkeypatch.setattr(prepare, "is_mocked", lambda: False)
        monkeypatch.setattr(prepare, "WAIT_SECONDS", 0)
        monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: preview)
        by = f"{'secret' if secret else 'config_map'}_key_ref"
        env = {"name": "CA", "value_from": {by: {"name": "bundle", "key": "ca", **(ref or {})}}}
        plain = {"namespace": "n", "external": {field: ["bundle"]}, "pod_spec": {"containers": [{"env": [env]}]}}
        own = {"config_maps": ["agent"], "secrets": []}
        external, findings = prepare.read_external("agent", plain, own, HashKey(KEY.encode()))
        return external, [str(finding) for finding in findings]

    return run


def one_of(external):
    (one,) = (*external.sources, *external.secrets)
    return one


def test_only_keys_that_pods_read_count(read, of_kind):
    one, other, changed = (
        one_of(read(of_kind(ca=ca, notes=notes))[0]) for ca, notes in (("x", "a"), ("x", "b"), ("y", "a"))
    )

    assert one.hash == other.hash != changed.hash


def test_missing_one_is_said_where_pods_start_without_it(read, kind):
    external, findings = read(ref={"optional": True})

    said = f"external {kind} n/bundle does not exist: pods start without it, since pod_spec says `optional`"
    assert ([], (said,)) == (findings, external.missing)


def test_missing_one_is_refused_where_pods_wait_for_it(read, kind):
    field = {"ConfigMap": "config_maps", "Secret": "secrets"}[kind]
    assert [
        f"external.{field}[0]: {kind} n/bundle does not exist: a new pod would wait for it forever. Create it first, "
        "or write `optional: true` where pod_spec reads it."
    ] == read()[1]


def test_missing_key_is_refused(read, kind, of_kind):
    (line,) = read(of_kind(crt="x"))[1]

    assert f"refers to key 'ca', which {kind} 'bundle' does not have: a new pod would wait for it forever" in line


def test_missing_permission_names_the_command_that_prints_it(read, kind):
    resource, option = ("secrets", "external-secret") if kind == "Secret" else ("configmaps", "external")
    assert [
        f"external: may not get {resource} 'bundle' in namespace n. Grant the user of this kubeconfig what "
        f"`config-rollout rbac n/agent --{option} bundle` prints."
    ] == read(may_not=lambda right: True)[1]


def test_only_get_is_asked_for(read, of_kind):
    assert [] == read(of_kind(ca="x"), may_not=lambda right: right.verb != "get")[1]


@pytest.mark.parametrize(("preview", "unknown", "lines"), [(True, [["*"]], 0), (False, [], 1)])
def test_cluster_that_does_not_answer_leaves_a_preview_without_it_and_stops_an_up(read, preview, unknown, lines):
    external, findings = read(failures=[503] * 9, preview=preview)

    every = [*external.sources, *external.secrets]
    assert (unknown, lines) == ([list(one.unknown) for one in every], len(findings))


@pytest.mark.parametrize("kind", ["Secret"], indirect=True)
def test_nothing_of_a_secret_is_kept_that_confirms_a_guess(read, of_kind):
    external, _ = read(of_kind(ca=PIN, notes=PIN))
    kept = f"{external!r} {json.dumps(one_of(external).recorded())}"

    forms = PIN, base64.b64encode(PIN.encode()).decode(), hashlib.sha256(PIN.encode()).hexdigest()
    assert [] == [form for form in forms if form in kept]


@pytest.mark.parametrize("kind", ["Secret"], indirect=True)
def test_change_of_a_secret_is_a_key_and_a_size(read, of_kind):
    old, new = (
        {"secretHashes": {"bundle": one_of(read(of_kind(ca=ca, notes=notes))[0]).recorded()}, "data": {"a": "b"}}
        for ca, notes in ((PIN, "a"), (PIN.upper(), "b"))
    )
    changes = changes_between(old, new)

    assert [("external Secret bundle: ca", (9, 9), True), ("external Secret bundle: notes", (1, 1), False)] == [
        (change.name, change.sizes, change.restarts) for change in changes
    ]
