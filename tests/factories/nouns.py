"""One maker per noun at the doors: a record in a department, the input of a new one, and a change to make."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from apps.accounts.models import User
from apps.core.access import scope
from apps.core.access.rights import rights_of
from apps.core.records import write
from apps.integrations import services as integrations
from apps.integrations.models import HookCall, WebhookDelivery
from apps.kpis import services as kpis
from apps.kpis.models import Alert
from apps.org import services as org
from apps.org.models import Department
from apps.reports import events as report_events
from apps.reports import services as reports
from apps.reports.models import Dispatch, Recipient
from apps.strategy import services as strategy
from apps.workflows.services import decisions, rules, runs
from tests.factories import budgets, cases, comms, inventory, people, processes, procurement, work
from tests.factories.maker import START, Maker, number
from tests.factories.maker import code as _code
from tests.factories.people import Company


def _kpi(company: Company, department: Department, owner: User | None = None) -> Any:
    code = _code().lower()
    return kpis.define_kpi(code=code, name=f"Measure {code}", department=department, actor=owner)


def _target(company: Company, department: Department, owner: User) -> Any:
    return kpis.set_target(
        kpi=_kpi(company, company.root),
        department=department,
        valid_from=date(2026, 1, 1),
        per="day",
        target=Decimal(10),
        amber=Decimal(8),
        actor=owner,
    )


def _watch(company: Company, department: Department, owner: User) -> Any:
    reads = rights_of(owner).covers("kpi_value", "r", Alert(department=department, owner=owner), own="owner_id")
    return kpis.set_watch(
        kpi=_kpi(company, company.root),
        department=department,
        kind="threshold",
        grain="day",
        side="above",
        limit=Decimal(8),
        notify=owner if reads else None,
        actor=owner,
    )


def _alert(company: Company, department: Department, owner: User) -> Any:
    watch = _watch(company, department, owner)
    at = START
    batch = kpis.record_reading(kpi=watch.kpi, department=department, at=at, value=Decimal(9), actor=owner)
    with scope.system("a maker needs a rolled-up reading"):
        kpis.roll_up_batch(batch.pk)
        kpis.look_at([watch.kpi_id], now=at + timedelta(days=30))
        return Alert.objects.get(watch=watch)


def _rebaseline(company: Company, department: Department, owner: User) -> Any:
    return kpis.rebaseline(
        kpi=_kpi(company, company.root),
        department=department,
        starts_on=date(2026, 1, 1),
        reason="New line",
        actor=owner,
    )


def _objective(company: Company, department: Department, owner: User) -> Any:
    return strategy.set_objective(
        title=f"Reach {number()}",
        department=department,
        owner=owner,
        starts_on=date(2026, 1, 1),
        ends_on=date(2026, 12, 31),
        actor=owner,
    )


def _key_result(company: Company, department: Department, owner: User) -> Any:
    return strategy.set_key_result(
        objective=_objective(company, department, owner),
        title=f"From here to there {number()}",
        weight=Decimal(100),
        start_value=Decimal(10),
        target_value=Decimal(4),
        actor=owner,
    )


def _initiative(company: Company, department: Department, owner: User) -> Any:
    return strategy.add_initiative(
        objective=_objective(company, department, owner),
        title=f"Move it {number()}",
        owner=owner,
        due_on=date(2026, 6, 1),
        actor=owner,
    )


def _scan_item(company: Company, department: Department, owner: User) -> Any:
    return strategy.note_scan_item(
        title=f"New rule {number()}",
        kind="regul",
        seen_on=date(2026, 1, 5),
        department=department,
        owner=owner,
        actor=owner,
    )


def _reading(company: Company, department: Department, owner: User) -> Any:
    at = START + timedelta(hours=number())
    return kpis.record_reading(
        kpi=_kpi(company, company.root), department=department, at=at, value=Decimal(5), actor=owner
    )


def _report(company: Company, department: Department, owner: User) -> Any:
    return reports.request_report(period_key="2026-W10", department=department, actor=owner)


def _pack(company: Company, department: Department, owner: User) -> Any:
    return reports.set_pack(
        code=f"p{number()}", title="Weekly pack", department=department, owner=owner or people.user(), actor=owner
    )


def _recipient(company: Company, department: Department, owner: User) -> Any:
    pack = _pack(company, department, owner)
    return write.create(
        Recipient(pack=pack, department=department, person=owner, channel="app"),
        actor=owner,
        fact=report_events.RecipientAdded,
    )


def _promise(company: Company, department: Department, owner: User) -> Any:
    return reports.make_promise(
        pack=_pack(company, department, owner),
        period_key="2026-W10",
        action=f"Call them {number()}",
        owner=owner,
        due_on=date(2026, 3, 6),
        actor=owner,
    )


def _dispatch(company: Company, department: Department, owner: User) -> Any:
    row = Dispatch(
        run=_report(company, department, owner),
        recipient=_recipient(company, department, owner),
        department=department,
        person=owner,
        channel="app",
        state="sent",
    )
    return write.create(row, actor=owner, fact=report_events.ReportDispatched)


def _delegation(company: Company, department: Department, owner: User) -> Any:
    return org.delegate(
        principal=owner,
        substitute=people.user(),
        valid_from=date(2026, 1, 1),
        valid_until=date(2026, 1, 9),
        actor=owner,
    )


def _grant(company: Company, department: Department, owner: User) -> Any:
    return org.grant_role(
        user=people.user(), role="OPR", department=department, valid_from=date(2026, 1, 1), actor=None
    )


def _person(company: Company, department: Department, owner: User) -> Any:
    return people.user(f"p{number()}", role="OPR", department=department)


def _calendar(company: Company, department: Department, owner: User) -> Any:
    return org.add_calendar(code=_code().lower(), name="Two shifts", actor=owner, hours=[[["06:00", "14:00"]]] * 7)


def _holiday(company: Company, department: Department, owner: User) -> Any:
    return org.add_holiday(
        calendar=_calendar(company, department, owner), day=date(2026, 12, 24), name=f"Eve {number()}", actor=owner
    )


def _decision(company: Company, department: Department, owner: User) -> Any:
    return decisions.draft_decision(
        code=_code().lower(), name=f"Who approves {number()}", department=department, owner=owner, actor=owner
    )


def _webhook(company: Company, department: Department, owner: User) -> Any:
    return integrations.add_webhook(
        name=f"Tell {number()}", url="https://example.org/", patterns="quiet.*", actor=owner
    )


def _webhook_delivery(company: Company, department: Department, owner: User) -> Any:
    hook = _webhook(company, department, owner)
    return WebhookDelivery.objects.create(
        webhook=hook, owner=owner, event_id=number(), fact="org.team_formed", about="team:1", state="failed"
    )


def _inbound_hook(company: Company, department: Department, owner: User) -> Any:
    return integrations.add_hook(name=f"Hear {number()}", actor=owner)


def _hook_call(company: Company, department: Department, owner: User) -> Any:
    hook = _inbound_hook(company, department, owner)
    return HookCall.objects.create(hook=hook, owner=owner, key=f"m{number()}", sha256="0" * 64, event_id=1)


def _definition(kind: str) -> dict[str, Any]:
    step = {"resource": "task", "action": "open", "inputs": {"title": f"After {kind}", "department": "ROOT"}}
    return {"trigger": {"kind": "fact", "fact": kind}, "conditions": {"all": []}, "steps": [step]}


def _rule(company: Company, department: Department, owner: User) -> Any:
    rule = rules.draft_rule(
        code=_code().lower(),
        name=f"Rule {number()}",
        department=department,
        definition=_definition("org.holiday_recorded"),
        owner=owner,
        actor=owner,
    )
    rules.mark_dry_run(rule, number=1)
    rule.refresh_from_db()
    return rule


def _rule_run(company: Company, department: Department, owner: User) -> Any:
    rule = _rule(company, department, owner)
    with scope.system("a maker needs a failed run"):
        run = runs.fire(rule, rule.versions.get(), event=None, planned_at=START + timedelta(hours=number()))
        runs.give_up(run, problem="It did not work", permanent=True)
        run.refresh_from_db()
    return run


MAKERS: dict[str, Maker] = (
    {
        "webhook": Maker(
            _webhook,
            lambda c, d, a: {"name": f"New {number()}", "url": "https://example.org/", "patterns": "quiet.*"},
            {"name": "Changed"},
        ),
        "webhook_delivery": Maker(_webhook_delivery, lambda c, d, a: {}),
        "inbound_hook": Maker(
            _inbound_hook,
            lambda c, d, a: {"name": f"New {number()}", "style": "standard", "max_per_minute": 60},
            {"name": "Changed"},
        ),
        "hook_call": Maker(_hook_call, lambda c, d, a: {}),
        "site": Maker(
            lambda c, d, o: org.open_site(code=_code(), name=f"Site {number()}", actor=o),
            lambda c, d, a: {"code": _code(), "name": "New site", "time_zone": "UTC", "currency": "EUR"},
            {"name": "Changed"},
        ),
        "calendar": Maker(
            _calendar,
            lambda c, d, a: {"code": _code().lower(), "name": "New calendar", "time_zone": "UTC"},
            {"name": "Changed"},
        ),
        "holiday": Maker(
            _holiday,
            lambda c, d, a: {"calendar": _calendar(c, d, a).pk, "day": "2026-05-01", "name": "Labour day"},
            {"name": "Changed"},
        ),
        "department": Maker(
            lambda c, d, o: org.open_department(code=_code(), name=f"Unit {number()}", parent=d, actor=o),
            lambda c, d, a: {"code": _code(), "name": "New unit", "parent": d.pk},
            {"name": "Changed"},
            {"move": {"valid_from": "2026-01-01"}},
        ),
        "team": Maker(
            lambda c, d, o: org.form_team(department=d, code=_code(), name=f"Team {number()}", actor=o),
            lambda c, d, a: {"department": d.pk, "code": _code(), "name": "New team"},
            {"name": "Changed"},
        ),
        "role_grant": Maker(
            _grant,
            lambda c, d, a: {
                "user": people.user(department=d, role="SUP").pk,
                "role": "OPR",
                "department": d.pk,
                "valid_from": "2026-01-01",
            },
            {},
            {"end": {"on": "2026-12-01"}},
        ),
        "delegation": Maker(
            _delegation,
            lambda c, d, a: {
                "principal": a.pk,
                "substitute": people.user(role="OPR", department=c.plant).pk,
                "valid_from": "2026-01-01",
                "valid_until": "2026-01-05",
            },
        ),
        "user": Maker(_person, lambda c, d, a: {"username": f"new{number()}"}, {"title": "Changed"}),
        "kpi": Maker(
            _kpi,
            lambda c, d, a: {
                "code": _code().lower(),
                "name": "New KPI",
                "rule": "sum",
                "direction": "higher",
                "grain": "day",
                "factor": "1",
                "decimals": 1,
                "department": d.pk,
                "position": 100,
            },
            {"name": "Changed"},
        ),
        "kpi_target": Maker(
            _target,
            lambda c, d, a: {
                "kpi": _kpi(c, c.root).pk,
                "department": d.pk,
                "per": "day",
                "valid_from": "2026-01-01",
                "target": "10",
                "amber": "8",
            },
            {"amber": "7"},
        ),
        "kpi_watch": Maker(
            _watch,
            lambda c, d, a: {
                "kpi": _kpi(c, c.root).pk,
                "department": d.pk,
                "kind": "band",
                "grain": "week",
                "open_after": 1,
                "clear_after": 1,
            },
            {"open_after": 2},
        ),
        "kpi_alert": Maker(
            _alert,
            lambda c, d, a: {},
            verb_data={"snooze": {"until": "2099-01-01 08:00"}, "close": {"note": "Sensor was broken"}},
        ),
        "kpi_rebaseline": Maker(
            _rebaseline,
            lambda c, d, a: {"kpi": _kpi(c, c.root).pk, "department": d.pk, "starts_on": "2026-02-01", "reason": "New"},
            {"reason": "Changed"},
        ),
        "objective": Maker(
            _objective,
            lambda c, d, a: {
                "title": f"New {number()}",
                "level": "dept",
                "perspective": "proc",
                "department": d.pk,
                "owner": a.pk,
                "weight": "0",
                "starts_on": "2026-01-01",
                "ends_on": "2026-06-30",
            },
            {"title": "Changed"},
        ),
        "key_result": Maker(
            _key_result,
            lambda c, d, a: {
                "objective": _objective(c, d, a).pk,
                "title": f"New {number()}",
                "weight": "50",
                "grain": "month",
                "start_value": "0",
                "target_value": "10",
            },
            {"title": "Changed"},
            {"report": {"value": "7"}},
        ),
        "initiative": Maker(
            _initiative,
            lambda c, d, a: {
                "objective": _objective(c, d, a).pk,
                "title": f"New {number()}",
                "owner": a.pk,
                "state": "planned",
                "due_on": "2026-06-30",
                "progress": 0,
            },
            {"title": "Changed"},
        ),
        "scan_item": Maker(
            _scan_item,
            lambda c, d, a: {
                "title": f"New {number()}",
                "kind": "demand",
                "seen_on": "2026-02-01",
                "impact": 3,
                "likelihood": 2,
                "department": d.pk,
                "owner": a.pk,
                "state": "new",
            },
            {"title": "Changed"},
        ),
        "automation_rule": Maker(
            _rule,
            lambda c, d, a: {"code": _code().lower(), "name": "New rule", "department": d.pk},
            {"name": "Changed"},
        ),
        "automation_run": Maker(_rule_run, lambda c, d, a: {}),
        "decision": Maker(
            _decision,
            lambda c, d, a: {"code": _code().lower(), "name": "New table", "department": d.pk},
            {"name": "Changed"},
        ),
        "reading_batch": Maker(
            _reading,
            lambda c, d, a: {
                "kpi": _kpi(c, c.root).pk,
                "department": d.pk,
                "at": "2026-02-01T06:00:00Z",
                "value": "5",
            },
        ),
        "report_pack": Maker(
            _pack,
            lambda c, d, a: {
                "code": f"n{number()}",
                "title": "New pack",
                "department": d.pk,
                "owner": a.pk,
                "cadence": "week",
                "layout": "pack",
                "on_holiday": "next",
            },
            {"title": "Changed"},
            {"run": {"period_key": "2026-W10"}},
        ),
        "report_recipient": Maker(
            _recipient,
            lambda c, d, a: {
                "pack": _pack(c, d, a).pk,
                "person": a.pk,
                "channel": "app",
            },
            {"channel": "link"},
        ),
        "report_promise": Maker(
            _promise,
            lambda c, d, a: {
                "pack": _pack(c, d, a).pk,
                "period_key": "2026-W10",
                "action": f"New {number()}",
                "owner": a.pk,
                "due_on": "2026-03-06",
            },
            {"result": "Done early"},
        ),
        "report_dispatch": Maker(_dispatch, lambda c, d, a: {}),
        "report": Maker(_report, lambda c, d, a: {"period_key": "2026-W11"}, follow_ups=1),
    }
    | work.MAKERS
    | processes.MAKERS
    | cases.MAKERS
    | comms.MAKERS
    | inventory.MAKERS
    | budgets.MAKERS
    | procurement.MAKERS
)
