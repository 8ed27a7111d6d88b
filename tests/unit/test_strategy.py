"""An `updateStrategy` that someone has changed, and whose it is."""

import pytest

from config_rollout.core.kubernetes.annotations import STACK_ANNOTATION, WAVES_ANNOTATION
from config_rollout.core.waves import strategy


@pytest.mark.parametrize(
    ("update_strategy", "held"), [({"type": "OnDelete"}, True), ({"type": "RollingUpdate"}, False), (None, True)]
)
def test_pods_are_held_back_by_on_delete(update_strategy, held):
    assert held == strategy.is_held({"spec": {"updateStrategy": update_strategy}})


def daemon_set(operation="Apply", **spec):
    annotations = {f"f:{WAVES_ANNOTATION}": {}, f"f:{STACK_ANNOTATION}": {}, ".": {}}
    fields = {"f:metadata": {"f:annotations": annotations}, "f:spec": spec}
    entry = {"manager": "a-patch", "operation": operation, "fieldsV1": fields}
    values = {WAVES_ANNOTATION: "{}", STACK_ANNOTATION: "o/p/s", "other": "x"}
    return {"metadata": {"name": "n", "namespace": "ns", "annotations": values, "managedFields": [entry]}}


def test_patch_of_its_own_is_applied_as_a_whole():
    manager, body = strategy.applied(daemon_set())

    assert "a-patch" == manager
    assert {WAVES_ANNOTATION: "{}", STACK_ANNOTATION: "o/p/s"} == body["metadata"]["annotations"]
    assert {"updateStrategy": {"type": "OnDelete"}} == body["spec"]


@pytest.mark.parametrize("thing", [daemon_set("Update"), daemon_set(**{"f:template": {}}), {"metadata": {}}])
def test_daemon_set_that_one_patch_has_is_not_applied_anew(thing):
    assert None is strategy.applied(thing)
