"""Writing, correcting and taking back comments; following and muting records."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.comms import events
from apps.comms.mentions import mentioned, refuse_strangers
from apps.comms.models import Comment, Follow
from apps.core.access.rights import rights_of
from apps.core.errors import NotAllowed, Refused
from apps.core.events.log import emit
from apps.core.resources.resource import of_record

EDITABLE = timedelta(minutes=15)
LONGEST = 4000


def add_comment(*, record: Any, text: str, actor: Any) -> Comment:
    """Whoever may read a record may speak beside it; a token needs the right to write such records."""
    words = _words(text)
    _refuse_reading_token(record, actor)
    with transaction.atomic():
        people = mentioned(words)
        refuse_strangers(people, record.subject(), actor=actor)
        comment = Comment.objects.create(
            subject=record.subject(),
            departments=sorted(record.departments_concerned()),
            author=actor,
            text=words,
            mentions=[one.pk for one in people],
        )
        emit(
            events.Commented(
                subject=comment.subject,
                departments=record.departments_concerned(),
                comment_id=comment.pk,
                text=words,
                mentions=tuple(comment.mentions),
            ),
            actor=actor,
        )
    return comment


def edit_comment(comment: Comment, *, text: str, actor: Any, now: datetime | None = None) -> Comment:
    """Its author, within a quarter of an hour; what it said before stays in the log."""
    words = _words(text)
    with transaction.atomic():
        locked = Comment.objects.select_for_update(of=("self",)).get(pk=comment.pk)
        _refuse_foreign(locked, actor)
        if (now or timezone.now()) - locked.created_at > EDITABLE:
            raise Refused(
                "A comment can be changed for 15 minutes. Add a new one that corrects it.",
                code="too_late",
                field="text",
            )
        if words == locked.text:
            return locked
        people = mentioned(words)
        refuse_strangers(people, locked.subject, actor=actor)
        fresh = tuple(one.pk for one in people if one.pk not in locked.mentions)
        before, locked.text = locked.text, words
        locked.mentions, locked.edited_at = [one.pk for one in people], timezone.now()
        locked.save(update_fields=["text", "mentions", "edited_at"])
        emit(
            events.CommentEdited(
                subject=locked.subject,
                departments=tuple(locked.departments),
                comment_id=locked.pk,
                mentions=fresh,
                changes={"text": [before, words]},
            ),
            actor=actor,
        )
    return locked


def delete_comment(comment: Comment, *, actor: Any) -> Comment:
    """Its author; the place stays, the words go. Twice is the same as once."""
    with transaction.atomic():
        locked = Comment.objects.select_for_update(of=("self",)).get(pk=comment.pk)
        if locked.deleted_at is not None and locked.author_id == actor.pk:
            return locked
        _refuse_foreign(locked, actor)
        locked.text, locked.mentions, locked.deleted_at = "", [], timezone.now()
        locked.save(update_fields=["text", "mentions", "deleted_at"])
        emit(
            events.CommentDeleted(subject=locked.subject, departments=tuple(locked.departments), comment_id=locked.pk),
            actor=actor,
        )
    return locked


def follow(*, subject: str, actor: Any, muted: bool = False) -> Follow:
    """Hear of a record, or ask for silence; the last word counts."""
    tie, _ = Follow.objects.update_or_create(
        subject=subject, owner_id=actor.pk, defaults={"muted": muted}, create_defaults={"muted": muted}
    )
    return tie


def unfollow(*, subject: str, actor: Any) -> None:
    Follow.objects.filter(subject=subject, owner_id=actor.pk).delete()


def tie(subject: str, person_ids: set[int], why: str) -> None:
    """Let people hear of a record from now on; who muted it stays undisturbed."""
    Follow.objects.bulk_create(
        [Follow(subject=subject, owner_id=one, why=why) for one in sorted(person_ids)], ignore_conflicts=True
    )


def _words(text: str) -> str:
    words = text.replace("\r\n", "\n").strip()
    if not words:
        raise Refused("Write a few words.", code="required", field="text")
    if len(words) > LONGEST:
        raise Refused(
            f"A comment has up to {LONGEST} characters; this one has {len(words)}. Attach a file for more.",
            code="too_long",
            field="text",
        )
    if "\x00" in words:
        raise Refused("The text holds a character that is not text. Type it anew.", code="not_text", field="text")
    return words


def _refuse_foreign(comment: Comment, actor: Any) -> None:
    if comment.author_id != actor.pk:
        raise NotAllowed("Only its author may change or delete a comment. Answer it with one of your own.")
    if comment.deleted_at is not None:
        raise Refused("This comment was deleted.", code="deleted")


def _refuse_reading_token(record: Any, actor: Any) -> None:
    if getattr(actor, "acting_token", None) is None:
        return
    row, rights = of_record(record).row, rights_of(actor)
    if not any(rights.can_somewhere(row, verb) for verb in "cu"):
        raise NotAllowed(f"This token may only read such records. Give it the scope {row}:create to comment.")
