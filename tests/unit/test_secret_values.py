"""What looks like a secret is not shown."""

import pytest

from config_rollout.core.configuration.content import Content
from config_rollout.core.configuration.diff import diff_contents
from config_rollout.core.configuration.secret_values import SECRET, hide, secret_lines
from config_rollout.core.words.changes import field_lines, key_lines

# Put together here, so that no scanner takes this file for a leak.
KEY = "\n".join(
    ["-----BEGIN RSA " + "PRIVATE KEY-----", "MIIEowIBAAKCAQEA", "x9z", "-----END RSA " + "PRIVATE KEY-----"]
)
GITHUB = "ghp_" + "aB3" * 12
AWS = "AKIA" + "QWERTYUIOPASDFGH"
SLACK = "xoxb-" + "1234567890-1234567890-" + "a" * 24


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("password", "hunter2"),
        ("clientSecret", "8f9a8f00"),
        ("api_key", "abcdef12345"),
        ("token", "abc123"),
        ("bearer_token", "abc123"),
        ("tls", KEY),
        ("x", GITHUB),
        ("x", AWS),
        ("x", SLACK),
        ("endpoint", "https://user:p4ssw0rd@example.com/"),
    ],
)
def test_value_is_hidden(name, value):
    assert SECRET is hide(value, name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mode", "nftables"),
        ("tokenFile", "/var/run/secrets/kubernetes.io/serviceaccount/token"),
        ("password", ""),
        ("password", "${PASSWORD}"),
        ("image", "agent@sha256:" + "0f" * 32),
        ("clusterCIDR", "10.244.0.0/16"),
        ("secure", True),
        ("replicas", 3),
        ("x", None),
    ],
)
def test_value_is_shown(name, value):
    assert value == hide(value, name)


def test_secret_in_a_structure_is_hidden_and_the_rest_is_not():
    assert {"auth": {"user": "u", "password": SECRET}, "l": [1]} == hide(
        {"auth": {"user": "u", "password": "hunter2"}, "l": [1]}
    )


def test_value_of_an_environment_variable_has_the_name_of_the_variable():
    assert {"name": "DB_PASSWORD", "value": SECRET} == hide({"name": "DB_PASSWORD", "value": "hunter2"})


def test_every_line_of_a_private_key_is_a_secret():
    assert set(KEY.split("\n")) == secret_lines(f"a: 1\n{KEY}\nb: 2\n")


def lines(old: str, new: str, key: str) -> str:
    (change,) = diff_contents(Content({key: old.encode()}), Content({key: new.encode()}))
    return "\n".join(key_lines(change))


def test_field_is_told_without_its_secret():
    shown = lines("auth: {password: hunter2}", "auth: {password: hunter3}", "a.yaml")

    assert "  ~ a.yaml\n      ~ auth.password: [secret] => [secret]" == shown


def test_section_is_told_without_its_secret():
    shown = lines("a: 1", "a: 1\nauth: {password: hunter2, user: u}", "a.yaml")

    assert '  ~ a.yaml\n      + auth: {"password": [secret], "user": "u"}' == shown


def test_line_of_a_text_is_told_without_its_secret():
    shown = lines("password=hunter2\nport=1\n", "password=hunter3\nport=2\n", "a.conf")

    assert ["-[secret]", "-port=1", "+[secret]", "+port=2"] == shown.replace(" ", "").split("\n")[1:]


def test_changed_line_inside_a_private_key_is_not_told():
    shown = lines(KEY + "\n", KEY.replace("x9z", "y8w") + "\n", "tls.pem")

    assert ["-[secret]", "+[secret]"] == shown.replace(" ", "").split("\n")[1:]


def test_environment_variable_of_a_container_is_told_without_its_secret():
    from config_rollout.core.configuration.diff import FieldChange

    change = FieldChange("containers[name=a].env[name=DB_PASSWORD].value", "hunter2", "hunter3")

    (line,) = field_lines(change, secret=False)
    assert "~ containers[name=a].env[name=DB_PASSWORD].value: [secret] => [secret]" == line


def test_no_rule_sends_what_it_finds_to_its_issuer(monkeypatch):
    from detect_secrets.settings import transient_settings

    sent = []
    monkeypatch.setattr("requests.sessions.Session.request", lambda *asked, **_: sent.append(asked))
    verifying = {"filters_used": [{"path": "detect_secrets.filters.common.is_ignored_due_to_verification_policies"}]}
    with transient_settings(verifying):
        assert [SECRET, SECRET] == [hide(SLACK, "x"), hide("sk_live_" + "aB3" * 8, "x")]

    assert [] == sent


@pytest.mark.parametrize(
    "value",
    [
        "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxIn0" + ".c2lnbmF0dXJlLW9mLWl0",
        "glpat-" + "aB3" * 6 + "xy",
        "sk_live_" + "aB3" * 8,
        "SG." + "aB3" * 7 + "x" + "." + "aB3" * 14 + "x",
        "pypi-AgEIcHlwaS5vcmc" + "aB3" * 30,
        "1234567890:" + "aB3" * 11 + "xy",
    ],
    ids=lambda value: value[:6],
)
def test_token_of_a_known_issuer_is_hidden(value):
    assert SECRET is hide(value, "x")
