"""The rule on the waves of this library's components."""

from collections.abc import Iterator, Mapping

from ..arguments.finding import Finding
from .objects import WAVE_STASH, KubernetesObject
from .rule import Answer, Level, Parameters, Rule, Severity


def _without_gate(o: KubernetesObject, _: Parameters) -> Iterator[Answer]:
    wave = o.get("input", "wave")
    if not isinstance(wave, Mapping) or wave.get("gates") or wave.get("soakSeconds"):
        return
    from ..waves.order import REST

    if wave.get("name") == REST:
        return
    yield Finding(
        f"waves: {wave.get('name')}",
        "has no gate and no soak time, so the next wave begins as soon as its pods are ready",
        "Give it `gates` or `soak_seconds`: the damage of a bad configuration often shows later",
    )


WITHOUT_GATE = Rule(
    id="wave-without-gate",
    level=Level.ADVISORY,
    severity=Severity.MEDIUM,
    topic="rollout",
    prevents="a canary that nothing examines before the next wave begins",
    fix="`gates` or `soak_seconds` on every wave before the rest",
    link="https://sre.google/workbook/canarying-releases/",
    kinds=(WAVE_STASH,),
    check_one=_without_gate,
    programs_only=True,
    bad="""
resources:
  agent-canary:
    type: pulumi:index:Stash
    properties:
      input: {configHash: 3f1a6b02c4, generation: 2, wave: {name: canary, nodes: 1, maxUnavailable: 1}}
""",
    good="""
resources:
  agent-canary:
    type: pulumi:index:Stash
    properties:
      input:
        configHash: 3f1a6b02c4
        generation: 2
        wave: {name: canary, nodes: 1, maxUnavailable: 1, gates: [":10256/livez"]}
""",
)
