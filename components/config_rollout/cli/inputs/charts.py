"""The history of a chart in a git repository: each version as the installed Helm renders it. Nothing is fetched."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from ...core.replay.transitions import Snapshot
from ...core.transform.snapshots import snapshots
from ...core.transform.transform import Refused
from ..errors import Trouble
from .git_history import NAME_LENGTH, commits, path_in, unpack
from .kustomizations import NotRendered, run_renderer

_RELEASE = "release"


def chart_histories(
    repository: str, chart: str, values: str | None, warn: Callable[[str], None], tick: Callable[[], None]
) -> dict[str, list[Snapshot]]:
    """
    Return title of a workload -> its snapshots, the oldest first, over all versions of a chart that render.

    Args:
      repository: The git repository.
      chart: The chart's folder, from the top of the repository.
      values: A file of values, for every version; `None` for the chart's own.
      warn: Is told of a version that is left out.
      tick: Is called after each version.

    Raises:
      Trouble: There is no Helm, no history, or less than two versions render.

    """
    helm = shutil.which("helm")
    if helm is None:
        raise Trouble("helm: is required to render a chart. Install Helm 3 or 4.")
    if values is not None and not Path(values).is_file():
        raise Trouble(f"--values: {values}: no such file. Pass a file of values.")
    path, histories, count = path_in(chart, "--chart"), dict[str, list[Snapshot]](), 0
    for name, date, text in _versions(repository, path, helm, values, warn):
        try:
            of_version = snapshots(text, name, date)
        except Refused as refused:
            warn(f"{repository}: {path} at {name}: {refused.findings[0]} This version is skipped.")
            continue
        count += 1
        for what, snapshot in of_version.items():
            histories.setdefault(what, []).append(snapshot)
        tick()
    if count < 2:
        raise Trouble(f"{repository}: {count} of its versions render, but a replay compares at least two. See above.")
    if not any(len(one) > 1 for one in histories.values()):
        raise Trouble(
            f"{repository}: no workload of {path} reads a ConfigMap of the chart. Pass --values that turn one on."
        )
    return histories


def _versions(
    repository: str, path: str, helm: str, values: str | None, warn: Callable[[str], None]
) -> Iterator[tuple[str, str, bytes]]:
    """Yield name, date and rendered text of each version."""
    for commit, date in commits(repository, path, warn):
        name = commit[:NAME_LENGTH]
        with tempfile.TemporaryDirectory(prefix="config-rollout-") as folder:
            chart = Path(folder, Path(path).name)
            if not unpack(repository, commit, path, chart) or not (chart / "Chart.yaml").is_file():
                continue
            try:
                yield name, date, _rendered(helm, chart, values)
            except NotRendered as why:
                warn(f"{repository}: {path} at {name}: {why}. This version is skipped.")


def _rendered(helm: str, chart: Path, values: str | None) -> bytes:
    command = [helm, "template", _RELEASE, str(chart), *(["--values", values] if values else [])]
    done = run_renderer(command)
    if done.returncode:
        raise NotRendered(f"helm says: {_cause(done.stderr.decode(errors='replace'))}")
    return done.stdout


def _cause(error: str) -> str:
    """Return what Helm complains about, on one line."""
    lines = [line.strip() for line in error.splitlines() if line.strip() and not line.startswith(("WARNING", "level="))]
    at = next((number for number, line in enumerate(lines) if line.startswith("Error: ")), 0)
    cause = " ".join(lines[at : at + 3]) if lines[at:] and lines[at].endswith(":") else "".join(lines[at : at + 1])
    return cause.removeprefix("Error: ").rstrip(".") or "nothing"
