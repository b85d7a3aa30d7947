"""The only writers of integration tables."""

from apps.integrations.services.hooks import (
    add_hook,
    archive_hook,
    change_hook,
    receive,
    repeat_call,
    restore_hook,
    switch_off_hook,
    switch_on_hook,
)
from apps.integrations.services.outgoing import (
    call_now,
    call_round,
    call_waiting,
    fan_out,
    forget_old,
    owe,
    repeat_delivery,
)
from apps.integrations.services.secrets import show_new_secret
from apps.integrations.services.webhooks import (
    add_webhook,
    archive_webhook,
    change_webhook,
    restore_webhook,
    start_webhook,
    stop_webhook,
    test_webhook,
)

__all__ = [
    "add_hook",
    "add_webhook",
    "archive_hook",
    "archive_webhook",
    "call_now",
    "call_round",
    "call_waiting",
    "change_hook",
    "change_webhook",
    "fan_out",
    "forget_old",
    "owe",
    "receive",
    "repeat_call",
    "repeat_delivery",
    "restore_hook",
    "restore_webhook",
    "show_new_secret",
    "start_webhook",
    "stop_webhook",
    "switch_off_hook",
    "switch_on_hook",
    "test_webhook",
]
