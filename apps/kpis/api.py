"""KPI values out and readings in, beyond what the generated endpoints do."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import Http404
from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.access.rights import require
from apps.core.api.endpoints import Endpoint, check_parameters
from apps.core.api.output import api_value
from apps.core.api.schema import IDEMPOTENCY
from apps.core.errors import Refused
from apps.core.records.once import Answer
from apps.core.resources.resource import resources
from apps.kpis import queries, services
from apps.kpis.ingest import Measured
from apps.kpis.models import Definition, ReadingBatch
from apps.kpis.panels import exact_text
from apps.org.models import Department

MAX_READINGS = 100_000
LIMIT = Decimal(10) ** 17
VALUES = inline_serializer(
    "KpiValues",
    {
        "kpi": serializers.IntegerField(),
        "unit": serializers.CharField(allow_blank=True),
        "period": serializers.CharField(),
        "as_of": serializers.DateTimeField(allow_null=True),
        "values": inline_serializer(
            "KpiValue",
            {
                "key": serializers.CharField(),
                "start": serializers.DateTimeField(),
                "value": serializers.CharField(
                    allow_null=True, help_text="Exact decimal; null means nothing was measured"
                ),
                "count": serializers.IntegerField(),
            },
            many=True,
        ),
        "status": serializers.CharField(allow_blank=True),
        "target": serializers.CharField(allow_null=True),
    },
)


class ValuesEndpoint(Endpoint):
    """The values of one KPI by period, rolled up over the departments you may read."""

    resource = resources["kpi"]

    def access_for(self, method: str | None) -> tuple[str, str] | None:
        return ("kpi_value", "r")

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super(Endpoint, self).initial(request, *args, **kwargs)
        check_parameters(request.query_params, {"period", "points", "department", "site", "until"}, set())

    @extend_schema(
        operation_id="kpis_values",
        summary="Values of a KPI",
        tags=["KPIs & goals"],
        responses=VALUES,
        parameters=[
            OpenApiParameter("period", {"type": "string", "enum": ["hour", "day", "week", "month"]}),
            OpenApiParameter("points", {"type": "integer", "minimum": 1, "maximum": 1000, "default": 26}),
            OpenApiParameter(
                "department", {"type": "integer", "minimum": 1}, description="This one and those below it"
            ),
            OpenApiParameter("site", str, description="Only departments of the site with this code"),
            OpenApiParameter("until", str, description="Only periods that begin before this time (ISO 8601)"),
        ],
    )
    def get(self, request: Request, key: int) -> Response:
        kpi: Definition = self.record(request, key)
        params = request.query_params
        period = params.get("period", kpi.grain)
        if period not in queries.ORDER:
            raise Refused("'period' is hour, day, week or month.", code="bad_filter", field="period")
        one = queries.standings(
            [kpi],
            user=request.user,
            grain=period,
            points=_whole(params.get("points", "26"), "points", 1000),
            departments=wanted_departments(request),
            until=_until(params.get("until")),
        )[0]
        rolled_up_at, _ = queries.freshness()
        return Response(
            {
                "kpi": kpi.pk,
                "unit": kpi.unit,
                "period": one.grain,
                "as_of": api_value(rolled_up_at),
                "values": [
                    {
                        "key": value.period.key,
                        "start": api_value(value.period.start),
                        "value": exact_text(value.value),
                        "count": value.count,
                    }
                    for value in one.values
                ],
                "status": one.tone,
                "target": exact_text(one.target.target) if one.target else None,
            }
        )


def wanted_departments(request: Request) -> list[int]:
    """Those asked for, as far as the caller may read values there."""
    mine = queries.readable_departments(request.user)
    text, site = request.query_params.get("department"), request.query_params.get("site", "")
    if text is None:
        return queries.at_site(mine, site)
    chosen = Department.objects.visible_to(request.user).filter(pk=_whole(text, "department", 2**62)).first()
    if chosen is None:
        raise Http404
    return queries.at_site(queries.below(chosen, mine), site)


def _whole(text: str, name: str, most: int) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:19]) <= most):
        raise Refused(f"'{name}' must be a whole number from 1 to {most}.", code="bad_filter", field=name)
    return int(text)


def _until(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Refused(
            "'until' must be a time with zone, such as 2026-11-24T00:00:00Z.", code="bad_filter", field="until"
        )
    return moment


class BulkReadings(Endpoint):
    """Up to 100 000 readings in one call: all or none, equal repeats ignored, changed values correct the old ones."""

    resource = resources["reading_batch"]

    def access_for(self, method: str | None) -> tuple[str, str] | None:
        return ("kpi_value", "c")

    @extend_schema(
        operation_id="kpi_readings_bulk",
        summary="Send readings in bulk",
        tags=["KPI readings"],
        parameters=[IDEMPOTENCY],
        request=inline_serializer(
            "ReadingsIn",
            {
                "department": serializers.CharField(
                    required=False, help_text="Code of the department the batch belongs to"
                ),
                "readings": inline_serializer(
                    "ReadingIn",
                    {
                        "kpi": serializers.CharField(help_text="KPI code"),
                        "department": serializers.CharField(help_text="Department code"),
                        "at": serializers.DateTimeField(),
                        "value": serializers.DecimalField(max_digits=24, decimal_places=6),
                        "weight": serializers.DecimalField(
                            max_digits=24, decimal_places=6, required=False, allow_null=True
                        ),
                    },
                    many=True,
                ),
            },
        ),
        responses={
            201: inline_serializer(
                "ReadingsDone",
                {
                    "batch": serializers.IntegerField(),
                    "rows": serializers.IntegerField(),
                    "added": serializers.IntegerField(),
                    "corrected": serializers.IntegerField(),
                    "unchanged": serializers.IntegerField(),
                },
            )
        },
        examples=[
            OpenApiExample(
                "Two readings of a ratio",
                request_only=True,
                value={
                    "readings": [
                        {
                            "kpi": "otd",
                            "department": "PLANT1",
                            "at": "2026-11-23T00:00:00Z",
                            "value": "94",
                            "weight": "100",
                        },
                        {
                            "kpi": "otd",
                            "department": "PLANT1",
                            "at": "2026-11-24T00:00:00Z",
                            "value": "97",
                            "weight": "100",
                        },
                    ]
                },
            )
        ],
    )
    def post(self, request: Request) -> Response:
        body = request.data
        rows = body.get("readings") if isinstance(body, dict) else None
        if not isinstance(rows, list) or not rows:
            raise Refused("Send 'readings': a list of readings.", code="bad_body", field="readings")
        if len(rows) > MAX_READINGS:
            raise Refused(f"Send at most {MAX_READINGS} readings at a time.", code="too_many", field="readings")

        def run() -> Answer:
            measured = self._read(request, rows)
            department = Department.objects.get(pk=measured[0][1])
            require(
                request.user,
                "kpi_value",
                "c",
                ReadingBatch(department=department, sender_id=request.user.pk),
                own="sender_id",
            )
            batch = services.record_readings(
                measured, source=ReadingBatch.Source.API, department=department, actor=request.user, note="Sent by API"
            )
            return Answer(
                201,
                {
                    "batch": batch.pk,
                    "rows": batch.rows,
                    "added": batch.added,
                    "corrected": batch.corrected,
                    "unchanged": batch.unchanged,
                },
                {"Location": f"/api/v1/kpi-readings/{batch.pk}/"},
            )

        return self.answer(request, run)

    def _read(self, request: Request, rows: list[Any]) -> list[Measured]:
        """Every row checked; the first twenty problems are told by row number."""
        kpis = {kpi.code: kpi for kpi in Definition.objects.visible_to(request.user).filter(archived_at__isnull=True)}
        keys = queries.readable_departments(request.user, "c")
        departments = dict(Department.objects.filter(pk__in=keys).values_list("code", "pk"))
        measured: list[Measured] = []
        problems: dict[str, str] = {}
        for index, row in enumerate(rows):
            try:
                measured.append(_measured(row, kpis, departments))
            except Refused as error:
                problems[f"readings[{index}]"] = error.message
                if len(problems) == 20:
                    break
        if problems:
            raise Refused(
                f"{next(iter(problems.values()))} Nothing was stored.",
                code="bad_readings",
                field=next(iter(problems)),
                details={"rows": problems},
            )
        return measured


def _measured(row: Any, kpis: dict[str, Definition], departments: dict[str, int]) -> Measured:
    if not isinstance(row, dict) or set(row) - {"kpi", "department", "at", "value", "weight"}:
        raise Refused("A reading is an object with kpi, department, at, value and weight.", code="bad_row")
    kpi = kpis.get(row.get("kpi", "")) if isinstance(row.get("kpi"), str) else None
    if kpi is None:
        raise Refused(f"KPI '{row.get('kpi')}' is not known here.", code="unknown_code")
    name = row.get("department")
    department = departments.get(name) if isinstance(name, str) else None
    if department is None:
        raise Refused(f"Department '{name}' is not one you may write to.", code="unknown_code")
    text = row.get("at")
    try:
        at = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or not 1970 < at.year < 2200:
        raise Refused(f"'{text}' must be a time with zone, such as 2026-11-24T06:00:00Z.", code="bad_time")
    weight = row.get("weight")
    services.check_weight(kpi, weight)
    return kpi.pk, department, at, _number(row.get("value")), None if weight is None else _number(weight)


def _number(value: Any) -> Decimal:
    try:
        number = Decimal(value) if isinstance(value, str | int | Decimal) and not isinstance(value, bool) else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or abs(number) >= LIMIT:
        raise Refused(f"'{value}' is no number we can keep.", code="bad_number")
    return number
