"""What a person hears when and how: the preference grid, quiet hours and the hour of the digest, as pure rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "mention": "Somebody mentions you",
        "assigned": "Something is assigned to you",
        "waiting": "Something waits for you or waits too long",
        "comment": "Comments on what you follow",
        "change": "Changes of what you follow",
        "news": "Announcements",
        "other": "Everything else",
    }
)
CHANNELS: Mapping[str, str] = MappingProxyType({"app": "Bell", "mail": "E-mail", "push": "Push"})
HOW: Mapping[str, str] = MappingProxyType({"now": "At once", "digest": "In the digest", "off": "Off"})
POSSIBLE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"app": ("now", "off"), "mail": ("now", "digest", "off"), "push": ("now", "off")}
)
DEFAULTS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "mention": {"app": "now", "mail": "now", "push": "now"},
        "assigned": {"app": "now", "mail": "now", "push": "now"},
        "waiting": {"app": "now", "mail": "now", "push": "now"},
        "comment": {"app": "now", "mail": "digest", "push": "off"},
        "change": {"app": "now", "mail": "digest", "push": "off"},
        "news": {"app": "now", "mail": "digest", "push": "off"},
        "other": {"app": "now", "mail": "digest", "push": "off"},
    }
)


def choice(grid: Mapping[str, Any], kind: str, channel: str) -> str:
    """How this kind takes this channel: the person's word, else the default; unknown kinds are "other"."""
    kind = kind if kind in DEFAULTS else "other"
    chosen = grid.get(kind, {}).get(channel) if isinstance(grid.get(kind), dict) else None
    return str(chosen) if chosen in POSSIBLE[channel] else DEFAULTS[kind][channel]


def quiet_until(start: time | None, end: time | None, now: datetime, zone: ZoneInfo) -> datetime:
    """When something due at the aware instant `now` may leave: `now`, or the end of the quiet hours around it."""
    if start is None or end is None or start == end:
        return now
    local = now.astimezone(zone)
    wall = local.time()
    over_midnight = start > end
    inside = wall >= start or wall < end if over_midnight else start <= wall < end
    if not inside:
        return now
    day = local.date() + timedelta(days=1) if over_midnight and wall >= start else local.date()
    return datetime.combine(day, end, zone)


def digest_moment(hour: int, now: datetime, zone: ZoneInfo) -> tuple[date, datetime]:
    """The latest digest due at `now`: its day in the person's zone and the instant it covers everything up to."""
    local = now.astimezone(zone)
    day = local.date() if local.hour >= hour else local.date() - timedelta(days=1)
    return day, datetime.combine(day, time(hour), zone)
