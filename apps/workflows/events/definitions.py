"""What happened to workflows as they are drawn and published."""

from __future__ import annotations

from dataclasses import dataclass

from apps.core.events.facts import Changed, Recorded


@dataclass(frozen=True, kw_only=True)
class WorkflowDrafted(Recorded, name="workflows.workflow_drafted", sentence="Workflow drafted", icon="workflow"):
    """Somebody began a workflow."""


@dataclass(frozen=True, kw_only=True)
class WorkflowChanged(Changed, name="workflows.workflow_changed", sentence="Workflow changed", icon="workflow"):
    """The draft of a workflow, or what surrounds it, changed."""


@dataclass(frozen=True, kw_only=True)
class WorkflowPublished(Changed, name="workflows.workflow_published", sentence="Workflow published", icon="check"):
    """New cases begin with this version."""

    number: int
    sha256: str
