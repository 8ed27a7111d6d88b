"""
The typed reading of a KubeProxyConfiguration against the real program.

For every generated text: refused by both or by none, and what we call effective is what kube-proxy prints. For every
pair: equal to us exactly if kube-proxy prints the same in all fields that its mode reads.
"""

from collections import Counter
from itertools import combinations

import pytest

from config_rollout.core.formats.kube_proxy import read as kp
from config_rollout.core.kube_proxy.files import check_release
from tests.judge import generate
from tests.judge.printed import printed_fields
from tests.judge.shapes import SHAPES

pytestmark = pytest.mark.judge

SEED, FAMILIES, MUTANTS = 20261, 66, 9

EXCEPTIONS = {
    "dropped field": "kube-proxy drops it with a line in its log; we read on as well, and warn",
    "unset mode": "kube-proxy prints iptables; we keep it apart, because a later release will print another mode",
    "split stream": "kube-proxy resets it to false when it merges its flags; we count it in case a release uses it",
}
"""Where we differ on purpose -> why. Anything else is a disagreement."""


def flat(tree: dict[str, object], prefix: str = "") -> dict[str, object]:
    found = {}
    for key, value in tree.items():
        is_section = isinstance(value, dict) and prefix + key != "featureGates"
        found |= flat(value, f"{prefix}{key}.") if is_section else {prefix + key: value}
    return found


def read(text: str):
    return kp.read_kube_proxy(text.encode(), "linux")


def refusals(reading, text: str, release: str) -> list[str]:
    return [str(finding) for finding in (*reading.findings, *check_release(text.encode(), release)[0])]


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


def judge_text(text, verdict, used, release):
    """Return what is wrong with our reading of the text, or `None`."""
    reading = read(text)
    if reading is None:
        return None if verdict.printed is None else "not read"
    refused = refusals(reading, text, release)
    if verdict.printed is None:
        return None if refused else f"accepted, but: {verdict.why[-400:]}"
    if refused:
        return f"refused: {refused}"
    used["dropped field"] += kp.NO_SUCH_FIELD in [warning.what for warning in reading.warnings]
    ours, theirs = without_exceptions(flat(reading.effective), used), printed_fields(verdict.printed)
    wrong = [path for path in ours.keys() | theirs.keys() if ours.get(path) != theirs.get(path)]
    return f"{ {path: (ours.get(path), theirs.get(path)) for path in wrong} }" if wrong else None


def judge_pair(old, new, verdicts):
    """Return `same`, `restart` or `refused` (one of the two) if both say so, else what is wrong."""
    readings = [read(text) for text in (old, new)]
    printed = [verdicts[text].printed for text in (old, new)]
    if None in readings or None in printed:
        return "refused"
    ours = readings[0].effective == readings[1].effective
    theirs = printed_fields(printed[0]) == printed_fields(printed[1])
    if ours == theirs:
        return "same" if ours else "restart"
    excused = [without_exceptions(flat(reading.effective), Counter()) for reading in readings]
    return "restart on purpose" if not ours and excused[0] == excused[1] else f"ours {ours}, theirs {theirs}"


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_shape_of_text_is_what_the_table_says(judge, shape):
    texts = [text for text in (shape.text, shape.means) if text is not None]
    verdicts = judge.verdicts(texts)

    assert (verdicts[shape.means].printed if shape.means is not None else None) == verdicts[shape.text].printed


def test_reading_is_that_of_the_real_kube_proxy(judge, record_testsuite_property, capsys):
    families = [*generate.families(SEED, FAMILIES, MUTANTS), generate.examples()]
    verdicts = judge.verdicts([text for family in families for text in family])
    used, counts, wrong = Counter(), Counter(), []
    for text, verdict in verdicts.items():
        counts["texts accepted" if verdict.printed is not None else "texts refused"] += 1
        if fault := judge_text(text, verdict, used, judge.release.removeprefix("kube-proxy-")):
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
