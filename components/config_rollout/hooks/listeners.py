"""
What listens to the engine's work on resources, through a few hooks that all components of a program share.

The SDK registers each hook with three requests to the engine, which it waits for, and a component has more than a dozen
listeners. So there is one hook for each moment, and it finds by the resource who listens. Not here: what they do.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import pulumi
from pulumi.runtime import settings

from .callbacks import share_callbacks
from .hook_name import hook_name
from .retry import Retries
from .run import this_maker

OnError = Callable[[pulumi.ErrorHookArgs], Awaitable[bool]]

_STACK = "pulumi:pulumi:Stack"


@dataclass(frozen=True)
class Listener:
    """
    What is called before or after a write.

    Where one that `refuses` raises, the write is not made, or `up` ends after it; of any other that is a warning. In a
    preview only those are called that are `in_preview`.
    """

    function: Callable[[pulumi.ResourceHookArgs], Awaitable[None]]
    in_preview: bool = False
    refuses: bool = False


@dataclass(frozen=True)
class Listeners:
    """The listeners of one resource, each called when the one before it is done; `on_error` says whether to retry."""

    before_create: Sequence[Listener] = ()
    before_update: Sequence[Listener] = ()
    after: Sequence[Listener] = ()
    on_error: OnError | None = None

    def __add__(self, other: "Listeners") -> "Listeners":
        """Return these and then the others."""
        return Listeners(
            [*self.before_create, *other.before_create],
            [*self.before_update, *other.before_update],
            [*self.after, *other.after],
            self.on_error or other.on_error,
        )


def refusing(function: Callable[[pulumi.ResourceHookArgs], Awaitable[None]]) -> Listener:
    """Return a listener that keeps a write from being made, and says so in a preview too."""
    return Listener(function, in_preview=True, refuses=True)


def explaining(function: Callable[[pulumi.ResourceHookArgs], Awaitable[None]]) -> Listener:
    """Return a listener that tells something, in a preview too; where it fails the write is made all the same."""
    return Listener(function, in_preview=True)


def heard_by(
    listeners: Listeners,
    type_: str,
    name: str,
    parent: pulumi.Resource | None,
    component: pulumi.Resource | None = None,
) -> pulumi.ResourceHookBinding:
    """
    Return the hooks of the resource of this type, name and parent, if any of them is called.

    What a listener fails with is said at the component, which is the parent of whatever is not one itself.
    """
    maker = this_maker()
    hooks = _made.get(maker)
    if hooks is None:
        hooks = _made[maker] = _Hooks(name)
    return hooks.bind(type_, name, _Heard(listeners, parent, component or parent))


class _Heard:
    """The listeners of a resource, and where it stands."""

    def __init__(self, listeners: Listeners, parent: pulumi.Resource | None, component: pulumi.Resource | None) -> None:
        self.listeners, self.parent, self.component = listeners, parent, component

    async def parents(self) -> tuple[str, "_Heard"]:
        """Return the types of the resource's parents as its URN has them, and these listeners."""
        try:
            urn = str(await self.parent.urn.future()) if self.parent else ""
        except Exception:  # the parent could not be registered, and so neither can this
            return "?", self
        return (urn.split("::")[2] if urn else ""), self


class _Hooks:
    """The hooks of a program, or of what a host makes at once: there the names say of which component."""

    def __init__(self, first: str) -> None:
        share_callbacks()
        name = "config-rollout" if settings.get_root_resource() else hook_name(first)
        self._heard: dict[tuple[str, str], list[_Heard]] = defaultdict(list)
        self._retries = Retries(None)

        async def before_create(args: pulumi.ResourceHookArgs) -> None:
            await self._call("before create", args, lambda of: of.before_create)

        async def before_update(args: pulumi.ResourceHookArgs) -> None:
            await self._call("before update", args, lambda of: of.before_update)

        async def after(args: pulumi.ResourceHookArgs) -> None:
            await self._call("after", args, lambda of: of.after)

        before = pulumi.ResourceHookOptions(on_dry_run=True)
        self._before_create = pulumi.ResourceHook(f"{name}:before-create", before_create, before)
        self._before_update = pulumi.ResourceHook(f"{name}:before-update", before_update, before)
        self._after = pulumi.ResourceHook(f"{name}:after", after)
        self._failed = pulumi.ErrorHook(f"{name}:failed", self._ask)

    def bind(self, type_: str, name: str, heard: _Heard) -> pulumi.ResourceHookBinding:
        """Return the hooks of a resource."""
        self._heard[type_, name].append(heard)
        of = heard.listeners
        return pulumi.ResourceHookBinding(
            before_create=[self._before_create] if of.before_create else None,
            before_update=[self._before_update] if of.before_update else None,
            after_create=[self._after] if of.after else None,
            after_update=[self._after] if of.after else None,
            on_error=[self._failed] if of.on_error else None,
        )

    async def _call(
        self, moment: str, args: pulumi.ResourceHookArgs, those: Callable[[Listeners], Sequence[Listener]]
    ) -> None:
        heard = await self._of(args)
        if heard is None:
            raise RuntimeError(f"nothing listens to {args.urn}")
        for listener in those(heard.listeners):
            if not listener.in_preview and pulumi.runtime.is_dry_run():
                continue
            try:
                await listener.function(args)
            except Exception as error:
                if listener.refuses:
                    raise
                what = f"{moment} of {args.type.split(':')[-1]} {args.name}"
                pulumi.log.warn(f"{what}: {type(error).__name__}: {error}", heard.component)

    async def _ask(self, args: pulumi.ErrorHookArgs) -> bool:
        """Ask who listens to a resource; nobody does to one that is deleted since it left the program."""
        heard = await self._of(args)
        if heard and heard.listeners.on_error:
            return await heard.listeners.on_error(args)
        return await self._retries.again(args)

    async def _of(self, args: pulumi.ResourceHookArgs | pulumi.ErrorHookArgs) -> _Heard | None:
        """Return who listens to a resource: of several with its type and name, the one whose parents its URN has."""
        several = self._heard.get((args.type, args.name), [])
        if len(several) < 2 or getattr(args, "failed_operation", "") == "delete":
            return several[0] if several else None
        parents = args.urn.split("::")[2].removesuffix(args.type).removesuffix("$")
        for known in asyncio.as_completed([one.parents() for one in several]):
            types, heard = await known
            if parents == ("" if types == _STACK else types):
                return heard
        return None


_made: WeakKeyDictionary[object, _Hooks] = WeakKeyDictionary()
"""The hooks of each program, and of what a host makes at once."""
