"""Approval policies: who must approve what, in which band of the amount."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from apps.core.errors import Refused
from apps.core.records import write
from apps.core.records.numbering import next_number
from apps.work import events
from apps.work.models import Policy, PolicyStep
from apps.work.models.approval import StepKind

NEEDS = {StepKind.PERSON: "person", StepKind.ROLE: "role", StepKind.TEAM: "team"}


def set_policy(*, actor: Any, **values: Any) -> Policy:
    return write.create(Policy(**values), actor=actor, fact=events.PolicySet)


def change_policy(policy: Policy, *, actor: Any, version: int | None = None, **values: Any) -> Policy:
    """Approvals under way keep their steps. Its steps move with its department."""
    with transaction.atomic():
        changed = write.change(policy, values, actor=actor, fact=events.PolicyChanged, version=version)
        PolicyStep.objects.filter(policy=changed).update(department=changed.department)
        return changed


def archive_policy(policy: Policy, *, actor: Any) -> Policy:
    return write.archive(policy, actor=actor, fact=events.PolicyChanged)


def restore_policy(policy: Policy, *, actor: Any) -> Policy:
    return write.restore(policy, actor=actor, fact=events.PolicyChanged)


def add_policy_step(*, policy: Policy, actor: Any, **values: Any) -> PolicyStep:
    with transaction.atomic():
        step = PolicyStep(policy=policy, department=policy.department, **values)
        _check(step)
        step.code = step.code or f"AS{next_number('approval_step')}"
        return write.create(step, actor=actor, fact=events.PolicyStepSet)


def change_policy_step(step: PolicyStep, *, actor: Any, version: int | None = None, **values: Any) -> PolicyStep:
    names = ("kind", "person", "role", "team", "need")
    values["code"] = values.get("code") or step.code
    _check(PolicyStep(**{name: values.get(name, getattr(step, name)) for name in names}))
    return write.change(step, values, actor=actor, fact=events.PolicyStepChanged, version=version)


def _check(step: PolicyStep) -> None:
    """A step says whom it asks."""
    name = NEEDS.get(StepKind(step.kind))
    if name and not getattr(step, name if name == "role" else f"{name}_id"):
        raise Refused(f"Choose the {name} this step asks.", code="nobody", field=name)
    if step.kind == StepKind.PERSON and step.need > 1:
        raise Refused(
            "One person can answer only once. Set how many to 1, or choose a role.", code="need", field="need"
        )


def archive_policy_step(step: PolicyStep, *, actor: Any) -> PolicyStep:
    return write.archive(step, actor=actor, fact=events.PolicyStepChanged)


def restore_policy_step(step: PolicyStep, *, actor: Any) -> PolicyStep:
    return write.restore(step, actor=actor, fact=events.PolicyStepChanged)
