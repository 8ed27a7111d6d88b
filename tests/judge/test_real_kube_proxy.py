"""
The typed reading of a KubeProxyConfiguration against the real program.

For every generated text: refused by both or by none, and what we call effective is what kube-proxy prints. For every
pair: equal to us exactly if kube-proxy prints the same in all fields that its mode reads.
"""

import re
from collections import Counter
from itertools import combinations

import pytest
import yaml

from config_rollout.core.formats import kube_proxy as kp
from config_rollout.core.formats.kube_proxy_fields import FIELDS, Kind
from config_rollout.core.formats.kube_proxy_values import quantity, show_duration
from tests.judge import generate

pytestmark = pytest.mark.judge

SEED, FAMILIES, MUTANTS = 20261, 66, 9

EXCEPTIONS = {
    "unknown field": "kube-proxy drops it silently; we refuse it, because nobody writes a field to have no effect",
    "not understood": "tags, anchors, merge keys, several documents: kube-proxy reads on, we count every byte",
    "unset mode": "kube-proxy prints iptables; we keep it apart, because a later release will print another mode",
    "split stream": "kube-proxy resets it to false as it merges its flags; we count it in case a release heeds it",
    "feature gate": "each release knows other gates; we take any name, since we do not know the release",
    "hidden metrics": "each release accepts only the one before it; we accept any, since we do not know the release",
}
"""Where we differ on purpose -> why. Anything else is a disagreement."""

MESSAGES = {
    "feature gate": re.compile("unrecognized feature gate: NoSuchGate|depends on features that are disabled"),
    "hidden metrics": re.compile("(?i)showHiddenMetricsForVersion: Invalid value"),
}
"""The exceptions in which kube-proxy refuses what we accept, and its words."""


def printed_fields(printed: str) -> dict[str, object]:
    """Return path -> value of the live fields that kube-proxy printed; spellings of one value made one."""
    tree = yaml.safe_load(printed)
    how = (tree["mode"], tree["detectLocalMode"], tree["logging"]["format"])
    return {one.path: one_spelling(one, tree) for one in FIELDS if one.is_read(*how)}


def one_spelling(one, tree):
    value = tree
    for key in one.path.split("."):
        value = (value or {}).get(key)
    if one.kind is Kind.DURATION_OR_NS and isinstance(value, int):
        return show_duration(value)
    if one.kind is Kind.FLOAT32:
        return float(value)  # PyYAML takes 1e-07 for text
    if one.kind is Kind.QUANTITY:
        return quantity(value)
    if value is None:  # printed as null, or left out because it is empty
        return {Kind.GATES: {}, Kind.BOOL: False}.get(one.kind, [])
    return value


def flat(tree: dict[str, object], prefix: str = "") -> dict[str, object]:
    found = {}
    for key, value in tree.items():
        is_section = isinstance(value, dict) and prefix + key != "featureGates"
        found |= flat(value, f"{prefix}{key}.") if is_section else {prefix + key: value}
    return found


def refusals(reading) -> list[str]:
    return [str(finding) for finding in reading.findings if finding.what != kp.NO_SUCH_FIELD]


def without_exceptions(fields, used):
    """Return our live fields in kube-proxy's words."""
    fields = dict(fields)
    if fields.get("mode") == kp.UNSET_MODE:
        used["unset mode"] += 1
        fields["mode"] = "iptables"
    for path in fields.keys() & {"logging.options.text.splitStream", "logging.options.json.splitStream"}:
        used["split stream"] += fields[path]
        fields[path] = False
    return fields


def judge_text(text, verdict, used):
    """Return what is wrong with our reading of the text, or `None`."""
    reading = kp.read_kube_proxy(text.encode())
    if reading is None:
        used["not understood"] += verdict.printed is not None
        return None if verdict.printed is None or any(line in text for line in generate.NOT_UNDERSTOOD) else "not read"
    if verdict.printed is None:
        if refusals(reading):
            return None
        excused = [name for name, words in MESSAGES.items() if words.search(verdict.why)]
        used.update(excused)
        return None if excused else f"accepted, but: {verdict.why[-400:]}"
    if refusals(reading):
        return f"refused: {refusals(reading)}"
    used["unknown field"] += bool(reading.findings)
    ours, theirs = without_exceptions(flat(reading.effective), used), printed_fields(verdict.printed)
    wrong = [path for path in ours.keys() | theirs.keys() if ours.get(path) != theirs.get(path)]
    return f"{ {path: (ours.get(path), theirs.get(path)) for path in wrong} }" if wrong else None


def judge_pair(old, new, verdicts):
    """Return `same`, `restart` or `refused` (one of the two) if both say so, else what is wrong."""
    readings = [kp.read_kube_proxy(text.encode()) for text in (old, new)]
    printed = [verdicts[text].printed for text in (old, new)]
    if None in readings or None in printed or any(refusals(reading) for reading in readings):
        return "refused"
    ours = readings[0].effective == readings[1].effective
    theirs = printed_fields(printed[0]) == printed_fields(printed[1])
    if ours == theirs:
        return "same" if ours else "restart"
    excused = [without_exceptions(flat(reading.effective), Counter()) for reading in readings]
    return "restart on purpose" if not ours and excused[0] == excused[1] else f"ours {ours}, theirs {theirs}"


def test_reading_is_that_of_the_real_kube_proxy(judge, record_testsuite_property, capsys):
    families = [*generate.families(SEED, FAMILIES, MUTANTS), generate.examples()]
    verdicts = judge.verdicts([text for family in families for text in family])
    used, counts, wrong = Counter(), Counter(), []
    for text, verdict in verdicts.items():
        counts["texts accepted" if verdict.printed is not None else "texts refused"] += 1
        if fault := judge_text(text, verdict, used):
            wrong.append(f"{fault}\n{text}")
    for family in families:
        for old, new in combinations(family, 2):
            counts["pairs"] += 1
            said = judge_pair(old, new, verdicts)
            if said in ("same", "restart", "restart on purpose", "refused"):
                counts[said] += 1
            else:
                wrong.append(f"{said}\n{old}\n=>\n{new}")
    with capsys.disabled():
        print(f"\n{judge.release}: {dict(counts)}, exceptions {dict(used)}, {len(wrong)} disagreements")

    assert [] == wrong[:5]
    assert 2000 <= counts["pairs"]
    assert min(counts["same"], counts["restart"], counts["texts refused"]) > 100
    assert EXCEPTIONS.keys() == {name for name, count in used.items() if count}
