"""Addresses of the workflows pages and endpoints that are no list, record or form."""

from django.urls import path

from apps.workflows import (
    api_cases,
    api_decisions,
    api_drawing,
    api_rules,
    views_cases,
    views_decisions,
    views_drawing,
    views_heat,
    views_logs,
    views_rules,
    views_trial,
)

urlpatterns = [
    path("workflows/bpmn/", views_cases.workflow_import, name="workflow_import"),
    path("workflows/<int:key>/workflow.bpmn", views_cases.workflow_file, name="workflow_file"),
    path("workflows/<int:key>/versions/<int:number>/", views_cases.workflow_version, name="workflow_version"),
    path(
        "workflows/<int:key>/versions/<int:number>/workflow.bpmn",
        views_cases.workflow_version_file,
        name="workflow_version_file",
    ),
    path("workflows/log/", views_logs.log_import, name="log_import"),
    path("workflows/<int:key>/log.xes", views_logs.log_file, name="log_file"),
    path("workflows/<int:key>/figures/", views_logs.log_figures, name="log_figures"),
    path("workflows/<int:key>/heat-map/", views_heat.workflow_heat, name="workflow_heat"),
    path("workflows/<int:key>/editor/", views_drawing.workflow_editor, name="workflow_editor"),
    path("workflows/<int:key>/steps/<str:element>/", views_drawing.workflow_step, name="workflow_step"),
    path("workflows/<int:key>/trial/", views_trial.workflow_trial, name="workflow_trial"),
    path("cases/begin/", views_cases.case_begin, name="case_begin"),
    path("cases/begin/<int:key>/", views_cases.case_start, name="case_start"),
    path("decisions/dmn/", views_decisions.decision_import, name="decision_import"),
    path("decisions/<int:key>/table/", views_decisions.decision_table, name="decision_table"),
    path("decisions/<int:key>/try/", views_decisions.decision_try, name="decision_try"),
    path("decisions/<int:key>/decision.dmn", views_decisions.decision_file, name="decision_file"),
    path("automation/<int:key>/rule/", views_rules.rule_editor, name="rule_editor"),
    path("automation/<int:key>/dry-runs/", views_rules.rule_dry_run, name="rule_dry_run"),
]
api_urlpatterns = [
    path("workflows/bpmn/", api_cases.BpmnEndpoint.as_view(), name="api-workflows-bpmn"),
    path("workflows/messages/", api_cases.MessageEndpoint.as_view(), name="api-workflows-messages"),
    path("workflows/<int:key>/check/", api_drawing.CheckEndpoint.as_view(), name="api-workflows-check"),
    path("workflows/<int:key>/migration/", api_cases.MigrationEndpoint.as_view(), name="api-workflows-migration"),
    path("workflows/<int:key>/figures/", api_cases.FiguresEndpoint.as_view(), name="api-workflows-figures"),
    path("workflows/<int:key>/trial/", api_drawing.TrialEndpoint.as_view(), name="api-workflows-trial"),
    path("workflows/<int:key>/heat-map/", api_drawing.HeatEndpoint.as_view(), name="api-workflows-heat"),
    path("cases/<int:key>/steps/", api_cases.StepsEndpoint.as_view(), name="api-cases-steps"),
    path("automation/<int:key>/dry-runs/", api_rules.DryRunsEndpoint.as_view(), name="api-automation-dry-runs"),
    path(
        "automation/<int:key>/dry-runs/<int:number>/",
        api_rules.DryRunEndpoint.as_view(),
        name="api-automation-dry-run",
    ),
    path("decisions/dmn/", api_decisions.DmnEndpoint.as_view(), name="api-decisions-dmn"),
    path("decisions/<int:key>/decide/", api_decisions.DecideEndpoint.as_view(), name="api-decisions-decide"),
]
