"""A case tried on the draft before it is published: the real engine, answered by hand, and nothing is kept."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from apps.accounts.models import User
from apps.core.actions.fields import ActionForm, RecordField
from apps.core.errors import Refused
from apps.core.web import pagemodel as pm
from apps.core.web.access import page
from apps.workflows import panels_cases, simulating
from apps.workflows.bpmn.drawing import Mark
from apps.workflows.bpmn.model import Field, Model, Node, Process
from apps.workflows.engine.state import Token, Wait
from apps.workflows.engine.values import plain
from apps.workflows.models import Workflow
from apps.workflows.simulating import Played
from apps.workflows.views_cases import _workflow, form_field
from apps.workflows.views_drawing import crumbs_of

MOST_TEXT = 100_000
AWAITED = {"timer": "The time comes", "message": "The message comes", "signal": "The signal comes"}


class MoreField(forms.JSONField):
    """Empty is shown as empty."""

    def prepare_value(self, value: Any) -> Any:
        return "" if value is None else super().prepare_value(value)


class TrialForm(ActionForm):
    """Answers of one step of a trial: its own questions, and any other value by name."""

    def __init__(self, asked: tuple[Field, ...], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked = [one for one in asked if one.kind != "photo"]
        for one in self.asked:
            field = form_field(one)
            if isinstance(field, RecordField):
                field.narrow(self.actor)
            self.fields[one.name] = field
        self.fields["more"] = MoreField(
            required=False, label="Other values", help_text='By name, such as {"paid": true}',
            widget=forms.Textarea(attrs={"rows": 2}),
        )  # fmt: skip

    def answers(self) -> dict[str, Any]:
        found = {one.name: self.cleaned_data.get(one.name) for one in self.asked}
        given = {name: value.pk if isinstance(value, User) else value for name, value in found.items()}
        more = self.cleaned_data.get("more") or {}
        return {name: plain(value) for name, value in given.items() if value not in (None, "")} | more

    def clean_more(self) -> dict[str, Any]:
        more = self.cleaned_data["more"] or {}
        if not isinstance(more, dict):
            raise forms.ValidationError('Write an object by name, such as {"paid": true}.')
        return more


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One thing that may happen next, with its form."""

    act: str
    title: str
    why: str
    form: TrialForm
    buttons: tuple[tuple[str, str], ...]
    asks_code: bool = False


@page("process", "r")
def workflow_trial(request: HttpRequest, key: int) -> HttpResponse:
    """Each button adds one step to the list the page carries and plays it from the beginning."""
    workflow = _workflow(request, key)
    model = panels_cases.readable(workflow)
    if model is None:
        raise Refused("This diagram cannot be read. Replace it by a file first.", code="not_readable")
    process, steps, error = model.process(), _steps(request), ""
    act = request.POST.get("act", "")
    form: TrialForm | None = None
    if act == "back":
        steps = steps[:-1]
    elif act:
        form, steps, error = _add(request, process, steps, act)
    try:
        played = simulating.play(process, steps, now=timezone.now())
    except Refused as refusal:
        steps, played = [], Played()
        error = f"{refusal.message} The trial begins anew."
    choices = _choices(request, process, played, form, act)
    context = {
        "page": _page(workflow, model, played),
        "choices": choices,
        "steps": json.dumps(steps),
        "count": len(steps),
        "error": error,
        "over": played.started and not choices,
    }
    return render(request, "workflows/trial.html", context, status=422 if error else 200)


def _steps(request: HttpRequest) -> list[Any]:
    text = request.POST.get("steps", "[]")
    try:
        found = json.loads(text) if len(text) <= MOST_TEXT else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Refused("The steps of the trial cannot be read. Start the trial again.", code="not_readable")
    return found


def _add(request: HttpRequest, process: Process, steps: list[Any], act: str) -> tuple[TrialForm | None, list[Any], str]:
    """The steps with the new one at their end; a refused answer leaves them as they were, its form says why."""
    kind, _, rest = act.partition(":")
    number = int(rest) if rest.isascii() and rest.isdigit() and len(rest) < 10 else 0
    try:
        played = simulating.play(process, steps, now=timezone.now())
    except Refused as refusal:
        return None, steps, refusal.message
    form = TrialForm(_asked(process, played, kind, number, rest), request.POST, actor=request.user)
    if not form.is_valid():
        return form, steps, "Some answers do not fit."
    step: dict[str, Any] = {"kind": kind, "values": form.answers()}
    step |= {"node": rest} if kind == "start" else {"wait": number} if kind == "fired" else {"token": number}
    if kind == "failed":
        step["code"] = request.POST.get("code", "").strip()
    try:
        simulating.play(process, [*steps, step], now=timezone.now())
    except Refused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        return form, steps, refusal.message
    return None, [*steps, step], ""


def _asked(process: Process, played: Played, kind: str, number: int, node: str) -> tuple[Field, ...]:
    if kind == "start":
        starts = {one.id: one for one in process.body.starts()}
        return starts[node].work.form if node in starts else ()
    token = played.state.tokens.get(number)
    return process.nodes[token.node].work.form if kind == "done" and token is not None else ()


