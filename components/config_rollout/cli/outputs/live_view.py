"""Draws how a rollout is on a terminal, each time over what was there before. Needs the extra `cli`."""

from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ...core.status.state import DONE, Part, Status
from ...core.status.words import headline

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_BAR_WIDTH = 40


class LiveView:
    """A part of the terminal; a context manager. What was drawn last stays there."""

    def __init__(self, console: "Console | None" = None) -> None:
        from rich.live import Live

        self._live = Live(console=console, auto_refresh=False)

    def __enter__(self) -> "LiveView":
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def draw(self, watched: Sequence[tuple[Status, str]], trouble: str) -> None:
        """Draw workloads with the newest problem of each, and what keeps them from being seen now."""
        from rich.console import Group
        from rich.text import Text

        parts: list[Any] = [part for status, problem in watched for part in _drawn(status, problem)]
        self._live.update(Group(*parts, *([Text(trouble, "red")] if trouble else [])), refresh=True)


def _drawn(status: Status, problem: str) -> "list[RenderableType]":
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    view = status.view
    bars = Table.grid(padding=(0, 2))
    for part in status.waves or status.zones or [Part("all", len(view.pods), status.through)]:
        bar = ProgressBar(total=part.nodes, completed=part.through, width=_BAR_WIDTH)
        bars.add_row(Text(part.name), bar, f"{part.through:,} of {part.nodes:,}")
    style = "green" if status.state == DONE else "yellow"
    head = Text.assemble((str(view.where), "bold"), ": ", (headline(status), style))
    return [head, bars, *([Text(problem, "red")] if problem else [])]
