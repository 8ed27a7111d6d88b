"""What `status` prints of a workload, in lines."""

from ..kubernetes.workload_kinds import WorkloadKind
from ..revisions.observation import names_in
from ..words.table import aligned
from .findings import BEHIND
from .observation import WorkloadView, short
from .reloads import reload_state, reports_now
from .state import Part, Running, Status


def lines_of(status: Status) -> list[str]:
    """Return the lines about one workload: its state, what runs where, and what is wrong."""
    view = status.view
    lines = [f"{view.where}: {headline(status)}"]
    lines += aligned([_running(one, len(view.pods)) for one in reversed(status.running)], indent=2)
    lines += aligned([_in_place(view, name) for name in view.in_place], indent=2)
    for what, parts in (("wave", status.waves), ("zone", status.zones)):
        lines += aligned([(what, part.name, _through(part, view.kind)) for part in parts], indent=2)
    return [*lines, *(f"  ! {finding}" for finding in status.findings)]


def headline(status: Status) -> str:
    """Return the state, the configuration, and how many pods have it."""
    view = status.view
    since = f" since {status.since}" if status.since else ""
    revision = f", revision {view.current.number}" if view.current else ""
    return (
        f"{status.state}{since}, {short(view.config_hash)}{revision}: "
        f"{status.through:,} of {len(view.pods):,} pods are ready with it"
    )


def line_of(status: Status, problem: str) -> str:
    """Return one line on a workload, with its newest problem."""
    return f"{status.view.where}: {headline(status)}{f'. {problem}' if problem else ''}"


def change_of_state(status: Status, problem: str) -> tuple[object, ...]:
    """Return a value that changes when something worth a line has happened: not for every single pod."""
    through = [part.name for part in (status.waves or status.zones) if part.through == part.nodes]
    return status.state, status.view.config_hash, through, problem


def newest_problem(before: Status | None, now: Status, known: str) -> str:
    """Return the newest problem, `known` if it remains and nothing new went wrong; empty without a problem."""
    problems = _problems(now)
    new = [problem for problem in problems if problem not in (_problems(before) if before else [])]
    return new[0] if new else known if known in problems else problems[0] if problems else ""


def _problems(status: Status) -> list[str]:
    """Return the findings other than that a rollout has not finished yet."""
    return [str(finding) for finding in status.findings if finding.where != BEHIND]


def _running(one: Running, total: int) -> tuple[str, ...]:
    revision = one.revision
    of = revision.config_map
    mounts = f"ConfigMap {of}" if names_in(of) else of
    return "revision", f"{revision.number}", short(revision.config_hash), f"{one.pods:,} of {total:,} pods", mounts


def _in_place(view: WorkloadView, name: str) -> tuple[str, ...]:
    state, ended, how = reload_state(view)
    missing = "" if name in view.config_maps else ", which is missing"
    return (
        "reload",
        f"ConfigMap {name}{missing}",
        (f"{state} at {ended}: {how}" if ended else "no reload yet") + reports_now(view),
    )


def _through(part: Part, kind: WorkloadKind) -> str:
    return f"{part.through:,} of {part.nodes:,} {kind.places}"
