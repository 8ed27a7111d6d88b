"""What becomes of the provider's own writes when the API server cannot serve them: the real provider, and a proxy."""

import pytest

from tests.engine.conftest import BETTER, NODES, Project
from tests.engine.observed import daemon_set
from tests.engine.processes import end
from tools.engine import Engine
from tools.proxy import Answer, Proxy, status

BUSY = Answer(429, "Too many requests, please try again later.", {"Content-Type": "text/plain; charset=utf-8"})
"""As priority and fairness of the real API server words it."""
AWAY = status(503, "ServiceUnavailable", "the server is currently unable to handle the request")
MODIFIED = status(409, "Conflict", "Operation cannot be fulfilled: the object has been modified; please apply your "
                  "changes to the latest version and try again")  # fmt: skip
FORBIDDEN = status(403, "Forbidden", 'configmaps "agent" is forbidden: User "ci" cannot patch resource "configmaps"')
GONE = Answer(0)


@pytest.fixture
def proxy(cluster):
    with Proxy(cluster) as proxy:
        yield proxy


@pytest.fixture
def engine(binaries, proxy):
    with Engine(binaries, proxy.kubeconfig) as engine:
        yield engine


@pytest.fixture
def project(engine, namespace):
    return Project(engine, namespace)


def failing(resource: str, *answers: Answer):
    """Return a fault: so many writes to a resource are answered so, the next ones pass. What it answered is `told`."""
    left = list(answers)

    def fault(method: str, path: str) -> Answer | None:
        write = method in ("POST", "PATCH", "PUT", "DELETE") and f"/{resource}" in path and "dryRun" not in path
        return left.pop(0) if write and left else None

    fault.left = left
    return fault


@pytest.mark.parametrize("resource", ["configmaps", "daemonsets"])
def test_writes_that_cannot_be_served_are_tried_again(project, proxy, agent, cluster, namespace, resource):
    project.up(agent())
    proxy.fault = failing(resource, BUSY, AWAY, GONE, MODIFIED)
    outcome = project.up(agent(BETTER))
    told = [message for message in outcome.messages if " failed (" in message]

    assert not outcome.failed, outcome.output
    assert [] == proxy.fault.left
    assert [f"Try {number} in" for number in range(2, 6)] == [message.split(". ")[-1][:8] for message in told]
    assert NODES == daemon_set(cluster, namespace)["status"]["updatedNumberScheduled"]


def test_deletes_are_tried_again(project, proxy, agent, cluster, namespace):
    project.up(agent())
    proxy.fault = failing("daemonsets/agent", AWAY, GONE)
    outcome = project.up(agent(name_="moved"))

    assert not outcome.failed, outcome.output
    assert [] == proxy.fault.left
    assert not cluster.api.exists(f"namespaces/{namespace}/daemonsets/agent")


def test_what_would_fail_again_is_given_up_at_once(project, proxy, agent):
    proxy.fault = failing("configmaps", FORBIDDEN, FORBIDDEN)
    outcome = project.up(agent())

    assert outcome.failed
    assert "is forbidden" in outcome.output
    assert [FORBIDDEN] == proxy.fault.left


def test_provider_that_found_no_api_server_is_given_up_at_once_with_advice(project, proxy, agent):
    project.up(agent())
    proxy.fault = lambda method, path: GONE if path.startswith("/openapi") else None
    outcome = project.up(agent(BETTER))

    assert outcome.failed
    assert ["Run `pulumi up` again."] == [m.split(". ")[-1] for m in outcome.messages if "no API server" in m]
    proxy.fault = lambda method, path: None
    assert not project.up(agent(BETTER)).failed


def test_provider_that_is_killed_is_not_waited_for(project, proxy, engine, agent):
    project.up(agent())
    killed: list[int] = []

    def kill(method, path):
        if method == "PATCH" and "/daemonsets/" in path and not killed:
            killed.extend(end(str(engine.home), "pulumi-resource-kubernetes"))
        return None

    proxy.fault = kill
    outcome = project.up(agent(BETTER))

    assert outcome.failed
    assert 1 == len(killed)
    assert 1 == len([message for message in outcome.messages if "the Kubernetes provider has ended" in message])
    assert [] == [message for message in outcome.messages if " failed (" in message]
    assert not project.up(agent(BETTER)).failed


def test_field_that_someone_else_has_is_no_rollout_that_was_not_through(project, proxy, agent):
    project.up(agent())
    conflict = 'Apply failed with 1 conflict: conflict with "kubectl-edit" using apps/v1: .spec.template'
    proxy.fault = failing("daemonsets", *[status(409, "Conflict", conflict)] * 2)
    outcome = project.up(agent(BETTER))

    assert outcome.failed
    assert 'conflict with "kubectl-edit"' in outcome.output
    assert "did not finish within" not in outcome.output
