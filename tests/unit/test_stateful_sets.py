"""When the rollout of a StatefulSet has ended, what keeps it from that, and what cannot be changed in place."""

import pytest

from config_rollout.core.kubernetes.pods import pod_of
from config_rollout.core.kubernetes.stateful_sets import check_fixed, is_rolled_out, stuck, unfinished
from tests.objects.stateful_set import NEW, OLD, stateful_pod, stateful_set

ON_DELETE = {"updateStrategy": {"type": "OnDelete"}}
FAILED = "db-cccccccccc"
CRASHES = "CrashLoopBackOff"


def partition(ordinal):
    return {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": ordinal}}}


@pytest.mark.parametrize(
    ("stateful", "ended"),
    [
        (stateful_set(), True),
        (stateful_set(replicas=0, updated=0, available=0), True),
        (stateful_set(seen=1), False),
        (stateful_set(updated=2), False),
        (stateful_set(available=2), False),
        (stateful_set(updated=1, **partition(2)), True),
        (stateful_set(updated=0, **partition(2)), False),
        (stateful_set(updated=0, **partition(7)), True),
        (stateful_set(updated=0, **ON_DELETE), True),
        (stateful_set(updated=0, available=2, **ON_DELETE), False),
    ],
)  # fmt: skip
def test_rollout_has_ended_when_all_that_follow_have_followed(stateful, ended):
    assert ended == is_rolled_out(stateful)


def test_rollout_has_not_ended_while_there_are_pods_too_many():
    scaled = stateful_set()
    scaled["spec"]["replicas"] = 2

    assert not is_rolled_out(scaled)


MOVING = stateful_set(updated=1, available=2, current=OLD)


@pytest.mark.parametrize(
    ("stateful", "pod", "has_finished", "deleted"),
    [
        # of a rollout that never finished
        (MOVING, stateful_pod(2, FAILED, ready=False, why=CRASHES), True, True),
        (MOVING, stateful_pod(2, FAILED, ready=False), True, True),
        (stateful_set(current=NEW), stateful_pod(2, FAILED, ready=False), True, True),
        (MOVING, stateful_pod(2, FAILED), True, False),
        # of the revision before
        (MOVING, stateful_pod(2, OLD, ready=False, why=CRASHES), True, True),
        (MOVING, stateful_pod(2, OLD, ready=False, why="ContainerCreating"), True, False),
        (MOVING, stateful_pod(2, OLD, ready=False), True, False),
        (MOVING, stateful_pod(2, OLD, ready=False), False, True),
        # of the wanted one
        (MOVING, stateful_pod(2, NEW, ready=False, why=CRASHES), True, False),
        # nothing that somebody deletes, or would have to
        (MOVING, stateful_pod(2, FAILED, ready=False, leaving=True), True, False),
        (stateful_set(**ON_DELETE), stateful_pod(2, FAILED, ready=False), True, False),
        # nothing by what the controller has not seen
        (stateful_set(seen=1, current=OLD), stateful_pod(2, OLD, ready=False, why=CRASHES), True, False),
    ],
)  # fmt: skip
def test_pods_that_kubernetes_would_wait_for_in_vain(stateful, pod, has_finished, deleted):
    pods = [pod_of(one) for one in (stateful_pod(0, OLD), pod)]

    assert (["db-2"] if deleted else []) == [one.name for one in stuck(stateful, pods, has_finished)]


@pytest.mark.parametrize(
    ("stateful", "pods", "why"),
    [
        (stateful_set(available=2), [stateful_pod(0), stateful_pod(1, ready=False, why=CRASHES)],
         ["pod db-1 is not ready (CrashLoopBackOff)"]),
        (stateful_set(available=0), [stateful_pod(1, ready=False), stateful_pod(0, ready=False)],
         ["pod db-0 is not ready", "pod db-1 is not ready"]),
        (stateful_set(replicas=2), [stateful_pod(0), stateful_pod(1, leaving=True)], ["1 of 2 pods are there"]),
        (stateful_set(replicas=1), [stateful_pod(0), stateful_pod(1)],
         ["2 pods are there, more than the 1 that are wanted"]),
        (stateful_set(replicas=1, seen=1), [stateful_pod(0)],
         ["no controller has seen it: make sure that kube-controller-manager runs"]),
        (stateful_set(replicas=1, updated=0, available=0), [stateful_pod(0)],
         ["0 of 1 pods are updated and 0 available"]),
    ],
)  # fmt: skip
def test_why_a_rollout_has_not_ended(stateful, pods, why):
    assert why == unfinished(stateful, [pod_of(one) for one in pods])


CLAIM = {
    "metadata": {"name": "data"},
    "spec": {"access_modes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1024Mi"}}},
}
LIVE_CLAIM = {"kind": "PersistentVolumeClaim", "metadata": {"name": "data"}, "status": {"phase": "Pending"},
              "spec": {"accessModes": ["ReadWriteOnce"], "volumeMode": "Filesystem",
                       "resources": {"requests": {"storage": "1Gi"}}}}  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "live", "refused"),
    [
        ({"revisionHistoryLimit": None, "serviceName": None, "volumeClaimTemplates": None}, {}, []),
        ({"revisionHistoryLimit": None}, {"revisionHistoryLimit": 10}, []),
        ({"revisionHistoryLimit": 3}, {"revisionHistoryLimit": 10}, ["revision_history_limit"]),
        ({"revisionHistoryLimit": None}, {"revisionHistoryLimit": 3}, ["revision_history_limit"]),
        ({"serviceName": None, "podManagementPolicy": "Parallel"}, {"serviceName": "db"},
         ["service_name", "pod_management_policy"]),
        ({"volumeClaimTemplates": [CLAIM]}, {"volumeClaimTemplates": [LIVE_CLAIM]}, []),
        ({"volumeClaimTemplates": [CLAIM]}, {}, ["volume_claim_templates"]),
        ({"volumeClaimTemplates": None}, {"volumeClaimTemplates": [LIVE_CLAIM]}, ["volume_claim_templates"]),
    ],
)  # fmt: skip
def test_fields_that_the_provider_would_replace_it_for(wanted, live, refused):
    assert refused == [one.where for one in check_fixed(wanted, stateful_set(**live), "StatefulSet n/db")]


def test_refused_field_says_what_to_do():
    (finding,) = check_fixed({"revisionHistoryLimit": 3}, stateful_set(), "StatefulSet n/db")

    assert (
        "revision_history_limit: differs from StatefulSet n/db, which would have to be deleted and made again. "
        "Put it back. Or run `kubectl -n n delete statefulset db --cascade=orphan`, which keeps the pods, and then "
        "`pulumi up --refresh`."
    ) == str(finding)
