"""What is wrong with a workload and its configuration, and what to do about it."""

from collections import Counter
from collections.abc import Iterable, Iterator

from ..arguments.finding import Finding
from ..kubernetes import daemon_sets, deployments, workloads
from ..kubernetes.annotations import EXTERNAL_ANNOTATION
from ..kubernetes.objects import annotations_of
from ..kubernetes.pods import place_of
from ..kubernetes.workload_kinds import DAEMON_SET
from ..revisions.naming import is_content_name
from ..revisions.observation import ObservedPod, names_in
from ..waves.words import names
from ..workload.external import rolled_out
from .observation import PROGRAMS, Revision, WorkloadView, is_lying, short, template_written
from .reloads import reload_findings
from .waiting import what_replaces_pods

BEHIND = "pods behind"
"""The subject of a finding that only says that a rollout has not finished yet."""

_AGAIN = "Correct the configuration, or restore the previous one, and run `pulumi up`"


def findings_of(view: WorkloadView, state: str) -> list[Finding]:
    """Return everything that needs attention, the most urgent first; `state` is state.py's."""
    return [
        *_rollout(view, state), *_not_ready(view), *_annotations(view), *_program(view),
        *_config_maps(view, state), *reload_findings(view), *_external(view), *_behind(view, state), *view.unread,
    ]  # fmt: skip


def _rollout(view: WorkloadView, state: str) -> Iterator[Finding]:
    record = view.rollout
    taken_back = daemon_sets.restored(view.workload)
    if deployments.is_held(view.workload):
        resume = f"`kubectl -n {view.namespace} rollout resume {view.kind.word}/{view.name}`"
        yield Finding("rollout", "is paused", f"{resume} lets Kubernetes continue")
    elif state == "paused":
        yield Finding(
            "rollout", "is paused", f"`config-rollout resume {view.where.arguments}` lets `pulumi up` continue"
        )
    if taken_back:
        of = next((revision for revision in view.revisions if revision.name == taken_back.revision), None)
        what = f"revision {of.number}, configuration {short(of.config_hash)}," if of else f"{taken_back.revision}"
        why = f" at {record.ended}: {record.reason}" if record and record.result == "restored" else ""
        yield Finding("rollout", f"{what} was taken back{why}", _AGAIN)
    if state == "halted" and record:
        yield Finding("rollout", f"halted at {record.ended}: {record.reason or record.result}", _AGAIN)
    elif deployments.ran_out_of_time(view.workload):
        seconds = int(view.workload["spec"].get("progressDeadlineSeconds") or 600)
        yield Finding("rollout", f"made no progress for {seconds:,} s", _AGAIN)
    if not workloads.is_observed(view.workload):
        yield Finding(
            "rollout",
            f"no controller has seen the latest {view.kind.kind}",
            "Make sure that kube-controller-manager runs",
        )


def _not_ready(view: WorkloadView) -> Iterator[Finding]:
    total = len(view.pods)
    bad = [pod for pod in view.pods if not pod.available]
    if bad:
        bad.sort(key=lambda pod: (place_of(view.kind, pod), pod.name))
        shown = names([f"{place_of(view.kind, pod)}{pod.because}" for pod in bad])
        look = f"`kubectl -n {view.namespace} describe pod {bad[0].name}` says more"
        yield Finding("pods", f"{_of(len(bad), total)} not ready: {shown}", look)
    if view.missing > 0:
        look = f"`kubectl -n {view.namespace} describe {view.kind.word} {view.name}` says more"
        what = f"{view.missing:,} of {view.wanted:,} nodes have no pod"
        if view.kind is not DAEMON_SET:
            why = deployments.trouble_of(view.workload)
            what = f"{_of(view.missing, view.wanted)} missing{f': {why}' if why else ''}"
        yield Finding("pods", what, look)


def _external(view: WorkloadView) -> Iterator[Finding]:
    """Find pods that were rolled out with another content of a ConfigMap that someone else owns than it has now."""
    for name, now in view.external.items():
        older = [pod for pod in view.pods if rolled_out({EXTERNAL_ANNOTATION: pod.external}).get(name, now) != now]
        if older:
            what = f"{_have(len(older), len(view.pods))} an older one: {_places(view, older)}"
            fix = "Run `pulumi up`, which restarts them: nothing does so by itself"
            yield Finding(f"external ConfigMap {name}", what, fix)


def _behind(view: WorkloadView, state: str) -> Iterator[Finding]:
    """Find pods that do not have what the workload says: another configuration, or an older template."""
    current, fix = view.current, what_replaces_pods(view, state)
    others: dict[str, list[ObservedPod]] = {}
    for pod in view.pods:
        if pod.config_hash != view.config_hash:
            others.setdefault(pod.config_hash, []).append(pod)
    for other, pods in sorted(others.items()):
        what = f"{_have(len(pods), len(view.pods))} {_named(other)}, not {short(view.config_hash)}"
        yield Finding(BEHIND, f"{what}: {_places(view, pods)}", fix)
    older = [p for p in view.pods if p.config_hash == view.config_hash and current and p.revision != current.hash]
    if older:
        what = f"{_have(len(older), len(view.pods))} this configuration in an older pod template"
        yield Finding(BEHIND, f"{what}: {_places(view, older)}", fix)


