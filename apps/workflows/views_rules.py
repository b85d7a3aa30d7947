"""The pages of automation rules that are no list, record or form: the editor and the result of a dry run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from apps.core.access.rights import require
from apps.core.errors import Refused
from apps.core.events.facts import facts, sentence_of
from apps.core.models import Job
from apps.core.resources.resource import resources
from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.core.web.access import page
from apps.core.web.middleware import undo
from apps.workflows import rule_definition, rule_fields, rule_form, rule_steps
from apps.workflows.automation.conditions import GROUPS, OPERATORS
from apps.workflows.models import Rule
from apps.workflows.panels_rules import times
from apps.workflows.services import rules as services

CRUMBS = (pm.Crumb("Settings"), pm.Crumb("Automation rules", "/automation/"))
KINDS = (("fact", "Something happens"), ("change", "A record is added or changed"), ("schedule", "At set times"))


@dataclass(frozen=True, kw_only=True)
class EditorPage:
    """What the editor shows; choices as (value, label)."""

    title: str
    crumbs: tuple[pm.Crumb, ...]
    trigger: dict[str, str]
    nodes: list[dict[str, Any]]
    steps: list[dict[str, Any]]
    version: int
    cancel_url: str
    error: str = ""
    kinds: tuple[tuple[str, str], ...] = KINDS
    happenings: list[tuple[str, str]]
    nouns: list[tuple[str, str]]
    fields: list[tuple[str, str]]
    actions: list[tuple[str, str]]
    targets: list[tuple[str, str]]
    groups: tuple[tuple[str, str], ...] = tuple(GROUPS.items())
    operators: tuple[tuple[str, str], ...] = tuple(OPERATORS.items())
    changes: tuple[tuple[str, str], ...] = tuple(rule_definition.CHANGES.items())
    misfires: tuple[tuple[str, str], ...] = tuple(rule_definition.MISFIRES.items())


def _rule(request: HttpRequest, key: int, verb: str) -> Rule:
    found: Rule | None = Rule.objects.visible_to(request.user).filter(pk=key).first()
    if found is None:
        raise Http404
    require(request.user, "rule", verb, found, noun="automation rule")
    return found


def _crumbs(rule: Rule, last: str) -> tuple[pm.Crumb, ...]:
    return (*CRUMBS, pm.Crumb(rule.code, reverse("record", args=["automation", rule.pk])), pm.Crumb(last))


@page("rule", "u")
def rule_editor(request: HttpRequest, key: int) -> HttpResponse:
    """Every button but Save changes only the form; Save makes a new version or shows the place at fault."""
    rule = _rule(request, key, "u")
    if request.method != "POST":
        return _editor(request, rule, rule.definition, rule.version)
    draft = rule_form.from_post(request.POST)
    text = request.POST.get("version", "")
    version = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else rule.version
    act = request.POST.get("do", "save")
    if act != "save":
        return _editor(request, rule, rule_form.changed(draft, act), version)
    try:
        services.change_rule(rule, definition=draft, actor=request.user, version=version)
    except Refused as error:
        undo(request)
        return _editor(request, rule, draft, version, error.message)
    messages.success(request, "Rule saved")
    return HttpResponseRedirect(reverse("record", args=["automation", rule.pk]))


def _editor(request: HttpRequest, rule: Rule, draft: dict[str, Any], version: int, error: str = "") -> HttpResponse:
    trigger = rule_definition.guessed(draft["trigger"])
    shown = EditorPage(
        title=f"Edit {rule.name}",
        crumbs=_crumbs(rule, "Rule"),
        trigger={"misfire": rule_definition.misfire_of(trigger.get("kind", "")), **trigger},
        nodes=rule_form.flat(draft["conditions"]),
        steps=[_step(one) for one in draft["steps"]],
        version=version,
        cancel_url=reverse("record", args=["automation", rule.pk]),
        error=error,
        happenings=sorted(
            (
                (one.fact_name, f"{sentence_of(one.fact_name)} ({one.fact_name})")
                for one in facts
                if _offered(one.fact_name)
            ),
            key=lambda pair: pair[1],
        ),
        nouns=sorted(((one.name, one.label) for one in resources), key=lambda pair: pair[1]),
        fields=[(path, f"{one.label} ({path})") for path, one in rule_fields.fields_of(trigger).items()],
        actions=sorted(
            ((f"{one.name}.{action.name}", f"{one.label}: {action.label}") for one, action in rule_steps.offered()),
            key=lambda pair: pair[1],
        ),
        targets=_targets(trigger),
    )
    return render(request, "workflows/rule_editor.html", {"page": shown}, status=422 if error else 200)


def _offered(name: str) -> bool:
    return not name.startswith("core.job_") and name not in rule_definition.OWN_FACTS


def _targets(trigger: dict[str, Any]) -> list[tuple[str, str]]:
    resource = rule_fields.resource_of(trigger)
    if resource is None:
        return []
    related = [
        (f"record.{one.name}", f"Its {one.verbose_name}")
        for one in resource.model._meta.concrete_fields
        if one.is_relation and one.name not in rule_fields.LEFT_OUT
    ]
    return [(rule_steps.RECORD, f"The {resource.noun} itself"), *related]


def _step(step: dict[str, Any]) -> dict[str, Any]:
    resource = resources.get(step.get("resource", ""))
    action = resource.action(step.get("action", "")) if resource is not None else None
    inputs = [
        {
            "name": name,
            "label": rule_steps.label_of(name, field),
            "help": rule_steps.help_of(field),
            "required": field.required and field.initial in (None, ""),
            "value": step.get("inputs", {}).get(name, ""),
        }
        for name, field in (action.form.base_fields.items() if action is not None else ())
    ]
    chosen = f"{step.get('resource')}.{step.get('action')}" if action is not None else ""
    new = action is not None and action.kind == "create"
    return {"chosen": chosen, "inputs": inputs, "new": new, "target": step.get("target", "")}


@page("rule", "r")
def rule_dry_run(request: HttpRequest, key: int) -> HttpResponse:
    """What the rule would have done, by the dry run that ?job= names, else by the last one."""
    rule = _rule(request, key, "r")
    done = Job.objects.filter(kind="workflows.dry_run", params__rule=rule.pk, state=Job.State.DONE).order_by("-id")
    text = request.GET.get("job", "")
    found = (done.filter(pk=int(text)) if text.isascii() and text.isdigit() and len(text) < 19 else done).first()
    if found is None:
        raise Http404
    result = found.result
    fired, looked = result.get("fired", 0), result.get("looked_at", 0)
    tone: pm.Tone = "info" if fired else "good"
    shown = pm.ChartPage(
        title=f"Dry run of {rule.name}",
        verdict=pm.Alert(
            f"It would have fired {times(fired)}.",
            f"{looked} happenings of {result.get('days')} days were looked at.",
            tone,
        ),
        crumbs=_crumbs(rule, "Dry run"),
        facts=f"version {result.get('number')} · nothing was changed",
        buttons=(pm.Button("Back to the rule", reverse("record", args=["automation", rule.pk]), "arrow-left"),),
        sections=(pm.Section("What it would have done", table=_would_have(result, request.user)),),
    )
    return render(request, "workflows/dry_run.html", {"page": shown})


def _would_have(result: dict[str, Any], user: Any) -> pm.Table:
    columns = (
        pm.Column("at", "When"),
        pm.Column("what", "Happening", wide=True),
        pm.Column("step", "Step"),
        pm.Column("result", "Would have", wide=True),
    )
    rows = []
    for at, case in enumerate(result.get("cases", ())):
        when = cells.when(datetime.fromisoformat(case["at"]), cells.zone_of(user))[0]
        for number, step in enumerate(case["steps"]):
            problem = step.get("problem", "")
            given = ", ".join(f"{name}: {value}" for name, value in step.get("given", {}).items())[:300]
            says = pm.Cell(problem, "status", tone="bad") if problem else pm.Cell(given or step.get("what") or "Done")
            first = number == 0
            rows.append(
                pm.Row(
                    f"{at}-{number}",
                    "",
                    (
                        pm.Cell(when if first else ""),
                        pm.Cell(case["what"] if first else ""),
                        pm.Cell(step["label"]),
                        says,
                    ),
                )
            )
    return pm.Table(columns, tuple(rows), "What it would have done", "Nothing of that time would have fired the rule.")
