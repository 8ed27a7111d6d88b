"""
The provider that makes the components for the engine, in the folder of the user's program.

It is Pulumi's own host but for this: everything wrong with the arguments is reported at once, each at its property;
one component is made at a time, and the event loop runs on while it waits for the cluster; all options arrive.
Source: pulumi 3.272 provider/server.py and provider/experimental/component.py.
"""

import asyncio
import json
import sys
import traceback
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import grpc  # type: ignore[import-untyped]
import pulumi
from pulumi.provider import ConstructResult, Provider
from pulumi.provider.server import ProviderServicer
from pulumi.runtime import config, settings
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import provider_pb2_grpc
from pulumi.runtime.stack import wait_for_rpcs

from ..core.arguments.case import camel_case
from ..driver import ending
from ..hooks.run import Host, hosted_by
from ..prepare.errors import BadArguments
from .inputs import arguments
from .refusal import refusal
from .schema import components, outputs, schema, version


class Components(Provider):
    """What there is: each component, and what its arguments are."""

    def __init__(self) -> None:
        super().__init__(version(), json.dumps(schema()))

    def construct(
        self, name: str, resource_type: str, inputs: pulumi.Inputs, options: pulumi.ResourceOptions | None = None
    ) -> ConstructResult:
        """Make a component."""
        component, args_type = components()[resource_type.rpartition(":")[2]]
        made: Any = component(name, arguments(inputs, args_type), options)
        return ConstructResult(made.urn, {camel_case(of): getattr(made, of) for of in outputs(component)})

    def cancel(self) -> None:
        """Stop rollouts before their next pod: whoever runs the program wants it to end."""
        ending.stop("`up` was cancelled and stops before the next pod. `pulumi up` continues from here")


class Servicer(ProviderServicer):
    """Answers the engine."""

    def __init__(self, engine_address: str) -> None:
        super().__init__(Components(), [], engine_address)
        self._runs: Mapping[str, object] = defaultdict(_Run)
        self._turn = asyncio.Lock()

    async def Construct(self, request: Any, context: Any) -> Any:
        """Make a component, or say what keeps it from being made."""
        try:
            return await self._construct(request, context)
        except BadArguments as error:
            _, args_type = components()[request.type.rpartition(":")[2]]
            message, errors = refusal(error, args_type)
        except pulumi.RunError as error:
            message, errors = str(error), []
        except Exception as error:
            message, errors = "".join(traceback.format_exception(error)), []
        await context.abort_with_status(self.create_grpc_invalid_properties_status(message, errors))

    async def _construct(self, request: Any, context: Any) -> Any:
        await self._prepare(request)
        inputs = await self._construct_inputs(request.inputs, request.inputDependencies)
        options = self._construct_options(request)
        async with self._turn:
            made = self.provider.construct(request.name, request.type, inputs, options)
        response = await self._construct_response(made)
        await wait_for_rpcs()  # and for what follows from them: the engine may end this process then
        return response

    async def _prepare(self, request: Any) -> None:
        """Say to the SDK, and to hooks, for which run of which program the component is made."""
        settings.reset_options(
            organization=request.organization or "organization",
            project=request.project or None,
            stack=request.stack or None,
            parallel=request.parallel or None,
            engine_address=self.engine_address,
            monitor_address=request.monitorEndpoint or None,
            preview=request.dryRun,
        )
        await settings._load_monitor_feature_support()  # type: ignore[no-untyped-call]
        config.set_all_config(dict(request.config), list(request.configSecretKeys))
        parents = request.parent.split("::")[2] if request.parent else ""
        hosted_by(Host(self._runs[request.monitorEndpoint], f"{parents}${request.type}"))

    @staticmethod
    def _construct_options(request: Any) -> pulumi.ResourceOptions:
        """Return the options, with the timeouts that the SDK drops, and what the program does not say left open."""
        options = ProviderServicer._construct_options(request)
        if request.HasField("customTimeouts"):
            of = request.customTimeouts
            options.custom_timeouts = pulumi.CustomTimeouts(of.create or None, of.update or None, of.delete or None)
        if not request.HasField("retainOnDelete"):
            options.retain_on_delete = None
        return options


class _Run:
    """Stands for one run of a program."""


def serve(engine_address: str) -> None:
    """Serve the engine until it has no more use for it. The first line that is printed is the port."""

    async def run() -> None:
        server = grpc.aio.server(options=_GRPC_CHANNEL_OPTIONS)
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(engine_address), server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        print(port, flush=True)
        await server.wait_for_termination()

    asyncio.run(run())


def main() -> None:
    """Serve the engine whose address is the first argument."""
    ending.heed(sys.argv[1])
    serve(sys.argv[1])
