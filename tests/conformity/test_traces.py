"""Every noun leaves its traces: one fact per act, a place in the search, and exports that run nowhere."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from apps.core.access import scope
from apps.core.models import Event, SearchEntry
from apps.core.resources.resource import Resource, resources
from tests.conformity.test_files import CELLS, export, upload
from tests.conformity.test_files import NOUNS as FILED
from tests.factories.nouns import MAKERS
from tests.factories.world import World

pytestmark = pytest.mark.usefixtures("world")
# Acts that need more of a story than one record, each told by tests of its own app.
STORIES = {
    ("requisition", "submit"): "asks for an approval, told as well",
    ("requisition", "order"): "needs an approved requisition, and drafts an order",
    ("rfq", "send"): "needs a supplier",
    ("rfq", "quote"): "needs a sent request",
    ("rfq", "award"): "needs an offer, and drafts an order",
    ("purchase_order", "submit"): "asks for an approval, told as well",
    ("purchase_order", "revise"): "needs a placed order",
    ("purchase_order", "close"): "needs a placed order",
    ("goods_receipt", "return"): "told by the story of receipts",
    ("goods_receipt", "reverse"): "tells of the order as well",
    ("supplier_invoice", "match"): "changes nothing while nothing came in",
    ("supplier_invoice", "release"): "needs a difference of price alone",
    ("supplier_invoice", "archive"): "needs an invoice that was sent back",
    ("supplier_invoice", "restore"): "needs an invoice that was sent back",
    ("team", "members"): "needs people; without any nothing changes and nothing is told",
    ("kpi", "restate"): "needs a version and readings before it",
    ("objective", "activate"): "needs key results that weigh 100 %",
    ("objective", "reopen"): "needs an active objective",
    ("objective", "close"): "needs an active objective",
    ("document_revision", "review"): "needs an author who is somebody else",
    ("document_revision", "approve"): "needs a review by somebody else, and takes effect",
    ("document_revision", "send_back"): "needs a revision in review",
    ("document_revision", "confirm"): "needs an effective revision",
    ("document_revision", "withdraw"): "needs an effective revision",
    ("document_revision", "discard"): "needs a draft",
    ("handoff", "accept"): "needs the offer after it was returned",
    ("handoff", "return"): "needs an offer",
    ("handoff", "offer_again"): "needs a returned hand-off",
    ("handoff", "finish"): "needs an accepted hand-off",
    ("scan_item", "task"): "tells of the task it opened",
    ("kpi_alert", "task"): "tells of the task it opened",
    ("saving", "judge"): "needs somebody who did not claim it",
    ("budget_plan", "approve"): "needs somebody who did not write it",
    ("budget_plan", "revise"): "needs an approved budget",
    ("budget_plan", "close"): "needs an approved budget",
    ("budget_line", "explain"): "needs an approved budget",
    ("budget_line", "archive"): "needs a draft without the line in use",
    ("lot", "release"): "needs a held lot",
    ("stock_move", "reverse"): "tells of the mirror it wrote",
    ("stock_move", "reverse_production"): "needs a production, and tells of the mirrors it wrote",
    ("stock_count", "enter"): "keeps a line; the count itself stays until all are in",
    ("stock_count", "close"): "needs every line counted, and tells the moves it books",
    ("stock_proposal", "done"): "needs an accepted proposal",
    ("practice", "accept"): "told by the library's own test",
    ("practice", "adopt"): "needs an accepted practice",
    ("practice", "retire"): "needs an accepted practice",
    ("task", "complete"): "answers the task's own form",
    ("task", "claim"): "needs a task nobody holds",
    ("task", "release"): "needs others who may claim it",
    ("task", "assign"): "needs a person",
    ("task", "tick"): "needs a checklist",
    ("task", "archive"): "needs a task that is over",
    ("task", "restore"): "needs a task that is over",
    ("approval", "approve"): "needs a seat, and tells the answer and the decision",
    ("approval", "reject"): "needs a seat, and tells the answer and the decision",
    ("recurring_task", "open_now"): "tells of the task it opened",
    ("tier_issue", "pass-up"): "needs a board above",
    ("tier_issue", "pass-back"): "needs an issue that was passed up",
    ("report", "sign"): "needs a draft that a worker made",
    ("report", "comment"): "needs a draft that a worker made",
    ("report", "words"): "needs a draft that a worker made",
    ("report", "retry"): "needs a report that failed",
    ("automation_rule", "dry-run"): "asks for a job; the rule itself stays",
    ("automation_run", "replay"): "tells the change and, by a second fact, calls a worker",
    ("decision", "take-back"): "needs a published version",
    ("workflow", "take-back"): "needs a published version",
    ("workflow", "migrate"): "needs a published version, and asks for a job",
    ("workflow", "withdraw"): "needs a published version",
    ("case", "retry"): "needs a step that cannot go on",
    ("case", "message"): "needs a case that waits for it",
    ("case", "take-back-version"): "needs a case that was moved",
    ("case", "cancel"): "ends the case and withdraws its task",
    ("report_pack", "run"): "asks for a report and, by a second fact, for the job that makes it",
}
ACTS = [
    (one.name, action.name)
    for one in resources
    for action in one.actions
    if action.kind != "create" and (one.name, action.name) not in STORIES
]
# What goes before, where undo does not name it.
BEFORE = {("user", "switch-on"): "switch-off"}
NOT_SEARCHED = {
    "stock_move": "a line of the ledger, found through its item, lot or document",
    "webhook_delivery": "a receipt, found through its webhook",
    "hook_call": "a receipt, found through its webhook",
    "reading_batch": "a receipt, found through its KPI",
    "automation_run": "a receipt, found through its rule",
    "report_dispatch": "a receipt, found through its report",
}
PAYLOADS = ("=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1", '=HYPERLINK("http://evil.example")')


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def newest() -> int:
    with scope.system("reading the log"):
        return Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def act(world: World, resource: Resource, record: Any, name: str) -> Any:
    maker, url = MAKERS[resource.name], f"/api/v1/{resource.path}/{record.pk}/"
    action = resource.action(name)
    assert action is not None
    with scope.system("reading the version"):
        record.refresh_from_db()
    if action.kind == "change":
        return world.api("clerk", "patch", url, maker.change, **{"If-Match": f'"v{record.version}"'})
    return world.api("clerk", "post", f"{url}{name}/", maker.verb_data.get(name, {}))


@pytest.mark.parametrize(("name", "verb"), ACTS)
def test_each_act_tells_one_fact_with_its_author(world: World, name: str, verb: str) -> None:
    resource = resources[name]
    record = world.records[name]["child"]
    action = resource.action(verb)
    assert action is not None
    if not action.when(record):
        opposite = BEFORE.get((name, verb)) or next((one.name for one in resource.actions if one.undo == verb), None)
        assert opposite, f"nobody brings a record to where '{verb}' is possible"
        assert act(world, resource, record, opposite).status_code == 200
    last = newest()
    answer = act(world, resource, record, verb)
    assert answer.status_code in {200, 202}, answer.content
    with scope.system("reading the log"):
        told = list(Event.objects.filter(pk__gt=last, cause__isnull=True))
        effects = list(Event.objects.filter(pk__gt=last, cause__isnull=False))
    assert len(told) == 1, [one.name for one in told]
    assert told[0].actor_id == world.clerk.pk
    assert told[0].request_id
    assert {one.cause_id for one in effects} <= {told[0].pk, *(one.pk for one in effects)}


@pytest.mark.parametrize("name", [one.name for one in resources if one.archives and one.name not in NOT_SEARCHED])
def test_search_finds_it_for_readers_and_not_for_a_stranger(world: World, name: str) -> None:
    resource, record = resources[name], world.records[name]["own"]
    with scope.system("reading the entry"):
        entry = SearchEntry.objects.get(subject=record.subject())
    words, url = entry.title, resource.url(record)
    found = world.clients["clerk"].get("/search/", {"q": words})
    assert url in found.content.decode(), f"{words} is not found"
    assert url not in world.clients["stranger"].get("/search/", {"q": words}).content.decode()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("name", list(FILED))
def test_formulas_leave_as_text_and_come_back(world: World, name: str, kind: str) -> None:
    resource = FILED[name]
    column = CELLS.get(name, ("name", ""))[0]
    if not free_text(resource, column):
        column = next((one for one in resource.fields if free_text(resource, one)), "")
        if not column:
            assert not any(free_text(resource, one) for one in resource.fields)
            return
    longest = resource.model._meta.get_field(column).max_length
    for payload in (one[:longest] for one in PAYLOADS):
        with scope.system("writing what an attacker would"):
            record = world.records[name]["own"]
            type(record)._base_manager.filter(pk=record.pk).update(**{column: payload})
        content = export(world, resource, kind)
        if kind == "csv":
            cells = [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))) for cell in row]
            assert f"'{payload}" in cells
            assert not [cell for cell in cells if cell[:1] in set("=+@\t\r")]
        if payload != payload.strip():
            continue  # forms take such text without its blanks, so it cannot have come in at a door
        batch = upload(world, resource, content, kind)
        assert batch.problems == []
        assert batch.unchanged == batch.rows > 0, f"{payload!r} came back as something else"


# What a spelling means is one of the meanings its field has, though the column itself holds any text.
CHOSEN = {("budget_synonym", "means")}


def free_text(resource: Resource, name: str) -> bool:
    field = resource.model._meta.get_field(name)
    return (
        (resource.name, name) not in CHOSEN
        and field.get_internal_type() in {"CharField", "TextField"}
        and not getattr(field, "choices", None)
        and name not in resource.import_key
    )
