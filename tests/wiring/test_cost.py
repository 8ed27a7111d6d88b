"""What several components of one program share."""

import pulumi
from pulumi.runtime import _callbacks, mocks

from config_rollout import ConfiguredDaemonSet
from config_rollout.cluster.client import Cluster
from config_rollout.core.markers import UNKNOWN
from config_rollout.hooks.plain_inputs import UNKNOWN_OUTPUT, plain_arguments
from config_rollout.prepare import cluster as preparing
from tests.wiring.conftest import Mocks, arguments


def run(program):
    mocks.set_mocks(Mocks())
    pulumi.runtime.test(program)()


def test_all_hooks_of_a_program_share_one_server(monkeypatch):
    made, real = [], _callbacks._CallbackServicer.__init__
    monkeypatch.setattr(_callbacks._CallbackServicer, "__init__", lambda of, to: (made.append(of), real(of, to))[1])
    run(
        lambda: [ConfiguredDaemonSet(name, arguments(name="agent", namespace=name)) for name in ("one", "two")] and None
    )

    assert 1 == len(made)


def test_cluster_is_found_once_in_a_run_and_anew_when_its_credentials_may_have_changed(monkeypatch):
    given, now = [], [0.0]
    monkeypatch.setattr(Cluster, "find", lambda *where: given.append(where) or object())
    monkeypatch.setattr(preparing.time, "monotonic", lambda: now[0])

    def program():
        first = preparing.find_cluster({"kubeconfig": "a"})
        assert first is preparing.find_cluster({"kubeconfig": "a"}) is not preparing.find_cluster({"kubeconfig": "b"})
        now[0] += 61
        assert first is not preparing.find_cluster({"kubeconfig": "a"})

    run(program)
    run(lambda: preparing.find_cluster({"kubeconfig": "a"}) and None)

    assert [("a", None), ("b", None), ("a", None), ("a", None)] == given


def test_arguments_become_plain_and_say_whether_anything_of_them_is_secret():
    found = []

    class Returned(dict):
        items = None

    async def look(_):
        secret = {"data": {"token": pulumi.Output.secret("x")}, "list": [pulumi.Output.from_input({"a": 1}), 2]}
        for given in (secret, {"spec": Returned(items=[Returned(key="k")])}, {"a": UNKNOWN_OUTPUT}):
            found.append(await plain_arguments(given))
        return 0

    run(lambda: pulumi.export("looked", pulumi.Output.from_input(0).apply(look)))

    assert [
        ({"data": {"token": "x"}, "list": [{"a": 1}, 2]}, True),
        ({"spec": {"items": [{"key": "k"}]}}, False),
        ({"a": UNKNOWN}, False),
    ] == found
