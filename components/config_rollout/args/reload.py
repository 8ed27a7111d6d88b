"""How running pods are asked whether they have read a changed text again. docs/reload.md has all of it."""

from collections.abc import Sequence
from typing import Literal, NotRequired, TypedDict

OnReloadFailure = Literal["back", "keep", "restart"]


class ReloadHttpArgs(TypedDict):
    """
    What each pod answers to a GET, asked through the API server's pod proxy; comments (`#`) of metrics do not count.

    At least one of `contains` and `changes` is required: it is what proves that the new text is in force.
    """

    port: int
    """The port of the pods, from 1 to 65535."""
    path: str
    """The path, as `/metrics`."""
    contains: NotRequired[str]
    """What the answer contains once the new text is in force; `{sha256:KEY}` becomes the digest of KEY's text."""
    changes: NotRequired[str]
    """The lines with this text, such as the name of a metric, are others than before."""
    failures: NotRequired[str]
    """A counter. That it grows is a rejection, and nothing is waited for any longer."""


class ReloadArgs(TypedDict, total=False):
    """Exactly one of `program`, `http` and `command`."""

    program: str
    """A program that this library knows: docs/reload.md lists them."""
    http: ReloadHttpArgs
    """Each pod answers so."""
    command: Sequence[str]
    """A program and its arguments, run where `up` runs until it exits with 0. It gets the nodes as a gate does."""
    port: int
    """Beside `program`: where its metrics are, if not at the program's default."""
    timeout_seconds: int
    """How long all pods may take, in seconds, at least 1; default 180: a kubelet alone may take 90."""
    on_failure: OnReloadFailure
    """
    `back` (default): the old text is written again. `keep`: the new one stays. With both the `up` fails.

    `restart`: all pods restart, as with `kubectl rollout restart`, and with `waves` wave by wave.
    """
