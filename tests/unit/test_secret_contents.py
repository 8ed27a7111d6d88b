"""What a Secret holds, its keyed hash, and what is said of its changes: never a value."""

import base64
import hmac
import json

import pytest

from config_rollout.core.audit.record import AuditRecord, parse_records
from config_rollout.core.audit.writing import change_cause, changes_of
from config_rollout.core.configuration.keyed import HashKey, parse_hash_key
from config_rollout.core.configuration.secret_content import doubts, parse_secret, secret_of
from config_rollout.core.explain.reasons import WorkloadUpdate, explain_keys
from config_rollout.core.revisions.config_maps import ownerships, plain_names
from config_rollout.core.words.changes import key_summary, lines_of_keys
from config_rollout.core.workload.configuration import Configuration
from config_rollout.core.workload.secret import Secret, SecretSource, diff_secrets

KEY = HashKey(b"k" * 32)
PIN = "swordfish"
NOW = "2026-11-20T10:00:00Z"


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def secret(key=KEY, name="tls", workload="agent", read=None, **fields):
    content, findings = parse_secret(fields or {"string_data": {"pin": PIN}})
    assert [] == findings
    if read is not None:
        content = type(content)(content.type, content.content.as_read(lambda of, _: of in read))
    return SecretSource(name, content, key, workload)


def test_keyed_hash_is_hmac_over_lines_with_lengths():
    message = b"config-rollout/secret/v1 text\n5:agent\n3:tls\n3:pin\n9:swordfish\n"

    assert hmac.new(KEY.value, message, "sha256").hexdigest() == secret().public.keys["pin"].text


def test_hash_is_another_for_another_key_place_type_or_value():
    same = secret().public.hash
    others = [
        secret(HashKey(b"q" * 32)), secret(name="other"), secret(workload="other"),
        secret(string_data={"pin": PIN}, type="example.org/pin"), secret(string_data={"pin": "catfish"}),
        secret(string_data={"nip": PIN}),
    ]  # fmt: skip

    assert same == secret().public.hash
    assert 7 == len({same, *(other.public.hash for other in others)})


def test_string_data_and_data_mean_the_same():
    assert secret().public == secret(data={"pin": encoded(PIN)}).public


def test_binary_value_is_a_value_as_any_other():
    of = secret(data={"der": base64.b64encode(b"\xff\x00").decode()})

    assert {"der": base64.b64encode(b"\xff\x00").decode()} == of.render({"annotations": {}})["data"]
    assert 2 == of.public.keys["der"].size


def test_object_of_the_cluster_means_what_it_was_made_of():
    of = secret(string_data={"a.yaml": "a: 1\n", "b": "x"}, read=["a.yaml"], formats={"b": "json"}, text_version="2")
    live = of.render({"annotations": {}, "labels": {"config-rollout/daemon-set": "agent"}})

    assert of.public == of.of(secret_of(live)).public


def test_text_that_means_the_same_is_the_same_hash():
    one, other = (secret(string_data={"a.yaml": text}).public for text in ("a: 1 # x\n", "a: 1\n"))

    assert one.hash == other.hash
    (change,) = diff_secrets([one], [other])
    assert ["  ~ Secret tls: a.yaml: 9 => 5 bytes changed (nothing: written differently, means the same)"] == (
        lines_of_keys([change])
    )


def test_neither_value_nor_key_is_in_what_is_recorded_or_printed():
    of = secret()
    said = f"{of!r} {of.public!r} {of.public.recorded()} {KEY!r}"

    assert [] == [text for text in (PIN, encoded(PIN), "kkkk") if text in said]


def test_what_is_recorded_is_read_again():
    of = secret(string_data={"pin": PIN, "note": "x"}, effects={"note": "none"}, text_version="1", read=["pin"]).public

    assert of == Secret.from_inputs("tls", of.recorded())


CRT = {"string_data": {"tls.crt": "c" * 1224}}


