"""Single files out of browser packages as static files, so that no whole package is shipped; absent ones are left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage, Storage


class PackagedFilesFinder(BaseFinder):
    """Serves settings.PACKAGED_FILES: address below /static/ → file."""

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        file = settings.PACKAGED_FILES.get(path)
        found = [str(file)] if file is not None and file.is_file() else []
        return found if find_all or not found else found[0]

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        for address, file in settings.PACKAGED_FILES.items():
            if file.is_file():
                storage: Any = FileSystemStorage(location=file.parent)
                storage.prefix = address.rpartition("/")[0]
                yield file.name, storage
