"""Pulumi's mocks, and what a program registered with them. They prove wiring; what the engine does, engine tests do."""

from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from google.protobuf import json_format
from pulumi.runtime import mocks

from config_rollout import ConfiguredDaemonSet
from config_rollout.core.configuration.content import Content
from config_rollout.core.configuration.digest import config_hash


class Mocks(mocks.Mocks):
    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        inputs = dict(args.inputs)
        if "metadata" in inputs:
            inputs["metadata"] = {**inputs["metadata"], "uid": f"{args.name}-uid", "generation": 1}
        return f"{args.name}-id", inputs

    def call(self, args: mocks.MockCallArgs) -> dict[str, Any]:
        return {}


class _Monitor(mocks.MockMonitor):
    """Keeps the requests: only they show dependencies and options."""

    def __init__(self) -> None:
        super().__init__(Mocks())
        self.requests: list[Any] = []

    def RegisterResource(self, request: Any) -> Any:
        self.requests.append(request)
        return super().RegisterResource(request)


class Registered:
    """One request to register a resource."""

    def __init__(self, request: Any) -> None:
        self.name, self.type = request.name, request.type
        self.parent = request.parent.split("::")[-1]
        self.inputs = json_format.MessageToDict(request.object)
        self.dependencies = [urn.split("::")[-1] for urn in request.dependencies]
        self.property_dependencies = {
            name: [urn.split("::")[-1] for urn in value.urns] for name, value in request.propertyDependencies.items()
        }
        self.request = request


GOOD = {"agent.yaml": "level: info\n"}
HASH = config_hash(Content({"agent.yaml": b"level: info\n"}))
DAEMON_SET = "DaemonSet agent"
POD_SPEC = {
    "containers": [{"name": "agent", "image": "agent:1", "volume_mounts": [{"name": "c", "mount_path": "/etc/agent"}]}],
    "volumes": [{"name": "c", "config_map": {"name": "agent"}}],
}


def arguments(**changes: Any) -> dict[str, Any]:
    """
    Return good arguments with some of them changed; one changed to `None` is left out.

    One that is a function is called: Outputs are made where the program runs.
    """
    made = {name: value() if callable(value) else value for name, value in changes.items()}
    merged = {"namespace": "monitoring", "data": GOOD, "pod_spec": POD_SPEC, **made}
    return {name.removesuffix("_"): value for name, value in merged.items() if value is not None}


Register = Callable[..., dict[str, Registered]]
Options = pulumi.ResourceOptions | Callable[[], pulumi.ResourceOptions] | None


@pytest.fixture
def register() -> Register:
    """Return a function that runs a component under mocks and gives what was registered, by `Type name`."""

    def run(
        name: str = "agent",
        opts: Options = None,
        preview: bool = False,
        component: type[pulumi.ComponentResource] = ConfiguredDaemonSet,
        **changes: Any,
    ) -> dict[str, Registered]:
        monitor = _Monitor()
        mocks.set_mocks(monitor.mocks, preview=preview, monitor=monitor)

        @pulumi.runtime.test
        def program() -> None:
            component(name, arguments(**changes), opts() if callable(opts) else opts)

        program()
        requests = [request for request in monitor.requests if request.type != "pulumi:pulumi:Stack"]
        registered = [Registered(request) for request in requests]
        return {f"{r.type.split(':')[-1]} {r.name}": r for r in registered}

    return run


@pytest.fixture
def refused():
    """Return a function that gives the lines of the error, and checks that nothing was registered."""

    def run(
        name: str = "agent", opts: pulumi.ResourceOptions | None = None, component=ConfiguredDaemonSet, **changes
    ) -> list[str]:
        monitor = _Monitor()
        mocks.set_mocks(monitor.mocks, monitor=monitor)
        with pytest.raises(ValueError) as error:  # noqa: PT011 - the message is what is looked at
            component(name, arguments(**changes), opts)

        assert [] == monitor.requests
        return str(error.value).splitlines()

    return run
