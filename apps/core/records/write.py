"""The common part of every service that writes one row: check, lock by version, save, tell the log, feed search."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, TypeVar

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.text import capfirst

from apps.core.errors import Conflict, Refused
from apps.core.events.facts import Changed, Fact, Recorded
from apps.core.events.log import emit, emit_many
from apps.core.models import Noun, snapshot
from apps.core.records.searching import entry_for, index_many, index_record

N = TypeVar("N", bound=Noun)


def create(record: N, *, actor: Any, fact: type[Recorded], **extra: Any) -> N:
    """Save a new record, tell the log and feed search; refuses with the field at fault."""
    with transaction.atomic():
        _check(record)
        _save_new(record)
        emit(_fact(fact, record, values=snapshot(record), **extra), actor=actor)
        index_record(record)
    return record


def create_many(
    records: list[N], *, actor: Any, fact: type[Recorded], extra: Callable[[N], dict[str, Any]] | None = None
) -> list[N]:
    """Many new records of one kind in few statements; each is told by its own fact. A bad one refuses all.

    Whether the records they name exist is left to the database's own constraints, which look at all of them at once.
    """
    if not records:
        return records
    with transaction.atomic():
        named = {field.name for field in records[0]._meta.concrete_fields if field.is_relation}
        for one in records:
            _check(one, skipped=named)
        try:
            with transaction.atomic():
                type(records[0])._base_manager.bulk_create(records)
        except IntegrityError as error:
            raise refusal_of(error, records[0]) from error
        emit_many(
            [_fact(fact, one, values=snapshot(one), **(extra(one) if extra else {})) for one in records], actor=actor
        )
        index_many([entry for one in records if (entry := entry_for(one)) is not None])
    return records


def change(
    record: N, values: dict[str, Any], *, actor: Any, fact: type[Changed], version: int | None = None, **extra: Any
) -> N:
    """Write the values if nobody wrote in between; a change of nothing is no event.

    `version` is the one the person saw; None means the record in hand is fresh (locked by the caller).
    """
    seen = record.version if version is None else version
    before, held = snapshot(record), dict(record.__dict__)
    for name, value in values.items():
        setattr(record, name, value)
    after = snapshot(record)
    changes = {
        name: [before[name], after[name]]
        for name in after
        # 10 and 10.000000 are written differently and are the same.
        if before[name] != after[name] and held.get(name) != record.__dict__.get(name)
    }
    if not changes and seen == record.version:
        return record
    with transaction.atomic():
        _check(record)
        columns = {
            field.attname: getattr(record, field.attname)
            for field in record._meta.concrete_fields
            if field.attname in changes
        }
        _guarded_update(record, seen, columns)
        emit(_fact(fact, record, changes=changes, **extra), actor=actor)
        index_record(record)
    return record


def archive(record: N, *, actor: Any, fact: type[Changed], version: int | None = None) -> N:
    """Take a record out of use without deleting it; `restore` brings it back."""
    with transaction.atomic():
        _guarded_update(record, record.version if version is None else version, {"archived_at": Now()})
        record.refresh_from_db(fields=["archived_at"])
        emit(_fact(fact, record, changes={"archived": [False, True]}), actor=actor)
        index_record(record)
    return record


def restore(record: N, *, actor: Any, fact: type[Changed]) -> N:
    with transaction.atomic():
        _guarded_update(record, record.version, {"archived_at": None})
        record.archived_at = None
        emit(_fact(fact, record, changes={"archived": [True, False]}), actor=actor)
        index_record(record)
    return record


def _guarded_update(record: Noun, seen: int, columns: dict[str, Any]) -> None:
    rows = type(record)._base_manager.filter(pk=record.pk, version=seen)
    try:
        with transaction.atomic():
            updated = rows.update(version=F("version") + 1, **columns)
    except IntegrityError as error:
        raise refusal_of(error, record) from error
    if not updated:
        raise Conflict(
            "Somebody changed this record after you opened it. Compare both versions and save again.",
            details={"your_version": seen},
        )
    record.version = seen + 1


def _check(record: Noun, *, skipped: Collection[str] = ()) -> None:
    # Whether a form may leave a field out is the form's business; a column that may be null may be null.
    empty = {one.name for one in record._meta.concrete_fields if one.null and getattr(record, one.attname) is None}
    # A linked record in hand was read; the database sees to it that it is still there.
    read = {one.name for one in record._meta.concrete_fields if one.is_relation and _in_hand(record, one)}
    try:
        record.clean_fields(exclude={*empty, *read, *skipped})
        record.clean()
    except ValidationError as error:
        raise refused(error) from error


def _in_hand(record: Noun, field: Any) -> bool:
    if not field.is_cached(record):
        return False
    linked = field.get_cached_value(record)
    return linked is not None and not linked._state.adding and linked.pk == getattr(record, field.attname)


def _save_new(record: Noun) -> None:
    try:
        with transaction.atomic():
            record.save(force_insert=True)
    except IntegrityError as error:
        raise refusal_of(error, record) from error


def refused(error: ValidationError) -> Refused:
    """The first complaint of Django's validation as a refusal at its field, all of them in the details."""
    by_field = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
    field, messages = next(iter(by_field.items()))
    return Refused(
        messages[0],
        code="not_valid",
        field=None if field == NON_FIELD_ERRORS else field,
        details={"fields": {name: list(found) for name, found in by_field.items()}},
    )


def refusal_of(error: IntegrityError, record: Noun) -> Refused:
    """Say a broken database rule in its own words: constraints are named as sentences."""
    diagnostics = getattr(error.__cause__, "diag", None)
    name = getattr(diagnostics, "constraint_name", None) or ""
    for constraint in record._meta.constraints:
        if constraint.name == name:
            fields = getattr(constraint, "fields", ()) or ()
            return Refused(
                f"The rule is: {name}. Change the value and save again.",
                code="rule_broken",
                field=fields[-1] if fields else None,
            )
    for field in record._meta.concrete_fields:
        if field.unique and field.column in name:
            value = getattr(record, field.attname)
            return Refused(
                f"{capfirst(field.verbose_name)} '{value}' is taken. Choose another one.",
                code="taken",
                field=field.name,
            )
    return Refused("The database refused this: a linked record is missing or a rule is broken.", code="rule_broken")


def _fact(fact: type[Recorded] | type[Changed], record: Noun, **extra: Any) -> Fact:
    return fact(subject=record.subject(), departments=record.departments_concerned(), title=str(record)[:200], **extra)