def _choices(
    request: HttpRequest, process: Process, played: Played, failed: TrialForm | None, act: str
) -> tuple[Choice, ...]:
    def form(fields: tuple[Field, ...], this: str) -> TrialForm:
        same = failed is not None and act.partition(":")[2] == this.partition(":")[2]
        return failed if same and failed is not None else TrialForm(fields, actor=request.user, auto_id=f"t-{this}-%s")

    if not played.started:
        return tuple(
            Choice(
                act=f"start:{one.id}",
                title=one.title if one.name else "Start",
                why=AWAITED.get(one.event_kind, "Somebody starts a case"),
                form=form(one.work.form, f"start:{one.id}"),
                buttons=((f"start:{one.id}", "Start"),),
            )
            for one in process.body.starts()
        )
    found = [_at_token(token, node, form) for token, node in played.open_tokens(process)]
    return (*found, *(_at_wait(process, wait, form) for wait in played.waits()))


def _at_token(token: Token, node: Node, form: Any) -> Choice:
    act = f"done:{token.id}"
    buttons: tuple[tuple[str, str], ...]
    if token.state == "stuck":
        buttons, why = ((f"retry:{token.id}", "Put right and try again"),), "It cannot go on as things are"
    else:
        buttons = ((act, "Done"), (f"failed:{token.id}", "Failed"))
        why = panels_cases.KINDS.get(node.kind, node.kind)
    who = node.work.role or node.work.assignee or node.work.action or node.work.called
    return Choice(
        act=act,
        title=node.title,
        why=f"{why} · {who}" if who else why,
        form=form(node.work.form, act),
        buttons=buttons,
        asks_code=token.state != "stuck",
    )


def _at_wait(process: Process, wait: Wait, form: Any) -> Choice:
    act = f"fired:{wait.id}"
    node = process.nodes.get(wait.node)
    about = wait.name or wait.due or (f"{wait.working_seconds} s of working time" if wait.working_seconds else "")
    return Choice(
        act=act,
        title=node.title if node is not None else wait.node,
        why=" · ".join(part for part in (AWAITED.get(wait.kind, wait.kind), about, wait.key) if part),
        form=form((), act),
        buttons=((act, AWAITED.get(wait.kind, "It comes")),),
    )


def _page(workflow: Workflow, model: Model, played: Played) -> pm.ChartPage:
    process = model.process()
    return pm.ChartPage(
        title=f"Try a case of {workflow}",
        facts="Plays the draft with the engine that runs it. Nothing is kept, nobody is told",
        verdict=_verdict(played),
        crumbs=crumbs_of(workflow, "Trial"),
        buttons=(pm.Button("Draw", reverse("workflow_editor", args=[workflow.pk]), "pencil"),),
        sections=(
            pm.Section("Where it is", body=_picture(workflow, model, played)),
            _path(process, played),
        ),
        rail=(_values(played),) if played.state.values else (),
    )


def _verdict(played: Played) -> pm.Alert:
    state = played.state
    if not played.started:
        return pm.Alert("Say how the case begins.", "Then say at each step what would happen.", "info")
    if state.status == "running":
        stuck = sum(one.state == "stuck" for one in state.tokens.values())
        if stuck:
            return pm.Alert("The case needs help.", played.path[-1].words if played.path else "", "warn")
        return pm.Alert("The case waits.", "Say below what happens next.", "info")
    if state.status == "finished":
        return pm.Alert("The case has ended properly.", state.outcome, "good")
    return pm.Alert(f"The case {state.status}.", state.outcome, "bad")


def _picture(workflow: Workflow, model: Model, played: Played) -> SafeString:
    marks = {one.node: Mark(one.tone, "", one.words) for one in played.path if one.node and one.tone != "idle"}
    for token in played.state.tokens.values():
        marks[token.node] = Mark(
            "bad" if token.state == "stuck" else "info", "!" if token.state == "stuck" else "now", "Here now"
        )
    for wait in played.waits():
        marks[wait.node] = Mark("info", "…", "Awaited")
    return panels_cases.picture(model, f"Trial of {workflow}", marks)


def _path(process: Process, played: Played) -> pm.Section:
    rows = tuple(
        pm.Row(
            str(at),
            "",
            (
                pm.Cell(str(at), "number"),
                pm.Cell(process.nodes[one.node].title if one.node in process.nodes else "The case"),
                pm.Cell(one.words, "status" if one.tone in ("bad", "warn") else "text", tone=one.tone),  # type: ignore[arg-type]
            ),
        )
        for at, one in enumerate(played.path, 1)
    )
    columns = (pm.Column("at", "No.", "end"), pm.Column("step", "Step", wide=True), pm.Column("what", "What happened"))
    return pm.Section("Path", table=pm.Table(columns, rows, "Path", "The trial has not begun."))


def _values(played: Played) -> pm.Section:
    facts = tuple(
        pm.Fact(name, pm.Cell(panels_cases._said(value))) for name, value in sorted(played.state.values.items())
    )
    return pm.Section("Values", facts=facts)
