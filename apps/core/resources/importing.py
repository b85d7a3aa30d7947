"""Taking rows in: every row goes through the noun's own verbs; a dry run is the real run rolled back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.db import models, transaction

from apps.core.access.rights import require
from apps.core.actions.action import Action, perform
from apps.core.actions.fields import RecordField, RecordsField, records_read_once
from apps.core.errors import Refused
from apps.core.models import ImportBatch, Noun, plain
from apps.core.records.write import archive, change
from apps.core.resources.resource import Resource, resources
from apps.core.tabular import ColumnReader, Row, Table


@dataclass
class RowResult:
    """What a row did or would do."""

    line: int
    outcome: str
    what: str = ""
    problems: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Report:
    """All rows' results and what was written, so that it can be undone."""

    rows: list[RowResult] = field(default_factory=list)
    effects: list[Any] = field(default_factory=list)

    def count(self, outcome: str) -> int:
        return sum(1 for row in self.rows if row.outcome == outcome)

    @property
    def refused(self) -> list[RowResult]:
        return [row for row in self.rows if row.outcome == "refused"]


class _DryRun(Exception):
    """Carries the report out of the transaction it rolls back."""


Tell = Callable[[int, int], None]
AHEAD = 500  # rows whose keys are looked up in one query
EXACT_KEYS = (models.CharField, models.TextField, models.ForeignKey)  # read the same from a file and from the database


