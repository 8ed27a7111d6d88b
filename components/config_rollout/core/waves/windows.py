"""Time windows in which no wave begins. The time is given: there is no clock here."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ...args.windows import WindowArgs
from ..arguments.fields import as_written, named, wrong_value
from ..arguments.finding import Finding
from ..arguments.nearest import did_you_mean

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")


@dataclass(frozen=True)
class Window:
    """
    A span of the day in which no wave begins, in minutes after midnight; one that ends before it starts ends tomorrow.

    `days` are the days on which it starts, Monday is 0.
    """

    start: int
    end: int
    time_zone: str
    days: tuple[int, ...] = tuple(range(7))

    def __str__(self) -> str:
        days = "" if len(self.days) == len(DAYS) else f" on {', '.join(DAYS[day] for day in self.days)}"
        return f"not between {_shown(self.start)} and {_shown(self.end)} {self.time_zone}{days}"

    def holds(self, now: datetime) -> bool:
        """Return whether an aware time is inside; the first minute is, the last is not."""
        import zoneinfo  # not on import: the command line needs none

        local = now.astimezone(zoneinfo.ZoneInfo(self.time_zone))
        minute, today = local.hour * 60 + local.minute, local.weekday()
        if self.start < self.end:
            return today in self.days and self.start <= minute < self.end
        yesterday = (local.date() - timedelta(days=1)).weekday()
        return (today in self.days and minute >= self.start) or (yesterday in self.days and minute < self.end)


def parse_window(where: str, value: object) -> tuple[Window | None, list[Finding]]:
    """Return the window that `{"not_between": [FROM, TO], "time_zone": ZONE, "days": [...]}` says, or what is wrong."""
    if not isinstance(value, Mapping):
        return None, [Finding(where, f"must be a mapping (got {type(value).__name__})", "Pass a dict")]
    of, findings = named(where, value, tuple(WindowArgs.__annotations__))
    times, zone, days = of.get("not_between"), of.get("time_zone"), of.get("days", list(DAYS))
    findings += [*_check_times(f"{where}.not_between", times), *_check_zone(f"{where}.time_zone", zone)]
    findings += _check_days(f"{where}.days", days)
    if findings:
        return None, findings
    start, end = (_minutes(text) for text in times)  # type: ignore[attr-defined]
    return Window(start, end, str(zone), tuple(sorted({DAYS.index(day.capitalize()) for day in days}))), []  # type: ignore[attr-defined]


def _check_times(where: str, value: object) -> Iterator[Finding]:
    fix = "Pass two, as in ['18:00', '08:00']"
    if not isinstance(value, list | tuple) or len(value) != 2:
        yield wrong_value(where, "must be two times of day", value, fix)
        return
    wrong = [text for text in value if not (isinstance(text, str) and _TIME.fullmatch(text))]
    for text in wrong:
        yield Finding(where, f"is not a time of day (got {as_written(text)})", fix)
    if not wrong and (value[0] == value[1] or value[0] == "24:00"):
        yield Finding(where, f"is an empty time span (got {value!r})", "Use '00:00' and '24:00' for whole days")


def _check_zone(where: str, value: object) -> Iterator[Finding]:
    """Find an unknown time zone. Source: the names are those of the IANA database, as in a CronJob's `timeZone`."""
    import zoneinfo

    known = zoneinfo.available_timezones()
    if value in known:
        return
    fix = "Pass one like 'Europe/Berlin', or 'UTC'"
    fix = fix if value is None else did_you_mean(value, sorted(known), fix)
    yield wrong_value(where, "is not a known time zone", value, fix)


def _check_days(where: str, value: object) -> Iterator[Finding]:
    if not isinstance(value, list | tuple) or not value:
        yield wrong_value(where, "must be a list of days", value, "Pass for example ['Saturday', 'Sunday']")
        return
    for day in value:
        if not isinstance(day, str) or day.capitalize() not in DAYS:
            yield Finding(where, f"is not a day of the week (got {as_written(day)})", f"Use one of {', '.join(DAYS)}")


def _minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def _shown(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
