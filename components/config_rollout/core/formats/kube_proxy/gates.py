"""
How a release of kube-proxy treats a configuration: feature gates that it does not have, hidden metrics.

The gates are those of the built programs (gate_table.py).
Source: component-base featuregate/feature_gate.go `unsafeSetFromMap`, metrics/options.go
`ValidateShowHiddenMetricsVersion`.
"""

import re
from collections.abc import Iterator, Mapping

from ...arguments.finding import Finding
from ...arguments.nearest import nearest
from .gate_table import GATES, NEEDS, RELEASES


def release_of(version: str) -> str:
    """Return `1.36` for `v1.36.3`, for an image's tag or for a release itself; empty for anything else."""
    match = re.match(r"v?(1\.\d+)(?![\d])", version)
    return match[1] if match else ""


def is_known(release: str) -> bool:
    """Tell whether the gates of a release are known."""
    return release in RELEASES


def check_gates(gates: Mapping[str, bool], release: str) -> Iterator[Finding]:
    """Find gates with which the kube-proxy of a known release does not start."""
    for name, on in gates.items():
        state = GATES.get(name, {}).get(release, "")
        if not state:
            what = f"kube-proxy {release} does not have this feature gate and would exit{_elsewhere(name)}"
            yield Finding(f"featureGates.{name}", what, _advice(name, release))
        elif state in ("locked on", "locked off") and on != (state == "locked on"):
            fixed_value = str(not on).lower()
            what = f"the gate is locked to {fixed_value} in kube-proxy {release}, which would exit"
            yield Finding(f"featureGates.{name}", what, "Remove it")
        elif state == "not yet":
            yield Finding(
                f"featureGates.{name}", f"kube-proxy {release} does not allow this gate to be set yet", "Remove it"
            )
    for name, others in NEEDS.get(release, {}).items() if gates else ():
        missing = " and ".join(one for one in others if not _is_on(one, gates, release))
        if missing and _is_on(name, gates, release):
            what = f"the gate requires {missing}, or kube-proxy {release} would exit"
            yield Finding(f"featureGates.{name}", what, f"Set {missing} to true, or {name} to false")


def warn_of_gates(gates: Mapping[str, bool]) -> Iterator[Finding]:
    """Find gates that no supported release has, if the release is unknown."""
    for name in gates:
        if name not in GATES:
            what = f"no kube-proxy from {RELEASES[0]} to {RELEASES[-1]} has this feature gate; kube-proxy would exit"
            yield Finding(f"featureGates.{name}", what, _advice(name, ""))


def check_hidden_metrics(version: str, release: str) -> Iterator[Finding]:
    """Find a release whose hidden metrics a kube-proxy does not show: only those of the one before it can be."""
    before = f"1.{int(release.removeprefix('1.')) - 1}"
    if version and version != before:
        what = f"kube-proxy {release} accepts only {before} and would exit (got {version!r})"
        yield Finding("showHiddenMetricsForVersion", what, f"Write '{before}', or remove it")


def _elsewhere(name: str) -> str:
    having = sorted(GATES.get(name, {}), key=RELEASES.index)
    return f" (those of {', '.join(having)} have it)" if having else ""


def _advice(name: str, release: str) -> str:
    known = [one for one, of in GATES.items() if not release or release in of]
    near = nearest(name, known, cutoff=0.8)
    return f"Remove it, or write '{near}', if that was meant" if near else "Remove it"


def _is_on(name: str, gates: Mapping[str, bool], release: str) -> bool:
    """Tell whether a gate is on: as set, else by its stage, else by default. An unknown one is off."""
    state = GATES.get(name, {}).get(release, "")
    stage, _, default = state.partition(" ")
    if not state or stage in ("locked", "not"):
        return default == "on"
    if stage == "settable":  # stable or deprecated: its default is not listed, and stable ones are on
        return gates.get(name, True)
    return bool(gates.get(name, gates.get({"alpha": "AllAlpha", "beta": "AllBeta"}.get(stage, ""), default == "on")))