@pytest.mark.parametrize(
    ("old", "new", "summary", "lines"),
    [
        (CRT, {"string_data": {"tls.crt": "d" * 1224}}, "Secret tls: tls.crt: 1,224 bytes changed",
         ["  ~ Secret tls: tls.crt: 1,224 bytes changed"]),
        (CRT, {"string_data": {"tls.crt": "d" * 1301}}, "Secret tls: tls.crt: 1,224 => 1,301 bytes changed",
         ["  ~ Secret tls: tls.crt: 1,224 => 1,301 bytes changed"]),
        (CRT, {"string_data": {**CRT["string_data"], "x": "1"}}, "Secret tls: x: 1 byte added",
         ["  + Secret tls: x: 1 byte added"]),
        (CRT, {"string_data": {"x": "1"}}, "Secret tls: tls.crt: 1,224 bytes removed",
         ["  - Secret tls: tls.crt: 1,224 bytes removed", "  + Secret tls: x: 1 byte added"]),
        (CRT, {**CRT, "type": "a/b"}, "Secret tls: type Opaque => a/b", ["  ~ Secret tls: type Opaque => a/b"]),
        (CRT, {**CRT, "text_version": "May"}, "Secret tls: text_version May",
         ["  + Secret tls: text_version May: rolls every text out as it is written"]),
    ],
)  # fmt: skip
def test_change_says_which_key_and_how_long(old, new, summary, lines):
    changes = diff_secrets([secret(**old).public], [secret(**new).public])

    assert lines == lines_of_keys(changes)
    assert summary == key_summary(changes)[0]


def test_key_that_no_pod_reads_waits():
    old, new = (secret(string_data={"pin": PIN, "note": note}, read=["pin"]).public for note in ("a", "bc"))

    assert old.hash == new.hash
    assert [
        "Secret tls: note: no effective value changes, so nothing restarts",
        "  ~ Secret tls: note: 1 => 2 bytes changed (nothing: no pod reads it)",
        "  The Secret stays as it is until a change restarts pods",
    ] == explain_keys(diff_secrets([old], [new]), "n/agent").splitlines()


def test_another_hash_key_is_the_reason_and_only_sizes_tell_the_rest():
    old = secret(string_data={"pin": PIN, "crt": "a"}).public
    new = secret(HashKey(b"q" * 32), string_data={"pin": "anything!", "crt": "ab"}).public
    hash_key = f"hash_key {old.key_id} => {new.key_id}"

    assert [
        f"  ~ {hash_key}: every Secret gets a new hash, and only sizes tell what else changed",
        "  ~ Secret tls: crt: 1 => 2 bytes changed",
    ] == lines_of_keys(diff_secrets([old], [new]))
    assert hash_key == key_summary(diff_secrets([old], [new]))[0]


def test_config_maps_say_their_name_beside_a_secret():
    old, new = (Configuration.of({}) for _ in range(2))

    assert old.hash == new.hash != Configuration([], [secret().public]).hash
    canonical = Configuration([], [secret().public]).canonical
    assert f"config-rollout/v2\nsecret 3:tls {secret().public.hash}\n".encode() == canonical


