"""What is said of a DaemonSet that is not as the last `up` left it: gone, made again, undone, or changed by hand."""

from collections.abc import Sequence
from typing import Any

from ..configuration.diff import FieldChange
from ..configuration.digest import short_hash
from ..kubernetes.daemon_sets import config_hash_of
from ..words.changes import NO_RESTART, and_more, field_lines
from .drift import Drift, moment

Object = dict[str, Any]

_AGAIN = "`pulumi up --refresh` makes it again, with this program's configuration"


def explain_drift(where: str, found: Sequence[Drift], waves: bool, secret: bool = False) -> str:
    """Return what others changed in a DaemonSet and what `up` does about it, where the engine does not see it."""
    lines = [f"DaemonSet {where} is not as the last `up` wrote it: {found[0].path}{and_more(len(found))}"]
    lines += drift_lines(found, secret)
    restarts = any(one.restarts for one in found)
    how = f"with a rolling restart{', wave by wave' if waves else ''}" if restarts else "and restarts nothing"
    lines.append(f"  `pulumi up --refresh` puts it back, {how}; without --refresh it stays")
    lines.append("  until something else of the DaemonSet changes; to keep it, put it into the program")
    return "\n".join(lines)


def drift_lines(found: Sequence[Drift], secret: bool = False) -> list[str]:
    """Return a line for each field that differs: from what was written to what is live, and by whom."""
    lines = []
    for one in found:
        who = f" (by {one.who()})" if one.by else ""
        note = ("" if one.restarts else NO_RESTART) + who
        change = FieldChange(one.path, one.change.old, one.change.new)
        lines += [f"  {line}" for line in field_lines(change, secret=secret, note=note)]
    return lines


def explain_gone(where: str, changes: bool) -> str:
    """Return what to do about a DaemonSet that was deleted; `changes` tells whether this `up` would change it."""
    what = "without --refresh `up` changes nothing" if not changes else "without --refresh `up` is refused"
    return f"DaemonSet {where} is not in the cluster: it was deleted since the last `up`\n  {_AGAIN}; {what}"


def explain_made(where: str) -> str:
    """Return what an `up` does about a DaemonSet that is not there, where it makes it again."""
    return f"DaemonSet {where} is not in the cluster: `up` makes it, and a pod on each node that has none, at once"


def explain_refused(where: str) -> str:
    """Return why an `up` was refused that would change a DaemonSet which is not there."""
    return (
        f"DaemonSet {where} is not in the cluster: it was deleted since the last `up`. Run `pulumi up --refresh`. "
        "If it is there, `kubeconfig` and `context` name another cluster than the provider's."
    )


def made_again(daemon_set: Object, uid: str) -> str:
    """Return what to say if a DaemonSet is not the one that the engine knows; empty if it is."""
    metadata = daemon_set["metadata"]
    if not uid or uid == metadata["uid"]:
        return ""
    where, made = f"{metadata['namespace']}/{metadata['name']}", moment(str(metadata.get("creationTimestamp") or ""))
    return (
        f"DaemonSet {where} is another one than the last `up` wrote: made {made}, with the UID {metadata['uid']} in "
        f"place of {uid}\n"
        "  Run `pulumi up --refresh`. If nobody made it anew, `kubeconfig` and `context` name another cluster than the "
        "provider's."
    )


def explain_not_reached(where: str, runs: str | None, wanted: str) -> str:
    """
    Return what an `up` says that writes the component's change and leaves its DaemonSet out.

    `runs` is the config hash of the DaemonSet, empty if it has none; `None` if there is no DaemonSet yet.
    """
    keeps = "is not made yet" if runs is None else f"keeps {short_hash(runs) or 'what it has'} for now"
    how = "makes it" if runs is None else f"brings it {short_hash(wanted)}, with a rolling restart"
    return (
        f"DaemonSet {where} {keeps}: it is not among what this `up` updates\n"
        f"  `pulumi up` without --target or --exclude {how}"
    )


def explain_undone(
    daemon_set: Object, revision: Object | None, wanted: str, found: Sequence[Drift], waves: bool
) -> str:
    """
    Return what `up` says about a DaemonSet that runs another configuration than the program wants, and stays so.

    Args:
      daemon_set: As it is.
      revision: The one that new pods get.
      wanted: The full hash of the program's configuration.
      found: What differs from what the last `up` wrote.
      waves: Whether a restart goes wave by wave.

    """
    how = "wave by wave" if waves else "with a rolling restart"
    rest = [one for one in found if not one.is_hash]
    lines = [
        runs_another(daemon_set, revision, wanted),
        f"  {undone_by(found)}",
        *drift_lines(rest),
        f"  `pulumi up --refresh` brings this program's configuration back, {how}",
        "  without --refresh it stays until something else of the DaemonSet changes",
        "  to keep what runs, put that configuration into the program",
    ]
    return "\n".join(lines)


def undone_by(found: Sequence[Drift]) -> str:
    """Return who changed the configuration that a DaemonSet runs, as far as that is known."""
    one = next((drift for drift in found if drift.is_hash), None)
    if one and one.ours:
        return f"an `up` wrote it ({one.who()}) that was stopped before Pulumi had noted it"
    if one and one.by:
        return f"changed by {one.who()}"
    return "something else changed it since the last `up`, as `kubectl rollout undo` does"


def runs_another(daemon_set: Object, revision: Object | None, wanted: str) -> str:
    """Return which configuration a DaemonSet runs, since when, and which one the program wants."""
    metadata = daemon_set["metadata"]
    where = f"DaemonSet {metadata['namespace']}/{metadata['name']}"
    runs = short_hash(config_hash_of(daemon_set)) or "no configuration of ours"
    since = f", made {revision['metadata']['creationTimestamp'][:10]}" if revision else ""
    return f"{where} runs {runs}{since}, and this program wants {short_hash(wanted)}"
