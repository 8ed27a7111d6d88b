"""Who listens to which resource, through hooks that all components of a program share."""

import pulumi
import pytest
from pulumi.runtime import mocks, settings

from config_rollout import ConfiguredDaemonSet, ConfiguredStatefulSet
from config_rollout.hooks.listeners import Listener, Listeners, explaining, heard_by, refusing
from config_rollout.hooks.run import Host, hosted_by
from tests.wiring.conftest import Mocks, arguments

TYPE = "t:index:Child"
ROOM, SHELF = "t:index:Room", "t:index:Shelf"
IN_STACK = "pulumi:pulumi:Stack$"
"""What the URNs of mocks have and those of the engine have not."""


class Monitor(mocks.MockMonitor):
    """Keeps the names of the hooks that a program registers."""

    def __init__(self):
        super().__init__(Mocks())
        self.names = []

    def RegisterResourceHook(self, request):
        self.names.append(request.name)

    def RegisterErrorHook(self, request):
        self.names.append(request.name)


@pytest.fixture
def program():
    """Return a function that runs a program, in preview or not, and gives the names of its hooks."""

    def run(of, preview=False):
        monitor = Monitor()
        mocks.set_mocks(monitor.mocks, preview=preview, monitor=monitor)
        pulumi.runtime.test(of)()
        return monitor.names

    return run


def args(parents="", name="agent"):
    urn = f"urn:pulumi:stack::project::{parents and parents + '$'}{TYPE}::{name}"
    return pulumi.ResourceHookArgs(urn, "", name, TYPE, {"a": 1})


def failed(operation):
    urn = f"urn:pulumi:stack::project::{TYPE}::agent"
    return pulumi.ErrorHookArgs(urn, "", "agent", TYPE, failed_operation=operation, errors=["not found"])


class Noting:
    """Listeners that note what they were called with."""

    def __init__(self):
        self.heard = []

    def by(self, what, kind=explaining):
        async def note(args):
            self.heard.append(what)
            if "fails" in what:
                raise ValueError(what)

        return kind(note)


async def create(hooks, of):
    await hooks.before_create[0](of)


def test_hooks_are_as_many_for_three_components_as_for_one(program):
    def components(*names):
        def run():
            for name in names:
                ConfiguredDaemonSet(name, arguments(name_="agent", namespace=name))
            ConfiguredStatefulSet("db", arguments(name_="agent", namespace="db"))

        return run

    one, three = program(components("a")), program(components("a", "b", "c"))

    assert sorted(f"config-rollout:{of}" for of in ("after", "before-create", "before-update", "failed")) == sorted(one)
    assert sorted(one) == sorted(three)


def test_hooks_of_what_a_host_makes_are_named_after_where_it_stands(program):
    def run():
        settings.ROOT.set(None)  # only the program itself has a stack
        hosted_by(Host(Monitor(), "a:b:One$c:d:E"))
        ConfiguredDaemonSet("agent", arguments())

    assert {"config-rollout:a:b:One$c:d:E:agent"} == {name.rpartition(":")[0] for name in program(run)}


def test_of_two_resources_of_one_name_the_one_under_its_own_parent_is_heard(program):
    noting = Noting()

    async def run():
        for type_ in (ROOM, SHELF):
            parent = pulumi.ComponentResource(type_, "parent")
            hooks = heard_by(Listeners([noting.by(type_)]), TYPE, "agent", parent)
        heard_by(Listeners([noting.by("alone")]), TYPE, "agent", None)
        for parents in (IN_STACK + SHELF, "", IN_STACK + ROOM):
            await create(hooks, args(parents))

    program(run)

    assert [SHELF, "alone", ROOM] == noting.heard


def test_resource_to_which_nobody_listens_is_an_error(program):
    async def run():
        hooks = heard_by(Listeners([Noting().by("a")]), TYPE, "agent", None)
        with pytest.raises(RuntimeError, match=r"nothing listens to urn:.*::other"):
            await create(hooks, args(name="other"))

    program(run)


def test_what_refuses_fails_and_what_explains_does_not(program):
    noting = Noting()

    async def run():
        before = [noting.by("explains, fails"), noting.by("refuses, fails", refusing), noting.by("never")]
        with pytest.raises(ValueError, match="refuses, fails"):
            await create(heard_by(Listeners(before), TYPE, "agent", None), args())

    program(run)

    assert ["explains, fails", "refuses, fails"] == noting.heard


@pytest.mark.parametrize(("preview", "expected"), [(True, ["in preview"]), (False, ["in preview", "in up alone"])])
def test_preview_calls_what_is_for_it(program, preview, expected):
    noting = Noting()

    async def run():
        before = [noting.by("in preview"), noting.by("in up alone", Listener)]
        await create(heard_by(Listeners(before), TYPE, "agent", None), args())

    program(run, preview)

    assert expected == noting.heard


def test_moment_without_listeners_has_no_hook(program):
    def run():
        hooks = heard_by(Listeners(after=[Noting().by("a")]), TYPE, "agent", None)
        bound = (hooks.before_create, hooks.before_update, hooks.on_error, hooks.before_delete)
        assert ([None] * 4, 1, 1) == ([*bound], len(hooks.after_create), len(hooks.after_update))

    program(run)


def test_failed_write_is_tried_again_by_whoever_listens_and_a_deletion_that_nobody_knows_is_too(program, monkeypatch):
    asked = []

    async def ours(args):
        asked.append("ours")
        return True

    async def again(self, args):
        asked.append("anyone")
        return False

    monkeypatch.setattr("config_rollout.hooks.retry.Retries.again", again)

    async def run():
        heard_by(Listeners(on_error=ours), TYPE, "another", None)
        unknown = heard_by(Listeners(on_error=ours), TYPE, "other", None).on_error[0]
        assert not await unknown(failed("delete"))
        known = heard_by(Listeners(on_error=ours), TYPE, "agent", None).on_error[0]
        assert await known(failed("update"))

    program(run)

    assert ["anyone", "ours"] == asked
