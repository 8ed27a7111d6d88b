"""One more pod that has to come up with a text before those that run get it."""

import pytest

from config_rollout.core.waves.gates import HttpGate, RestartsGate
from config_rollout.core.waves.order import Division, Wave
from config_rollout.core.waves.reload_canary import Canary, canary_of, config_map, job, judge_canary

POD_SPEC = {
    "hostNetwork": True,
    "priorityClassName": "system-node-critical",
    "containers": [
        {
            "name": "dns",
            "image": "coredns:1",
            "args": ["-conf", "/etc/dns/Corefile"],
            "ports": [{"containerPort": 53, "hostPort": 53}],
            "volumeMounts": [
                {"name": "config", "mountPath": "/etc/dns"},
                {"name": "run", "mountPath": "/run", "mountPropagation": "HostToContainer"},
            ],
        }
    ],
    "volumes": [
        {"name": "config", "projected": {"sources": [{"configMap": {"name": "dns-reload"}}]}},
        {"name": "run", "hostPath": {"path": "/run"}},
    ],
}


def daemon_set(**pod_spec):
    template = {"metadata": {"labels": {"app": "dns"}, "annotations": {"a": "b"}}, "spec": {**POD_SPEC, **pod_spec}}
    return {"metadata": {"name": "dns", "namespace": "n"}, "spec": {"template": template}}


def made(names=(("dns-reload", "c-0"),), **pod_spec):
    return job("c", daemon_set(**pod_spec), dict(names), "n1", 300)


def pod_of_job():
    return made()["spec"]["template"]["spec"]


def test_pod_has_the_same_image_and_arguments_and_the_other_text():
    (container,) = pod_of_job()["containers"]

    assert ("coredns:1", ["-conf", "/etc/dns/Corefile"]) == (container["image"], container["args"])
    assert [{"configMap": {"name": "c-0"}}] == pod_of_job()["volumes"][0]["projected"]["sources"]


def test_pod_runs_on_the_node_whatever_its_taints():
    assert ("n1", [{"operator": "Exists"}]) == (pod_of_job()["nodeName"], pod_of_job()["tolerations"])


def test_pod_takes_neither_network_nor_ports_of_its_node():
    assert "hostNetwork" not in pod_of_job()
    assert [{"containerPort": 53}] == pod_of_job()["containers"][0]["ports"]


def test_pod_writes_to_no_folder_of_its_node():
    assert [
        {"name": "config", "mountPath": "/etc/dns"},
        {"name": "run", "mountPath": "/run", "readOnly": True},
    ] == pod_of_job()["containers"][0]["volumeMounts"]


def test_pod_evicts_no_other():
    assert "priorityClassName" not in pod_of_job()


def test_no_selector_of_others_fits_the_pod():
    template = made()["spec"]["template"]["metadata"]

    assert {"app.kubernetes.io/managed-by": "config-rollout"} == template["labels"]
    assert {"a": "b"} == template["annotations"]


def test_kubernetes_removes_it_where_nobody_else_is_left_to():
    spec = made()["spec"]

    assert (300, 15, 0) == (spec["activeDeadlineSeconds"], spec["ttlSecondsAfterFinished"], spec["backoffLimit"])


def test_container_that_ends_is_not_started_again_and_its_last_lines_are_kept():
    assert "Never" == pod_of_job()["restartPolicy"]
    assert "FallbackToLogsOnError" == pod_of_job()["containers"][0]["terminationMessagePolicy"]


def test_pods_that_do_not_read_the_text_need_no_canary():
    assert made(names=[("other", "c-0")]) is None


def test_init_containers_are_as_careful():
    init = {"name": "i", "ports": [{"containerPort": 1, "hostPort": 1}]}
    of = made(initContainers=[init])["spec"]["template"]["spec"]["initContainers"]

    assert [{"containerPort": 1}] == of[0]["ports"]


def test_its_config_map_is_owned_by_the_job():
    owner = {"metadata": {"name": "c", "uid": "u"}}
    of = config_map("c-0", owner, {"metadata": {"name": "dns-reload"}, "data": {"Corefile": "new"}})

    assert {"Corefile": "new"} == of["data"]
    assert [("Job", "c", "u")] == [(one["kind"], one["name"], one["uid"]) for one in of["metadata"]["ownerReferences"]]


GATE = HttpGate(8080, "/healthz", timeout_seconds=40)


def test_first_wave_that_has_nodes_says_how_it_is_tried_out():
    first = Wave("canary", soak_seconds=5, gates=(GATE, RestartsGate()))
    divisions = [Division(Wave("empty", soak_seconds=9), ()), Division(first, ("n1",)), Division(Wave("rest"), ("n2",))]

    assert Canary(("n1", "n2"), (GATE,), 5) == canary_of(divisions)


def test_its_time_is_that_of_its_steps():
    assert 180 + 5 + 40 + 60 == Canary(("n1",), (GATE,), 5).seconds(180)


def pod(phase="Running", ready=False, **container):
    status = {"name": "dns", "state": {}, **container}
    conditions = [{"type": "Ready", "status": str(ready)}]
    return {"status": {"phase": phase, "conditions": conditions, "containerStatuses": [status]}}


ENDED = {"terminated": {"exitCode": 1, "message": "Corefile:3 - Error during parsing\n"}}


@pytest.mark.parametrize(
    ("of", "why", "is_final"),
    [
        (pod(ready=True), "", True),
        (None, "its pod was not made", False),
        (pod(), "its pod is not ready (its readiness probe fails)", False),
        (pod(phase="Pending", state={"waiting": {"reason": "ImagePullBackOff"}}),
         "its pod is not ready (ImagePullBackOff)", False),
        (pod(phase="Failed", state=ENDED), "container 'dns' exited with 1: Corefile:3 - Error during parsing", True),
        (pod(ready=True, state={"terminated": {"exitCode": 0}}), "container 'dns' exited with 0", True),
        ({"status": {"phase": "Failed", "reason": "OutOfcpu", "message": "Node is full"}},
         "its pod ended (OutOfcpu: Node is full)", True),
        ({"status": {"phase": "Pending", "initContainerStatuses": [{"name": "i", "state": {"terminated": {
            "exitCode": 0}}}]}}, "its pod is not ready (terminated)", False),
    ],
)  # fmt: skip
def test_pod_says_whether_it_came_up(of, why, is_final):
    assert (why, is_final) == judge_canary(of)
