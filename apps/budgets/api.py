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

from apps.budgets import matching, services, variance
from apps.budgets.models import Category, Line, Plan
from apps.core.api.endpoints import Endpoint, check_parameters
from apps.core.errors import Refused
from apps.core.resources.resource import resources

AMOUNT = serializers.CharField(help_text="Exact decimal in the currency of the budget")
FIGURES: dict[str, Any] = dict.fromkeys(
    ("original", "revised", "reserved", "encumbered", "actual", "available", "budget_to_date"), AMOUNT
) | {
    "actual_to_date": AMOUNT,
    "variance": AMOUNT,
    "forecast": serializers.CharField(allow_null=True, help_text="Null: there is no forecast"),
}
LIKE: dict[str, Any] = {"key": serializers.CharField(), "name": serializers.CharField()} | dict.fromkeys(
    ("budget", "actual", "variance"), AMOUNT
)
NATURE = OpenApiParameter("nature", OpenApiTypes.STR, enum=list(Category.Nature.values), description="Empty: all")

GROUP: dict[str, Any] = {
    "key": serializers.CharField(),
    "name": serializers.CharField(),
    "lines": serializers.IntegerField(),
} | FIGURES


def whole_number(params: QueryDict, name: str) -> int:
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
        check_parameters(request.query_params, {"plan", "through", "by", "nature"}, set())

    @extend_schema(
        operation_id="budget_report",
        summary="Budget against commitments and actual, summed",
        tags=["Budget plans"],
        parameters=[
            OpenApiParameter("plan", OpenApiTypes.INT, required=True),
            OpenApiParameter("through", OpenApiTypes.INT, description="Period of the variance; empty: today's"),
            OpenApiParameter("by", OpenApiTypes.STR, enum=list(variance.GROUPS)),
            NATURE,
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
        plan = plan_of(request)
        through = whole_number(params, "through") if params.get("through") else 0
        through = through or variance.current_period(plan, timezone.localdate())
        by, nature = _choice(params, "by", list(variance.GROUPS), "department"), _nature(params)
        rows = variance.report(plan, request.user, through=through, kept=variance.of_nature(nature))
        forecasts = matching.forecasts(plan, request.user, by=by, nature=nature)
        groups = [_plain(one, forecasts.get(one.key)) for one in variance.grouped(rows, by)]
        return Response({"plan": plan.pk, "currency": plan.currency, "through": through, "groups": groups})


def plan_of(request: Request) -> Plan:
    found: Plan | None = (
        Plan.objects.visible_to(request.user).filter(pk=whole_number(request.query_params, "plan")).first()
    )
    if found is None:
        raise Http404("There is no such budget.")
    return found


def _choice(params: QueryDict, name: str, known: list[str], default: str) -> str:
    found = params.get(name) or default
    if found not in (*known, default):
        raise Refused(f"Give '{name}' as one of: {', '.join(known)}.", code="bad_filter", field=name)
    return found


def _nature(params: QueryDict, default: str = "") -> str:
    return _choice(params, "nature", list(Category.Nature.values), default)


def _plain(one: variance.Group, forecast: Decimal | None) -> dict[str, Any]:
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
    plain: dict[str, Any] = {name: f"{amount:f}" for name, amount in amounts.items()}
    plain["forecast"] = None if forecast is None else f"{forecast:f}"
    return {"key": one.key, "name": one.name, "lines": len(one.rows)} | plain


class LikeEndpoint(Endpoint):
    """Budget and actual over the periods of a line that have both."""

    resource = resources["budget_plan"]

    def access_for(self, method: str | None) -> tuple[str, str] | None:
        return ("budget_plan", "r")

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super(Endpoint, self).initial(request, *args, **kwargs)
        check_parameters(request.query_params, {"plan", "by", "nature", "years"}, set())

    @extend_schema(
        operation_id="budget_like_with_like",
        summary="Budget against actual where a period has both",
        tags=["Budget plans"],
        parameters=[
            OpenApiParameter("plan", OpenApiTypes.INT, required=True),
            OpenApiParameter("by", OpenApiTypes.STR, enum=list(matching.BY)),
            OpenApiParameter(
                "nature", OpenApiTypes.STR, enum=[*Category.Nature.values, "all"], description="Empty: expense"
            ),
            OpenApiParameter(
                "years", OpenApiTypes.STR, enum=["one", "all"], description="all: every budget of its currency in force"
            ),
        ],
        responses=inline_serializer(
            "BudgetLikeWithLike",
            {
                "plan": serializers.IntegerField(),
                "currency": serializers.CharField(),
                "groups": inline_serializer(
                    "BudgetLike",
                    LIKE
                    | {
                        "per_cent": serializers.CharField(allow_null=True, help_text="Null: the budget is zero"),
                        "count": serializers.IntegerField(),
                    },
                    many=True,
                ),
            },
        ),
        examples=[OpenApiExample("One budget", value={"plan": 1, "currency": "EUR", "groups": []})],
    )
    def get(self, request: Request) -> Response:
        params, plan = request.query_params, plan_of(request)
        nature = _choice(params, "nature", [*Category.Nature.values, "all"], "expense")
        by = _choice(params, "by", list(matching.BY), "department")
        plans = [plan]
        if _choice(params, "years", ["one", "all"], "one") == "all":
            plans = matching.in_force(request.user, currency=plan.currency)
        found = matching.matched(plans, request.user, by=by, nature="" if nature == "all" else nature)
        rows = [*found, matching.total_of(found)] if found else []
        return Response({"plan": plan.pk, "currency": plan.currency, "groups": [_like(one) for one in rows]})


def _like(one: matching.Like) -> dict[str, Any]:
    amounts = {"budget": one.budget, "actual": one.actual, "variance": one.variance}
    share = None if one.per_cent is None else f"{one.per_cent:.4f}"
    return {"key": one.key, "name": one.name, "per_cent": share, "count": one.count} | {
        name: f"{amount:f}" for name, amount in amounts.items()
    }


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
        line = (
            Line.objects.visible_to(request.user).filter(pk=whole_number(params, "line")).select_related("plan").first()
        )
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
