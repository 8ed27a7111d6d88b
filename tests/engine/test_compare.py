"""The comparison with other tools runs, and finds what each of three is known to do."""

import pytest

from tools.compare.arena import Arena
from tools.compare.peers import PEERS
from tools.compare.shelf import Shelf
from tools.compare.situations import SITUATIONS

NODES = 3
NAMES = ("kubectl", "autonamed", "configured")
SHORT = [situation for situation in SITUATIONS if situation.name in ("text", "field", "away")]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """Return a shelf with what three peers did."""
    shelf = Shelf({}, tmp_path_factory.mktemp("shelf"))
    peers = [peer for peer in PEERS if peer.name in NAMES]
    with Arena(peers, NODES) as arena:
        for peer in peers:
            arena.play(peer, SHORT, "test", shelf)
    return shelf


@pytest.fixture(scope="module")
def cells(shelf):
    """Return (peer, situation) -> what it did."""
    return {(peer, situation.name): shelf.cell("test", peer, situation.name) for peer in NAMES for situation in SHORT}


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

    assert {"patch configmaps": 1} == {what: count for what, count in applied.requests.items() if "patch" in what}
    assert {"PATCH configmaps": 1} == {what: count for what, count in applied.writes.items() if "configmaps" in what}
    assert {} == cells["configured", "text"].writes


@pytest.mark.parametrize(("peer", "missed", "early"), [("kubectl", NODES, NODES), ("configured", 0, 0)])
def test_change_while_the_tool_is_away_waits_for_its_next_run(cells, peer, missed, early):
    cell = cells[peer, "away"]

    assert (NODES - missed, missed, early) == (cell.needed, cell.missed, cell.early)


def test_each_figure_has_the_log_of_its_own_run(shelf):
    of_field, of_fresh = ((shelf.folder / "test" / "kubectl" / f"{name}.log").read_text() for name in ("field", "away"))

    assert "configmap/agent configured" in of_field
    assert ["installed", "away"] == [line.split(": ")[1] for line in of_fresh.splitlines() if line.startswith("## ")]
