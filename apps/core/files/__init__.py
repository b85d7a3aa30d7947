"""Files people bring: checked by content, named safely, stored under their hash."""

from apps.core.files.stored import StoredFile, path_of, read_stored, store

__all__ = ["StoredFile", "path_of", "read_stored", "store"]