def _annotations(view: WorkloadView) -> Iterator[Finding]:
    """Find annotations that do not match the ConfigMap beside them, and those that soon will not."""
    fix = "Run `pulumi up --refresh`, which rewrites both"
    mounted = view.config_map
    external = annotations_of(view.workload["spec"]["template"]).get(EXTERNAL_ANNOTATION, "")
    if is_lying(view.config_hash, mounted, view.name, external):
        yield Finding("pod template", f"says {short(view.config_hash)} and mounts ConfigMap {mounted}", fix)
    lying: dict[tuple[str, str], list[ObservedPod]] = {}
    for pod in view.pods:
        if is_lying(pod.config_hash, pod.config_map, view.name, pod.external):
            lying.setdefault((pod.config_hash, pod.config_map), []).append(pod)
    for (says, mounts), pods in sorted(lying.items()):
        who = f"{len(pods):,} of {len(view.pods):,} {'says' if len(pods) == 1 else 'say'}"
        verb = "mounts" if len(pods) == 1 else "mount"
        yield Finding("pods", f"{who} {short(says)} and {verb} ConfigMap {mounts}: {_places(view, pods)}", fix)
    of_template, plain = template_written(view.workload), view.config_maps.get(mounted)
    armed = plain and of_template.time and plain.written > of_template.time
    if plain and armed and not is_content_name(mounted, view.name):
        what = (
            f"was written at {plain.written}, after the pod template ({of_template.time}): a pod that starts now may "
            f"not read what {short(view.config_hash)} stands for"
        )
        yield Finding(f"ConfigMap {mounted}", what, "Deploy it together with the checksum again")


def _program(view: WorkloadView) -> Iterator[Finding]:
    """
    Find a configuration that no program wrote: neither did one write the pod template, nor has the newest record it.

    Who wrote it comes first: a rollout that is under way, or whose `up` was killed, has left no record.
    """
    record = view.rollout
    if record is None or view.config_hash == record.new_hash:
        return
    if record.result == "restored" and view.config_hash == record.old_hash:
        return
    by = template_written(view.workload)
    if by.manager.startswith(PROGRAMS):
        return
    who = f", written by {by.manager} at {by.time}," if by.manager else ""
    last = f"the last recorded rollout was to {short(record.new_hash)}, from {record.by.stack or 'a program'}"
    yield Finding(
        "pod template",
        f"has configuration {short(view.config_hash)}{who} which is not known to come from any program: {last}",
        "`pulumi up --refresh` restores the program's; to keep this one, add it to the program",
    )


def _config_maps(view: WorkloadView, state: str) -> Iterator[Finding]:
    """Find content-named ConfigMaps that are missing, that nothing needs, or that would be deleted too early."""
    users: dict[str, list[Revision]] = {}
    for revision in view.revisions:
        for name in names_in(revision.config_map):
            users.setdefault(name, []).append(revision)
    pods = Counter(name for pod in view.pods for name in names_in(pod.config_map))
    needed = {name for name in (*users, *pods) if is_content_name(name, view.name)}
    for name in sorted(needed - {*view.config_maps}):
        who = [*_numbers(users.get(name, [])), *([f"{pods[name]:,} pods"] if name in pods else [])]
        fix = "Run `pulumi up` with this configuration, which recreates it"
        if name not in pods and name not in names_in(view.config_map):
            fix = "Do not `kubectl rollout undo` to that revision: its pods could not start"
        yield Finding(f"ConfigMap {name}", f"is missing, but needed by {' and '.join(who)}", fix)
    uid = view.workload["metadata"]["uid"]
    for name, config_map in sorted(view.config_maps.items()):
        strangers = [revision for revision in users.get(name, []) if revision.uid not in config_map.owners]
        if name in needed and strangers and uid not in config_map.owners and state != "rolling":
            what = (
                f"is mounted by {' and '.join(_numbers(strangers))} but owned by neither that nor the {view.kind.kind}"
            )
            yield Finding(
                f"ConfigMap {name}", f"{what}, so it may be deleted too early", "The next `pulumi up` repairs it"
            )
        elif name not in needed and is_content_name(name, view.name):
            yield Finding(
                f"ConfigMap {name}", "is not mounted by any revision", "Delete it, unless a rollout is about to begin"
            )


def _numbers(revisions: Iterable[Revision]) -> list[str]:
    numbers = [str(revision.number) for revision in revisions]
    return [f"revision{'' if len(numbers) == 1 else 's'} {', '.join(numbers)}"] if numbers else []


def _named(config_hash: str) -> str:
    return f"configuration {short(config_hash)}" if config_hash else "no config hash"


def _places(view: WorkloadView, pods: Iterable[ObservedPod]) -> str:
    return names(sorted(place_of(view.kind, pod) for pod in pods))


def _of(count: int, total: int) -> str:
    return f"{count:,} of {total:,} {'is' if count == 1 else 'are'}"


def _have(count: int, total: int) -> str:
    return f"{count:,} of {total:,} {'has' if count == 1 else 'have'}"
