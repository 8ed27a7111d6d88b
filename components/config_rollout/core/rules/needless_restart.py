"""The rule on pods that a hash restarts at each change of what their programs read again anyway."""

from collections.abc import Iterable, Iterator, Mapping

from ..arguments.finding import Finding
from .conventions import HELM, Claim, assign, claims
from .coverage import keys_read, named_sources, unknown_part
from .objects import WORKLOADS, KubernetesObject, Objects
from .reloading import is_reloader, reads_again, watches
from .rule import Answer, Level, Parameters, Rule, Severity
from .uses import Use, uses

_FIX = (
    "Keep one of the two: leave out the hash, and check after a change that it was read again (the effect `reload` of "
    "config-rollout does), or turn the reloading off"
)

Sources = Mapping[tuple[str, object], KubernetesObject]


def _needless_restart(objects: Objects, _: Parameters) -> Iterator[tuple[KubernetesObject, Answer]]:
    for workload in objects.kind(*WORKLOADS):
        of_this_library = workload.program and workload.program.of_this_library
        if not (workload.patch or of_this_library or unknown_part(workload)):
            yield from ((workload, finding) for finding in _of_workload(workload, objects))


def _of_workload(workload: KubernetesObject, objects: Objects) -> Iterator[Finding]:
    sources: Sources = {(o.kind, o.name): o for _, o in objects.read_by(workload)}
    hashes = claims(workload) if sources else []
    if not hashes:
        return
    reading = list(uses(workload))
    hashed: dict[Claim, list[tuple[str, object]]] = {}
    unsure: set[Claim] = set()
    for source, claim, sure in assign(workload, hashes, named_sources(reading, sources)):
        hashed.setdefault(claim, []).append((source.kind, source.name))
        unsure |= set() if sure else {claim}
    for claim, names in hashed.items():
        of = [sources.get(name) for name in names]
        if claim in unsure or None in of:
            continue
        whole = _with_its_file(claim, [one for one in of if one], sources)
        whys = [_why(one, reading) for one in whole]
        if all(whys):
            listed = " and ".join(f"{one.kind} '{one.name}'" for one in whole)
            what = f"restarts the pods at each change of {listed}, which running pods read again: {whys[0]}"
            yield Finding(claim.where, what, _FIX)


def _with_its_file(claim: Claim, of: list[KubernetesObject], sources: Sources) -> list[KubernetesObject]:
    """Return what a hash is of: Helm's is of all that the pods read of a template's file."""
    files = {one.template_file for one in of if one.template_file} if claim.convention == HELM else set()
    return of + [one for one in sources.values() if one.template_file in files and one not in of]


def _why(source: KubernetesObject, reading: Iterable[Use]) -> str | None:
    """Return why pods read all that they use of a source again; `None` if something of it is read once."""
    content = source.texts("data") | source.texts("stringData")
    found: list[str | None] = []
    for use in reading:
        if (use.kind, use.name) == (source.kind, source.name) and not is_reloader(use.container):
            found += [
                watches(use, reading) or reads_again(use, key, content, reading) for key in keys_read(use, source)
            ]
    return found[0] if found and all(found) else None


_DNS = """
apiVersion: v1
kind: ConfigMap
metadata: {{name: dns}}
data: {{Corefile: ".:53 {{\\n  reload\\n  forward . 192.0.2.1\\n}}\\n"}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {{name: dns}}
spec:
  selector: {{matchLabels: {{app: dns}}}}
  template:
    metadata:
      labels: {{app: dns}}{annotations}
    spec:
      containers:
        - name: dns
          image: coredns:1
          volumeMounts: [{{name: config, mountPath: /etc/dns}}]
      volumes: [{{name: config, configMap: {{name: dns}}}}]
"""
_HASH = "\n      annotations: {checksum/config: dad9e804111c1992163cb47a4b66398287e28aa42bfcd5d34465eb65c6e03bbe}"

NEEDLESS_RESTART = Rule(
    id="needless-restart",
    level=Level.ADVISORY,
    severity=Severity.LOW,
    topic="configuration",
    prevents="a restart of every pod at each change of files that its program, or a sidecar, reloads anyway",
    fix="no hash of what is read again, and a check that it was; or no reloading",
    link="https://coredns.io/plugins/reload/",
    check_all=_needless_restart,
    bad=_DNS.format(annotations=_HASH),
    good=_DNS.format(annotations=""),
)
