"""KPIs for tests."""

from __future__ import annotations

from typing import Any

from apps.kpis import services
from apps.kpis.models import Definition
from apps.org.models import Department


def kpi(code: str, department: Department, **values: Any) -> Definition:
    return services.define_kpi(code=code, name=code.title(), department=department, actor=None, **values)
