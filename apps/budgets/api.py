"""The budget report and the availability check, in the API."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import Http404, QueryDict
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.budgets import services, variance
from apps.budgets.models import Line, Plan
from apps.core.api.endpoints import Endpoint, check_parameters
from apps.core.errors import Refused
from apps.core.resources.resource import resources

AMOUNT = serializers.CharField(help_text="Exact decimal in the currency of the budget")
FIGURES: dict[str, Any] = dict.fromkeys(
    ("original", "revised", "reserved", "encumbered", "actual", "available", "budget_to_date"), AMOUNT
) | {"actual_to_date": AMOUNT, "variance": AMOUNT}

GROUP: dict[str, Any] = {
    "key": serializers.CharField(),
    "name": serializers.CharField(),
    "lines": serializers.IntegerField(),
} | FIGURES


def _number(params: QueryDict, name: str) -> int:
    text = params.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Refused(f"Give '{name}' as a whole number.", code="bad_filter", field=name)
    return int(text)


class ReportEndpoint(Endpoint):
    """Sums of a budget by department, category, site, project or nature."""

    resource = resources["budget_plan"]

    def access_for(self, method: str | None) -> tuple[str, str] | None:
        return ("budget_plan", "r")

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super(Endpoint, self).initial(request, *args, **kwargs)
        check_parameters(request.query_params, {"plan", "through", "by"}, set())

    @extend_schema(
        operation_id="budget_report",
        summary="Budget against commitments and actual, summed",
        tags=["Budget plans"],
        parameters=[
            OpenApiParameter("plan", OpenApiTypes.INT, required=True),
            OpenApiParameter("through", OpenApiTypes.INT, description="Period of the variance; empty: today's"),
            OpenApiParameter("by", OpenApiTypes.STR, enum=list(variance.GROUPS)),
        ],
        responses=inline_serializer(
            "BudgetReport",
            {
                "plan": serializers.IntegerField(),
                "currency": serializers.CharField(),
                "through": serializers.IntegerField(),
                "groups": inline_serializer(
                    "BudgetGroup",
                    GROUP,
                    many=True,
                ),
            },
        ),
        examples=[OpenApiExample("One budget", value={"plan": 1, "currency": "EUR", "through": 6, "groups": []})],
    )
    def get(self, request: Request) -> Response:
        params = request.query_params
        plan = Plan.objects.visible_to(request.user).filter(pk=_number(params, "plan")).first()
        if plan is None:
            raise Http404("There is no such budget.")
        through = _number(params, "through") if params.get("through") else 0
        through = through or variance.current_period(plan, timezone.now().date())
        by = params.get("by") or "department"
        if by not in variance.GROUPS:
            raise Refused(f"Give 'by' as one of: {', '.join(variance.GROUPS)}.", code="bad_filter", field="by")
        groups = variance.grouped(variance.report(plan, request.user, through=through), by)
        found = {"plan": plan.pk, "currency": plan.currency, "through": through}
        return Response(found | {"groups": [_plain(one) for one in groups]})


def _plain(one: variance.Group) -> dict[str, Any]:
    amounts = {
        "original": one.original,
        "revised": one.year.appropriated,
        "reserved": one.year.reserved,
        "encumbered": one.year.encumbered,
        "actual": one.year.actual,
        "available": one.year.available,
        "budget_to_date": one.to_date.appropriated,
        "actual_to_date": one.to_date.actual,
        "variance": one.variance,
    }
    plain = {name: f"{amount:f}" for name, amount in amounts.items()}
    return {"key": one.key, "name": one.name, "lines": len(one.rows)} | plain


class CheckEndpoint(Endpoint):
    """Whether a line would bear an amount."""

    resource = resources["budget_line"]

    def access_for(self, method: str | None) -> tuple[str, str] | None:
        return ("budget_plan", "r")

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super(Endpoint, self).initial(request, *args, **kwargs)
        check_parameters(request.query_params, {"line", "amount", "on"}, set())

    @extend_schema(
        operation_id="budget_check",
        summary="Check whether a budget line bears an amount",
        tags=["Budget lines"],
        parameters=[
            OpenApiParameter("line", OpenApiTypes.INT, required=True),
            OpenApiParameter("amount", OpenApiTypes.STR, required=True),
            OpenApiParameter("on", OpenApiTypes.DATE, required=True),
        ],
        responses=inline_serializer(
            "BudgetCheckAnswer",
            {
                "verdict": serializers.ChoiceField(choices=["ok", "warn", "block"]),
                "available": AMOUNT,
                "available_to_date": AMOUNT,
                "message": serializers.CharField(),
            },
        ),
        examples=[
            OpenApiExample(
                "It fits",
                value={"verdict": "ok", "available": "400.00", "available_to_date": "120.00", "message": ""},
            )
        ],
    )
    def get(self, request: Request) -> Response:
        params = request.query_params
        line = Line.objects.visible_to(request.user).filter(pk=_number(params, "line")).select_related("plan").first()
        if line is None:
            raise Http404("There is no such budget line.")
        try:
            amount, on = Decimal(params.get("amount", "")), date.fromisoformat(params.get("on", ""))
        except (InvalidOperation, ValueError) as error:
            raise Refused(
                "Give 'amount' as a number and 'on' as a day such as 2026-11-24.", code="bad_filter"
            ) from error
        found = services.check_funds(line=line, amount=amount, on=on)
        return Response(
            {
                "verdict": found.verdict,
                "available": f"{found.available:f}",
                "available_to_date": f"{found.available_to_date:f}",
                "message": found.message,
            }
        )
