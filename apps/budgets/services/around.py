"""The only writers of savings, remarks, spellings and kept forecasts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from apps.budgets import events
from apps.budgets.meanings import folded, meaning_of
from apps.budgets.models import Line, Remark, Saving, Synonym
from apps.budgets.spreading import checked
from apps.core.errors import Refused
from apps.core.events.log import emit
from apps.core.records import write
from apps.core.records.numbering import next_number


def claim_saving(*, line: Line, actor: Any, **values: Any) -> Saving:
    """One claim per line and day; the database refuses a second."""
    with transaction.atomic():
        one = Saving(line=_root(line), department=line.department, **values)
        _check_saving(one)
        one.code = one.code or f"SV{next_number('saving')}"
        return write.create(one, actor=actor, fact=events.SavingClaimed)


def change_saving(one: Saving, *, actor: Any, version: int | None = None, **values: Any) -> Saving:
    values["code"] = values.get("code") or one.code
    if one.state != Saving.State.CLAIMED:
        raise Refused("Finance has judged this saving. Claim a new one for other days.", code="judged")
    names = ("baseline", "expected", "starts_on", "ends_on")
    _check_saving(Saving(line=one.line, **{name: values.get(name, getattr(one, name)) for name in names}))
    return write.change(one, values, actor=actor, fact=events.SavingChanged, version=version)


def _check_saving(one: Saving) -> None:
    for name in ("baseline", "expected"):
        checked(getattr(one, name), one.line.plan.currency, field=name)
    if one.ends_on < one.starts_on:
        raise Refused("A saving ends after it begins.", code="dates", field="ends_on")
    if one.expected > one.baseline:
        raise Refused("Nobody saves more than the baseline.", code="too_much", field="expected")


def _root(line: Line) -> Line:
    return line if line.root_id is None else Line.objects.get(pk=line.root_id)


def judge_saving(one: Saving, *, verdict: str, finding: str = "", actor: Any) -> Saving:
    """Finance says yes or no; never to one's own claim."""
    if actor is not None and one.owner_id == actor.pk:
        raise Refused("Nobody validates their own saving.", code="own_request")
    if verdict == Saving.State.REJECTED and not finding.strip():
        raise Refused("Say why, so that the claim can be mended.", code="no_reason", field="finding")
    values = {"state": Saving.State(verdict), "finding": finding, "validated_by": actor}
    return write.change(one, values, actor=actor, fact=events.SavingJudged)


def archive_saving(one: Saving, *, actor: Any) -> Saving:
    return write.archive(one, actor=actor, fact=events.SavingChanged)


def restore_saving(one: Saving, *, actor: Any) -> Saving:
    """Another claim may stand in its place by now."""
    try:
        with transaction.atomic():
            return write.restore(one, actor=actor, fact=events.SavingChanged)
    except IntegrityError as error:
        raise write.refusal_of(error, one) from error


def explain_variance(line: Line, *, period: int, text: str, output: Decimal | None = None, actor: Any) -> Line:
    """Why the line is off its budget through this period; earlier words stay beside newer ones."""
    if not 1 <= period <= len(line.plan.period_ends):
        raise Refused(f"Periods go from 1 to {len(line.plan.period_ends)}.", code="period", field="period")
    if not text.strip():
        raise Refused("Say why the line is off its budget.", code="no_reason", field="text")
    root = _root(line)
    with transaction.atomic():
        Remark.objects.create(
            line=root, department_id=root.department_id, period=period, text=text, output=output, author=actor
        )
        emit(
            events.VarianceExplained(
                subject=root.subject(), departments=(root.department_id,), title=str(line), values={"period": period}
            ),
            actor=actor,
        )
    return line


def map_synonym(*, field: str, text: str, means: str, actor: Any) -> Synonym:
    """Only to something that is there."""
    with transaction.atomic():
        one = Synonym(
            field=field, text=folded(text), means=meaning_of(field, means), code=f"SYN{next_number('synonym')}"
        )
        return write.create(one, actor=actor, fact=events.SynonymAdded)


def change_synonym(one: Synonym, *, actor: Any, version: int | None = None, **values: Any) -> Synonym:
    if "text" in values:
        values["text"] = folded(values["text"])
    if {"field", "means"} & set(values):
        values["means"] = meaning_of(values.get("field", one.field), values.get("means", one.means))
    return write.change(one, values, actor=actor, fact=events.SynonymChanged, version=version)


def archive_synonym(one: Synonym, *, actor: Any) -> Synonym:
    return write.archive(one, actor=actor, fact=events.SynonymChanged)


def restore_synonym(one: Synonym, *, actor: Any) -> Synonym:
    return write.restore(one, actor=actor, fact=events.SynonymChanged)
