"""How long the tools will still take to build is learnt from how long they took."""

import pytest

from tools.build_times import note_time, read_times, remaining


@pytest.mark.parametrize(
    ("waiting", "running", "known", "seconds"),
    [
        (["a"], {}, {}, None),
        ([], {}, {"a": 60.0}, 0),
        (["a"], {}, {"a": 60.0}, 60),
        (["a", "b", "c", "d"], {}, {"a": 60.0, "b": 60.0, "c": 60.0, "d": 60.0}, 120),
        (["a", "new"], {}, {"a": 60.0, "b": 20.0}, 60),  # the new one counts as 40, beside the longer one
        ([], {"a": 45.0}, {"a": 60.0}, 15),
        ([], {"a": 90.0}, {"a": 60.0}, 0),
        (["b"], {"a": 50.0}, {"a": 60.0, "b": 30.0}, 30),
    ],
)
def test_what_is_left_is_two_at_a_time_and_never_less_than_the_longest(waiting, running, known, seconds):
    assert seconds == remaining(waiting, running, known, 2)


def test_times_are_kept_and_a_damaged_file_is_none(tmp_path):
    file = tmp_path / "times.json"
    assert {} == read_times(file)
    note_time(file, "a 1.0", 12.34)
    note_time(file, "b 2.0", 5)
    note_time(file, "a 1.0", 10)
    assert {"a 1.0": 10.0, "b 2.0": 5.0} == read_times(file)
    file.write_text("[")
    assert {} == read_times(file)
