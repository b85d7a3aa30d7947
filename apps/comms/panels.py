"""What comms puts on every page: comments in a record's stream, the watch button, and the bell."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.forms import BaseForm
from django.template.defaultfilters import urlize
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from apps.comms import events
from apps.comms.forms import CommentForm
from apps.comms.models import Comment, Follow
from apps.comms.queries import comments_on, tie_of, unread_count
from apps.comms.services.comments import EDITABLE
from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.core.web.around import Around, Bell, provide_bell, put_around

SHOWN = 200


def words_of(comment: Comment) -> SafeString:
    """Escaped text with its addresses as links; nothing else of it means anything to a browser."""
    linked: SafeString = urlize(comment.text)
    return linked


def entries(subject: str, user: Any) -> list[tuple[datetime, pm.TimelineEntry]]:
    now, zone = timezone.now(), cells.zone_of(user)
    return [(one.created_at, _entry(one, user, now, zone)) for one in comments_on(subject)[:SHOWN]]


def _entry(one: Comment, user: Any, now: datetime, zone: Any) -> pm.TimelineEntry:
    short, full = cells.when(one.created_at, zone)
    gone = one.deleted_at is not None
    return pm.TimelineEntry(
        who=str(one.author),
        text="deleted a comment" if gone else "wrote (changed later)" if one.edited_at else "wrote",
        at=short,
        at_full=full,
        icon="message-square",
        kind="event" if gone else "comment",
        body="" if gone else words_of(one),
        person=pm.Person(str(one.author), "", one.author.initials),
        name=f"comment-{one.pk}",
        buttons=() if gone or one.author_id != user.pk else _own_buttons(one, now),
    )


def _own_buttons(one: Comment, now: datetime) -> tuple[pm.Button, ...]:
    change = pm.Button("Change", reverse("comment_edit", args=[one.pk]), "pencil", "ghost")
    delete = pm.Button(
        "Delete", reverse("comment_delete", args=[one.pk]), "trash-2", "ghost", method="post", confirm="Delete comment?"
    )
    return (change, delete) if now - one.created_at <= EDITABLE else (delete,)


def buttons(subject: str, user: Any) -> tuple[pm.Button, ...]:
    """Watch, or stop; muting is one more press on the page of notices."""
    tie = tie_of(user, subject)
    state = watch_state(tie)
    label, icon, follows = {
        "none": ("Watch", "eye", "follow"),
        "follow": ("Watching", "eye", "mute"),
        "mute": ("Muted", "bell-off", "none"),
    }[state]
    return (
        pm.Button(
            label,
            reverse("watch", args=[subject]),
            icon,
            "soft" if state == "follow" else "ghost",
            method="post",
            fields=(("state", follows),),
            key="W",
        ),
    )


def watch_state(tie: Follow | None) -> str:
    return "none" if tie is None else "mute" if tie.muted else "follow"


def form(subject: str, user: Any) -> tuple[str, BaseForm]:
    return reverse("comment", args=[subject]), CommentForm()


put_around(
    Around(
        "comms",
        entries,
        buttons,
        form,
        frozenset(one.fact_name for one in (events.Commented, events.CommentEdited, events.CommentDeleted)),
    )
)


@provide_bell
def bell(user: Any) -> Bell:
    return Bell(reverse("notices"), unread_count(user))
