"""What people say to each other: comments, who follows what, notices and how they reach people."""

from apps.comms.models.comments import Comment, Follow
from apps.comms.models.notices import Notice, NoticeSettings, PushSubscription, Sending

__all__ = ["Comment", "Follow", "Notice", "NoticeSettings", "PushSubscription", "Sending"]
