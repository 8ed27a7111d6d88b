"""Property paths: the caller's `pod_spec.containers[0].image`, and where that is in the workload."""

import re

from ..arguments.case import camel_case, snake_case
from .pod_spec import Path
from .workload_kinds import DAEMON_SET, WorkloadKind

_STEP = re.compile(r"""\.?([A-Za-z_$][\w$-]*)|\[(\d+|\*)\]|\[["']((?:[^"'\\]|\\.)*)["']\]""")

_PLACES = {
    "pod_spec": "spec.template.spec",
    "labels": "metadata.labels",
    "pod_annotations": "spec.template.metadata.annotations",
    "pod_labels": "spec.template.metadata.labels",
    "min_ready_seconds": "spec.minReadySeconds",
    "revision_history_limit": "spec.revisionHistoryLimit",
}
_FREE = ("labels", "pod_annotations", "pod_labels")
"""Arguments whose keys are the user's own."""


def places(kind: WorkloadKind) -> dict[str, str]:
    """Return the arguments whose changes Pulumi can ignore -> where a workload of that kind holds them."""
    strategy = {snake_case(kind.strategy): f"spec.{kind.strategy}"}
    return {**_PLACES, **strategy, **({} if kind is DAEMON_SET else {"replicas": "spec.replicas"})}


def parse_path(path: str) -> Path | None:
    """Return the steps of a property path, `"*"` for any item; `None` if it is none."""
    steps: list[str | int] = []
    position = 0
    while position < len(path):
        step = _STEP.match(path, position)
        if not step:
            return None
        field, item, key = step.groups()
        steps.append(field or key if item is None else "*" if item == "*" else int(item))
        position = step.end()
    return tuple(steps) or None


def workload_path(path: str, kind: WorkloadKind = DAEMON_SET) -> str:
    """Return where a workload of that kind holds what the component's arguments hold at `path`."""
    steps = parse_path(path) or ()
    argument = snake_case(str(steps[0]))
    rest = steps[1:]
    if argument not in _FREE:
        rest = tuple(camel_case(step) if isinstance(step, str) else step for step in rest)
    return places(kind)[argument] + "".join(_show(step) for step in rest)


def covers(path: Path, other: Path) -> bool:
    """Return whether `path` names `other` or something that holds it."""
    return len(path) <= len(other) and all(
        "*" in (step, item) or _same(step, item) for step, item in zip(path, other, strict=False)
    )


def _same(step: str | int, other: str | int) -> bool:
    return camel_case(str(step)) == camel_case(str(other))


def _show(step: str | int) -> str:
    if isinstance(step, int) or step == "*":
        return f"[{step}]"
    return f".{step}" if re.fullmatch(r"[A-Za-z_]\w*", step) else f'["{step}"]'
