"""The comparison with other tools runs, and finds what each of three is known to do."""

import pytest

from tools.compare.__main__ import Arena
from tools.compare.peers import PEERS
from tools.compare.situations import SITUATIONS

NODES = 3
NAMES = ("kubectl", "autonamed", "configured")
SHORT = [situation for situation in SITUATIONS if situation.name in ("text", "field")]


@pytest.fixture(scope="module")
def cells():
    """Return (peer, situation) -> what it did."""
    peers = [peer for peer in PEERS if peer.name in NAMES]
    with Arena(peers, NODES) as arena:
        return {
            (peer.name, situation.name): cell for peer in peers for situation, cell in arena.play(peer, SHORT, "test")
        }


@pytest.mark.parametrize(("peer", "needless"), [("kubectl", 0), ("autonamed", NODES), ("configured", 0)])
def test_comment_restarts_what_looks_at_the_text(cells, peer, needless):
    cell = cells[peer, "text"]

    assert (needless, needless, 0) == (cell.pods, cell.needless, cell.missed)


@pytest.mark.parametrize(
    ("peer", "needed", "missed", "early"),
    [("kubectl", 0, NODES, NODES), ("autonamed", NODES, 0, 0), ("configured", NODES, 0, 0)],
)
def test_field_reaches_the_pods_of_what_restarts_them(cells, peer, needed, missed, early):
    cell = cells[peer, "field"]

    assert (needed, 0, missed, early) == (cell.needed, cell.needless, cell.missed, cell.early)


def test_requests_and_writes_are_those_of_the_situation(cells):
    applied = cells["kubectl", "field"]

    assert {"get", "patch"} == applied.requests.keys()
    assert {"PATCH configmaps": 1} == {what: count for what, count in applied.writes.items() if "configmaps" in what}
    assert {} == cells["configured", "text"].writes
