"""How long to wait before a request is tried again, and which are worth it. The messages are the real provider's."""

import pytest

from config_rollout.core.kubernetes.retry import (
    NOT_IN_TIME,
    UNREACHABLE,
    cause_of,
    delay_seconds,
    is_passing,
    is_passing_failure,
)


def test_waits_double_up_to_ten_seconds():
    assert [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0] == [round(delay_seconds(n, 1.0), 3) for n in range(1, 9)]
    assert 10.0 == delay_seconds(10_000, 1.0)


def test_waits_are_spread_over_their_upper_half():
    assert (0.1, 0.15, 0.2) == tuple(round(delay_seconds(1, fraction), 3) for fraction in (0.0, 0.5, 1.0))


@pytest.mark.parametrize(
    ("status", "passing"),
    [(0, True), (429, True), (500, True), (503, True), (-1, False), (401, False), (403, False), (404, False),
     (409, False), (422, False)],
)  # fmt: skip
def test_what_is_tried_again(status, passing):
    assert passing == is_passing(status)


ON = "the Kubernetes API server reported that"
URN = '"urn:pulumi:s::p::kubernetes:core/v1:ConfigMap::c"'
CREATED = f"resource {URN} was not successfully created by the Kubernetes API server: "
UPDATED = f'1 error occurred:\n\t* {ON} "default/d" failed to fully initialize or become live: '
READ = 'update of resource "urn:pulumi:s::p::kubernetes:apps/v1:DaemonSet::d" failed: '
PATCH = 'Patch "https://127.0.0.1:44773/api/v1/namespaces/default/configmaps/c?fieldManager=p&force=false": '
GET = 'Get "https://127.0.0.1:44773/apis/apps/v1/namespaces/default/daemonsets/d": '
CONFLICT = (
    "Server-Side Apply field conflict detected. See https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/"
    "managing-resources-with-server-side-apply/#handle-field-conflicts-on-existing-resources for troubleshooting "
    'help.\nThe resource managed by field manager "us" had an apply conflict: '
)
MODIFIED = (
    'Operation cannot be fulfilled on daemonsets.apps "d": the object has been modified; please apply your changes to '
    "the latest version and try again"
)
SCHEMA = "unable to load schema information from the API server: "
ENDED = (
    'connection error: desc = "transport: Error while dialing: dial tcp 127.0.0.1:39011: connect: connection refused"'
)
REFUSED = 'Get "https://127.0.0.1:38829/openapi/v2?timeout=32s": dial tcp 127.0.0.1:38829: connect: connection refused'


@pytest.mark.parametrize(
    "error",
    [
        CREATED + "the server has received too many requests and has asked us to try again later",
        UPDATED + "the server has received too many requests and has asked us to try again later\n\n",
        CREATED + "Internal error occurred: etcdserver: leader changed",
        UPDATED + "etcdserver: leader changed\n\n",
        CREATED + "the server is currently unable to handle the request",
        READ + "the server is currently unable to handle the request\nunable to get cluster state: the server is "
        "currently unable to handle the request",
        UPDATED + 'an error on the server ("<html>Bad Gateway</html>") has prevented the request from succeeding\n\n',
        CREATED + "Timeout: request did not complete within the allotted duration",
        CREATED + "Timeout: request did not complete within requested timeout - context deadline exceeded",
        UPDATED + "the server was unable to return a response in the time allotted, but may still be processing the "
        "request\n\n",
        CREATED + PATCH + "EOF",
        UPDATED + 'Patch "https://127.0.0.1:44773/apis/apps/v1/namespaces/default/daemonsets/d": EOF\n\n',
        READ + GET + "EOF\nunable to get cluster state: " + GET + "EOF",
        CREATED + PATCH + "read tcp 127.0.0.1:51214->127.0.0.1:41461: read: connection reset by peer",
        CREATED + "unexpected error when reading response body. Please retry. Original error: unexpected EOF",
        CREATED + REFUSED,
        CREATED + f"Internal error occurred: rpc error: code = Unavailable desc = {ENDED}",
        UPDATED + MODIFIED + "\n\n",
        CREATED + CONFLICT + MODIFIED,
        'Delete "https://127.0.0.1:41461/api/v1/namespaces/default/configmaps/c-1": EOF',
        "the server is currently unable to handle the request",
        "etcdserver: leader changed",
    ],
)
def test_write_that_the_provider_may_try_again(error):
    assert is_passing_failure(error)


@pytest.mark.parametrize(
    "error",
    [
        f"{UNREACHABLE}: {SCHEMA}{REFUSED}",
        CREATED + 'daemonsets.apps "d" is forbidden: User "u" cannot patch resource "daemonsets" in API group "apps"',
        CREATED + "Unauthorized",
        ENDED,
        "error reading from server: EOF",
        CREATED + 'ConfigMap "Bad_Name" is invalid: metadata.name: Invalid value: "Bad_Name": a lowercase RFC 1123 '
        "subdomain must consist of lower case alphanumeric characters, '-' or '.'",
        CREATED + CONFLICT + 'Apply failed with 1 conflict: conflict with "python-requests" using v1: .data.a',
        f"{UPDATED}{NOT_IN_TIME}\n\n",
    ],
)
def test_write_that_would_fail_again(error):
    assert not is_passing_failure(error)


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (CREATED + "Unauthorized", "Unauthorized"),
        (f"{UPDATED}{MODIFIED}\n\n", MODIFIED),
        (f"{READ}{GET}EOF\nunable to get cluster state: {GET}EOF", f"{GET}EOF"),
        ("etcdserver: leader changed", "etcdserver: leader changed"),
    ],
)
def test_cause_is_told_without_what_the_provider_says_around_it(error, cause):
    assert cause == cause_of(error)
