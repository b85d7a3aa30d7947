"""The demo company's processes: a catalogue with SIPOC, procedures in every state, hand-offs and practices."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from apps.core.demo import Demo, demo_part
from apps.processes import services
from apps.processes.models import Process, Revision

PROCESSES = (
    (
        "Order to delivery",
        "core",
        "CO",
        "demo.opm",
        (
            "Customers, forecast",
            "Orders, stock",
            "Confirm\nPlan\nMake\nTest\nShip",
            "Valves delivered on the confirmed day",
            "Customers",
        ),
    ),
    (
        "Leak test",
        "core",
        "TEST",
        "demo.dpm",
        (
            "Assembly",
            "Assembled valves",
            "Clamp\nFill\nHold 60 s\nRead\nRelease",
            "Tested valves, test records",
            "Shipping",
        ),
    ),
    (
        "Buy material and parts",
        "support",
        "LOG",
        "demo.buy",
        ("Suppliers", "Requisitions", "Ask\nCompare\nOrder\nReceive\nPay", "Parts in stock", "All lines"),
    ),
    (
        "Handle a complaint",
        "core",
        "CO",
        "demo.opm",
        (
            "Customers",
            "Complaint, returned part",
            "Record\nContain\nFind the cause\nAnswer",
            "Answer within 5 days",
            "Customers",
        ),
    ),
)
LEAK = [
    {
        "title": "Check the gauge",
        "text": "Reference leak inside 5.8 to 6.2 bar. Outside: stop and call the supervisor.",
    },
    {"title": "Clamp the valve", "text": "Seal faces clean and dry. Two hands on the clamp."},
    {"title": "Fill and hold", "text": "6 bar, hold for 60 seconds."},
    {"title": "Read the drop", "text": "More than 0.02 bar: not OK. Put the valve in the red box and open a task."},
]


@demo_part("Processes, documents and hand-offs", 45)
def build(demo: Demo) -> None:
    departments, people = demo.made["departments"], demo.made["people"]
    made = {}
    for name, level, place, owner, sipoc in PROCESSES:
        names = ("suppliers", "inputs", "steps", "outputs", "customers")
        made[name] = services.set_process(
            name=name,
            level=level,
            state="active",
            department=departments[place],
            owner=people[owner],
            actor=None,
            **dict(zip(names, sipoc, strict=True)),
        )
    _documents(demo, made["Leak test"])
    _rest(demo)


def _documents(demo: Demo, process: Process) -> None:
    departments, people = demo.made["departments"], demo.made["people"]
    leak = services.open_document(
        title="Leak test of valve blocks",
        department=departments["TEST"],
        owner=people["demo.dpm"],
        process=process,
        readers="OPR, SUP",
        actor=None,
    )
    first = services.draft_revision(
        document=leak,
        change="First issue",
        scope="Every valve block before shipping.",
        steps=LEAK[:3],
        actor=people["demo.sup"],
    )
    _issue(demo, first)
    second = services.draft_revision(
        document=leak, change="Reading of the drop added", steps=LEAK, actor=people["demo.sup"]
    )
    _issue(demo, second)
    policy = services.open_document(
        title="Stop when it is not safe",
        kind="policy",
        department=departments["CO"],
        owner=people["demo.opm"],
        actor=None,
    )
    draft = services.draft_revision(
        document=policy,
        change="First issue",
        scope="Everybody may stop a line when something is not safe. Nobody is blamed for stopping.",
        actor=people["demo.opm"],
    )
    services.submit_revision(draft, actor=people["demo.opm"])


def _issue(demo: Demo, revision: Revision) -> None:
    people = demo.made["people"]
    services.submit_revision(revision, actor=people["demo.sup"])
    services.review_revision(revision, actor=people["demo.qai"])
    services.approve_revision(revision, actor=people["demo.dpm"])


def _rest(demo: Demo) -> None:
    departments, people = demo.made["departments"], demo.made["people"]
    now = timezone.now()
    services.offer_handoff(
        title="Valve blocks of order SO-8841, tested",
        note="Two blocks were tested twice; the records are in the folder.",
        department=departments["TEST"],
        to_department=departments["LOG"],
        contents=["Test record", "Label on each block", "Packing list"],
        answer_minutes=240,
        actor=people["demo.sup"],
        now=now - timedelta(hours=3),
    )
    done = services.offer_handoff(
        title="Seal kits for week 48",
        department=departments["LOG"],
        to_department=departments["TEST"],
        contents=["Certificate"],
        actor=people["demo.buy"],
        now=now - timedelta(days=2),
    )
    services.accept_handoff(done, checked=["1"], actor=people["demo.dpm"], now=now - timedelta(days=1))
    services.finish_handoff(done, actor=people["demo.dpm"], now=now - timedelta(hours=6))
    practice = services.propose_practice(
        title="Shadow board for clamping tools",
        problem="Ten minutes a shift went into looking for clamps.",
        way="Each tool has its outline on a board beside the bench; the last one of the shift looks at the board.",
        result="Search time fell from 10 to 2 minutes a shift.",
        tags="5S, tools",
        department=departments["TEST"],
        author=people["demo.sup"],
        actor=None,
    )
    services.accept_practice(practice, actor=people["demo.opm"])
    services.adopt_practice(practice, department=departments["ASM"], note="Since October", actor=people["demo.opm"])
