"""The demo company's reports: one page every week, a pack every month, who gets them and what was promised."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.conf import settings

from apps.core.demo import Demo, demo_part
from apps.core.values import Period
from apps.reports import services
from apps.reports.composing import zone
from apps.reports.models import Pack, Promise, Recipient

# person, packs; in the app only, because a demo has no mail server
READERS = (("demo.exe", ("weekly", "monthly")), ("demo.dpm", ("weekly",)), ("demo.sup", ("weekly",)))
# pack, action, owner, due so many days after the end of history, state, result
PROMISES = (
    ("weekly", "Train two people of the late shift on the leak test", "demo.dpm", 5, Promise.State.OPEN, ""),
    (
        "weekly",
        "Agree a second carrier for Lyon",
        "demo.opm",
        -3,
        Promise.State.KEPT,
        "Signed on Thursday, first run next week.",
    ),
    (
        "monthly",
        "Reline the furnace in Poznan before the cold months",
        "demo.dpm",
        -10,
        Promise.State.MISSED,
        "The bricks arrive three weeks late; planned anew.",
    ),
    ("monthly", "Second leak-test bench decided", "demo.opm", 20, Promise.State.OPEN, ""),
)
WEEKLY = "Deliveries are late because the leak test queue is long since the late shift lost two people."
DECISIONS = "Overtime on Saturdays for the leak test until the queue is gone\nSecond leak-test bench, 48 k€"


@demo_part("report packs", 40)
def build(demo: Demo) -> None:
    packs = {"weekly": _weekly(demo), "monthly": _monthly(demo)}
    people = demo.made["people"]
    for username, names in READERS:
        for name in names:
            services.add_recipient(
                pack=packs[name], person=people[username], channel=Recipient.Channel.APP, actor=people["demo.opm"]
            )
    last = {name: _last_whole(demo, pack) for name, pack in packs.items()}
    for name, action, owner, days, state, result in PROMISES:
        made = services.make_promise(
            pack=packs[name],
            period_key=last[name].previous().key,
            action=action,
            owner=people[owner],
            due_on=demo.until + timedelta(days=days),
            actor=people["demo.opm"],
        )
        if state != Promise.State.OPEN:
            services.change_promise(made, state=state, result=result, actor=people[owner])
    if settings.PDF_ENABLED:
        for name, pack in packs.items():
            services.request_pack_run(
                pack, actor=people["demo.opm"], period_key=last[name].key, commentary=WEEKLY, decisions=DECISIONS
            )


def _last_whole(demo: Demo, pack: Pack) -> Period:
    return Period.containing(
        datetime.combine(demo.until + timedelta(days=1), time(), zone()), zone(), pack.cadence
    ).previous()


def _weekly(demo: Demo) -> Pack:
    return services.set_pack(
        code="weekly-page",
        title="Weekly operations report",
        department=demo.made["departments"]["CO"],
        owner=demo.made["people"]["demo.opm"],
        cadence=Pack.Cadence.WEEK,
        layout=Pack.Layout.PAGE,
        needs_sign_off=False,
        rrule="FREQ=WEEKLY;BYDAY=MO;BYHOUR=7;BYMINUTE=0",
        site=demo.made["sites"]["GOT"],
        actor=demo.made["people"]["demo.opm"],
    )


def _monthly(demo: Demo) -> Pack:
    return services.set_pack(
        code="monthly-pack",
        title="Monthly operations review",
        department=demo.made["departments"]["CO"],
        owner=demo.made["people"]["demo.opm"],
        cadence=Pack.Cadence.MONTH,
        layout=Pack.Layout.PACK,
        rrule="FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=3;BYHOUR=7;BYMINUTE=0",
        site=demo.made["sites"]["GOT"],
        actor=demo.made["people"]["demo.opm"],
    )
