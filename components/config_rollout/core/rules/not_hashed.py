"""The rules on content that pods read and that can change without a change of the pod template."""

from collections.abc import Iterator

from ..arguments.finding import Finding
from ..markers import UNKNOWN
from .changing import changing_parts
from .conventions import claims
from .coverage import Coverage, coverage, unknown_part
from .objects import WORKLOADS, KubernetesObject, Objects
from .placeholders import filled_later, placeholder_in
from .reloading import READ_ONCE, image_of
from .rule import Answer, Level, NotChecked, Parameters, Rule, Severity
from .uses import Use, uses

_HASH_IT = "Write a hash of the content into an annotation of the pod template, or name the object after its content"


def _not_hashed(objects: Objects, _: Parameters) -> Iterator[tuple[KubernetesObject, Answer]]:
    for workload in objects.kind(*WORKLOADS):
        if workload.patch:
            continue
        if where := unknown_part(workload):
            yield workload, NotChecked(where)
            continue
        every = coverage(workload, objects)
        if left := [one for one in every if one.reason is None and is_read_once(one)]:
            yield workload, _keeps_the_old(workload, left, every)
        elif unknown := [use for use in uses(workload) if _is_filled_later(use, workload, objects)]:
            why = "" if unknown[0].name is UNKNOWN else filled_later(unknown[0].name)
            yield workload, NotChecked(unknown[0].where, why)


def _changed_in_place(objects: Objects, _: Parameters) -> Iterator[tuple[KubernetesObject, Answer]]:
    for workload in objects.kind(*WORKLOADS):
        if not workload.patch and unknown_part(workload) is None:
            every = coverage(workload, objects)
            uncovered = [one for one in every if one.reason is None]
            known_by_now = {id(one.source) for one in uncovered if is_read_once(one)}  # reported by config-not-hashed
            if left := [one for one in uncovered if id(one.source) not in known_by_now]:
                yield workload, _finds_it_sometime(workload, left, every)


def _is_filled_later(use: Use, workload: KubernetesObject, objects: Objects) -> bool:
    """Return whether it is not known yet what the pods read; a name with a placeholder may still match an object."""
    if use.name is UNKNOWN:
        return True
    return bool(placeholder_in(use.name)) and objects.named(workload, use.kind, str(use.name)) is None


def is_read_once(one: Coverage) -> bool:
    """Return whether a running program is certain to keep the old content."""
    return not one.use.how.is_updated or bool(READ_ONCE.search(image_of(one.use.container)))


def _keeps_the_old(workload: KubernetesObject, left: list[Coverage], every: list[Coverage]) -> Finding:
    return Finding(
        left[0].use.where,
        f"reads {_sources(left, every)} {_ways(left)}, and {_nothing(workload, every)}, so the pods keep the old "
        "content until something else restarts them",
        _fix(left),
    )


def _finds_it_sometime(workload: KubernetesObject, left: list[Coverage], every: list[Coverage]) -> Finding:
    return Finding(
        left[0].use.where,
        f"mounts {_sources(left, every)} as a directory, and {_nothing(workload, every)}: kubelets replace the files "
        "in running pods, at a different time on each node, and a program that reads them only at startup keeps the "
        "old ones until something else restarts it",
        f"{_fix(left)}; skip this rule for a program that reloads its files",
    )


def _nothing(workload: KubernetesObject, every: list[Coverage]) -> str:
    """Return that nothing changes with the content, and which hashes belong to something else by their names."""
    places = {one.reason.where for one in every if one.reason}
    others = list(dict.fromkeys(f"'{claim.key}'" for claim in claims(workload) if claim.where not in places))
    belong = "belongs" if len(others) == 1 else "belong"
    not_these = f" ({_listed(others)} {belong} to something else, by name)" if others else ""
    return f"nothing in the pod template changes with the content{not_these}"


def _sources(left: list[Coverage], every: list[Coverage]) -> str:
    """Return the sources in words, with their keys if another key of the same source is covered."""
    names = []
    for source in {id(one.source): one.source for one in left}.values():
        name = f"{source.kind} '{source.name}'"
        if any(one.reason for one in every if one.source is source):
            keys = dict.fromkeys(f"'{one.key}'" for one in left if one.source is source and one.key is not None)
            name = f"{_listed(list(keys))} of {name}" if keys else name
        names.append(name)
    return _listed(names)


def _listed(names: list[str]) -> str:
    return " and ".join(names) if len(names) < 3 else f"{', '.join(names[:-1])} and {names[-1]}"


def _ways(left: list[Coverage]) -> str:
    ways = dict.fromkeys(
        one.use.how.value if not one.use.how.is_updated else f"only when {image_of(one.use.container)} starts"
        for one in left
    )
    return " and ".join(ways)


def _fix(left: list[Coverage]) -> str:
    """Return what to do, without restarting the pods at every deployment."""
    changing = [
        f"{place} of {source.kind} '{source.name}'"
        for source in {id(one.source): one.source for one in left}.values()
        for place in changing_parts(source)
    ]
    if not changing:
        return _HASH_IT
    return (
        f"If {changing[0]} changes with every deployment, move it elsewhere first, or the hash restarts every pod each "
        f"time. Then {_HASH_IT[:1].lower()}{_HASH_IT[1:]}"
    )


_ANNOTATED = """
apiVersion: v1
kind: ConfigMap
metadata: {{name: agent}}
data: {{agent.yaml: "level: info"}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {{name: agent}}
spec:
  selector: {{matchLabels: {{app: agent}}}}
  template:
    metadata:
      labels: {{app: agent}}{annotations}
    spec:
      containers:
        - name: agent
          image: agent:1
          {read}{volumes}
"""
_ENVIRONMENT = "envFrom: [{configMapRef: {name: agent}}]"
_MOUNT = "volumeMounts: [{name: config, mountPath: /etc/agent}]"
_VOLUME = "\n      volumes: [{name: config, configMap: {name: agent}}]"
_HASH = "\n      annotations: {checksum/config: dad9e804111c1992163cb47a4b66398287e28aa42bfcd5d34465eb65c6e03bbe}"

NOT_HASHED = Rule(
    id="config-not-hashed",
    level=Level.ADVISORY,
    severity=Severity.HIGH,
    topic="configuration",
    prevents="a changed ConfigMap or Secret that no running pod sees: variables, subPath, programs that read it once",
    fix="a hash of the content in an annotation of the pod template, or a name that changes with the content",
    link="https://kubernetes.io/docs/tutorials/configuration/updating-configuration-via-a-configmap/",
    check_all=_not_hashed,
    bad=_ANNOTATED.format(annotations="", read=_ENVIRONMENT, volumes=""),
    good=_ANNOTATED.format(annotations=_HASH, read=_ENVIRONMENT, volumes=""),
)

CHANGED_IN_PLACE = Rule(
    id="config-changed-in-place",
    level=Level.ADVISORY,
    severity=Severity.MEDIUM,
    topic="configuration",
    prevents="a changed ConfigMap or Secret whose files change in running pods, at a different time on each node",
    fix="a hash of the content in an annotation of the pod template, or a name that changes with the content",
    link="https://kubernetes.io/docs/concepts/configuration/configmap/#mounted-configmaps-are-updated-automatically",
    check_all=_changed_in_place,
    bad=_ANNOTATED.format(annotations="", read=_MOUNT, volumes=_VOLUME),
    good=_ANNOTATED.format(annotations=_HASH, read=_MOUNT, volumes=_VOLUME),
)
