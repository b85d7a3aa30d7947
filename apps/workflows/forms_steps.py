"""What a person sets at one element of a diagram: a form per kind, read from the model and written back as settings."""

from __future__ import annotations

from typing import Any

from django import forms

from apps.core.actions.fields import ActionForm
from apps.core.errors import Refused
from apps.work.models.task import ROLE_CHOICES, Priority
from apps.work.widgets import FormDesignField, LinesField
from apps.workflows.bpmn import setting
from apps.workflows.bpmn.checks import WAITS
from apps.workflows.bpmn.model import ACTIVITIES, Assigned, Field, Flow, Node, Process
from apps.workflows.bpmn.timers import cycle, duration, moment
from apps.workflows.models import Decision, Workflow
from apps.workflows.publishing import field_data
from apps.workflows.rule_steps import offered

FORMULA = "A formula over the values of the case, such as amount >= 1000 and urgent"
TIMERS = (("duration", "After a length of time"), ("date", "At a date"), ("cycle", "Again and again"))
TEXTS = {"assignee", "due", "rate", "skill", "priority", "role", "action", "record", "decision", "called", "result"}
TEXTS |= {"message", "key"}


class ElementForm(ActionForm):
    """The name and the notes every element has."""

    name = forms.CharField(max_length=160, required=False)
    documentation = forms.CharField(
        label="What to do", required=False, max_length=8000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def keep_current(self) -> None:
        """What stands in the diagram stays choosable, though nobody offers it any more."""
        for name, field in self.fields.items():
            now = self.initial.get(name)
            if isinstance(field, forms.ChoiceField):
                known: list[Any] = list(field.choices)  # type: ignore[arg-type]
                if now and now not in [one[0] for one in known]:
                    field.choices = [*known, (now, str(now))]

    def settings(self) -> setting.Settings:
        """What was entered, for the diagram."""
        given = self.cleaned_data
        attributes = {name: str(given[name] or "") for name in TEXTS & set(given)}
        if "sla" in given:
            attributes["sla"] = str(given["sla"] or "")
        for name in ("photo", "signature"):
            if name in given:
                attributes[name] = "true" if given[name] else ""
        return setting.Settings(
            name=given["name"],
            documentation=given.get("documentation"),
            attributes=attributes,
            form=tuple(_field(one) for one in given["form"]) if "form" in given else None,
            checklist=tuple(one["text"] for one in given["checklist"]) if "checklist" in given else None,
            values=given.get("values"),
            condition=given.get("condition"),
            default=given.get("default"),
            timer=(given["timer"], given["time"], given["working"]) if "timer" in given else None,
            event_name=given.get("event"),
            event_key=given.get("event_key"),
        )


class PersonForm(ElementForm):
    """Work of people: who, until when, and what they fill in."""

    role = forms.ChoiceField(
        label="Who", required=False, choices=[("", "The role of the lane"), *ROLE_CHOICES],
        help_text="Holders of the role in the case's department may claim it",
    )  # fmt: skip
    assignee = forms.CharField(
        label="Or one person", required=False, max_length=300, help_text="A user name, or a formula such as initiator"
    )
    due = forms.CharField(
        required=False, max_length=60, help_text="Length of time from when the step begins, such as P2D or PT4H"
    )
    sla = forms.IntegerField(label="SLA in working minutes", required=False, min_value=1, max_value=527_040)
    priority = forms.ChoiceField(
        required=False, choices=[("", "Normal"), *((one.name.lower(), one.label) for one in Priority if one.name != "NORMAL")]
    )  # fmt: skip
    skill = forms.CharField(label="Skill required", required=False, max_length=60)
    rate = forms.DecimalField(
        label="Cost of an hour of work", required=False, min_value=0, max_digits=13, decimal_places=4,
        help_text="For the heat map; in the currency of the company",
    )  # fmt: skip
    photo = forms.BooleanField(label="Photo required", required=False)
    signature = forms.BooleanField(label="Signature required", required=False)
    checklist = LinesField()
    form = FormDesignField(label="Fields to fill in")

    def clean_due(self) -> str:
        text: str = self.cleaned_data["due"].strip()
        if text and duration(text) is None:
            raise forms.ValidationError("Write a length of time such as P2D (two days) or PT4H (four hours).")
        return text

    def clean_rate(self) -> str:
        rate = self.cleaned_data["rate"]
        return "" if rate is None else f"{rate.normalize():f}"


class FormOnlyForm(ElementForm):
    """A plain start: what whoever starts a case fills in."""

    form = FormDesignField(label="Fields to fill in")


class ServiceForm(ElementForm):
    """Work of the platform: an action on a record, with values by formula."""

    action = forms.ChoiceField(required=False, help_text="Runs with the rights of whoever is responsible for the case")
    record = forms.CharField(
        label="On which record", required=False, max_length=300, help_text="A formula that gives it, such as order"
    )
    values = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 5}),
        help_text="One line per field of the action: title = 'Check ' + order",
    )  # fmt: skip
    result = forms.CharField(
        label="Keep its record as", required=False, max_length=40, help_text="Name of a value of the case"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = sorted((f"{r.path}.{a.name}", f"{r.plural}: {a.label}") for r, a in offered())
        self.fields["action"].choices = [("", "Choose …"), *sorted(rows, key=lambda one: one[1])]  # type: ignore[attr-defined]

    def clean_values(self) -> tuple[Assigned, ...]:
        found = []
        for number, line in enumerate(self.cleaned_data["values"].splitlines(), 1):
            target, sign, source = (part.strip() for part in line.partition("="))
            if target and (not sign or not source):
                raise forms.ValidationError(f"Line {number}: write field = formula.")
            if target:
                found.append(Assigned(target, source))
        return tuple(found)


class RuleForm(ElementForm):
    """A decision table that is asked."""

    decision = forms.ChoiceField(label="Decision table", required=False)
    result = forms.CharField(label="Keep its answer as", required=False, max_length=40)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Decision.objects.visible_to(self.actor).order_by("name").values_list("code", "name")[:1000]
        self.fields["decision"].choices = [("", "Choose …"), *rows]  # type: ignore[attr-defined]


class CallForm(ElementForm):
    """Another workflow that runs as a step."""

    called = forms.ChoiceField(label="Workflow", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Workflow.objects.choosable_by(self.actor).order_by("name").values_list("code", "name")[:1000]
        self.fields["called"].choices = [("", "Choose …"), *rows]  # type: ignore[attr-defined]


class MessageTaskForm(ElementForm):
    """A task that sends or awaits a message."""

    message = forms.CharField(required=False, max_length=200)
    key = forms.CharField(
        label="For", required=False, max_length=300, help_text="A formula; only cases with it hear it"
    )


class TimerForm(ElementForm):
    """A time that comes."""

    timer = forms.ChoiceField(label="When", choices=TIMERS)
    time = forms.CharField(
        required=False, max_length=120, help_text="P2D, 2026-12-24T08:00Z, R3/PT8H, or a formula that gives one"
    )
    working = forms.BooleanField(
        label="In working time", required=False, help_text="The clock stands still outside the hours of the site"
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        text = values.get("time", "").strip()
        fits = {"duration": duration, "date": moment, "cycle": cycle}[values.get("timer", "date")]
        if text and text[:1] in "PR0123456789" and fits(text) is None:
            self.add_error("time", "This is no time of the chosen kind. Write P2D, 2026-12-24T08:00Z or R3/PT8H.")
        return values


class EventForm(ElementForm):
    """A message, signal, error or escalation, by name."""

    event = forms.CharField(label="Name", required=False, max_length=120)
    event_key = forms.CharField(
        label="For", required=False, max_length=300, help_text="Messages only: a formula, such as order_number"
    )


class FlowForm(ElementForm):
    """A way out of a gateway."""

    documentation = None  # type: ignore[assignment]
    condition = forms.CharField(label="Only if", required=False, max_length=1000, help_text=FORMULA)
    default = forms.BooleanField(label="Otherwise", required=False, help_text="Taken when no other way is open")


def form_class(found: Node | Flow) -> type[ElementForm]:
    """The form that fits an element."""
    if isinstance(found, Flow):
        return FlowForm
    if found.kind in ("userTask", "manualTask", "task"):
        return PersonForm
    if found.kind == "startEvent" and found.event_kind == "none":
        return FormOnlyForm
    if found.event_kind == "timer":
        return TimerForm
    if found.event_kind in (WAITS | {"error", "escalation"}) - {"timer"}:
        return EventForm
    fitting: dict[str, type[ElementForm]] = {
        "serviceTask": ServiceForm,
        "businessRuleTask": RuleForm,
        "callActivity": CallForm,
        "sendTask": MessageTaskForm,
        "receiveTask": MessageTaskForm,
    }
    return fitting.get(found.kind, ElementForm)


def initial_of(process: Process, found: Node | Flow) -> dict[str, Any]:
    """What stands in the diagram now."""
    if isinstance(found, Flow):
        source = next(node for node in process.nodes.values() if node.id == found.source)
        return {"name": found.name, "condition": found.condition, "default": source.default == found.id}
    work, event = found.work, found.event
    given: dict[str, Any] = {name: getattr(work, name) for name in TEXTS} | {
        "name": found.name,
        "documentation": found.documentation,
        "sla": work.sla_minutes or None,
        "photo": work.photo,
        "signature": work.signature,
        "checklist": list(work.checklist),
        "form": [{key: value for key, value in field_data(one).items() if value not in (None, "", [])} for one in work.form],
        "values": "\n".join(f"{one.target} = {one.source}" for one in work.values),
    }  # fmt: skip
    if event is not None:
        given |= {"timer": event.timer or "duration", "time": event.text, "working": event.working}
        given |= {"event": event.name or event.code, "event_key": event.key}
    return given


def element_of(process: Process, key: str) -> Node | Flow:
    """The node or flow called `key`, or a refusal that says so."""
    if key in process.nodes:
        return process.nodes[key]
    bodies = [process.body, *(node.body for node in process.nodes.values() if node.body is not None)]
    found = next((flow for body in bodies for flow in body.flows if flow.id == key), None)
    if found is None:
        raise Refused(f"The draft has no step “{key}”. Save the diagram first.", code="no_element")
    return found


def has_settings(node: Node) -> bool:
    """Gateways that only split or join have a name and nothing more."""
    return node.kind in ACTIVITIES or bool(node.events) or node.kind == "startEvent"


def _field(one: dict[str, Any]) -> Field:
    return Field(
        name=one["name"],
        label=one.get("label") or one["name"],
        kind=one["kind"],
        required=bool(one.get("required")),
        choices=tuple(one.get("choices") or ()),
        unit=str(one.get("unit") or ""),
        low=str(one.get("low") or ""),
        high=str(one.get("high") or ""),
        help=str(one.get("help") or ""),
    )
