"""Decision tables as people keep them: drafting, the grid page, publishing, deciding, files in and out."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from apps.core.access import scope
from apps.core.errors import Refused
from apps.workflows.models import Decision
from apps.workflows.services import decisions
from tests.factories import people

pytestmark = pytest.mark.django_db
TABLE: dict[str, Any] = {
    "policy": "U",
    "inputs": [{"name": "amount", "type": "number"}],
    "outputs": [{"name": "who", "type": "string"}],
    "rules": [{"when": ["< 1000"], "then": ['"supervisor"']}, {"when": [">= 1000"], "then": ['"manager"']}],
}


@pytest.fixture
def company() -> Any:
    with scope.system("a test"):
        yield people.company()


@pytest.fixture
def manager(company: Any) -> Any:
    return people.user("manager", role="OPM", department=company.root)


def draft(company: Any, manager: Any, **values: Any) -> Decision:
    given = {"code": "who-approves", "name": "Who approves", "department": company.root, "table": TABLE} | values
    return decisions.draft_decision(actor=manager, **given)


def test_a_published_table_decides_and_its_draft_does_not(company: Any, manager: Any) -> None:
    one = draft(company, manager)
    with pytest.raises(Refused, match="not published"):
        decisions.decide("who-approves", {"amount": 5})
    before = timezone.now()
    one = decisions.publish_decision(one, actor=manager)
    outcome = decisions.decide("who-approves", {"amount": 1000})
    assert (outcome.value, outcome.hits) == ("manager", (2,))
    changed = {**TABLE, "rules": [{"when": ["-"], "then": ['"boss"']}]}
    one = decisions.change_decision(one, table=changed, actor=manager)
    assert decisions.decide("who-approves", {"amount": 5}).value == "supervisor"
    one = decisions.publish_decision(one, actor=manager)
    assert decisions.decide("who-approves", {"amount": 5}).value == "boss"
    with pytest.raises(Refused, match="says the same"):
        decisions.publish_decision(one, actor=manager)
    with pytest.raises(Refused, match="not published"):
        decisions.decide("who-approves", {"amount": 5}, at=before.replace(year=2020))
    one = decisions.take_back_version(one, number=1, actor=manager)
    assert [rule["when"] for rule in one.table["rules"]] == [["< 1000"], [">= 1000"]] and one.published_number == 2


def test_an_overlap_is_refused_with_its_place(company: Any, manager: Any) -> None:
    table = {**TABLE, "rules": [{"when": ["< 1000"], "then": ['"a"']}, {"when": [">= 900"], "then": ['"b"']}]}
    one = draft(company, manager, table=table)
    with pytest.raises(Refused) as refused:
        decisions.publish_decision(one, actor=manager)
    assert refused.value.message.startswith("Rules 1 and 2 overlap at amount [900..1000)")
    assert refused.value.code == "rules_overlap"
    one = decisions.change_decision(one, table={**table, "policy": "F"}, actor=manager)
    assert decisions.publish_decision(one, actor=manager).published_number == 1


def test_a_failing_case_holds_publishing_back(company: Any, manager: Any) -> None:
    case = {"name": "A big one", "values": {"amount": "5000"}, "expect": '"supervisor"'}
    one = draft(company, manager, cases=[case])
    with pytest.raises(Refused, match='“A big one” expects "supervisor" and gets "manager"'):
        decisions.publish_decision(one, actor=manager)
    one = decisions.change_decision(one, cases=[case | {"expect": '"manager"'}], actor=manager)
    assert decisions.publish_decision(one, actor=manager).published_number == 1


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"inputs": 3}, "A table is written with"),
        ({**TABLE, "policy": "X"}, "no hit policy X"),
        ({**TABLE, "rules": [{"when": ["< 10", "-"], "then": ["1"]}]}, "Rule 1 has 2 tests"),
        ({**TABLE, "rules": [{"when": ["< < 10"], "then": ["1"]}]}, "Rule 1, amount: Column 3"),
        ({**TABLE, "outputs": []}, "needs an outcome"),
        ({**TABLE, "policy": "P"}, "Priorities need"),
        ({**TABLE, "inputs": [{"name": "a"}, {"name": "a"}]}, "is there twice"),
    ],
)
def test_what_is_no_table_is_refused_with_its_place(company: Any, manager: Any, table: Any, words: str) -> None:
    with pytest.raises(Refused, match=words):
        draft(company, manager, table=table)


def test_the_grid_works_without_scripts(company: Any, manager: Any, client: Client) -> None:
    one = draft(company, manager)
    client.force_login(manager)
    url = f"/decisions/{one.pk}/table/"
    page = client.get(url)
    assert page.status_code == 200
    form = {
        "version": str(one.version),
        "policy": "U",
        "inputs": "1",
        "outputs": "1",
        "rules": "2",
        "cases": "0",
        "i0-name": "amount",
        "i0-type": "number",
        "o0-name": "who",
        "r0-i0": "< 10",
        "r0-o0": '"a"',
        "r1-i0": ">= 10",
        "r1-o0": '"b"',
    }
    grid = client.post(url, form | {"do": "add-rule-0"}).context["page"].grid
    assert [rule["when"] for rule in grid["rules"]] == [["< 10"], ["-"], [">= 10"]]
    grid = client.post(url, form | {"do": "remove-rule-0"}).context["page"].grid
    assert [rule["when"] for rule in grid["rules"]] == [[">= 10"]]
    grid = client.post(url, form | {"do": "down-rule-0"}).context["page"].grid
    assert [rule["when"] for rule in grid["rules"]] == [[">= 10"], ["< 10"]]
    grid = client.post(url, form | {"do": "add-input"}).context["page"].grid
    assert len(grid["inputs"]) == 2 and grid["rules"][0]["when"] == ["< 10", "-"]
    wrong = client.post(url, form | {"r1-i0": ">= ("})
    assert wrong.status_code == 422 and "Rule 2, amount" in wrong.content.decode()
    assert client.post(url, form).status_code == 302
    one.refresh_from_db()
    assert one.table["rules"][1] == {"when": [">= 10"], "then": ['"b"'], "note": ""}
    stale = client.post(url, form | {"r0-o0": '"z"'})
    assert stale.status_code == 422 and "Somebody changed this record" in stale.content.decode()


def test_trying_values_and_keeping_a_case(company: Any, manager: Any, client: Client) -> None:
    one = draft(company, manager)
    client.force_login(manager)
    url = f"/decisions/{one.pk}/try/"
    assert b"manager" in client.get(url, {"v0": "1500"}).content
    wrong = client.get(url, {"v0": "much"})
    assert wrong.status_code == 422 and "is no number" in wrong.content.decode()
    assert client.post(url, {"v0": "1500"}).status_code == 302
    one.refresh_from_db()
    assert one.cases == [{"name": "Case 1", "values": {"amount": "1500"}, "expect": '"manager"'}]
    assert b"Passes" in client.get(f"/decisions/{one.pk}/").content


def test_a_file_goes_out_and_comes_in_again(company: Any, manager: Any, client: Client) -> None:
    one = draft(company, manager)
    client.force_login(manager)
    content = client.get(f"/decisions/{one.pk}/decision.dmn").content
    form = {"code": "again", "department": company.root.pk, "file": SimpleUploadedFile("a.dmn", content)}
    assert client.post("/decisions/dmn/", form).status_code == 302
    again = Decision.objects.get(code="again")
    assert [rule["when"] for rule in again.table["rules"]] == [["< 1000"], [">= 1000"]]
    bomb = b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>'
    form["file"] = SimpleUploadedFile("a.dmn", bomb)
    refused = client.post("/decisions/dmn/", form)
    assert refused.status_code == 422 and "declares entities" in refused.content.decode()


def test_the_api_asks_and_drafts(company: Any, manager: Any, client: Client) -> None:
    one = decisions.publish_decision(draft(company, manager), actor=manager)
    client.force_login(manager)

    def post(url: str, data: Any) -> Any:
        return client.post(url, data, content_type="application/json")

    answer = post(f"/api/v1/decisions/{one.pk}/decide/", {"values": {"amount": 12}})
    assert (answer.status_code, answer.json()) == (200, {"value": "supervisor", "rules": [1], "version": 1})
    assert post(f"/api/v1/decisions/{one.pk}/decide/", {"values": 3}).status_code == 422
    xml = client.get(f"/decisions/{one.pk}/decision.dmn").content.decode()
    drafted = post("/api/v1/decisions/dmn/", {"code": "api", "department": company.root.pk, "xml": xml})
    assert drafted.status_code == 201 and drafted.json()["decisions"][0]["code"] == "api"
    assert post("/api/v1/decisions/dmn/", {"code": "x", "department": 10**9, "xml": xml}).status_code == 422
