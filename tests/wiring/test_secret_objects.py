"""Secrets of a component: what is registered, what is recorded of them, and what is refused or warned about."""

import base64
import hashlib
import json

import pulumi
import pytest

from tests.wiring.conftest import DAEMON_SET, POD_SPEC

KEY = "a hash key of 32 characters, and more"
PIN = "swordfish"
"""A value that anyone could guess: nothing that stands in the open may confirm the guess."""
ENCODED = base64.b64encode(PIN.encode()).decode()
IS_SECRET = "4dabf18193072939515e22adb298388d"
"""Pulumi's mark of a secret."""
ENV_FROM = [{"secret_ref": {"name": "pin"}}]
SPEC = {
    **POD_SPEC,
    "containers": [{**POD_SPEC["containers"][0], "env_from": ENV_FROM}],
    "image_pull_secrets": [{"name": "pin"}],
}


def secret(value):
    return pulumi.Output.secret(value)


@pytest.fixture
def secretive(register):
    def run(fields=None, pod_spec=SPEC, key=KEY, name="pin", **changes):
        secrets = {name: fields or {"string_data": {"PIN": PIN}}}
        return register(secrets=secrets, hash_key=secret(key), pod_spec=pod_spec, **changes)

    return run


def secret_of(registered):
    (name,) = [name for name in registered if name.startswith("SecretPatch ")]
    return registered[name]


def test_each_has_an_immutable_object_named_after_its_content(secretive):
    registered = secretive()
    made = secret_of(registered)

    assert made.name.startswith("agent/pin-")
    assert f"agent.pin-{made.name[-10:]}" == made.inputs["metadata"]["name"]
    assert (True, "Opaque") == (made.inputs["immutable"], made.inputs["type"])
    assert made.name in registered[DAEMON_SET].dependencies
    assert {"spec": [], "metadata": []} == {
        name: of for name, of in registered[DAEMON_SET].property_dependencies.items() if name in ("spec", "metadata")
    }


def test_values_are_secret_to_the_engine_and_nowhere_else(secretive):
    registered = secretive()
    data = secret_of(registered).inputs.pop("data")

    assert {IS_SECRET, "value"} == set(data)
    assert {"PIN": ENCODED} == data["value"]
    said = json.dumps([one.inputs for one in registered.values()])
    assert [] == [text for text in (PIN, ENCODED, hashlib.sha256(PIN.encode()).hexdigest(), KEY) if text in said]


def test_references_follow_and_pulls_of_images_do_not(secretive):
    registered = secretive()
    spec = registered[DAEMON_SET].inputs["spec"]["template"]["spec"]
    name = secret_of(registered).inputs["metadata"]["name"]

    assert [{"secretRef": {"name": name}}] == spec["containers"][0]["envFrom"]
    assert [{"name": "pin"}] == spec["imagePullSecrets"]


@pytest.mark.parametrize(
    "fields",
    [
        lambda: {"data": {"PIN": ENCODED}},
        lambda: {"string_data": {"PIN": secret(PIN)}},
        lambda: {"string_data": secret({"PIN": PIN})},
        lambda: secret({"stringData": {"PIN": PIN}}),
    ],
)
def test_value_means_the_same_however_it_is_passed(secretive, fields):
    plain, other = secretive(), secretive(fields())

    assert {name: one.inputs for name, one in plain.items()} == {name: one.inputs for name, one in other.items()}


def test_another_key_is_another_hash(secretive):
    assert secret_of(secretive()).name != secret_of(secretive(key=KEY.upper())).name


def test_secrets_may_be_all_that_pods_read(secretive):
    container = {**SPEC["containers"][0], "volume_mounts": []}
    registered = secretive(data=None, pod_spec={"containers": [container]})

    assert [] == [name for name in registered if name.startswith("ConfigMap")]
    assert [secret_of(registered).name] == registered[DAEMON_SET].dependencies


def test_config_map_and_secret_may_share_a_name(secretive):
    container = {**SPEC["containers"][0], "env_from": [{"secret_ref": {"name": "agent"}}]}
    spec = secretive(name="agent", pod_spec={**SPEC, "containers": [container]})[DAEMON_SET].inputs["spec"]
    spec = spec["template"]["spec"]
    one, other = spec["volumes"][0]["configMap"]["name"], spec["containers"][0]["envFrom"][0]["secretRef"]["name"]

    assert ["agent", "agent"] == [name[:-11] for name in (one, other)]
    assert one != other


