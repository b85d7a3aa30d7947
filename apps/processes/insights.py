"""What processes shows elsewhere: documents to read and to sign, reviews due, offers of other departments, figures."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone

from apps.core.insights import measured
from apps.core.metrics import Measure, Metric, offer
from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.core.web.homecards import Contribution, View, contribute
from apps.core.web.waiting import Waits, count_waiting
from apps.processes import queries
from apps.processes.models import Document, Handoff, Revision
from apps.work.instructions import Instruction, provide_instructions


def _revision_row(revision: Revision, title: str, why: str, icon: str, tone: pm.Tone) -> pm.NeedsRow:
    url = reverse("record", args=["document-revisions", revision.pk])
    return pm.NeedsRow(
        title=f"{title}: {revision.document.title}",
        url=url,
        why=f"{revision.code} · {why}",
        icon=icon,
        tone=tone,
        buttons=(pm.Button("Open", url),),
        key=f"{icon}:{revision.pk}",
    )


def _handoff_row(handoff: Handoff, view: View) -> pm.NeedsRow:
    url = reverse("record", args=["handoffs", handoff.pk])
    returned = handoff.state == Handoff.State.RETURNED
    now = timezone.now()
    late = handoff.answer_by is not None and handoff.answer_by < now
    why = f"returned: {handoff.reason}" if returned else f"offered by {handoff.department}"
    return pm.NeedsRow(
        title=handoff.title,
        url=url,
        why=f"{handoff.code} · {why}",
        icon="handshake",
        tone="bad" if late else "warn" if returned else "hold",
        due=f"answer by {cells.when(handoff.answer_by, cells.zone_of(view.user))[0]}" if handoff.answer_by else "",
        due_on=timezone.localdate(handoff.answer_by) if handoff.answer_by else None,
        buttons=(pm.Button("Open", url),),
        key=f"handoff:{handoff.pk}",
    )


def needs(view: View) -> list[pm.NeedsRow]:
    user = view.user
    today = timezone.localdate()
    return [
        *(_handoff_row(one, view) for one in queries.waiting_handoffs(user)[:6]),
        *(_revision_row(one, "Sign", "in review", "signature", "hold") for one in queries.to_sign(user)[:6]),
        *(_revision_row(one, "Read", one.change, "book-check", "info") for one in queries.to_read(user)[:6]),
        *(
            _revision_row(one, "Review", f"due since {queries.review_day(one):%d %b %Y}", "file-clock", "warn")
            for one in queries.due_for_review(user, today=today)[:6]
        ),
    ]


count_waiting("handoff", lambda user: Waits(len(queries.waiting_handoffs(user))))
contribute(Contribution("processes", "Processes and documents", 20, needs=needs))


@provide_instructions
def find_instruction(name: str, user: Any) -> Instruction | None:
    """ "SOP-12#3" is step 3 of the revision of SOP-12 that holds now; without a step, the whole of it."""
    code, _, number = name.partition("#")
    document = Document.objects.visible_to(user).filter(code=code.strip(), archived_at__isnull=True).first()
    revision = document.revisions.filter(state=Revision.State.EFFECTIVE).first() if document is not None else None
    if document is None or revision is None:
        return None
    url = reverse("record", args=["document-revisions", revision.pk])
    source = f"{revision.code}, {document.title}"
    if number.strip().isdigit() and 1 <= int(number) <= len(revision.steps):
        step = revision.steps[int(number) - 1]
        return Instruction(f"{number.strip()}. {step['title']}", step["text"], source, f"{url}#step-{number.strip()}")
    titles = "\n".join(f"{place}. {one['title']}" for place, one in enumerate(revision.steps, 1))
    return Instruction(document.title, revision.scope or titles, source, url)


READING = """
SELECT a.department_id, date_trunc(%(grain)s, a.at, %(zone)s), count(*), NULL::numeric FROM processes_acknowledgement a
WHERE a.at >= %(start)s AND a.at < %(end)s GROUP BY 1, 2
"""
WAITING = """
SELECT to_department_id, date_trunc(%(grain)s, done_at, %(zone)s), sum(extract(epoch FROM waited)) / 3600, count(*)
FROM processes_handoff WHERE state = 'done' AND done_at >= %(start)s AND done_at < %(end)s GROUP BY 1, 2
"""
RETURNED = """
SELECT department_id, date_trunc(%(grain)s, done_at, %(zone)s), count(*) FILTER (WHERE returns > 0), count(*)
FROM processes_handoff WHERE state = 'done' AND done_at >= %(start)s AND done_at < %(end)s GROUP BY 1, 2
"""


def _offer(name: str, label: str, words: str, sql: str, records: str, **values: Any) -> None:
    def collect(start: datetime, end: datetime, grain: str, zone: str) -> Iterable[Measure]:
        return measured(sql, start, end, grain, zone)

    offer(Metric(name=name, label=label, help=words, grain="day", collect=collect, records=records, **values))


_offer(
    "processes.documents_read",
    "Documents read and understood",
    "Confirmations given in the period, in the readers' departments.",
    READING,
    "/document-revisions/",
    unit="",
    rule="sum",
    direction="higher",
)
_offer(
    "processes.handoff_wait",
    "Wait at hand-offs",
    "Mean working hours a hand-off waited for an answer, by receiving department, counted when it is done.",
    WAITING,
    "/handoffs/?state=done",
    unit="h",
    rule="ratio",
    direction="lower",
)
_offer(
    "processes.handoffs_returned",
    "Hand-offs returned",
    "Share of the finished hand-offs of a department that came back at least once.",
    RETURNED,
    "/handoffs/?state=done",
    unit="%",
    rule="ratio",
    factor=100,
    direction="lower",
)
