"""Rows out and rows in: export of a list, import with check, confirm and undo."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.shortcuts import render
from django.urls import reverse

from apps.core.access.rights import require
from apps.core.actions.fields import ActionForm
from apps.core.errors import Refused
from apps.core.events.facts import ListExported
from apps.core.events.log import emit
from apps.core.models import ImportBatch, Job
from apps.core.resources.batches import check_file, import_batch, undo_batch
from apps.core.resources.exporting import export_rows, header
from apps.core.resources.importing import template_header
from apps.core.resources.resource import Resource
from apps.core.tabular import write_csv, write_xlsx
from apps.core.values import format_number
from apps.core.web import pagemodel as pm
from apps.core.web.access import person_key
from apps.core.web.views_list import matching, resource_or_404, state
from apps.core.web.views_misc import job_panel

SHOWN_ROWS = 200
EXPORT_LIMIT = 200_000


class UploadForm(ActionForm):
    """A file to import."""

    file = forms.FileField(
        label="File",
        help_text="CSV or XLSX, at most 10 MB and 50 000 rows. Numbers with point or comma are understood.",
    )


def export_view(request: HttpRequest, path: str, kind: str) -> HttpResponseBase:
    """Exactly the rows of the list, with the filter written into the file's name and note."""
    resource = resource_or_404(path)
    require(request.user, resource.row, "r", noun=resource.noun)
    rows, _ = matching(request, resource, request.GET)
    total = rows.order_by()[: EXPORT_LIMIT + 1].count()
    if total > EXPORT_LIMIT:
        raise Refused(f"More than {EXPORT_LIMIT} rows match. Filter the list first.", code="too_many_rows")
    emit(ListExported(subject=f"list:{resource.name}", rows=total, format=kind), actor=request.user)
    names, data = header(resource), list(export_rows(resource, rows.order_by("pk")))
    if kind == "csv":
        response: Any = StreamingHttpResponse(write_csv(names, data), content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = f'attachment; filename="{path}.csv"'
        return response  # type: ignore[no-any-return]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{path}.xlsx"
        note = f"{resource.plural}, {format_number(total)} rows\nFilter: {state(request.GET) or 'none'}"
        write_xlsx(file, names, data, note)
        content = file.open("rb")
    return FileResponse(content, as_attachment=True, filename=f"{path}.xlsx")


def import_view(request: HttpRequest, path: str) -> HttpResponse:
    """Upload: reads the file, tries every row without keeping anything, and shows the report."""
    resource = _importable(request, path)
    form = UploadForm(request.POST or None, request.FILES or None, actor=request.user)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            batch = check_file(resource, upload.read(), upload.name, request.user)
            return HttpResponseRedirect(reverse("import_batch", args=[path, batch.pk]))
        except Refused as error:
            form.add_error("file", error.message)
    page = pm.ImportPage(
        title=f"Import {resource.nouns}",
        crumbs=(pm.Crumb(resource.plural, resource.list_url()), pm.Crumb("Import")),
        form=form,
        template_urls=(pm.Link("Empty CSV with all columns", reverse("import_template", args=[path])),),
        column_help=_column_help(resource),
        cancel_url=resource.list_url(),
    )
    return render(request, "pages/import.html", {"page": page}, status=422 if form.errors else 200)


def _importable(request: HttpRequest, path: str) -> Resource:
    resource = resource_or_404(path)
    if not resource.import_key:
        raise Http404
    require(request.user, "import", "c", noun="import")
    require(request.user, resource.row, "c", noun=resource.noun)
    return resource


def _batch_or_404(request: HttpRequest, resource: Resource, key: int) -> ImportBatch:
    batch = ImportBatch.objects.filter(pk=key, resource=resource.name, owner_id=person_key(request)).first()
    if batch is None:
        raise Http404
    return batch


def batch_view(request: HttpRequest, path: str, key: int) -> HttpResponse:
    """The report of one file; POST imports it when every row passed, or undoes it."""
    resource = _importable(request, path)
    batch = _batch_or_404(request, resource, key)
    if request.method == "POST":
        try:
            if request.POST.get("do") == "undo":
                undo_batch(batch, request.user)
                messages.success(request, "Import undone")
            else:
                import_batch(batch, request.user)
                if batch.state == ImportBatch.State.IMPORTED:
                    messages.success(request, f"{batch.created + batch.changed} {resource.nouns} imported")
        except Refused as error:
            messages.error(request, error.message)
        return HttpResponseRedirect(reverse("import_batch", args=[path, key]))
    job = Job.objects.filter(pk=batch.job_id).first() if batch.job_id else None
    return render(request, "pages/import.html", {"page": _batch_page(resource, batch, job)})


def _batch_page(resource: Resource, batch: ImportBatch, job: Job | None) -> pm.ImportPage:
    url = reverse("import_batch", args=[resource.path, batch.pk])
    refused = batch.rows - batch.created - batch.changed - batch.unchanged
    button = None
    waiting = job is not None and (batch.state == ImportBatch.State.NEW or job.state != Job.State.DONE)
    if batch.state == ImportBatch.State.CHECKED and not refused and (batch.created or batch.changed):
        many = batch.created + batch.changed
        button = pm.Button(f"Import {format_number(many)} row{'' if many == 1 else 's'}", url, "upload", "pri", "post")
    elif batch.state == ImportBatch.State.IMPORTED:
        button = pm.Button("Undo this import", url, "undo-2", "", "post", fields=(("do", "undo"),))
    return pm.ImportPage(
        title=f"Import {resource.nouns}",
        crumbs=(pm.Crumb(resource.plural, resource.list_url()), pm.Crumb("Import")),
        facts=f"{batch.file_name} · {batch.get_state_display().lower()}",
        state="check" if batch.state in (ImportBatch.State.NEW, ImportBatch.State.CHECKED) else "done",
        job=job_panel(job) if job is not None and waiting and not _let_go(batch, job) else None,
        summary=_summary(batch, refused),
        rows=tuple(
            pm.ImportRow(str(row["line"]), "refused", row["what"], problems=tuple(map(tuple, row["problems"])))
            for row in batch.problems[:SHOWN_ROWS]
        ),
        confirm=button,
        errors_url=reverse("import_problems", args=[resource.path, batch.pk]) if refused else "",
        cancel_url=resource.list_url(),
    )


def _let_go(batch: ImportBatch, job: Job) -> bool:
    """An import that was cancelled or failed leaves the checked file, which may be imported again."""
    return batch.state != ImportBatch.State.NEW and job.state in (Job.State.CANCELLED, Job.State.FAILED)


def _summary(batch: ImportBatch, refused: int) -> str:
    text = (
        f"{format_number(batch.rows)} rows: {format_number(batch.created)} new, {format_number(batch.changed)} changed, "
        f"{format_number(batch.unchanged)} the same, {format_number(refused)} to fix."
    )
    if refused:
        return f"{text} Nothing is imported until every row passes. Correct the file and upload it again."
    return text if batch.created or batch.changed else f"{text} There is nothing to import."


def problems_view(request: HttpRequest, path: str, key: int) -> HttpResponseBase:
    """The refused rows as a file to work through."""
    batch = _batch_or_404(request, _importable(request, path), key)
    rows = [[row["line"], row["what"], field, message] for row in batch.problems for field, message in row["problems"]]
    content = write_csv(("line", "what", "field", "to fix"), rows)
    response = StreamingHttpResponse(content, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="rows-to-fix.csv"'
    return response


def template_view(request: HttpRequest, path: str) -> HttpResponseBase:
    resource = _importable(request, path)
    response = StreamingHttpResponse(write_csv(template_header(resource), []), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{path}-template.csv"'
    return response


def _column_help(resource: Resource) -> pm.Table:
    action = resource.action_of_kind("create")
    fields = action.form.base_fields.items() if action else ()
    return pm.Table(
        columns=(pm.Column("name", "Column"), pm.Column("needed", "Needed"), pm.Column("help", "What it holds")),
        rows=tuple(
            pm.Row(
                name,
                cells=(
                    pm.Cell(name),
                    pm.Cell("yes" if form_field.required else "no"),
                    pm.Cell(str(form_field.help_text or form_field.label or "")),
                ),
            )
            for name, form_field in fields
        ),
        label="Columns",
    )
