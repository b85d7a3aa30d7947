"""The rule editor without scripts, the pages of runs and dry runs, and what waits on the overview."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from apps.core.access import scope
from apps.core.events import delivery
from apps.core.models import Delivery, Job
from apps.core.web.homecards import View
from apps.workflows import matching, runner
from apps.workflows.automation.conditions import MOST_DEPTH
from apps.workflows.insights import rules as insights
from apps.workflows.models import Rule, Run
from apps.workflows.services import rules
from tests.factories import people
from tests.workflows.test_rules import ON_TEAM, definition, form_team, happen, newest_event, open_task, rule

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Any:
    with scope.system("a test"):
        yield people.company()


@pytest.fixture
def manager(company: Any) -> Any:
    return people.user("manager", role="OPM", department=company.root)


@pytest.fixture
def browser(manager: Any, client: Client) -> Client:
    client.force_login(manager)
    return client


FORM = {
    "t-kind": "change",
    "t-resource": "team",
    "t-what": "any",
    "nodes": "3",
    "n0-kind": "all",
    "n1-parent": "0",
    "n1-kind": "any",
    "n2-parent": "1",
    "n2-kind": "row",
    "n2-field": "record.name",
    "n2-op": "is",
    "n2-value": "Night shift",
    "steps": "1",
    "s0-action": "task.open",
    "s0-in-title": "Welcome {record.name}",
    "s0-in-department": "{record.department}",
    "s0-in-priority": "2",
}


def test_a_rule_is_written_without_scripts(company: Any, manager: Any, browser: Client) -> None:
    one = rules.draft_rule(code="x", name="X", department=company.root, actor=manager)
    url = f"/automation/{one.pk}/rule/"
    assert browser.get(url).status_code == 200
    form = FORM | {"version": str(one.version)}
    shown = browser.post(url, form | {"do": "row-1"}).context["page"]
    assert [(node["kind"], node["parent"]) for node in shown.nodes] == [("all", -1), ("any", 0), ("row", 1), ("row", 1)]
    shown = browser.post(url, form | {"do": "drop-1"}).context["page"]
    assert [node["kind"] for node in shown.nodes] == ["all"]
    shown = browser.post(url, form | {"do": "group-1"}).context["page"]
    assert [node["kind"] for node in shown.nodes] == ["all", "any", "row", "all"]
    assert len(browser.post(url, form | {"do": "step"}).context["page"].steps) == 2
    assert browser.post(url, form | {"do": "drop-step-0"}).context["page"].steps == []
    wrong = browser.post(url, form | {"n2-field": "record.nme"})
    assert wrong.status_code == 422 and "Condition 1: there is no field" in wrong.content.decode()
    assert browser.post(url, form).status_code == 302
    one.refresh_from_db()
    assert one.number == 2
    assert one.definition["conditions"] == {
        "all": [{"any": [{"field": "record.name", "op": "is", "value": "Night shift"}]}]
    }
    assert one.definition["steps"][0]["inputs"]["title"] == "Welcome {record.name}"
    page = browser.get(f"/automation/{one.pk}/").content.decode()
    assert "Any of these:" in page and "Name is Night shift" in page


def test_a_hostile_form_is_bounded(company: Any, manager: Any, browser: Client) -> None:
    one = rules.draft_rule(code="x", name="X", department=company.root, actor=manager)
    deep = {"nodes": "99999", "steps": "99999", "t-kind": "fact", "version": "1"}
    deep |= {f"n{at}-parent": str(at - 1) for at in range(1, 190)} | {f"n{at}-kind": "all" for at in range(190)}
    answer = browser.post(f"/automation/{one.pk}/rule/", deep | {"do": "show"})
    assert answer.status_code == 200
    assert max(node["depth"] for node in answer.context["page"].nodes) < MOST_DEPTH


def test_definitions_through_the_api_are_bounded_too(company: Any, manager: Any, browser: Client) -> None:
    text = '{"all": [' * 3000 + "]}" * 3000
    body = f'{{"code": "deep", "name": "Deep", "department": {company.root.pk}, "definition": {{"trigger": {{"kind": "fact"}}, "conditions": {text}}}}}'
    answer = browser.post("/api/v1/automation/", body, content_type="application/json")
    assert answer.status_code in (400, 422)
    assert not Rule.objects.filter(code="deep").exists()


def test_the_run_page_tells_steps_results_and_the_chain(company: Any, manager: Any, browser: Client) -> None:
    made = rule(
        company, manager, definition(ON_TEAM, open_task("Welcome {record.name}"), open_task("x", assignee="nobody"))
    )
    form_team(company)
    happen()
    run = Run.objects.get(rule=made)
    page = browser.get(f"/automation-runs/{run.pk}/").content.decode()
    for words in ("Welcome Night shift", "Failed", "Team formed", "Task opened", "Cause", "Effect"):
        assert words in page, words
    dead = browser.get("/automation-runs/?state=failed").content.decode()
    assert f"R{run.pk}" in dead
    needs = insights.needs(View(manager, "week"))
    assert [row.title for row in needs] == ["Runs of “A rule” failed"]
    assert browser.post(f"/automation-runs/{run.pk}/dismiss/").status_code == 302
    assert insights.needs(View(manager, "week")) == []


def test_a_dry_run_is_a_job_whose_page_tells_what_would_have_happened(
    company: Any, manager: Any, browser: Client
) -> None:
    made = rule(company, manager, definition(ON_TEAM, open_task("Welcome {record.name}")), on=False)
    form_team(company)
    refused = browser.post(f"/automation/{made.pk}/switch-on/", {})
    assert refused.status_code == 422 and "never dry-run" in refused.content.decode()
    assert browser.post(f"/automation/{made.pk}/dry-run/", {"days": "3"}).status_code == 302
    job = Job.objects.get(kind="workflows.dry_run")
    owed = Delivery.objects.get(event__subject=f"job:{job.pk}", handler="core.run_job")
    Delivery.objects.filter(pk=owed.pk).update(available_at=owed.available_at - timedelta(hours=1))
    delivery.deliver(owed.pk)
    with scope.system("a test"):
        job.refresh_from_db()
        assert job.state == "done", job.problem
    page = browser.get(job.result["url"]).content.decode()
    assert "It would have fired 1 time." in page and "Welcome Night shift" in page
    assert browser.post(f"/automation/{made.pk}/switch-on/", {}).status_code == 302
    with scope.system("a test"):
        made.refresh_from_db()
    assert made.state == "on"


def test_a_paused_rule_waits_on_the_overview(company: Any, manager: Any) -> None:
    made = rule(company, manager, definition(ON_TEAM, open_task("x")))
    rules.pause_rule(made, reason="More than 3 runs in a minute.")
    assert [row.why for row in insights.needs(View(manager, "week"))] == ["More than 3 runs in a minute."]


def test_each_event_costs_few_queries_when_nothing_waits_for_it(
    company: Any, manager: Any, django_assert_max_num_queries: Any
) -> None:
    form_team(company)
    event = newest_event()
    with django_assert_max_num_queries(2, connection=connection):
        assert matching.match_event(event) == 0
    assert runner.work_off() == 0


def test_the_policy_for_what_a_pause_missed_is_set_and_shown(company: Any, manager: Any, browser: Client) -> None:
    one = rules.draft_rule(code="x", name="X", department=company.root, actor=manager)
    url = f"/automation/{one.pk}/rule/"
    assert browser.get(url).context["page"].trigger["misfire"] == "skip"
    assert "One of: 1 (" in browser.post(url, FORM | {"do": "show"}).content.decode(), "what may be typed is listed"
    assert browser.post(url, FORM | {"version": str(one.version), "t-misfire": "all"}).status_code == 302
    one.refresh_from_db()
    assert one.definition["trigger"]["misfire"] == "all"
    assert "Missed while paused: run every one" in browser.get(f"/automation/{one.pk}/").content.decode()


def deliver_job(key: int) -> Job:
    """As a worker would."""
    owed = Delivery.objects.get(event__subject=f"job:{key}", handler="core.run_job")
    Delivery.objects.filter(pk=owed.pk).update(available_at=owed.available_at - timedelta(hours=1))
    delivery.deliver(owed.pk)
    with scope.system("a test"):
        return Job.objects.get(pk=key)


def test_programs_start_and_read_dry_runs_with_the_same_rights(company: Any, manager: Any, browser: Client) -> None:
    steps = open_task("Welcome {record.name}"), open_task("x", assignee="nobody")
    made = rule(company, manager, definition(ON_TEAM, *steps), on=False)
    form_team(company)
    url = f"/api/v1/automation/{made.pk}/dry-runs/"

    def ask(body: Any, client: Client = browser, **headers: str) -> Any:
        return client.post(url, body, content_type="application/json", headers=headers)

    first, again = (ask({"days": 3}, **{"Idempotency-Key": "k1"}) for _ in range(2))
    assert (first.status_code, again.status_code) == (202, 202) and first.json() == again.json()
    assert again["Idempotency-Replayed"] == "true" and Job.objects.filter(kind="workflows.dry_run").count() == 1
    assert (first.json()["state"], first.json()["fired"], first.json()["days"]) == ("waiting", None, 3)
    for wrong in ({"days": 0}, {"days": 91}, {"days": "x"}, {"weeks": 1}):
        assert ask(wrong).status_code == 422, wrong
    deliver_job(first.json()["id"])
    told = browser.get(first["Location"]).json()
    assert (told["state"], told["looked_at"], told["fired"], told["version"]) == ("done", 1, 1, 1)
    welcome, broken = told["cases"][0]["steps"]
    assert welcome["given"]["title"] == "Welcome Night shift" and welcome["would"] and not welcome["problem"]
    assert broken["problem"] and not broken["would"]
    assert [(one["id"], one["fired"]) for one in browser.get(url).json()] == [(told["id"], 1)]
    assert browser.get(f"{url}99999999/").status_code == 404
    with scope.system("a test"):
        other = rule(company, manager, definition(ON_TEAM, open_task("x")), on=False)
    assert browser.get(f"/api/v1/automation/{other.pk}/dry-runs/{told['id']}/").status_code == 404


def test_who_may_not_see_or_change_a_rule_has_no_dry_run(company: Any, manager: Any) -> None:
    made = rule(company, manager, definition(ON_TEAM, open_task("x")), on=False)
    stranger, reader = Client(), Client()
    stranger.force_login(people.user("opr", role="OPR", department=company.plant))
    reader.force_login(people.user("aud", role="EXE", department=company.root))
    url = f"/api/v1/automation/{made.pk}/dry-runs/"
    for client in (stranger, reader):
        seen = client.get(f"/automation/{made.pk}/").status_code
        assert client.get(url).status_code == seen
        verb = client.post(f"/api/v1/automation/{made.pk}/dry-run/", {}, content_type="application/json")
        assert client.post(url, {}, content_type="application/json").status_code == verb.status_code in (403, 404)
    assert not Job.objects.filter(kind="workflows.dry_run").exists()
    assert Client().get(url).status_code == 401
