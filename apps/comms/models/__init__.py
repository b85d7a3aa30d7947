"""What people say to each other: comments, who follows what, notices and how they reach people."""

from apps.comms.models.announcements import Announcement, Receipt
from apps.comms.models.boards import TierBoard, TierIssue, TierMark
from apps.comms.models.comments import Comment, Follow
from apps.comms.models.escalations import Escalation, EscalationPolicy, EscalationStep
from apps.comms.models.notices import Notice, NoticeSettings, PushSubscription, Sending
from apps.comms.models.shifts import Shift, ShiftEntry, ShiftTakeover, Topic

__all__ = [
    "Announcement",
    "Comment",
    "Escalation",
    "EscalationPolicy",
    "EscalationStep",
    "Follow",
    "Notice",
    "NoticeSettings",
    "PushSubscription",
    "Receipt",
    "Sending",
    "Shift",
    "ShiftEntry",
    "ShiftTakeover",
    "TierBoard",
    "TierIssue",
    "TierMark",
    "Topic",
]