@pytest.mark.parametrize(
    ("fields", "lines"),
    [
        ({"string_data": {"a b": PIN}},
         ["string_data['a b']: the key contains a space. Use letters, digits, '-', '_' or '.'."]),
        ({"string_data": {"pin": 4711}},
         ["string_data['pin']: must be text (got int). Pass a str, or an Output of one."]),
        ({"data": {"pin": f"{PIN}!"}},
         ["data['pin']: is not base64. Pass plain text in `string_data`, or base64.b64encode(...).decode()."]),
        ({"string_data": {"pin": PIN}, "data": {"pin": encoded(PIN)}},
         ["data['pin']: the key is in string_data too. Keep it in one of the two."]),
        ({"string_data": {"pin": "x" * (1024 * 1024 + 1)}},
         ["string_data: all values together are 1,048,577 bytes; a Secret holds at most 1,048,576. Ship large files in "
          "the image or in a volume."]),
        ({}, ["string_data: has no keys, so there is no configuration. Add at least one key."]),
        ({"string_data": {"tls.crt": PIN}, "type": "kubernetes.io/tls"},
         ["type: is kubernetes.io/tls, which needs 'tls.key'. Add the key, or leave the type out."]),
        ({"string_data": {"x": PIN}, "type": "kubernetes.io/basic-auth"},
         ["type: is kubernetes.io/basic-auth, which needs 'username' or 'password'. Add the key, or leave the type "
          "out."]),
        ({"string_data": {"a.yaml": f"k: {PIN}"}, "effects": {"a.yaml:j": "none"}},
         ["effects['a.yaml:j']: is not a known field. Name a field of the key, or the whole key."]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_without_a_value(fields, lines):
    findings = [str(finding) for finding in parse_secret(fields)[1]]

    assert lines == findings
    assert [] == [line for line in findings if PIN in line or encoded(PIN) in line]


@pytest.mark.parametrize(
    ("fields", "lines"),
    [
        ({"string_data": {"pin": encoded("-----BEGIN CERTIFICATE")}},
         ["string_data['pin']: is base64 of a text, and pods get it as it is written. Move it to `data`, unless the "
          "program decodes it."]),
        ({"string_data": {"pin": PIN}}, []),
        ({"string_data": {"a.json": f"{{{PIN}"}},
         ["string_data['a.json']: cannot be read in its format, so every byte of it counts. Correct it, or pass the "
          "format 'text' for it in `formats`."]),
    ],
)  # fmt: skip
def test_what_is_doubtful_is_said_without_a_value(fields, lines):
    assert lines == [str(finding) for finding in doubts(fields, parse_secret(fields)[0])]


@pytest.mark.parametrize(
    ("value", "is_secret", "what"),
    [(5, True, "must be text (got int)"), ("short ", True, "has 5 characters"), ("k" * 32, False, "is not a secret"),
     ("k" * 32 + "\n", True, "")],
)  # fmt: skip
def test_key_is_a_secret_of_enough_characters(value, is_secret, what):
    key, findings = parse_hash_key(value, is_secret)

    assert [what] == [finding.what[: len(what)] for finding in findings] or (what, KEY) == ("", key)


def test_owners_of_secrets_are_those_that_read_them():
    def template(name):
        return {"metadata": {}, "spec": {"volumes": [{"name": "s", "secret": {"secretName": name}}]}}

    old, new, config_map = "agent.tls-aaaaaaaaaa", "agent.tls-bbbbbbbbbb", "agent-cccccccccc"
    daemon_set = {"metadata": {"name": "agent", "uid": "ds"}, "spec": {"template": template(new)}}
    revisions = [
        {
            "metadata": {"name": f"r{number}", "uid": f"r{number}"},
            "revision": number,
            "data": {"spec": {"template": of}},
        }
        for number, of in enumerate([template(old), template(new)], 1)
    ]
    there = [{"metadata": {"name": one, "uid": one, "resourceVersion": "1"}} for one in (old, new, config_map)]
    owners = {
        one.name: [owner["uid"] for owner in one.owners]
        for one in ownerships(daemon_set, revisions, there, [new], kind="Secret")
    }

    assert {old: ["r1"], new: ["ds"], config_map: []} == owners


def test_config_map_beside_a_secret_need_not_have_the_hash_of_the_pods():
    volumes = [{"configMap": {"name": "agent-aaaaaaaaaa"}}, {"secret": {"secretName": "agent.tls-bbbbbbbbbb"}}]
    spec = {"volumes": volumes}

    assert {"agent-aaaaaaaaaa": "agent"} == plain_names(spec, "agent", "c" * 64)
    assert {"agent.tls-bbbbbbbbbb": "tls"} == plain_names(spec, "agent", "c" * 64, "Secret")
    assert {} == plain_names({"volumes": volumes[:1]}, "agent", "c" * 64)


def test_record_names_the_secret_and_says_how_long_it_was():
    old, new = ([secret(string_data={"pin": pin}).public] for pin in (PIN, "catfish"))
    keys, (before, after) = diff_secrets(old, new), (Configuration([], side).hash for side in (old, new))
    template = {"metadata": {"annotations": {"checksum/config": before}}, "spec": {}}
    daemon_set = {"metadata": {"name": "agent", "namespace": "n"}, "spec": {"template": template}}
    other = {**template, "metadata": {"annotations": {"checksum/config": after}}}
    update = WorkloadUpdate(daemon_set, {**daemon_set, "spec": {"template": other}}, keys, before)
    changes, _ = changes_of(update)
    record = AuditRecord("n", "agent", NOW, NOW, before, after, "done", changes=changes)

    plain = {"kind": "Secret", "source": "tls", "key": "pin", "path": "", "before": "9 bytes", "after": "7 bytes"}
    assert [{**plain, "effect": "restart", "class": "restart"}] == json.loads(record.to_json())["changes"]
    assert ([record], []) == parse_records(record.to_json(), "history")
    assert "Secret tls: pin: 9 => 7 bytes changed" == change_cause(record)
