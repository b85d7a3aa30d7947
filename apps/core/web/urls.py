"""Addresses of the screen door: apps' own pages first, then the generic pages of every noun."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.conf import settings
from django.urls import path

from apps.core.domain import DomainConfig
from apps.core.web import (
    styleguide,
    views_act,
    views_audit,
    views_cell,
    views_data,
    views_explain,
    views_files,
    views_list,
    views_misc,
    views_record,
    waiting,
)
from apps.core.web.access import signed_in


def _own_pages() -> list[object]:
    found: list[object] = []
    for config in apps.get_app_configs():
        if isinstance(config, DomainConfig) and find_spec(f"{config.name}.urls") is not None:
            found += import_module(f"{config.name}.urls").urlpatterns
    return found


def _page(route: str, view: object, name: str) -> object:
    return path(route, signed_in(view), name=name)  # type: ignore[arg-type]


urlpatterns = [
    path("-/alive", views_misc.alive, name="alive"),
    path("-/ready", views_misc.ready, name="ready"),
    path("-/ping", views_misc.ping, name="ping"),
    *_own_pages(),
    _page("settings/", views_misc.settings_view, "settings"),
    _page("search/", views_misc.search_view, "search"),
    _page("jobs/<int:key>/", views_misc.job_view, "job"),
    _page("jobs/<int:key>/cancel/", views_misc.job_cancel_view, "job_cancel"),
    _page("files/<int:key>/", views_files.file_view, "file"),
    _page("drafts/<str:form>/", views_misc.draft_view, "draft"),
    path("waiting/", waiting.waiting, name="waiting"),
    _page("theme/", views_misc.set_theme, "set_theme"),
    _page("audit/", views_audit.audit_view, "audit"),
    _page("audit/<int:key>/", views_audit.event_view, "audit_event"),
    _page("deliveries/", views_audit.deliveries_view, "deliveries"),
    _page("deliveries/let-mail-out/", views_audit.resume_view, "let_mail_out"),
    _page("deliveries/<int:key>/replay/", views_audit.replay_view, "replay"),
    _page("explain/", views_explain.explain_view, "explain"),
    _page("<slug:path>/", views_list.list_view, "list"),
    _page("<slug:path>/new/", views_act.create_view, "create"),
    _page("<slug:path>/export.<str:kind>", views_data.export_view, "export"),
    _page("<slug:path>/import/", views_data.import_view, "import"),
    _page("<slug:path>/import/template.csv", views_data.template_view, "import_template"),
    _page("<slug:path>/import/<int:key>/", views_data.batch_view, "import_batch"),
    _page("<slug:path>/import/<int:key>/problems.csv", views_data.problems_view, "import_problems"),
    _page("<slug:path>/views/save/", views_misc.save_view_view, "save_view"),
    _page("<slug:path>/views/<int:key>/delete/", views_misc.delete_view_view, "delete_view"),
    _page("<slug:path>/bulk/<slug:name>/", views_act.bulk_view, "bulk"),
    _page("<slug:path>/<int:key>/", views_record.record_view, "record"),
    _page("<slug:path>/<int:key>/files/", views_files.attach_view, "attach"),
    _page("<slug:path>/<int:key>/cells/<slug:name>/", views_cell.cell_view, "cell"),
    _page("<slug:path>/<int:key>/<slug:name>/", views_act.act_view, "act"),
]

if settings.DEBUG or settings.OPS_TEST:
    urlpatterns[3:3] = styleguide.urlpatterns
