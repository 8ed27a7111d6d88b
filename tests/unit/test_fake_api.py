"""The fake API server is one, as far as it goes: read by the real client."""

import time

import pytest

from config_rollout.cluster.client import Cluster
from tools.fake_api import NAME, NAMESPACE, NEW_HASH, OLD_HASH, FakeApi, fleet

pytestmark = pytest.mark.slow

PODS = ("pods", NAMESPACE, f"app={NAME}")


@pytest.fixture
def api():
    with FakeApi(fleet(501, moved=1), ready_seconds=0.01) as api:
        yield api


@pytest.fixture
def cluster(api):
    return Cluster.find(api.kubeconfig)


def hash_of(pod):
    return pod["metadata"]["annotations"]["checksum/config"]


def test_list_comes_in_pages(api, cluster):
    hashes = [hash_of(pod) for pod in cluster.list(*PODS)]

    assert (1, 500) == (hashes.count(NEW_HASH), hashes.count(OLD_HASH))
    assert 2 == api.requests["LIST pods"]


def test_deleted_pod_has_a_successor_that_becomes_ready(cluster):
    pages = list(cluster.pages(*PODS))
    old = next(pod["metadata"] for pod in pages[0][0] if hash_of(pod) == OLD_HASH)
    cluster.delete("pods", old["name"], NAMESPACE, old["uid"])
    seen = []
    for event in cluster.watch(*PODS, pages[-1][1], 10):
        ready = event["object"]["status"]["conditions"][2]["status"]
        seen.append((event["type"], hash_of(event["object"]), ready))
        if len(seen) == 3:
            break

    assert [("DELETED", OLD_HASH, "True"), ("ADDED", NEW_HASH, "False"), ("MODIFIED", NEW_HASH, "True")] == seen


def test_template_put_back_is_the_newest_revision(cluster):
    old = cluster.list("controllerrevisions", NAMESPACE, f"app={NAME}")[0]
    cluster.patch("daemonsets", NAME, NAMESPACE, old["data"], strategic=True)
    numbers = {r["metadata"]["name"]: r["revision"] for r in cluster.list("controllerrevisions", NAMESPACE)}

    assert {f"{NAME}-1": 3, f"{NAME}-2": 2} == numbers
    assert 3 == cluster.get("daemonsets", NAME, NAMESPACE)["status"]["observedGeneration"]


def test_watch_ends_when_its_time_is_over(cluster):
    (*_, (_, version)) = cluster.pages(*PODS)
    began = time.monotonic()

    assert [] == list(cluster.watch(*PODS, version, 1))
    assert time.monotonic() - began >= 1


def test_watch_from_what_another_server_said_ends_with_an_error(cluster):
    (event,) = cluster.watch(*PODS, "1", 1)

    assert ("ERROR", 410) == (event["type"], event["object"]["code"])
