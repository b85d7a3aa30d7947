"""The app config every domain app subclasses: it loads the app's declarations, so that no app needs a ready()."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig

DECLARATIONS = ("grants", "tokens", "events", "resources", "insights", "notices", "handlers", "tasks", "rules")


class DomainConfig(AppConfig):
    """Imports the rooms that declare things to registries, bottom room first."""

    default = False

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        cls.default = True

    def ready(self) -> None:
        for room in DECLARATIONS:
            if find_spec(f"{self.name}.{room}") is not None:
                import_module(f"{self.name}.{room}")
