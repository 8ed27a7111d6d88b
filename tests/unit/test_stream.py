"""What a stream of connections met, judged against the changes of the endpoint."""

import pytest

from benchmarks.stream import LOST, Figures, Met, figures

A, B = 1, 2
CHANGES = [(0.0, A), (10.0, B)]


def met(*of: tuple[float, int], node: str = "n", lasting: float = 0.1) -> list[Met]:
    return [Met(node, at, at + lasting, port) for at, port in of]


@pytest.mark.parametrize(
    ("what", "stale"),
    [
        (met((9.0, A)), 0),
        (met((9.0, B)), 1),
        (met((11.0, A)), 1),
        (met((11.0, B)), 0),
        (met((9.95, A), (9.95, B)), 0),
    ],
    ids=["before the change", "too early", "after the change", "the new one", "while it changes"],
)
def test_endpoint_that_has_left_the_service_is_stale(what, stale):
    assert (stale, 0) == (figures(what, CHANGES).stale, figures(what, CHANGES).lost)


def test_connection_that_nobody_answered_is_lost():
    assert Figures(2, 1, 0, pytest.approx(1.0)) == figures(met((1.0, A), (2.0, LOST)), CHANGES)


def test_seconds_count_from_the_connection_before_to_the_last_wrong_one():
    assert pytest.approx(2.0) == figures(met((10.5, B), (11.5, A), (12.5, A), (13.5, B)), CHANGES).node_seconds


def test_seconds_of_nodes_add_up():
    there = [*met((10.5, B), (11.5, A), node="n"), *met((10.5, B), (12.5, A), node="m")]

    assert pytest.approx(1.0 + 2.0) == figures(there, CHANGES).node_seconds
