"""Files of a record over the API."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.access.rights import require
from apps.core.api.endpoints import check_parameters
from apps.core.api.output import api_value
from apps.core.errors import Refused
from apps.core.files import download_headers
from apps.core.models import Attachment
from apps.core.records.attaching import attach, attachments_of, content_of
from apps.core.resources.resource import of_subject
from apps.core.web.filecard import may_attach
from apps.core.web.views_files import find_attachment

NAMES = ("id", "subject", "name", "media_type", "size", "sha256", "added_at")


def _fields() -> dict[str, Any]:
    """Made anew for each use, because a serializer class takes its fields away."""
    kinds = {"id": serializers.IntegerField, "size": serializers.IntegerField, "added_at": serializers.DateTimeField}
    return {name: kinds.get(name, serializers.CharField)() for name in NAMES}


def _shown(one: Attachment) -> dict[str, Any]:
    return {name: api_value(getattr(one, name)) for name in NAMES}


class FilesEndpoint(APIView):
    """List and add the files of a record named by its subject, such as kpi:17."""

    access = ("", "r")
    parser_classes = [MultiPartParser]

    def _record(self, request: Request, subject: str) -> tuple[Any, Any]:
        place = of_subject(subject)
        found = None
        if place is not None and place[1] < 2**63 and place[0].may(request.user, "r"):
            found = place[0].rows(request.user).filter(pk=place[1]).first()
        if place is None or found is None or not place[0].archives:
            raise Http404
        return place[0], found

    @extend_schema(
        operation_id="files_list",
        summary="Files of a record",
        tags=["Files"],
        responses=inline_serializer("Files", {"results": inline_serializer("File", _fields(), many=True)}),
    )
    def get(self, request: Request, subject: str) -> Response:
        check_parameters(request.query_params, set(), set())
        _, record = self._record(request, subject)
        return Response({"results": [_shown(one) for one in attachments_of(record)[:100]]})

    @extend_schema(
        operation_id="files_add",
        summary="Add a file to a record",
        tags=["Files"],
        request={"multipart/form-data": inline_serializer("FileIn", {"file": serializers.FileField()})},
        responses={201: inline_serializer("FileAdded", _fields())},
    )
    def post(self, request: Request, subject: str) -> Response:
        resource, record = self._record(request, subject)
        if not may_attach(resource, record, request.user):
            require(request.user, resource.row, "u", record, own=resource.own, noun=resource.label.lower())
        upload = request.FILES.get("file")
        if upload is None:
            raise Refused("Send the file as 'file' in multipart/form-data.", code="bad_body", field="file")
        made = attach(record, content=upload.read(), filename=upload.name or "file", actor=request.user)
        made.refresh_from_db()
        return Response(_shown(made), status=201)


class FileEndpoint(APIView):
    """The bytes of one file."""

    access = ("", "r")

    @extend_schema(
        operation_id="files_read",
        summary="Download a file",
        tags=["Files"],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, key: int) -> HttpResponse:
        found = find_attachment(request.user, key) if key < 2**63 else find_attachment(request.user, 0)
        response = HttpResponse(content_of(found), content_type="application/octet-stream")
        for name, value in download_headers(found.name, found.media_type).items():
            response.headers[name] = value
        return response
