"""What happened between people."""

from __future__ import annotations

from dataclasses import dataclass

from apps.core.events.facts import Fact


@dataclass(frozen=True, kw_only=True)
class Commented(Fact, name="comms.commented", sentence="Comment", icon="message-square"):
    """Somebody said something about a record; `mentions` are the people named in it."""

    comment_id: int
    text: str
    mentions: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CommentEdited(Fact, name="comms.comment_edited", sentence="Comment changed", icon="message-square"):
    """An author changed a comment soon after writing it; `mentions` are the people named anew."""

    comment_id: int
    mentions: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CommentDeleted(Fact, name="comms.comment_deleted", sentence="Comment deleted", icon="message-square"):
    """An author took a comment back."""

    comment_id: int


@dataclass(frozen=True, kw_only=True)
class SendingDue(Fact, name="comms.notice_sending_due", sentence="Notice is due to leave", icon="send"):
    """A mail or push may leave now."""

    sending_id: int
    channel: str
