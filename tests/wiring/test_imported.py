"""What a component registers that takes over what someone else made, and which arguments that needs."""

import pulumi
import pytest

from config_rollout import ConfiguredDaemonSet, ConfiguredDeployment, configured
from config_rollout.core.configuration.keyed import HashKey
from config_rollout.core.configuration.secret_content import SecretContent
from config_rollout.core.revisions.observation import Observation
from config_rollout.core.workload.secret import SecretSource
from config_rollout.prepare.revisions import Reading
from config_rollout.prepare.taking_over import read_now
from tests.memory_cluster import MemoryCluster
from tests.wiring.conftest import DAEMON_SET, POD_SPEC

SELECTOR = {"app.kubernetes.io/name": "agent"}


@pytest.fixture
def there(monkeypatch):
    """Let the cluster have a DaemonSet with these annotations."""

    def have(**annotations):
        live = {
            "metadata": {"name": "agent", "namespace": "monitoring", "uid": "u", "annotations": annotations},
            "spec": {"selector": {"matchLabels": SELECTOR}, "template": {"spec": POD_SPEC}},
        }
        observation = Observation("monitoring", "agent", workload=live, is_read=True)
        reading = Reading(observation, cluster=MemoryCluster())
        monkeypatch.setattr(configured, "read_before", lambda *_: reading)

    return have


@pytest.mark.parametrize("component", [ConfiguredDaemonSet, ConfiguredDeployment])
def test_what_is_taken_over_is_imported_in_place_and_stays_when_the_component_goes(register, there, component):
    there()
    registered = register(component=component, take_over=True)
    request = registered[f"{component.__name__.removeprefix('Configured')} agent"].request

    assert ("monitoring/agent", True) == (request.importId, request.retainOnDelete)
    assert ("agent", True) in [(alias.spec.name, alias.spec.noParent) for alias in request.aliases]
    assert registered[f"{component.__name__} agent"].inputs["retained"]


def test_what_is_ours_is_not_imported_again_and_stays_unless_the_program_says_otherwise(register, there):
    there(**{"config-rollout/stack": "organization/project/stack"})
    request = register(take_over=True)[DAEMON_SET].request

    assert ("", True) == (request.importId, request.retainOnDelete)
    options = pulumi.ResourceOptions(retain_on_delete=False)
    assert not register(take_over=True, opts=options)[DAEMON_SET].request.retainOnDelete


@pytest.mark.parametrize("take_over", [False, None])
def test_without_it_nothing_is_imported_or_kept(register, there, take_over):
    there(**{"config-rollout/stack": "organization/project/stack"})
    request = register(take_over=take_over)[DAEMON_SET].request

    assert ("", False) == (request.importId, request.retainOnDelete)


def test_where_nothing_is_there_it_is_created(register):
    assert "" == register(take_over=True)[DAEMON_SET].request.importId


def test_what_cannot_be_looked_at_before_is_refused(refused):
    what = "must be known before anything is registered, since `take_over` looks at what there is. Pass a plain str."
    where = ("namespace", "kubeconfig", "context")

    assert [f"ConfiguredDaemonSet 'agent': {argument}: {what}" for argument in where] == refused(
        take_over=True, **dict.fromkeys(where, pulumi.Output.from_input("n"))
    )
    (line,) = refused(take_over="yes")
    assert line.endswith(": take_over: must be True or False (got 'yes'). Pass True, or leave it out.")


@pytest.mark.parametrize(
    ("may_not", "own", "secrets", "hidden"),
    [
        ("none", True, ["token"], []),
        ("list", True, ["token"], []),
        ("get", True, [], ["token"]),
        ("none", False, [], []),  # the program has none that it could be compared with
    ],
)
def test_secrets_that_pods_read_now_are_read_by_name_and_only_where_there_is_one_to_compare(
    may_not, own, secrets, hidden
):
    volumes = [{"name": one, "secret": {"secretName": one}} for one in ("token", "others")]
    live = {"metadata": {"name": "agent"}, "spec": {"template": {"spec": {"volumes": volumes}}}}
    objects = [("secrets", {"metadata": {"name": one, "namespace": "n"}}) for one in ("token", "others")]
    cluster = MemoryCluster(objects, may_not=lambda right: right.resource == "secrets" and right.verb == may_not)
    reading = Reading(Observation("n", "agent", workload=live, is_read=True), cluster=cluster)
    ours = [SecretSource("token", SecretContent(), HashKey(b""), "agent")] if own else []
    now = read_now(reading, ours, ["others"])

    assert (secrets, hidden) == ([*now.secrets], [*now.hidden])
    assert ["get secrets 'token' in namespace n"] * len(hidden) == [*now.hidden.values()]
