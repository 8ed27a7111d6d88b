"""The words for a workload that is not as the last `up` left it: deleted, recreated, undone, or changed by hand."""

from collections.abc import Sequence
from typing import Any

from ..configuration.diff import FieldChange
from ..configuration.digest import short_hash
from ..kubernetes.workload_kinds import DAEMON_SET, kind_of
from ..kubernetes.workloads import config_hash_of, name_of
from ..words.changes import NO_RESTART, and_more, field_lines
from .drift import Drift, moment

Object = dict[str, Any]

# A `where` is a workload as messages name it: `DaemonSet NAMESPACE/NAME`.
_AGAIN = "`pulumi up --refresh` recreates it with this program's configuration"


def explain_drift(where: str, drifts: Sequence[Drift], waves: bool, secret: bool = False) -> str:
    """Return what others changed in a workload and what `up` does about it, if the engine does not see it."""
    lines = [f"{where} differs from what the last `up` wrote: {drifts[0].path}{and_more(len(drifts))}"]
    lines += drift_lines(drifts, secret)
    restarts = any(one.restarts for one in drifts)
    how = f"with a rolling restart{', wave by wave' if waves else ''}" if restarts else "and restarts nothing"
    lines.append(f"  `pulumi up --refresh` restores it, {how}; without --refresh it stays as it is")
    lines.append(f"  until the {_kind(where)} changes in something else; to keep it, add it to the program")
    return "\n".join(lines)


def drift_lines(drifts: Sequence[Drift], secret: bool = False) -> list[str]:
    """Return a line for each field that differs: from what was written to the live value, and by whom."""
    lines = []
    for one in drifts:
        who = f" (by {one.who()})" if one.by else ""
        note = ("" if one.restarts else NO_RESTART) + who
        change = FieldChange(one.path, one.change.old, one.change.new)
        lines += [f"  {line}" for line in field_lines(change, secret=secret, note=note)]
    return lines


def explain_gone(where: str, changes: bool) -> str:
    """Return what to do about a workload that was deleted; `changes` tells whether this `up` would change it."""
    what = "without --refresh `up` changes nothing" if not changes else "without --refresh `up` fails"
    return f"{where} was deleted since the last `up`\n  {_AGAIN}; {what}"


def explain_made(where: str) -> str:
    """Return what an `up` that recreates a deleted workload does."""
    pods = ", with a pod on every node that has none, all at once" if _kind(where) == DAEMON_SET.kind else ""
    return f"{where} is missing: `up` creates it{pods}"


def explain_refused(where: str) -> str:
    """Return why an `up` that would change a missing workload was refused."""
    return (
        f"{where} was deleted since the last `up`. Run `pulumi up --refresh`. "
        "If it exists, `kubeconfig` and `context` name a different cluster from the provider's."
    )


def made_again(workload: Object, uid: str) -> str:
    """Return what to say if a workload is not the one that the engine knows; empty if it is."""
    metadata = workload["metadata"]
    if not uid or uid == metadata["uid"]:
        return ""
    where, made = name_of(workload), moment(str(metadata.get("creationTimestamp") or ""))
    return (
        f"{where} is not the one that the last `up` wrote: it was created {made} and has the UID "
        f"{metadata['uid']} instead "
        f"of {uid}\n"
        "  Run `pulumi up --refresh`. If nobody recreated it, `kubeconfig` and `context` name a different cluster "
        "from the "
        "provider's."
    )


def explain_not_reached(where: str, runs: str | None, wanted: str) -> str:
    """
    Return the message of an `up` that writes the component's change and leaves its workload out.

    `runs` is the config hash of the workload, empty if it has none; `None` if there is no workload yet.
    """
    keeps = "is not created yet" if runs is None else f"keeps {short_hash(runs) or 'what it has'} for now"
    how = "makes it" if runs is None else f"updates it to {short_hash(wanted)}, with a rolling restart"
    return f"{where} {keeps}: this `up` leaves it out\n  `pulumi up` without --target or --exclude {how}"


def explain_undone(workload: Object, revision: Object | None, wanted: str, drifts: Sequence[Drift], waves: bool) -> str:
    """
    Return the message for a workload that runs a different configuration from the program's, and keeps it.

    Args:
      workload: As it is.
      revision: The one that new pods get.
      wanted: The full hash of the program's configuration.
      drifts: What differs from what the last `up` wrote.
      waves: Whether a restart goes wave by wave.

    """
    how = "wave by wave" if waves else "with a rolling restart"
    rest = [one for one in drifts if not one.is_hash]
    lines = [
        runs_another(workload, revision, wanted),
        f"  {undone_by(drifts)}",
        *drift_lines(rest),
        f"  `pulumi up --refresh` restores this program's configuration, {how}",
        f"  without --refresh it stays until the {kind_of(workload).kind} changes in something else",
        "  to keep what runs, add that configuration to the program",
    ]
    return "\n".join(lines)


def undone_by(drifts: Sequence[Drift]) -> str:
    """Return who changed the configuration that a workload runs, as far as that is known."""
    one = next((drift for drift in drifts if drift.is_hash), None)
    if one and one.ours:
        return f"written by an `up` ({one.who()}) that was stopped before Pulumi recorded it"
    if one and one.by:
        return f"changed by {one.who()}"
    return "something else changed it since the last `up`, for example `kubectl rollout undo`"


def runs_another(workload: Object, revision: Object | None, wanted: str) -> str:
    """Return which configuration a workload runs, since when, and which one the program wants."""
    runs = short_hash(config_hash_of(workload)) or "a configuration that is not ours"
    since = f", created {revision['metadata']['creationTimestamp'][:10]}" if revision else ""
    return f"{name_of(workload)} runs {runs}{since}, but this program wants {short_hash(wanted)}"


def _kind(where: str) -> str:
    return where.partition(" ")[0]
