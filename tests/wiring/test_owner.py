"""What a component registers about its owner, and two components of one program. There is no cluster here."""

import pulumi
import pytest
from pulumi.runtime import mocks

from config_rollout import ConfiguredDaemonSet
from tests.wiring.conftest import _Monitor, arguments


def program(*components):
    """Run components, each a name and what differs from good arguments, in one program."""
    monitor = _Monitor()
    mocks.set_mocks(monitor.mocks, monitor=monitor)

    @pulumi.runtime.test
    def run():
        for name, changes in components:
            ConfiguredDaemonSet(name, arguments(name_="agent", **changes))

    run()


def test_second_component_with_the_same_daemon_set_is_refused():
    with pytest.raises(ValueError, match="ConfiguredDaemonSet 'a' of this program already owns it"):
        program(("a", {}), ("b", {}))


@pytest.mark.parametrize("changes", [{"namespace": "logging"}, {"context": "other"}])
def test_same_name_elsewhere_is_another_daemon_set(changes):
    program(("a", {}), ("b", changes))


def test_alias_of_the_caller_stays_beside_the_component_s_own(register):
    alias = pulumi.Alias(name="old")
    component = register(opts=pulumi.ResourceOptions(aliases=[alias]))["ConfiguredDaemonSet agent"]

    assert ["old"] == [alias.spec.name for alias in component.request.aliases]


def test_hooks_of_the_caller_run_beside_ours(register):
    def options():
        hook = pulumi.ResourceHook("mine", lambda args: None)
        return pulumi.ResourceOptions(hooks=pulumi.ResourceHookBinding(before_create=[hook]))

    request = register(opts=options)["ConfiguredDaemonSet agent"].request

    assert ["mine", "config-rollout:before-create"] == [*request.hooks.before_create]
