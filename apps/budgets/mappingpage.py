"""What an imported ledger calls things that nobody has mapped yet: asked once, on a page and in the API, then the import goes on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from apps.budgets.importing import LedgerImporter
from apps.budgets.meanings import AMOUNTS
from apps.budgets.services.mapping import map_spellings
from apps.budgets.spellings import MAP_IT, NEEDED, Miss, Words
from apps.core.access.rights import require
from apps.core.actions.fields import ActionForm
from apps.core.errors import Refused
from apps.core.files import read_stored
from apps.core.models import ImportBatch
from apps.core.resources.batches import check_file
from apps.core.resources.resource import resources
from apps.core.tabular import read_table
from apps.core.web import pagemodel as pm
from apps.core.web.access import page
from apps.core.web.views_data import batch_view

HEADINGS = {
    "column": "Columns",
    "department": "Departments",
    "category": "Categories",
    "site": "Sites",
    "scenario": "Scenarios",
    "nature": "Natures",
}
AT_ONCE = 200
WHOLE = "rows"
Question = tuple[str, Miss]


def batch_of(user: Any, key: int) -> ImportBatch:
    """A ledger's file that this person brought in."""
    rows = ImportBatch.objects.filter(resource="budget_entry", owner_id=user.pk or 0)
    found = rows.filter(pk=key).first() if key < 2**63 else None
    if found is None:
        raise Http404
    return found


def left_open(batch: ImportBatch) -> bool:
    """Whether spellings keep a checked file out."""
    told = (message for row in batch.problems for _, message in row["problems"])
    return batch.state == ImportBatch.State.CHECKED and any(MAP_IT in message for message in told)


class Survey:
    """The open spellings of one file, and what is needed before the rest can be read."""

    def __init__(self, batch: ImportBatch, actor: Any) -> None:
        self.batch, self.actor = batch, actor
        content = read_stored(batch.sha256, settings.MEDIA_ROOT / "imports")
        self.importer = LedgerImporter(resources["budget_entry"], actor)
        self.columns = self.importer.survey(read_table(content, batch.file_name))
        self.words: Words = self.importer.words
        self.missing = [name for name in NEEDED if name not in self.columns]
        self.open = self._asked()[:AT_ONCE]

    def _asked(self) -> list[Miss]:
        """Columns first; categories last, because a new one takes the nature of its rows."""
        order = list(HEADINGS)
        misses = sorted(self.words.misses.values(), key=lambda one: (order.index(one.field), -one.rows, one.text))
        for first in ("column", "nature"):
            if any(one.field == first for one in misses):
                return [one for one in misses if one.field == first or (first == "nature" and one.field != "category")]
        return misses

    @property
    def whole(self) -> str:
        """The title of the amounts, where the file does not say of which scenario they are."""
        said = {"scenario", "scenario of amounts"} & set(self.columns)
        return "" if said else self.columns.get("amount", "")

    def map(self, answers: Iterable[tuple[Miss, str]]) -> ImportBatch:
        """Remember the answers and try the file again."""
        map_spellings(answers, actor=self.actor)
        content = read_stored(self.batch.sha256, settings.MEDIA_ROOT / "imports")
        return check_file(resources["budget_entry"], content, self.batch.file_name, self.actor)


class SpellingsForm(ActionForm):
    """One choice per open spelling, with the likely one chosen already."""

    def __init__(self, *args: Any, survey: Survey, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.survey = survey
        self.questions: list[Question] = []
        if survey.whole:
            self.fields[WHOLE] = forms.ChoiceField(
                label="These rows are",
                choices=[("actual", "actuals"), ("budget", "a budget"), ("forecast", "a forecast")],
                help_text=f"Remembered for columns called “{survey.whole}”, unless a file has a column of scenarios",
            )
        for at, miss in enumerate(survey.open):
            self.fields[f"s{at}"] = self._field(miss)
            self.questions.append((f"s{at}", miss))

    def _field(self, miss: Miss) -> forms.ChoiceField:
        words = self.survey.words
        return forms.ChoiceField(
            label=miss.text,
            required=False,
            choices=[("", "Choose …"), *words.choices(miss.field)],
            initial=words.suggestion(miss),
            help_text="" if miss.field == "column" else f"Rows: {miss.rows}",
        )

    def groups(self) -> list[tuple[str, list[Any]]]:
        found: dict[str, list[Any]] = {"The file": [self[WHOLE]]} if WHOLE in self.fields else {}
        for name, miss in self.questions:
            found.setdefault(HEADINGS[miss.field], []).append(self[name])
        return list(found.items())

    def answers(self) -> list[tuple[Miss, str]]:
        chosen = [(miss, self.cleaned_data[name]) for name, miss in self.questions if self.cleaned_data[name]]
        whole = self.cleaned_data.get(WHOLE, "")
        return chosen + ([(Miss("column", self.survey.whole), whole)] if whole in AMOUNTS else [])


@page("budget_ledger", "c")
def ledger_file(request: HttpRequest, key: int) -> HttpResponse:
    """The report of a file; where spellings are open, they come first."""
    if request.method != "POST" and "problems" not in request.GET and left_open(batch_of(request.user, key)):
        return HttpResponseRedirect(reverse("budget_spellings", args=[key]))
    return batch_view(request, "budget-entries", key)


@page("budget_ledger", "c")
def spellings(request: HttpRequest, key: int) -> HttpResponse:
    require(request.user, "site", "c", noun="mapped spelling")
    survey = Survey(batch_of(request.user, key), request.user)
    form = SpellingsForm(request.POST or None, survey=survey, actor=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            batch = survey.map(form.answers())
            messages.success(request, "Spellings mapped")
            return HttpResponseRedirect(reverse("import_batch", args=["budget-entries", batch.pk]))
        except Refused as error:
            form.add_error(None, error.message)
    listed = reverse("list", args=["budget-entries"])
    shown = pm.FormPage(
        title="Map spellings",
        form=form,
        crumbs=(pm.Crumb("Budget entries", listed), pm.Crumb("Import"), pm.Crumb("Map spellings")),
        facts=survey.batch.file_name,
        submit_label="Map and check again",
        cancel_url=reverse("import_batch", args=["budget-entries", key]) + "?problems=1",
    )
    context = {"page": shown, "groups": form.groups(), "missing": survey.missing}
    return render(request, "budgets/spellings.html", context, status=422 if form.errors else 200)
