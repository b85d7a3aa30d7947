"""Cost of quality: four classes of a published report, scrap and bad goods as they happen; every figure is the sum of its records."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.budgets import quality, services
from apps.budgets.models import Plan
from apps.core.access import scope
from apps.core.qualitycosts import CostFeed, feed
from apps.core.resources.resource import of_subject
from apps.inventory import services as stock
from tests.factories import budgets as make
from tests.factories import inventory as goods
from tests.factories import people

# Garrison, Noreen, Brewer, Managerial Accounting, Ventura Company, year 2, in thousands.
VENTURA = {
    "prevent": {"systems": 400, "training": 210, "supervision": 70, "improvement": 320},
    "appraise": {"inspection": 600, "testing": 580, "oversight": 120, "depreciation": 200},
    "internal": {"scrap": 900, "rework": 1430, "downtime": 170, "disposal": 500},
    "external": {"repairs": 400, "replacements": 870, "allowances": 130, "field": 600},
}
TOTALS = {"prevent": 1000, "appraise": 1500, "internal": 3000, "external": 2000}
SHARES = {"prevent": "2.00", "appraise": "3.00", "internal": "6.00", "external": "4.00"}  # per cent of sales of 50 000
JUNE = date(2026, 6, 10)


@pytest.fixture
def cast(db: Any) -> Any:
    with transaction.atomic(), scope.system("a test"):
        yield people.cast()


@pytest.fixture
def browser(cast: Any) -> Client:
    client = Client(SERVER_NAME="localhost")
    client.force_login(cast.by_role["OPM"])
    return client


def test_the_four_classes_of_a_published_report(cast: Any, browser: Client) -> None:
    plan = make.plan(cast, department=cast.company.root, owner=cast.by_role["OPM"])
    lines = []
    for kind, costs in VENTURA.items():
        for code, cost in costs.items():
            category = services.add_category(code=code, name=code.title(), quality=kind, actor=None)
            line = services.add_line(plan=plan, category=category, total=Decimal(2000), actor=None)
            lines.append((line, cost))
    other = services.add_line(plan=plan, project="rent", total=Decimal(2000), actor=None)
    services.approve_plan(plan, actor=None)
    for line, cost in [*lines, (other, 999)]:
        line.refresh_from_db()
        for part in (Decimal(cost) * 3 / 10, Decimal(cost) * 7 / 10):
            services.spend_funds(line=line, amount=part, on=JUNE, document="books", actor=None)
    told = browser.get("/api/v1/budget-plans/quality-costs/", {"plan": plan.pk, "through": 12}).json()
    sums = {one["key"]: Decimal(one["amount"]) for one in told["classes"]}
    assert sums == TOTALS
    assert {key: f"{amount / 500:.2f}" for key, amount in sums.items()} == SHARES
    assert Decimal(told["amount"]) == 7500
    page = browser.get("/budgets/quality/", {"plan": plan.pk, "through": 12}).content.decode()
    assert "66.7" in page  # failures, 5 000 of 7 500
    whole = {"plan": plan.pk, "through": 12, "source": told["classes"][0]["sources"][0]["key"]}
    english = (
        "Quality costs",
        "Failures are",
        "The rest",
        "Prevention",
        "Internal failure",
        "Booked on",
        ">All<",
        "Through",
    )
    words = [one for one in english if one in browser.get("/budgets/quality/", whole).content.decode()]
    assert words == list(english)
    for language in ("de", "es", "ar"):
        User.objects.filter(pk=cast.by_role["OPM"].pk).update(language=language)
        page = browser.get("/budgets/quality/", whole).content.decode()
        assert [one for one in english if one in page] == [], language


def drilled(browser: Client, plan: Plan, source: str) -> dict[str, Any]:
    told = browser.get(f"/api/v1/budget-plans/quality-costs/?plan={plan.pk}&through=12&source={source}").json()
    found = [one for kind in told["classes"] for one in kind["sources"]]
    assert sum(Decimal(one["amount"]) for one in found) == Decimal(told["amount"])
    one = next(one for one in found if one["key"] == source)
    assert sum(Decimal(record["amount"]) for record in one["records"]) == Decimal(one["amount"])
    assert len(one["records"]) == one["count"]
    return one  # type: ignore[no-any-return]


def test_scrap_counts_as_internal_failure_and_taken_back_counts_no_more(cast: Any, browser: Client) -> None:
    year = timezone.localdate().year
    plan = make.plan(cast, department=cast.company.plant, fiscal_year=year)
    services.approve_plan(plan, actor=None)
    item = goods.item(cast.company.plant, cast.manager, standard_cost=Decimal("2.345"))
    place, elsewhere = (goods.place(where, cast.manager) for where in (cast.company.plant, cast.company.other))
    for where in (place, elsewhere):
        stock.receive_stock(item=item, to=where, quantity=Decimal(50), unit_cost=Decimal(2), actor=cast.manager)
    common: dict[str, Any] = {"item": item, "reason": "Bent", "actor": cast.by_role["OPM"]}
    (bent,) = stock.scrap_stock(at=place, quantity=Decimal(3), **common)
    stock.scrap_stock(at=place, quantity=Decimal(10), **common)
    stock.scrap_stock(at=elsewhere, quantity=Decimal(7), **common)  # another department's, in no line of this budget
    stock.issue_stock(item=item, at=place, quantity=Decimal(5), actor=cast.manager)
    one = drilled(browser, plan, "inventory.scrap")
    assert [Decimal(record["amount"]) for record in one["records"]] == [Decimal("7.04"), Decimal("23.45")]
    assert {record["department"] for record in one["records"]} == {cast.company.plant.pk}
    known = of_subject(one["records"][0]["subject"])
    assert known is not None
    page = browser.get(f"/budgets/quality/?plan={plan.pk}&through=12&source=inventory.scrap")
    assert f'href="/{known[0].path}/{known[1]}/"' in page.content.decode()
    assert "30.49" in page.content.decode()
    stock.reverse_move(bent, reason="Was straight", actor=cast.by_role["OPM"])
    assert Decimal(drilled(browser, plan, "inventory.scrap")["amount"]) == Decimal("23.45")
    sums = quality.by_class(quality.sources(plan, cast.by_role["OPM"], through=12))
    assert sums == {"prevent": 0, "appraise": 0, "internal": Decimal("23.45"), "external": 0}
    assert quality.sources(plan, cast.stranger, through=12) == []


def test_another_currency_is_converted_or_said_to_be_left_out(cast: Any, browser: Client) -> None:
    year = timezone.localdate().year
    plan = make.plan(cast, department=cast.company.plant, fiscal_year=year)
    services.approve_plan(plan, actor=None)
    item = goods.item(cast.company.plant, cast.manager, standard_cost=Decimal(10), currency="USD")
    place = goods.place(cast.company.plant, cast.manager)
    stock.receive_stock(item=item, to=place, quantity=Decimal(9), unit_cost=Decimal(10), actor=cast.manager)
    stock.scrap_stock(item=item, at=place, quantity=Decimal(2), reason="Bent", actor=cast.manager)
    one = drilled(browser, plan, "inventory.scrap")
    assert (one["without_rate"], one["count"]) == (1, 0)
    services.add_rate(currency="USD", into="EUR", valid_from=date(year, 1, 1), rate=Decimal("0.9"), actor=None)
    one = drilled(browser, plan, "inventory.scrap")
    assert (one["without_rate"], float(one["amount"])) == (0, 18)


def test_a_feed_has_one_name_and_one_of_four_classes() -> None:
    with pytest.raises(ValueError, match="none of"):
        feed(CostFeed(name="qa.ncr", label="NCR", quality="rework", collect=lambda user, first, last: []))
    with pytest.raises(ValueError, match="twice"):
        feed(CostFeed(name="inventory.scrap", label="Scrap", quality="internal", collect=lambda user, first, last: []))
