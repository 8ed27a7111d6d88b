"""Time windows in which no wave begins."""

from datetime import UTC, datetime

import pytest

from config_rollout.core.waves.windows import DAYS, parse_window

NIGHT = {"not_between": ["18:00", "08:00"], "time_zone": "Europe/Berlin"}
WEEKEND = {"not_between": ["00:00", "24:00"], "time_zone": "Europe/Berlin", "days": ["saturday", "Sunday"]}
FRIDAY_NIGHT = {**NIGHT, "days": ["Friday"]}


def window(given):
    parsed, findings = parse_window("w", given)
    assert [] == findings
    return parsed


@pytest.mark.parametrize(
    ("given", "now", "holds"),
    [
        # Berlin is one hour before UTC in winter, two in summer. 2026-11-25 is a Wednesday.
        (NIGHT, "2026-11-25T16:59", False),
        (NIGHT, "2026-11-25T17:00", True),
        (NIGHT, "2026-11-25T23:30", True),
        (NIGHT, "2026-11-26T06:59", True),
        (NIGHT, "2026-11-26T07:00", False),
        (NIGHT, "2026-07-01T16:00", True),  # in summer the night of Berlin begins an hour earlier
        (NIGHT, "2026-07-01T15:59", False),
        (NIGHT, "2026-10-25T00:30", True),  # the hour that comes twice
        ({**NIGHT, "not_between": ["12:00", "13:00"]}, "2026-11-25T11:00", True),
        ({**NIGHT, "not_between": ["12:00", "13:00"]}, "2026-11-25T12:00", False),
        (WEEKEND, "2026-11-27T22:59", False),  # Friday 23:59
        (WEEKEND, "2026-11-27T23:00", True),  # Saturday 00:00
        (WEEKEND, "2026-11-29T22:59", True),  # Sunday 23:59
        (WEEKEND, "2026-11-29T23:00", False),  # Monday 00:00
        (FRIDAY_NIGHT, "2026-11-27T20:00", True),
        (FRIDAY_NIGHT, "2026-11-28T05:00", True),  # Saturday morning belongs to Friday's night
        (FRIDAY_NIGHT, "2026-11-28T20:00", False),
        (FRIDAY_NIGHT, "2026-11-27T05:00", False),
        ({**NIGHT, "time_zone": "UTC"}, "2026-11-25T17:30", False),
    ],
)
def test_window_holds(given, now, holds):
    assert holds == window(given).holds(datetime.fromisoformat(now).replace(tzinfo=UTC))


def test_window_in_words():
    assert "not between 18:00 and 08:00 Europe/Berlin" == str(window(NIGHT))
    assert "not between 00:00 and 24:00 Europe/Berlin on Saturday, Sunday" == str(window(WEEKEND))


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ([], ["w: must be a mapping (got list). Pass a dict."]),
        ({"not_between": ["18:00", "08:00"]},
         ["w.time_zone: is required. Pass one like 'Europe/Berlin', or 'UTC'."]),
        ({"time_zone": "UTC"}, ["w.not_between: is required. Pass two, as in ['18:00', '08:00']."]),
        ({**NIGHT, "not_between": [18.0, "08:00"]},
         ["w.not_between: is not a time of day (got 18). Pass two, as in ['18:00', '08:00']."]),
        ({**NIGHT, "time_zone": "Europe/Berln"},
         ["w.time_zone: is not a known time zone (got 'Europe/Berln'). Write 'Europe/Berlin', if that was meant."]),
        ({"not_between": ["6pm", "25:00"], "time_zone": "UTC"},
         ["w.not_between: is not a time of day (got '6pm'). Pass two, as in ['18:00', '08:00'].",
          "w.not_between: is not a time of day (got '25:00'). Pass two, as in ['18:00', '08:00']."]),
        ({**NIGHT, "not_between": "18:00-08:00"},
         ["w.not_between: must be two times of day (got '18:00-08:00'). Pass two, as in ['18:00', '08:00']."]),
        ({**NIGHT, "not_between": ["18:00", "18:00"]},
         ["w.not_between: is an empty time span (got ['18:00', '18:00']). Use '00:00' and '24:00' for whole days."]),
        ({**NIGHT, "days": ["Caturday"]},
         [f"w.days: is not a day of the week (got 'Caturday'). Use one of {', '.join(DAYS)}."]),
        ({**NIGHT, "days": []}, ["w.days: must be a list of days (got []). Pass for example ['Saturday', 'Sunday']."]),
        ({**NIGHT, "timezone": "UTC"}, ["w.timezone: is not a known field. Write 'time_zone', if that was meant."]),
    ],
)  # fmt: skip
def test_bad_window_is_refused(given, wrong):
    assert wrong == [str(finding) for finding in parse_window("w", given)[1]]
