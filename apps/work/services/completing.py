"""Doing a task: everything it asks for is there, and both names when somebody stands in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.core.access.rights import rights_of
from apps.core.errors import Refused
from apps.core.models import Attachment
from apps.core.records import write
from apps.core.records.attaching import attach
from apps.work import events
from apps.work.fields import check_answers
from apps.work.models import Task
from apps.work.services.tasks import locked_task, require_open, tell_breach
from apps.work.skills import holds_skill


def complete_task(
    task: Task,
    *,
    actor: Any,
    answers: dict[str, Any] | None = None,
    checked: Any = (),
    photo: Any = None,
    signature: str = "",
    note: str = "",
    now: datetime | None = None,
) -> Task:
    """Everything the task asks for is there; a stand-in's name stands beside the name of whom they act for."""
    moment = now or timezone.now()
    with transaction.atomic():
        locked = locked_task(task)
        require_open(locked)
        if locked.state == Task.State.HELD:
            raise Refused("It is on hold. Let it go on first.", code="held")
        _check_skill(locked, actor)
        points = _ticked(locked, checked)
        given = check_answers(locked.form, _store_photos(locked, dict(answers or {}), actor))
        if photo is not None:
            attach(locked, content=photo.read(), filename=photo.name or "photo.jpg", actor=actor)
        _check_proof(locked, actor, signature)
        tell_breach(locked, moment)  # done late counts as late, also before the clock's next round
        stood_in_for = _stood_in_for(locked, actor)
        values: dict[str, Any] = {
            "state": Task.State.DONE,
            "answers": ({"note": note} if note else {}) | given,
            "checklist": points,
            "done_at": moment,
            "done_by": actor,
            "done_for": stood_in_for,
            "started_at": locked.started_at or moment,
            "signed_as": signature.strip(),
            "assignee": locked.assignee or actor,
        }
        extra = {"task_id": locked.pk, "source": locked.source, "answers": values["answers"]}
        extra["done_for_id"] = getattr(stood_in_for, "pk", None)
        return write.change(locked, values, actor=actor, fact=events.TaskCompleted, **extra)


def _ticked(task: Task, checked: Any) -> list[dict[str, Any]]:
    """The checklist with what was ticked just now; a point left open is refused by its words."""
    now = {str(one) for one in checked}
    points = [
        dict(one) | {"done": bool(one["done"] or str(place) in now)} for place, one in enumerate(task.checklist, 1)
    ]
    missing = [one["text"] for one in points if not one["done"]]
    if missing:
        raise Refused(f"Not ticked yet: {missing[0]}.", code="checklist", field="checked")
    return points


def _store_photos(task: Task, answers: dict[str, Any], actor: Any) -> dict[str, Any]:
    """Photos that come with the form are put beside the task; the answer is the number of the file."""
    for field in task.form:
        value = answers.get(field["name"])
        if isinstance(value, UploadedFile):
            value = answers[field["name"]] = attach(
                task, content=value.read(), filename=value.name or "photo.jpg", actor=actor
            ).pk
        if field["kind"] == "photo" and value not in (None, "") and not _has_picture(task, value):
            raise Refused(
                f"“{field['label']}”: no picture {value} is beside this task. Attach one first.",
                code="no_photo",
                field=field["name"],
            )
    return answers


def _has_picture(task: Task, key: Any) -> bool:
    beside = Attachment.objects.filter(subject=task.subject(), media_type__startswith="image/")
    return str(key).isdecimal() and len(str(key)) < 19 and beside.filter(pk=int(key)).exists()


def _check_proof(task: Task, actor: Any, signature: str) -> None:
    if task.photo and not Attachment.objects.filter(subject=task.subject(), media_type__startswith="image/").exists():
        raise Refused("This task needs a photo. Add one.", code="no_photo", field="photo")
    name = str(actor)
    if task.signature and " ".join(signature.split()).casefold() != name.casefold():
        raise Refused(f"Sign with your name as it stands here: {name}.", code="signature", field="signature")


def _stood_in_for(task: Task, actor: Any) -> User | None:
    holder: User | None = task.assignee
    if holder is not None and holder.pk != actor.pk and holder.pk in rights_of(actor).principals:
        return holder
    return None


def _check_skill(task: Task, actor: Any) -> None:
    if task.skill and not holds_skill(actor, task.skill):
        raise Refused(f"This task asks for the skill “{task.skill}”, which you do not hold today.", code="skill")