class RowImporter:
    """Imports rows of one noun by its create and change verbs, matched on its import key."""

    def __init__(self, resource: Resource, actor: Any) -> None:
        self.resource = resource
        self.actor = actor
        create, update = resource.action_of_kind("create"), resource.action_of_kind("change")
        if create is None or not resource.import_key:
            raise Refused(f"{resource.plural} cannot be imported.", code="no_import")
        self.create, self.update = create, update
        self.codes: dict[tuple[type[models.Model], str], Any] = {}
        self.free: set[tuple[str, ...]] = set()

    def run(self, table: Table, *, dry: bool, tell: Tell | None = None) -> Report:
        """All rows or none: with any refused row nothing is kept."""
        names = self.columns(table)
        self.reader = ColumnReader(table)
        self.titles = dict(zip(names, table.header, strict=True))
        report = Report()
        try:
            with transaction.atomic(), records_read_once(but=self.resource.model):
                for index, row in enumerate(table.rows):
                    if index % AHEAD == 0:
                        self._look_ahead(table.rows[index : index + AHEAD], names)
                    report.rows.append(self._row(row, names, report))
                    if tell and index % 100 == 0:
                        tell(index, len(table.rows))
                if dry or report.refused:
                    raise _DryRun
        except _DryRun:
            report.effects = []
        return report

    def columns(self, table: Table) -> list[str | None]:
        """Header → form field names; unknown columns are refused by name, key columns must be there."""
        known: dict[str, str] = {}
        for name, form_field in self.create.form.base_fields.items():
            known[name.lower()] = name
            known[str(form_field.label or name).lower()] = name
        extra = {name for name in ("key", *self.resource.fields) if name not in self.create.form.base_fields}
        names: list[str | None] = []
        for title in table.header:
            found = known.get(title.strip().lower())
            if found is None and title.strip() not in extra:
                raise Refused(
                    f"Column '{title}' is not known. Known columns: {', '.join(self.create.form.base_fields)}.",
                    code="unknown_column",
                    field=title,
                )
            names.append(found)
        missing = [name for name in self.resource.import_key if name not in names]
        if missing:
            raise Refused(f"The file has no column '{missing[0]}', which names the record.", code="missing_column")
        return names

    def _row(self, row: Row, names: list[str | None], report: Report) -> RowResult:
        values = {name: cell for name, cell in zip(names, row.cells, strict=True) if name is not None}
        result = RowResult(
            row.number, "refused", " ".join(str(values.get(key) or "") for key in self.resource.import_key)
        )
        if row.problems:
            result.problems = [("", problem) for problem in row.problems]
            return result
        try:
            with transaction.atomic():
                data = {name: self._input(row, name) for name in values}
                existing = self._existing(data)
                if existing is None:
                    made = self._perform(self.create, data)
                    report.effects.append({"made": made.pk})
                    result.outcome = "new"
                elif self.update is None:  # what never changes is there already
                    result.outcome = "same"
                else:
                    result.outcome = self._change(self.update, existing, data, report)
        except Refused as error:
            found = error.details.get("fields")
            pairs = found.items() if isinstance(found, dict) else [(error.field or "", [error.message])]
            result.problems = [
                ("" if name == "__all__" else name, message) for name, texts in pairs for message in texts
            ]
        return result

    def _perform(self, action: Action, data: dict[str, Any], record: Any = None) -> Any:
        return perform(
            action,
            row=self.resource.row,
            noun=self.resource.noun,
            actor=self.actor,
            data=data,
            record=record,
            own=self.resource.own,
        )

    def _change(self, update: Action, existing: Any, data: dict[str, Any], report: Report) -> str:
        full = {name: self._current(existing, name) for name in update.form.base_fields} | {
            name: value for name, value in data.items() if name in update.form.base_fields
        }
        if not update.when(existing) and self._says_the_same(update, existing, full):
            return "same"
        before = {name: plain(getattr(existing, name)) for name in full if hasattr(existing, name)}
        version = existing.version
        changed = self._perform(update, full, existing)
        if changed.version == version:
            return "same"
        report.effects.append({"changed": changed.pk, "version": changed.version, "before": before})
        return "changed"

    def _says_the_same(self, update: Action, existing: Any, full: dict[str, Any]) -> bool:
        """A row may repeat a record that its state no longer lets anybody change."""
        form = update.form(full, None, actor=self.actor, record=existing)
        if not form.is_valid():
            return False
        pairs = [(getattr(existing, name, None), value) for name, value in form.cleaned_data.items()]
        return all(now == value or plain(now) == plain(value) for now, value in pairs)

    def _current(self, record: Any, name: str) -> Any:
        value = getattr(record, name, None)
        return value.pk if isinstance(value, models.Model) else plain(value)

    def _existing(self, data: dict[str, Any]) -> Any:
        match = {key: data.get(key) or None for key in self.resource.import_key}
        if any(value is None for value in match.values()):
            return None
        key = tuple(str(value) for value in match.values())
        if key in self.free:
            self.free.discard(key)  # a later row of the same key means the record that this one makes
            return None
        return self.resource.rows(self.actor).filter(**match).first()

    def _look_ahead(self, rows: Sequence[Row], names: list[str | None]) -> None:
        """Which keys of the next rows nobody holds, found in one query; rows that cannot be read are looked at in their turn."""
        keys, self.free = self.resource.import_key, set()
        if not all(isinstance(self.resource.model._meta.get_field(key), EXACT_KEYS) for key in keys):
            return
        for row in rows:
            with suppress(Refused):
                values = [] if row.problems else [self._input(row, name) for name in keys if name in names]
                if all(values):
                    self.free.add(tuple(str(value) for value in values))
        held = self.resource.rows(self.actor).filter(
            **{f"{key}__in": {one[at] for one in self.free} for at, key in enumerate(keys)}
        )
        self.free -= {tuple(str(value) for value in one) for one in held.values_list(*keys)}

    def _input(self, row: Row, name: str) -> Any:
        """A cell as the form wants it: linked records by code, choices by label or value, numbers and dates as the file has them."""
        form_field: Any = self.create.form.base_fields[name]
        title = self.titles[name]
        if isinstance(form_field, forms.DecimalField | forms.IntegerField | forms.FloatField):
            number = self.reader.decimal(row, title)
            return "" if number is None else f"{number:f}"
        if isinstance(form_field, forms.DateField):
            day = self.reader.date(row, title)
            return "" if day is None else day.isoformat()
        if isinstance(form_field, forms.BooleanField):
            return bool(self.reader.yes(row, title))
        text = self.reader.text(row, title)
        if isinstance(form_field, RecordField):
            return self._key_of(form_field.model, text, name) if text else ""
        if isinstance(form_field, RecordsField):
            return [self._key_of(form_field.model, one.strip(), name) for one in text.split(",") if one.strip()]
        if isinstance(form_field, forms.ChoiceField):
            choices: Any = form_field.choices
            labels = {str(label).lower(): value for value, label in choices if not isinstance(label, list | tuple)}
            return labels.get(text.lower(), text)
        return text

    def _key_of(self, model: type[models.Model], text: str, name: str) -> Any:
        known = self.codes.get((model, text))
        if known is None:
            known = self._look_up(model, text, name)
            if model is not self.resource.model:
                self.codes[model, text] = known
        return known

    def _look_up(self, model: type[models.Model], text: str, name: str) -> Any:
        manager = model._default_manager
        rows = manager.visible_to(self.actor) if hasattr(manager, "visible_to") else manager.all()
        for by in ("code", "username"):
            if any(one.name == by for one in model._meta.fields):
                found = rows.filter(**{by: text}).values_list("pk", flat=True).first()
                if found is not None:
                    return found
        raise Refused(f"'{text}' is not known here. Use its code.", code="unknown_code", field=name)

    def undo(self, batch: ImportBatch) -> int:
        """Take back what the batch wrote; refuses when somebody changed one of its records since."""
        undone = 0
        with transaction.atomic():
            for effect in reversed(batch.effects):
                key = effect.get("made") or effect["changed"]
                rows = self.resource.model.objects.filter(pk=key)
                if self.resource.take_back is None:  # a noun with its own way locks what it needs
                    rows = rows.select_for_update(of=("self",))
                record = rows.first()
                if record is None:
                    continue
                require(self.actor, self.resource.row, self.resource.undo_verb, record, own=self.resource.own)
                if record.version != effect.get("version", 1):
                    raise Refused(
                        f"{self.resource.number(record)} was changed after the import, so the import cannot be undone.",
                        code="changed_since",
                    )
                self._take_back(record, effect)
                undone += 1
        return undone

    def _take_back(self, record: Noun, effect: dict[str, Any]) -> None:
        fact = self.resource.changed_fact
        if "made" in effect:
            if self.resource.take_back is not None:
                self.resource.take_back(record, actor=self.actor)
            elif self.resource.archives:
                archive(record, actor=self.actor, fact=fact)
            else:
                raise Refused(f"{self.resource.plural} cannot be taken back by an undo.", code="no_undo")
            return
        values = {}
        for name, value in effect["before"].items():
            model_field: Any = record._meta.get_field(name)
            values[model_field.attname if model_field.is_relation else name] = (
                value if model_field.is_relation else model_field.to_python(value)
            )
        change(record, values, actor=self.actor, fact=fact)


def importer_for(name: str, actor: Any) -> Any:
    """The noun's own importer where it has one (fast paths), else the row importer."""
    resource = resources[name]
    kind = resource.importer or RowImporter
    return kind(resource, actor)


def template_header(resource: Resource) -> list[str]:
    create = resource.action_of_kind("create")
    return list(create.form.base_fields) if create else []
