"""How the times of the README's commands are said."""

from benchmarks.first_run import FIRST_PREVIEW, table
from tools.demo import Times


def test_short_times_are_in_seconds_and_long_ones_in_minutes():
    rows = table({"`make demo`": 1234.0}, {"`make demo`": 119.4}).splitlines()
    assert "| `make demo` | 21 min | 119 s |" == rows[-1]


def test_the_demo_says_when_its_first_preview_came_as_it_is_looked_for():
    times = Times()
    times.previewed = 15.4
    assert "15" == FIRST_PREVIEW.match(times.first_preview())[1]
