"""What the demo company says to each other: a talk about late orders, announcements, and a shift's log."""

from __future__ import annotations

from datetime import timedelta

from apps.comms import services
from apps.comms.models import TierBoard
from apps.core.demo import Demo, demo_part

TALK = (
    ("otd", "demo.opm", "Lyon was late three days in a row. @demo.dpm can the second truck leave at noon?"),
    ("otd", "demo.dpm", "From Monday on, yes. @demo.buy has the carrier's offer."),
    ("scrap", "demo.dpm", "Seal press again. @demo.sup please look at the guide pins before the early shift."),
)


@demo_part("Comments", 70)
def build(demo: Demo) -> None:
    people, kpis = demo.made["people"], demo.made["kpis"]
    for kpi, who, text in TALK:
        if kpi in kpis:
            services.add_comment(record=kpis[kpi], text=text, actor=people[who])
    services.follow(subject=kpis["otd"].subject(), actor=people["demo.opm"])
    _announce(demo)
    _hand_over(demo)
    _boards(demo)
    _escalation(demo)


def _announce(demo: Demo) -> None:
    places, people = demo.made["departments"], demo.made["people"]
    services.announce(
        title="New lock-out rule for the seal press",
        text="From today the press is locked by key before anybody reaches in. The key hangs at the supervisor's desk.",
        department=places["PROD"],
        starts_on=demo.until - timedelta(days=1),
        must_read=True,
        actor=people["demo.dpm"],
    )
    services.announce(
        title="Summer party on the first Friday of June",
        text="Families are welcome. Bring a bathing suit.",
        department=places["CO"],
        starts_on=demo.until - timedelta(days=3),
        ends_on=demo.until + timedelta(days=30),
        actor=people["demo.exe"],
    )


def _hand_over(demo: Demo) -> None:
    place, people = demo.made["departments"]["ASM"], demo.made["people"]
    for topic, text, still_open in (
        ("S", "Light curtain of cell 2 reset twice; electrician is called.", True),
        ("Q", "First pieces of VB-200 measured and good.", False),
        ("D", "40 housings short from casting; truck comes at 15:30.", True),
    ):
        services.write_entry(
            department=place,
            day=demo.until,
            shift="early",
            topic=topic,
            text=text,
            open=still_open,
            actor=people["demo.sup"],
        )
    services.take_over(
        department=place, day=demo.until - timedelta(days=1), shift="late", note="Calm night", actor=people["demo.sup"]
    )


def _boards(demo: Demo) -> None:
    places, people = demo.made["departments"], demo.made["people"]
    plant = services.set_board(
        name="Production, tier 2",
        department=places["PROD"],
        tier=2,
        lead=people["demo.dpm"],
        quality="fpy",
        cost="scrap",
        people="absence",
        actor=None,
    )
    line = services.set_board(
        name="Assembly, tier 1",
        department=places["ASM"],
        above=plant,
        lead=people["demo.sup"],
        quality="fpy",
        cost="scrap",
        people="absence",
        actor=None,
    )
    _board_life(demo, line)


def _board_life(demo: Demo, line: TierBoard) -> None:
    people = demo.made["people"]
    for back in range(12):
        services.mark_day(
            board=line,
            topic="S",
            day=demo.until - timedelta(days=back),
            tone="bad" if back == 4 else "good",
            note="Cut finger at cell 2" if back == 4 else "",
            actor=people["demo.sup"],
        )
    for topic, text in (
        ("Q", "Go gauge 24 H7 is worn; we measure by hand."),
        ("P", "Nobody on late shift may run the leak test."),
    ):
        services.raise_issue(origin=line, topic=topic, text=text, owner=people["demo.sup"], actor=people["demo.opr"])
    issue = services.raise_issue(
        origin=line,
        topic="D",
        text="Castings arrive two hours late every Monday.",
        due_on=demo.until + timedelta(days=5),
        actor=people["demo.sup"],
    )
    services.pass_up(issue, reason="Only production talks to Poznan", actor=people["demo.sup"])


def _escalation(demo: Demo) -> None:
    policy = services.set_policy(
        name="A task is over its time",
        department=demo.made["departments"]["PROD"],
        owner=demo.made["people"]["demo.opm"],
        starts_with="work.task_breached",
        ends_with="work.task_completed, work.task_cancelled",
        actor=None,
    )
    for position, minutes, values in ((1, 30, {"kind": "role", "role": "SUP"}), (2, 120, {"kind": "line"})):
        services.set_step(policy=policy, position=position, after_minutes=minutes, actor=None, **values)
