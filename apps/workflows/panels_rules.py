"""Parts of the record pages of rules and runs: the rule in words, its runs, its dry runs; a run's steps and its chain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import reverse

from apps.core.access.rights import reaches
from apps.core.events.facts import sentence_of
from apps.core.models import Event, Job
from apps.core.resources.resource import of_subject, resources
from apps.core.values.spoken import spoken_schedule
from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.workflows import rule_definition
from apps.workflows.automation.conditions import GROUPS, NO_VALUE, OPERATORS
from apps.workflows.models import Rule, Run

RUN_TONES = {
    Run.State.DONE: "good",
    Run.State.FAILED: "bad",
    Run.State.STOPPED: "bad",
    Run.State.RUNNING: "info",
    Run.State.WAITING: "hold",
    Run.State.DISMISSED: "idle",
}
RULE_TONES = {Rule.State.ON: "good", Rule.State.OFF: "idle", Rule.State.PAUSED: "bad"}


def rule_state(rule: Rule) -> tuple[str, str]:
    if rule.archived_at is not None:
        return "idle", "Archived"
    if rule.state == Rule.State.ON and rule.missed_at is not None:
        return "warn", "On, a run was missed"
    return RULE_TONES[Rule.State(rule.state)], Rule.State(rule.state).label


def run_state(run: Run) -> tuple[str, str]:
    return RUN_TONES[Run.State(run.state)], Run.State(run.state).label


def trigger_words(definition: dict[str, Any]) -> str:
    trigger = definition.get("trigger", {})
    noun = resources.get(trigger.get("resource") or "")
    if trigger.get("kind") == "schedule":
        about = f", for every {noun.noun}" if noun is not None else ""
        times = spoken_schedule(trigger["rule"]) if trigger.get("rule") else "No time yet"
        return f"{times[:1].upper()}{times[1:]} ({trigger.get('zone') or 'company time'}){about}"
    if trigger.get("kind") == "change":
        what = rule_definition.CHANGES.get(trigger.get("what", "any"), "")
        return f"{noun.label if noun is not None else 'A record'}: {what.lower()}"
    fact = trigger.get("fact")
    return sentence_of(fact) if fact else "Nothing yet"


def condition_words(tree: dict[str, Any], labels: dict[str, str], depth: int = 0) -> Iterator[str]:
    """One line per group and row, indented by depth."""
    pad = "\u2003" * depth
    kind = next((name for name in GROUPS if name in tree), None)
    if kind is not None:
        if tree[kind] or depth:
            yield f"{pad}{GROUPS[kind]}:"
        for one in tree[kind]:
            yield from condition_words(one, labels, depth + 1)
        return
    operator = tree.get("op", "")
    value = "" if operator in NO_VALUE else f" {tree.get('value', '')}"
    yield f"{pad}{labels.get(tree.get('field', ''), tree.get('field', ''))} {OPERATORS.get(operator, operator)}{value}"


def times(count: int) -> str:
    return "1 time" if count == 1 else f"{count} times"


def rule_panel(rule: Rule, user: Any) -> pm.Section:
    """When, if and then in words."""
    made = rule_definition.understood(rule.definition, finished=False)
    labels = {path: one.label for path, one in made.fields.items()}
    conditions = "\n".join(condition_words(rule.definition["conditions"], labels)) or "Always"
    missed = "Missed times" if made.kind == "schedule" else "Missed while paused"
    policy = f"{missed}: {rule_definition.MISFIRES[made.misfire].lower()}"
    steps = "\n".join(f"{at}. {one.label}" for at, one in enumerate(made.steps, 1)) or "Nothing yet"
    edits = reaches(user, "rule", "u", rule) and rule.archived_at is None
    return pm.Section(
        "Rule",
        note=f"version {rule.number}",
        text=f"When: {trigger_words(rule.definition)}\n{policy}\n\nIf: {conditions}\n\nThen:\n{steps}",
        button=pm.Button("Edit rule", reverse("rule_editor", args=[rule.pk]), "pencil") if edits else None,
        error=rule.paused_reason,
    )


def runs_panel(rule: Rule, user: Any) -> pm.Section:
    found = list(rule.runs.order_by("-id")[:20])
    columns = (
        pm.Column("run", "Run"),
        pm.Column("state", "State"),
        pm.Column("about", "About", wide=True),
        pm.Column("at", "When"),
        pm.Column("problem", "Problem", wide=True),
    )
    rows = tuple(_run_row(one, user) for one in found)
    every = reverse("list", args=["automation-runs"]) + f"?rule={rule.pk}"
    return pm.Section(
        "Runs",
        table=pm.Table(columns, rows, "Runs", "It has not run yet."),
        button=pm.Button("All runs", every, "list") if found else None,
    )


def _run_row(run: Run, user: Any) -> pm.Row:
    tone, words = run_state(run)
    url = reverse("record", args=["automation-runs", run.pk])
    return pm.Row(
        str(run.pk),
        url,
        (
            pm.Cell(f"R{run.pk}", "link", url=url),
            pm.Cell(words, "status", tone=tone),  # type: ignore[arg-type]
            about_cell(run.about),
            pm.Cell(cells.when(run.created_at, cells.zone_of(user))[0]),
            pm.Cell(run.problem or cells.DASH),
        ),
    )


def about_cell(about: str) -> pm.Cell:
    target = of_subject(about)
    if target is None:
        return pm.Cell(about or cells.DASH)
    resource, key = target
    return pm.Cell(f"{resource.label} {key}", "link", url=reverse("record", args=[resource.path, key]))


def dry_runs_panel(rule: Rule, user: Any) -> pm.Section:
    jobs = list(Job.objects.filter(kind="workflows.dry_run", params__rule=rule.pk).order_by("-id")[:3])
    links = tuple(
        pm.Connection(
            f"{cells.when(one.created_at, cells.zone_of(user))[0]}, {one.params.get('days')} days",
            f"{reverse('rule_dry_run', args=[rule.pk])}?job={one.pk}"
            if one.state == Job.State.DONE
            else reverse("job", args=[one.pk]),
            "flask-conical",
            f"would have fired {times(one.result.get('fired', 0))}" if one.state == Job.State.DONE else "",
            state=one.get_state_display(),
        )
        for one in jobs
    )
    fresh = "This version was dry-run." if rule.dry_run_number == rule.number else "This version was never dry-run."
    return pm.Section("Dry runs", note=fresh, links=links, text="" if links else "None yet.")


def steps_panel(run: Run, user: Any) -> pm.Section:
    made = rule_definition.of_version(run.rule_version)
    kept = {one.index: one for one in run.steps.all()}
    rows = tuple(_step_row(at, step.label, kept.get(at), user) for at, step in enumerate(made.steps))
    columns = (
        pm.Column("step", "Step", wide=True),
        pm.Column("state", "State"),
        pm.Column("given", "Given", wide=True),
        pm.Column("result", "Result", wide=True),
        pm.Column("at", "When"),
    )
    return pm.Section(
        "Steps", note=f"version {run.rule_version.number}", table=pm.Table(columns, rows, "Steps"), error=""
    )


def _step_row(at: int, label: str, step: Any, user: Any) -> pm.Row:
    if step is None:
        dash = pm.Cell(cells.DASH)
        return pm.Row(
            str(at), "", (pm.Cell(f"{at + 1}. {label}"), pm.Cell("To do", "status", tone="idle"), dash, dash, dash)
        )
    given = ", ".join(f"{name}: {value}" for name, value in step.given.items())[:300]
    target = of_subject(step.result.get("subject", "")) if step.done else None
    url = reverse("record", args=[target[0].path, target[1]]) if target is not None else ""
    result = (
        pm.Cell(step.result.get("title") or "Done", "link" if url else "text", url=url)
        if step.done
        else pm.Cell(step.problem)
    )
    state = pm.Cell("Done", "status", tone="good") if step.done else pm.Cell("Failed", "status", tone="bad")
    when = pm.Cell(cells.when(step.at, cells.zone_of(user))[0])
    return pm.Row(str(at), "", (pm.Cell(f"{at + 1}. {label}"), state, pm.Cell(given or cells.DASH), result, when))


def chain_panel(run: Run, user: Any) -> pm.Section:
    """From the first cause to this run, and what came of it."""
    before = list(_causes(run))[::-1]
    after = list(Event.objects.filter(request_id=f"run:{run.pk}").order_by("id")[:30])
    rows = [*(_event_row("Cause", one, user) for one in before), *(_event_row("Effect", one, user) for one in after)]
    columns = (
        pm.Column("kind", "Place"),
        pm.Column("what", "What happened", wide=True),
        pm.Column("about", "About"),
        pm.Column("at", "When"),
    )
    return pm.Section(
        "Causes and effects", table=pm.Table(columns, tuple(rows), "Causes and effects", "No event led here.")
    )


def _causes(run: Run) -> Iterator[Event]:
    event = run.event
    for _ in range(20):
        if event is None:
            return
        yield event
        event = event.cause


def _event_row(kind: str, event: Event, user: Any) -> pm.Row:
    return pm.Row(
        f"e{event.pk}",
        "",
        (
            pm.Cell(kind),
            pm.Cell(sentence_of(event.name)),
            about_cell(event.subject),
            pm.Cell(cells.when(event.at, cells.zone_of(user))[0]),
        ),
    )
