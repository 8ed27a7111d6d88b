"""Lets the Kubernetes provider try again what the API server could not serve, with growing waits, and says so."""

import asyncio
import random
import time

import pulumi

from ..core.kubernetes.retry import UNREACHABLE, cause_of, delay_seconds, is_passing_failure, is_provider_ended

SECONDS = 300
"""How long one write is tried, from its first failure, in seconds."""


class Retries:
    """
    The tries of one component's children, said there or else at the stack: the provider itself makes none.

    Source: pulumi/pulumi-kubernetes#3429. The engine ends what failed 100 times: pulumi 3.259 deploy/retries.go.
    """

    def __init__(self, component: pulumi.Resource | None) -> None:
        self._component = component
        self._since: dict[tuple[str, str], float] = {}
        self._over = False
        """Whether it was said that nothing more is tried in this run."""

    async def again(self, args: pulumi.ErrorHookArgs) -> bool:
        """Wait and return `True` if a failed write is worth another try; say so where only a later run helps."""
        attempt, error = len(args.errors), args.errors[0]
        if UNREACHABLE in error:
            what = "no API server answered when the Kubernetes provider started, and it does not ask again in this run"
            return self._gives_up(what)
        if is_provider_ended(error):
            return self._gives_up("the process of the Kubernetes provider has ended, and none is started in its place")
        if not is_passing_failure(error):
            return False
        since = self._since.setdefault((args.urn, args.failed_operation), time.monotonic())
        what = f"{args.type.split(':')[-1]} {args.name}: {args.failed_operation} failed ({cause_of(error)})"
        wait = delay_seconds(attempt, random.random())
        if time.monotonic() + wait - since > SECONDS:
            self._tell(f"{what}. Gave up after {SECONDS} s. `pulumi up` continues from here.")
            return False
        self._tell(f"{what}. Try {attempt + 1} in {wait:.1f} s.")
        await asyncio.sleep(wait)
        return True

    def _gives_up(self, why: str) -> bool:
        """Say once for all resources that only another run helps; return that it is not tried again."""
        if not self._over:
            self._tell(f"{why}. Run `pulumi up` again.")
        self._over = True
        return False

    def _tell(self, message: str) -> None:
        pulumi.log.info(message, self._component)
