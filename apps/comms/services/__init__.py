"""The only writers of what people say to each other."""

from apps.comms.services.comments import add_comment, delete_comment, edit_comment, follow, unfollow
from apps.comms.services.notices import choose, concerns_somebody, mark_read, notify, release_due, stop_mail
from apps.comms.services.sending import give_up, leave_token, read_leave_token, send, subscribe, unsubscribe

__all__ = [
    "add_comment",
    "choose",
    "concerns_somebody",
    "delete_comment",
    "edit_comment",
    "follow",
    "give_up",
    "leave_token",
    "mark_read",
    "notify",
    "read_leave_token",
    "release_due",
    "send",
    "stop_mail",
    "subscribe",
    "unfollow",
    "unsubscribe",
]
