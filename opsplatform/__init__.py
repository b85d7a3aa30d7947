"""The roof: settings, addresses and processes."""

from opsplatform.celery import app as celery_app

__all__ = ["celery_app"]
