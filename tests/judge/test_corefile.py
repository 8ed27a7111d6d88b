"""
The reading of a Corefile against CoreDNS' own parser, server type and plugin order.

For every pair of texts that mean the same to us, each plugin of CoreDNS gets the same tokens of both, whatever the
variables are and whatever stands in the files that are imported.
"""

import json
import random
import subprocess
from collections import Counter
from itertools import combinations

import pytest

from config_rollout.core.formats import read
from tests.objects import corefiles
from tests.objects.format_rows import rows
from tools import build

pytestmark = pytest.mark.judge

SEED, FAMILIES, MUTANTS = 20262, 400, 12

FILES = {
    "a.conf": "loop\nforward . 9.9.9.9\n",
    "zones.conf": "z.org {\n    errors\n}\n(two) {\n    log\n}\n",
    "unbalanced.conf": "errors\n}\ny.org {\n    log\n",
    "open.conf": "hosts {\n",
}
"""What is imported: plugins; blocks; the end of a block and another's beginning; a plugin without its end."""

ENVIRONMENTS = [
    {},
    {"WORD": "x", "ZONE": "c.org"},
    {"WORD": "x y", "ZONE": "(two)"},
    {"WORD": "a.conf", "ZONE": "import"},
    {"WORD": "x\n", "ZONE": "c.org,"},
    {"WORD": "{", "ZONE": "{"},
]


class CoreDNS:
    """Reads texts as CoreDNS does, in one process."""

    def __init__(self, folder) -> None:
        self._folder, self._program = folder, build.ensure(["corefile-reader"])["corefile-reader"]

    def readings(self, texts: list[str], environments: list[dict[str, str]]) -> list[list[dict]]:
        """Return, for each text, what is read in each environment."""
        asked = [json.dumps({"Text": t, "Environment": e}) + "\n" for t in texts for e in environments]
        done = subprocess.run(
            [self._program], input="".join(asked), cwd=self._folder, capture_output=True, text=True, check=True
        )
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(asked) == len(answers)
        return [answers[at : at + len(environments)] for at in range(0, len(answers), len(environments))]


@pytest.fixture(scope="session")
def coredns(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corefiles")
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return CoreDNS(folder)


REFUSED = ["refused"] * len(ENVIRONMENTS)


def setups(reading: dict) -> object:
    """Return what plugins get, or that the text is refused: in which words does not matter."""
    return "refused" if reading["Error"] else reading["Setups"]


def test_texts_that_mean_the_same_to_us_are_the_same_to_coredns(coredns, capsys):
    maker = random.Random(SEED)
    families = [rows_of("same"), [corefiles.CLUSTER, corefiles.NODE_LOCAL]]
    for _ in range(FAMILIES):
        family = [corefiles.corefile(maker)]
        for _ in range(MUTANTS):
            family.append(maker.choice(corefiles.CHANGES)(maker, maker.choice(family)))
        families.append(family)
    counts, wrong = Counter(), []
    for family in families:
        family = list(dict.fromkeys(family))
        answers = dict(zip(family, coredns.readings(family, ENVIRONMENTS), strict=True))
        theirs = {text: [setups(one) for one in answers[text]] for text in family}
        meanings = {text: read(text.encode(), "corefile") for text in family}
        for old, new in combinations(family, 2):
            ours, same = meanings[old].hashed == meanings[new].hashed, theirs[old] == theirs[new]
            counts["same" if ours else "restart"] += 1
            counts["both refused"] += REFUSED == theirs[old] == theirs[new]
            counts["needless"] += same and not ours and theirs[old] != REFUSED
            if ours and not same:
                wrong.append(f"missed\n{old!r}\n=>\n{new!r}")
    with capsys.disabled():
        print(f"\n{dict(counts)}, {len(wrong)} disagreements")

    assert [] == wrong[:40]
    assert 2000 <= min(counts["same"], counts["restart"])


def rows_of(verdict: str) -> list[str]:
    found = [row.values for row in rows() if (row.values[0], row.values[3]) == ("corefile", verdict)]
    return [text.decode() for _, *pair, _ in found for text in pair]


@pytest.mark.parametrize("text", [corefiles.CLUSTER, corefiles.NODE_LOCAL], ids=["cluster", "node-local"])
def test_corefile_of_a_cluster_is_read_by_both(coredns, text):
    ((answer,),) = coredns.readings([text], [{}])

    assert ("", "corefile") == (answer["Error"], read(text.encode(), "corefile").format)


def test_what_we_warn_about_is_refused_by_coredns(coredns):
    texts = []
    for text in (corefiles.CLUSTER, corefiles.NODE_LOCAL):
        texts += [text[:at] + text[at + 1 :] for at, sign in enumerate(text) if sign in "{}"]
        texts += [text[:at] + brace + text[at:] for at, sign in enumerate(text) if sign in " \n" for brace in "{}"]
        texts += [text[:at] for at in range(0, len(text), 5)]
    notes = {text: read(text.encode(), "corefile").note for text in texts}
    warned = [text for text, note in notes.items() if note.startswith("it is not a valid Corefile")]

    assert [] == [text for text, (one,) in zip(warned, coredns.readings(warned, [{}]), strict=True) if not one["Error"]]
    assert 100 < len(warned)
