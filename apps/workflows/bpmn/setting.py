"""Writes what a person sets at one element into its diagram, and leaves everything else in the file as it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from apps.core.errors import Refused
from apps.workflows.bpmn import xmltree
from apps.workflows.bpmn.events import KINDS, TIMERS
from apps.workflows.bpmn.model import Assigned, Field, Model
from apps.workflows.bpmn.names import BPMN, OPS, XSI, bpmn, ops
from apps.workflows.bpmn.xmltree import Document, Element

EXTENSIONS = bpmn("extensionElements")
# What is named at the top of a file and referred to by events.
NAMED = {
    "message": ("message", "messageRef", ""),
    "signal": ("signal", "signalRef", ""),
    "error": ("error", "errorRef", "errorCode"),
    "escalation": ("escalation", "escalationRef", "escalationCode"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What changes at an element; None leaves a thing as it is."""

    name: str | None = None
    documentation: str | None = None
    attributes: Mapping[str, str] | None = None  # of our own extension, by name; an empty one goes
    form: tuple[Field, ...] | None = None
    checklist: tuple[str, ...] | None = None
    values: tuple[Assigned, ...] | None = None
    condition: str | None = None
    default: bool | None = None
    timer: tuple[str, str, bool] | None = None  # date, duration or cycle; its text; in working time
    event_name: str | None = None  # the message, signal, error or escalation
    event_key: str | None = None


def set_element(model: Model, key: str, settings: Settings) -> str:
    """The diagram as text with the settings at the element `key`."""
    document = _prefixed(model.document)
    found = next((one for one in document.root.walk() if one.get("id") == key), None)
    if found is None:
        raise Refused(f"The diagram has no element “{key}”. Open the step again.", code="no_element")
    changed = _changed(found, settings)
    root = _replaced(document.root, key, lambda _: changed)
    if settings.event_name is not None:
        root = _name_event(root, key, settings.event_name, settings.event_key or "")
    if settings.default is not None and found.name == "sequenceFlow":
        root = _replaced(root, found.get("sourceRef"), lambda one: _default(one, key, settings.default is True))
    return xmltree.serialise(Document(root, document.prefixes)).decode()


def _prefixed(document: Document) -> Document:
    known = set(document.prefixes.values())
    added = {prefix: uri for prefix, uri in (("ops", OPS), ("xsi", XSI)) if uri not in known}
    return Document(document.root, {**document.prefixes, **added})


def _replaced(element: Element, key: str, change: Callable[[Element], Element]) -> Element:
    if element.get("id") == key:
        return change(element)
    children = tuple(_replaced(one, key, change) for one in element.children)
    return element if children == element.children else replace(element, children=children)


def _changed(element: Element, settings: Settings) -> Element:
    attributes = dict(element.attributes)
    if settings.name is not None:
        _put(attributes, "name", settings.name)
    for name, value in (settings.attributes or {}).items():
        _put(attributes, ops(name), value)
    element = replace(element, attributes=attributes)
    if settings.documentation is not None:
        words = [Element(bpmn("documentation"), {}, (), settings.documentation)] if settings.documentation else []
        others = [one for one in element.children if one.tag != bpmn("documentation")]
        element = replace(element, children=(*words, *others))
    for tag, rows in (
        ("field", None if settings.form is None else [_field(one) for one in settings.form]),
        ("check", None if settings.checklist is None else [Element(ops("check"), {}, (), one) for one in settings.checklist]),
        ("value", None if settings.values is None else [Element(ops("value"), {"name": one.target, "value": one.source}) for one in settings.values]),
    ):  # fmt: skip
        if rows is not None:
            element = _extend(element, ops(tag), rows)
    if settings.condition is not None:
        element = _condition(element, settings.condition)
    if settings.timer is not None:
        element = _timed(element, *settings.timer)
    return element


def _put(attributes: dict[str, str], name: str, value: str) -> None:
    if value:
        attributes[name] = value
    else:
        attributes.pop(name, None)


def _field(one: Field) -> Element:
    given = {
        "name": one.name,
        "label": one.label,
        "kind": one.kind,
        "required": "true" if one.required else "",
        "choices": "|".join(one.choices),
        "unit": one.unit,
        "low": one.low,
        "high": one.high,
        "help": one.help,
    }
    return Element(ops("field"), {name: value for name, value in given.items() if value})


def _extend(element: Element, tag: str, rows: list[Element]) -> Element:
    """Puts `rows` in the place of the extension elements called `tag`; documentation stays before them."""
    holder = element.first(EXTENSIONS) or Element(EXTENSIONS)
    inside = (*(one for one in holder.children if one.tag != tag), *rows)
    others = [one for one in element.children if one.tag != EXTENSIONS]
    if not inside:
        return replace(element, children=tuple(others))
    place = sum(one.tag == bpmn("documentation") for one in others)
    return replace(element, children=(*others[:place], replace(holder, children=inside), *others[place:]))


def _condition(flow: Element, text: str) -> Element:
    others = tuple(one for one in flow.children if one.tag != bpmn("conditionExpression"))
    if not text:
        return replace(flow, children=others)
    kind = {f"{{{XSI}}}type": "bpmn:tFormalExpression"}
    old = flow.first(bpmn("conditionExpression"))
    return replace(
        flow, children=(*others, Element(bpmn("conditionExpression"), dict(old.attributes) if old else kind, (), text))
    )


def _default(gateway: Element, flow: str, is_default: bool) -> Element:
    attributes = dict(gateway.attributes)
    if is_default:
        attributes["default"] = flow
    elif attributes.get("default") == flow:
        del attributes["default"]
    return replace(gateway, attributes=attributes)


def _definition(element: Element, change: Callable[[Element], Element]) -> Element:
    children = tuple(
        change(one) if one.namespace == BPMN and one.name in KINDS else one for one in element.children
    )  # fmt: skip
    return replace(element, children=children)


def _timed(element: Element, kind: str, text: str, working: bool) -> Element:
    tag = next(name for name, timer in TIMERS.items() if timer == kind)

    def change(part: Element) -> Element:
        attributes = dict(part.attributes)
        _put(attributes, ops("working"), "true" if working else "")
        words = Element(bpmn(tag), {f"{{{XSI}}}type": "bpmn:tFormalExpression"}, (), text)
        return replace(part, attributes=attributes, children=(words,) if text else ())

    return _definition(element, change)


def _name_event(root: Element, key: str, name: str, formula: str) -> Element:
    """Points the event at the message, signal, error or escalation of that name, which is made when new."""
    event = next(one for one in root.walk() if one.get("id") == key)
    part = next((one for one in event.children if one.namespace == BPMN and one.name in KINDS), None)
    if part is None or KINDS[part.name] not in NAMED:
        return root
    tag, reference, code = NAMED[KINDS[part.name]]
    known = next(
        (one for one in root.all(bpmn(tag)) if name and name in (one.get(code or "name"), one.get("name"))), None
    )
    if known is None and name:
        taken = {one.get("id") for one in root.walk()}
        new = next(one for one in (f"{tag.title()}_{number}" for number in range(1, 100_000)) if one not in taken)
        known = Element(bpmn(tag), {"id": new, "name": name, **({code: name} if code else {})})
        root = replace(root, children=(known, *root.children))

    def change(one: Element) -> Element:
        attributes = dict(one.attributes)
        _put(attributes, reference, known.get("id") if known is not None else "")
        if tag == "message":
            _put(attributes, ops("key"), formula)
        return replace(one, attributes=attributes)

    return _replaced(root, key, lambda one: _definition(one, change))
