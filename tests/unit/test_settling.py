"""What is written once the provider has written the DaemonSet, on a server that cannot always serve it."""

import pytest

from config_rollout.cluster import retrying
from config_rollout.cluster.client import ClusterError
from config_rollout.core.kubernetes.annotations import RESTORED_ANNOTATION
from config_rollout.core.kubernetes.workload_kinds import DAEMON_SET
from config_rollout.prepare import revisions as kept
from config_rollout.prepare import waiting as patience
from tests.memory_cluster import MemoryCluster
from tests.objects.daemon_set import CONFIG_MAPS, NEW_NAME, REVISIONS, daemon_set, restored_from

WANTED = {"metadata": {"name": NEW_NAME, "namespace": "n"}}


class Server(MemoryCluster):
    """Has one DaemonSet with all that belongs to it, and answers so many requests with a status first."""

    def __init__(self, annotations=None, failures=()):
        labels = {"config-rollout/daemon-set": "agent"}
        config_maps = [
            {
                **one,
                "metadata": {
                    **one["metadata"],
                    "labels": labels,
                    "uid": "u",
                    "ownerReferences": [
                        {**owner, "kind": "ControllerRevision"} for owner in one["metadata"]["ownerReferences"]
                    ],
                },
            }
            for one in CONFIG_MAPS
        ]
        super().__init__(
            [
                ("daemonsets", daemon_set(annotations=annotations)),
                *(("controllerrevisions", one) for one in REVISIONS),
                *(("configmaps", one) for one in config_maps),
            ],
            failures,
        )
        self.patched = []

    def patch(self, resource, name, namespace, body, **more):
        done = super().patch(resource, name, namespace, body, **more)
        self.patched.append((resource, body["metadata"]))
        return done

    def apply(self, resource, name, namespace, body, manager):
        return self.keep(resource, body)


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(retrying, "delay_seconds", lambda attempt, fraction: 0.0)
    monkeypatch.setattr(patience.pulumi.log, "info", lambda message: None)


def settle(server, has_waves=False):
    return kept.settle(server, DAEMON_SET, "n", "agent", "ds", [WANTED], has_waves)


@pytest.mark.parametrize("failures", [[500], [504], [429, 0, 503], [None]])
def test_server_that_is_busy_is_asked_again(failures):
    server = Server(failures=filter(None, failures))

    assert [] == settle(server)
    assert [] == server.failures


def test_answer_that_stays_is_told_at_once():
    with pytest.raises(ClusterError, match="is busy"):
        settle(Server(failures=[403]))


def test_note_that_only_a_driver_would_remove_goes_with_the_waves():
    with_waves, without = Server(restored_from()), Server(restored_from())
    settle(with_waves, has_waves=True)
    settle(without)
    cleared = "daemonsets", {"annotations": {RESTORED_ANNOTATION: None}}

    assert cleared in without.patched
    assert cleared not in with_waves.patched


def test_nothing_to_remove_writes_nothing():
    server = Server()
    settle(server)

    assert [] == [what for what in server.patched if what[0] == "daemonsets"]


def secret(ending, labels=("agent",)):
    metadata = {"name": f"agent.tls-{ending * 10}", "namespace": "n", "labels": dict.fromkeys(LABELS, *labels)}
    return {"kind": "Secret", "metadata": metadata, "data": {}}


LABELS = ["config-rollout/daemon-set"]


def reads(name):
    """Return a DaemonSet that reads a Secret too."""
    one = daemon_set()
    one["spec"]["template"]["spec"]["volumes"].append({"name": "s", "secret": {"secretName": name}})
    return one


def no_lists(right):
    return (right.verb, right.resource) == ("list", "secrets")


def test_secret_is_owned_restored_or_deleted_by_its_name_alone():
    wanted, stray, other = secret("b"), secret("c"), secret("d", labels=("another",))
    server = Server()
    server.may_not = no_lists
    server.keep("daemonsets", reads(wanted["metadata"]["name"]))
    for one in (stray, other):
        server.keep("secrets", one)
    earlier = [one["metadata"]["name"] for one in (stray, other)]

    assert ["Secret n/agent.tls-bbbbbbbbbb, which pods mount, was missing and is restored"] == (
        kept.settle(server, DAEMON_SET, "n", "agent", "ds", [WANTED, wanted], False, earlier)
    )
    assert {"agent.tls-bbbbbbbbbb", "agent.tls-dddddddddd"} == server.of("secrets").keys()
    (owner,) = server.of("secrets")["agent.tls-bbbbbbbbbb"]["metadata"]["ownerReferences"]
    assert "DaemonSet" == owner["kind"]


def test_without_secrets_none_is_asked_for():
    server = Server()
    server.may_not = lambda right: right.resource == "secrets"

    assert [] == settle(server)
