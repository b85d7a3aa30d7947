"""What the demo company says to each other: a talk about late orders, with the people it calls."""

from __future__ import annotations

from apps.comms import services
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
