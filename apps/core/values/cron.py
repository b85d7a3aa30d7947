"""Translates the five fields of cron into a recurrence rule, so that both kinds of schedule share one clock."""

from __future__ import annotations

import re

from apps.core.errors import Refused

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
BYDAY = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")
NICKNAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
HELP = "Write minute, hour, day, month and weekday, such as 0 7 * * 1-5."
_PART = re.compile(r"(?P<low>\*|\w+)(?:-(?P<high>\w+))?(?:/(?P<step>\d{1,2}))?")


def looks_like_cron(text: str) -> bool:
    return text.strip().startswith("@") or len(text.split()) == 5


def rrule_of(text: str, *, field: str = "rrule") -> str:
    """The recurrence rule of a cron expression. Refuses a day of the month together with a weekday: cron means either."""
    parts = NICKNAMES.get(text.strip().lower(), text).split()
    if len(parts) != 5:
        raise Refused(f"“{text[:40]}” is no cron expression. {HELP}", code="bad_cron", field=field)
    minutes = _values(parts[0], 0, 59, (), name="minute", field=field)
    hours = _values(parts[1], 0, 23, (), name="hour", field=field)
    days = _values(parts[2], 1, 31, (), name="day", field=field)
    months = _values(parts[3], 1, 12, MONTHS, name="month", field=field)
    weekdays = _values(parts[4], 0, 7, DAYS, name="weekday", field=field)
    if days and weekdays:
        raise Refused(
            "A day of the month together with a weekday means either of them in cron. Write two rules.",
            code="bad_cron",
            field=field,
        )
    named: dict[str, list[int] | list[str]] = {
        "BYMONTH": months,
        "BYMONTHDAY": days,
        "BYDAY": [BYDAY[day] for day in dict.fromkeys(one % 7 for one in weekdays)],
        "BYHOUR": hours or list(range(24)),
        "BYMINUTE": minutes or list(range(60)),
        "BYSECOND": [0],
    }
    written = [f"{name}={','.join(str(one) for one in values)}" for name, values in named.items() if values]
    return ";".join(["FREQ=DAILY", *written])


def _values(text: str, least: int, most: int, words: tuple[str, ...], *, name: str, field: str) -> list[int]:
    """The values a field names, ascending; an empty list for all."""
    if text in ("*", "?"):
        return []
    found: set[int] = set()
    for part in text.lower().split(","):
        match = _PART.fullmatch(part)
        low, high = (None, None) if match is None else _bounds(match, least, most, words)
        if match is None or low is None or high is None or not least <= low <= high <= most:
            raise Refused(
                f"“{part[:20]}” is no {name}: it goes from {least} to {most}. {HELP}", code="bad_cron", field=field
            )
        step = int(match["step"] or 1)
        if not step:
            raise Refused(f"“{part[:20]}” steps by nothing. {HELP}", code="bad_cron", field=field)
        found |= set(range(low, high + 1, step))
    return sorted(found)


def _bounds(match: re.Match[str], least: int, most: int, words: tuple[str, ...]) -> tuple[int | None, int | None]:
    if match["low"] == "*":
        return (least, most if most != 7 else 6) if match["high"] is None else (None, None)
    low = _number(match["low"], least, words)
    if match["high"] is not None:
        return low, _number(match["high"], least, words)
    return low, most if match["step"] else low


def _number(text: str, least: int, words: tuple[str, ...]) -> int | None:
    if text.isascii() and text.isdigit() and len(text) < 4:
        return int(text)
    return words.index(text) + (1 if least == 1 else 0) if text in words else None
