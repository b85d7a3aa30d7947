"""The dashboard's own card: what waits, from every app, in the order of what waiting costs."""

from __future__ import annotations

from django.template.loader import render_to_string

from apps.core.web import pagemodel as pm
from apps.core.web.homecards import Card, View, by_cost_of_waiting, contributions, offer_card


def _needs_card(view: View, _param: str) -> pm.Section:
    rows = [
        row for part in sorted(contributions, key=lambda one: one.position) if part.needs for row in part.needs(view)
    ]
    if not rows:
        return pm.Section("Needs you now", text="Nothing waits for you.")
    items = render_to_string("dashboard/needs_list.html", {"rows": by_cost_of_waiting(rows)[:10]})
    return pm.Section("Needs you now", note=f"{len(rows)} items", body=items)


ALL_ROLES = frozenset({"OPM", "EXE", "DPM", "SUP", "OPR", "QAI", "BUY", "AUD", "ADM"})
offer_card(Card("dashboard.needs", "Needs you now", _needs_card, "What waits for you", roles=ALL_ROLES))
