"""Files of a record on screen: upload and download."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from apps.core.access.rights import require
from apps.core.errors import Refused
from apps.core.files import download_headers
from apps.core.models import Attachment
from apps.core.records.attaching import attach, content_of
from apps.core.resources.resource import of_subject
from apps.core.web.filecard import FileForm, may_attach
from apps.core.web.views_list import resource_or_404
from apps.core.web.views_record import record_or_404


@require_POST
def attach_view(request: HttpRequest, path: str, key: int) -> HttpResponse:
    resource = resource_or_404(path)
    record = record_or_404(request, resource, key)
    if not may_attach(resource, record, request.user):
        require(request.user, resource.row, "u", record, own=resource.own, noun=resource.label.lower())
    form = FileForm(request.POST, request.FILES)
    if form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            attach(record, content=upload.read(), filename=upload.name, actor=request.user)
            messages.success(request, f"{upload.name} added")
        except Refused as error:
            messages.error(request, error.message)
    else:
        messages.error(request, str(next(iter(form.errors.values()))[0]))
    return HttpResponseRedirect(resource.url(record) + "#files")


def find_attachment(user: Any, key: int) -> Attachment:
    """A file is reached through its record, or not at all."""
    found = Attachment.objects.filter(pk=key).first()
    place = of_subject(found.subject) if found else None
    if found is None or place is None:
        raise Http404
    resource, record_key = place
    if not resource.may(user, "r") or not resource.rows(user).filter(pk=record_key).exists():
        raise Http404
    return found


def file_view(request: HttpRequest, key: int) -> HttpResponse:
    found = find_attachment(request.user, key)
    response = HttpResponse(content_of(found), content_type=found.media_type)
    for name, value in download_headers(found.name, found.media_type).items():
        response.headers[name] = value
    return response
