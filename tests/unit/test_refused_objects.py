"""Objects that are taken over: the API server is asked about several at once, and answers in their order."""

import threading
import time

import pytest

from config_rollout.cluster.client import ClusterError, Forbidden
from config_rollout.core.manifests.items import items_of_objects
from config_rollout.core.markers import UNKNOWN
from config_rollout.core.rbac.rights import Right
from config_rollout.prepare.taking_over import refused_objects

AT_ONCE = 10


class Server:
    """Answers for each name as `answers` says; all of the first `AT_ONCE` requests are there before one is answered."""

    def __init__(self, answers, meets=False):
        self.answers, self.asked = answers, []
        self._meeting = threading.Barrier(AT_ONCE) if meets else None

    def try_apply(self, body, namespace, name, manager):
        self.asked.append(name)
        if self._meeting:
            self._meeting.wait(timeout=30)
        time.sleep(0 if name in self.answers else 0.02)
        status = self.answers.get(name)
        if status == 403:
            raise Forbidden(Right("patch", "", "configmaps", "n", name), "https://c")
        if status is not None:
            raise ClusterError(f"https://c: patch {name}: {status} no. Correct it and run this again.", status)


def objects(count, **more):
    kinds = [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"m{n}"}, **more} for n in range(count)]
    every = {"apiVersion": "v1", "kind": "List", "items": kinds}
    items, _ = items_of_objects("manifests", every, every)
    return items


def test_ten_are_asked_about_at_once_and_what_is_refused_is_told_in_the_order_of_the_objects():
    server = Server({"m7": 422, "m3": 422}, meets=True)
    found = refused_objects(objects(2 * AT_ONCE), server, in_preview=True)

    assert [
        f"manifests: ConfigMap {name}: take_over: https://c: patch {name}: 422 no. Write it as it is in the cluster; "
        "once `up` has taken it over, remove `take_over`: then Pulumi may replace it."
        for name in ("m3", "m7")
    ] == [str(one) for one in found]


@pytest.mark.parametrize(("in_preview", "names"), [(True, ["m4"]), (False, ["m1", "m4"])])
def test_preview_leaves_out_only_what_it_may_not_ask(in_preview, names):
    found = refused_objects(objects(6), Server({"m1": 403, "m4": 422}), in_preview)

    assert [f"manifests: ConfigMap {name}" for name in names] == [one.where for one in found]


def test_permission_that_is_missing_is_named_with_what_prints_all_of_them():
    (found,) = refused_objects(objects(1), Server({"m0": 403}), in_preview=False)

    assert (
        "manifests: ConfigMap m0: take_over: may not patch configmaps 'm0' in namespace n. Grant what `config-rollout "
        "rbac --take-over` prints."
    ) == str(found)


@pytest.mark.parametrize(("in_preview", "last"), [(True, []), (False, ["take_over"])])
def test_where_there_is_no_answer_it_ends(in_preview, last):
    server = Server({"m1": 422, "m2": 0, "m3": 422})
    found = refused_objects(objects(1000), server, in_preview)

    assert ["manifests: ConfigMap m1", *last] == [one.where for one in found]
    assert len(server.asked) < 1000


def test_object_of_which_something_is_not_known_yet_is_not_asked_about():
    server = Server({})

    assert ([], []) == (refused_objects(objects(1, data={"a": UNKNOWN}), server, in_preview=True), server.asked)
