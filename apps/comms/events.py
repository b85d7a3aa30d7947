"""What happened between people."""

from __future__ import annotations

from dataclasses import dataclass

from apps.core.events.facts import Changed, Fact, Recorded


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


@dataclass(frozen=True, kw_only=True)
class AnnouncementMade(Recorded, name="comms.announcement_made", sentence="Announcement written", icon="megaphone"):
    """Words to many were written; they are shown from their first day on."""


@dataclass(frozen=True, kw_only=True)
class AnnouncementChanged(
    Changed, name="comms.announcement_changed", sentence="Announcement changed", icon="megaphone"
):
    """An announcement was withdrawn or restored."""


@dataclass(frozen=True, kw_only=True)
class AnnouncementShown(Fact, name="comms.announcement_shown", sentence="Announcement", icon="megaphone"):
    """Its first day came; `people` are its audience."""

    people: tuple[int, ...]
    must_read: bool


@dataclass(frozen=True, kw_only=True)
class AnnouncementReminded(
    Fact, name="comms.announcement_reminded", sentence="Announcement waits for your confirmation", icon="megaphone"
):
    """Some of its audience have not confirmed it; `people` are they."""

    people: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class AnnouncementRead(Fact, name="comms.announcement_read", sentence="Announcement confirmed", icon="check-check"):
    """A person said that they read it."""


@dataclass(frozen=True, kw_only=True)
class ShiftEntryWritten(Recorded, name="comms.shift_entry_written", sentence="Shift log written", icon="notebook-pen"):
    """A shift left something to the next."""


@dataclass(frozen=True, kw_only=True)
class ShiftEntryChanged(Changed, name="comms.shift_entry_changed", sentence="Shift log changed", icon="notebook-pen"):
    """An entry was corrected, closed or put away."""


@dataclass(frozen=True, kw_only=True)
class ShiftTakenOver(Recorded, name="comms.shift_taken_over", sentence="Shift taken over", icon="handshake"):
    """The next shift read the log."""


@dataclass(frozen=True, kw_only=True)
class BoardSet(Recorded, name="comms.tier_board_set", sentence="Tier board set up", icon="layout-grid"):
    """A team got its board."""


@dataclass(frozen=True, kw_only=True)
class BoardChanged(Changed, name="comms.tier_board_changed", sentence="Tier board changed", icon="layout-grid"):
    """A board's letters, lead or place changed."""


@dataclass(frozen=True, kw_only=True)
class DayMarked(Recorded, name="comms.tier_day_marked", sentence="Day marked", icon="calendar-check"):
    """A person said how a day was."""


@dataclass(frozen=True, kw_only=True)
class MarkChanged(Changed, name="comms.tier_mark_changed", sentence="Mark of a day changed", icon="calendar-check"):
    """A person said it anew."""


@dataclass(frozen=True, kw_only=True)
class IssueRaised(Recorded, name="comms.tier_issue_raised", sentence="Issue raised", icon="hand"):
    """Something hinders a team."""


@dataclass(frozen=True, kw_only=True)
class IssueChanged(Changed, name="comms.tier_issue_changed", sentence="Issue changed", icon="hand"):
    """An issue was changed, solved or put away."""


@dataclass(frozen=True, kw_only=True)
class IssuePassed(
    Changed, name="comms.tier_issue_passed", sentence="Issue passed to another tier", icon="arrow-up-down"
):
    """An issue went to the tier above or back; `people` are those who lead there."""

    reason: str
    people: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PolicySet(Recorded, name="comms.escalation_policy_set", sentence="Escalation set up", icon="chevrons-up"):
    """Steps for things that wait too long."""


@dataclass(frozen=True, kw_only=True)
class PolicyChanged(Changed, name="comms.escalation_policy_changed", sentence="Escalation policy changed"):
    """A policy was changed or put away."""


@dataclass(frozen=True, kw_only=True)
class StepSet(Recorded, name="comms.escalation_step_set", sentence="Escalation step set", icon="chevrons-up"):
    """A policy tells somebody more."""


@dataclass(frozen=True, kw_only=True)
class StepChanged(Changed, name="comms.escalation_step_changed", sentence="Escalation step changed"):
    """A step was changed or put away."""


@dataclass(frozen=True, kw_only=True)
class EscalationStarted(Recorded, name="comms.escalation_started", sentence="Escalation started", icon="chevrons-up"):
    """A record is on its way up."""


@dataclass(frozen=True, kw_only=True)
class EscalationChanged(Changed, name="comms.escalation_changed", sentence="Escalation taken or over"):
    """Somebody has it, or it is not needed any more."""


@dataclass(frozen=True, kw_only=True)
class EscalationReached(Fact, name="comms.escalation_reached", sentence="Escalated", icon="chevrons-up"):
    """A step was reached; told of the record itself. `people` are those told now."""

    escalation_id: int
    step: int
    why: str
    people: tuple[int, ...]
