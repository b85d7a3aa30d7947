"""Files of rows over the API: the same check, report, import and undo as on screen; large files answer with their job."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.access.rights import require
from apps.core.api.endpoints import check_parameters
from apps.core.api.output import api_value
from apps.core.errors import Refused
from apps.core.models import ImportBatch, Job
from apps.core.resources.batches import check_file, import_batch, undo_batch
from apps.core.resources.resource import Resource, resources

NUMBERS = ("id", "rows", "created", "changed", "unchanged")
JOB_NUMBERS = ("id", "done_count", "total_count")


class JobOfImport(serializers.Serializer[Any]):
    """The job that works on a large file."""

    id = serializers.IntegerField()
    done_count = serializers.IntegerField()
    total_count = serializers.IntegerField()
    state = serializers.CharField()
    problem = serializers.CharField()


def _fields() -> dict[str, Any]:
    """Made anew for each use, because a serializer class takes its fields away."""
    return {
        **{name: serializers.IntegerField() for name in NUMBERS},
        "resource": serializers.CharField(),
        "file_name": serializers.CharField(),
        "state": serializers.ChoiceField(ImportBatch.State.choices),
        "problems": serializers.JSONField(),
        "job": JobOfImport(allow_null=True),
    }


def _answer(batch: ImportBatch, status: int = 200) -> Response:
    """202 while a job works on the file; ask again at Location."""
    job = Job.objects.filter(pk=batch.job_id).first() if batch.job_id else None
    body = {name: api_value(getattr(batch, name)) for name in (*NUMBERS, "file_name", "state", "problems")}
    body["resource"] = resources[batch.resource].path
    body["job"] = job and {name: getattr(job, name) for name in (*JOB_NUMBERS, "state", "problem")}
    working = job is not None and not job.finished
    return Response(body, status=202 if working else status, headers={"Location": f"/api/v1/imports/{batch.pk}/"})


def _require(request: Request, resource: Resource) -> Resource:
    require(request.user, "import", "c", noun="import")
    require(request.user, resource.row, "c", noun=resource.noun)
    return resource


class _OneImport(APIView):
    access = ("import", "c")
    parser_classes = [JSONParser]

    def batch(self, request: Request, key: int) -> ImportBatch:
        check_parameters(request.query_params, set(), set())
        person: Any = request.user.pk
        found = ImportBatch.objects.filter(pk=key, owner_id=person).first() if key < 2**63 else None
        if found is None:
            raise Http404
        _require(request, resources[found.resource])
        return found


class ImportsEndpoint(APIView):
    """Check a file: nothing is written but the report."""

    access = ("import", "c")
    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="imports_check",
        summary="Check a file of rows",
        tags=["Imports"],
        request={
            "multipart/form-data": inline_serializer(
                "ImportIn", {"resource": serializers.CharField(), "file": serializers.FileField()}
            )
        },
        responses={
            201: inline_serializer("ImportChecked", _fields()),
            202: inline_serializer("ImportBeingChecked", _fields()),
        },
    )
    def post(self, request: Request) -> Response:
        check_parameters(request.query_params, set(), set())
        data: Any = request.data
        name = str(data.get("resource", ""))
        found = next((one for one in resources if one.path == name and one.import_key), None)
        if found is None:
            known = ", ".join(sorted(one.path for one in resources if one.import_key))
            raise Refused(f"'resource' must name what is imported: {known}.", code="bad_body", field="resource")
        upload = request.FILES.get("file")
        if upload is None:
            raise Refused("Send the file as 'file' in multipart/form-data.", code="bad_body", field="file")
        return _answer(check_file(_require(request, found), upload.read(), upload.name or "", request.user), 201)


class ImportEndpoint(_OneImport):
    """The report of one file."""

    @extend_schema(
        operation_id="imports_read",
        summary="Read an import and its report",
        tags=["Imports"],
        responses={
            200: inline_serializer("ImportRead", _fields()),
            202: inline_serializer("ImportStillWorking", _fields()),
        },
    )
    def get(self, request: Request, key: int) -> Response:
        return _answer(self.batch(request, key))


class RunImportEndpoint(_OneImport):
    """Import a checked file: all rows or none."""

    @extend_schema(
        operation_id="imports_run",
        summary="Import a checked file",
        tags=["Imports"],
        request=None,
        responses={
            200: inline_serializer("ImportDone", _fields()),
            202: inline_serializer("ImportRunning", _fields()),
        },
    )
    def post(self, request: Request, key: int) -> Response:
        return _answer(import_batch(self.batch(request, key), request.user))


class UndoImportEndpoint(_OneImport):
    """Take back an import, whole."""

    @extend_schema(
        operation_id="imports_undo",
        summary="Undo an import",
        tags=["Imports"],
        request=None,
        responses=inline_serializer("ImportUndone", _fields()),
    )
    def post(self, request: Request, key: int) -> Response:
        return _answer(undo_batch(self.batch(request, key), request.user))
