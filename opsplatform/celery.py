"""The Celery application: workers receive ids of rows, never the work itself."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsplatform.settings")

app = Celery("opsplatform")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    accept_content=["json"],
    task_serializer="json",
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_acks_on_timeout=False,
    worker_prefetch_multiplier=1,
    task_ignore_result=True,
    task_soft_time_limit=240,
    task_time_limit=300,
    worker_max_tasks_per_child=2000,
    worker_max_memory_per_child=300_000,
    worker_cancel_long_running_tasks_on_connection_loss=True,
    worker_hijack_root_logger=False,
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        "visibility_timeout": 900,
        "socket_timeout": 5,
        "socket_connect_timeout": 3,
        "socket_keepalive": True,
        "health_check_interval": 5,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
    },
    task_default_queue="default",
    task_routes={"core.deliver_slow": {"queue": "slow"}},
)
app.autodiscover_tasks(["apps.core.events"], related_name="worker")