def test_preview_knows_no_name_of_what_it_does_not_know(register):
    unknown = pulumi.Output.from_input(pulumi.UNKNOWN)
    secrets = {"pin": {"string_data": {"PIN": unknown}}}
    registered = register(secrets=secrets, hash_key=secret(KEY), pod_spec=SPEC, preview=True)

    assert "agent/pin-unknown" == secret_of(registered).name
    hashes = registered["ConfiguredDaemonSet agent"].inputs["secretHashes"]
    assert {"pin": pulumi.runtime.rpc.UNKNOWN} == hashes


def test_what_is_doubtful_is_a_warning(secretive, monkeypatch):
    warned = []
    monkeypatch.setattr(pulumi.log, "warn", lambda message, *_: warned.append(message))
    other = {"name": "T", "value_from": {"secret_key_ref": {"name": "tokens", "key": "t"}}}
    spec = {**SPEC, "containers": [{**SPEC["containers"][0], "env": [other]}]}
    secretive({"string_data": {"PIN": base64.b64encode(b"swordfish and more").decode()}}, pod_spec=spec)

    assert [
        "ConfiguredDaemonSet 'agent': secrets['pin'].string_data['PIN']: is base64 of a text, and pods get it as it is "
        "written. Move it to `data`, unless the program decodes it.",
        "ConfiguredDaemonSet 'agent': pod_spec.containers[0].env[0].value_from.secret_key_ref.name: reads Secret "
        "'tokens', which is not one of this component's: its changes restart nothing. If this program makes it, pass "
        "it in `secrets`; if not, name it in `external`.",
    ] == [line.replace("valueFrom", "value_from").replace("secretKeyRef", "secret_key_ref") for line in warned]


MAKE = (
    "Run `head -c 32 /dev/urandom | base64 | pulumi config set --secret hash-key`, and pass "
    "pulumi.Config().require_secret('hash-key')."
)
GOOD = {"string_data": {"PIN": PIN}}
ASKS = {**SPEC, "containers": [{**SPEC["containers"][0], "env": [
    {"name": "P", "value_from": {"secret_key_ref": {"name": "pin", "key": "PIM"}}}]}]}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({"hash_key": None},
         ["hash_key: is required with `secrets`: others can read their hash, and without a key anyone could test "
          f"guesses with it. {MAKE}"]),
        ({"hash_key": KEY}, [f"hash_key: is not a secret, so others may read it. {MAKE}"]),
        ({"hash_key": "x"}, [f"hash_key: has 1 characters, and at least 32 random ones are needed. {MAKE}"]),
        ({"secrets": None}, ["hash_key: is for `secrets`, and there are none. Leave it out."]),
        ({"secrets": {}},
         ["secrets: must map name to a Secret's fields (got {}). Pass {'NAME': {'string_data': {...}}}."]),
        ({"secrets": {"pin": PIN}},
         ["secrets['pin']: must be a mapping with `string_data` or `data` (got str). Pass {'string_data': {...}}."]),
        ({"secrets": {"pin": {"string_date": {"PIN": PIN}, **GOOD}}},
         ["secrets['pin'].string_date: is not a known field. Write 'string_data', if that was meant."]),
        ({"secrets": {"pin": GOOD, "nip": GOOD}},
         ["pod_spec: no volume or env reads Secret 'nip', so no pod would see this data. Add a secret volume with "
          "the secret_name 'nip', or an env_from."]),
        ({"secrets": {"pin": {"data": {"PIN": PIN}, "type": "kubernetes.io/tls"}}},
         ["secrets['pin'].data['PIN']: is not base64. Pass plain text in `string_data`, or "
          "base64.b64encode(...).decode()."]),
        ({"secrets": {"pin": GOOD}, "pod_spec": ASKS},
         ["pod_spec.containers[0].env[0].value_from.secret_key_ref.key: refers to key 'PIM', which Secret 'pin' does "
          "not have: a new pod would wait for it forever. Write 'PIN', if that was meant."]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_where_it_is(refused, changes, lines):
    arguments = {"secrets": {"pin": GOOD}, "hash_key": secret(KEY), "pod_spec": SPEC, **changes}
    every = refused(**arguments)

    assert [f"ConfiguredDaemonSet 'agent': {line}" for line in lines] == every
    assert [] == [line for line in every if PIN in line]
