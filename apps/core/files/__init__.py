"""Files people bring: checked by content, named safely, stored under their hash."""

from apps.core.files.intake import Accepted, accept
from apps.core.files.kinds import ALLOWED_EXTENSIONS, sniff
from apps.core.files.names import content_disposition, download_headers, safe_name
from apps.core.files.stored import StoredFile, path_of, read_stored, store, verify

__all__ = [
    "ALLOWED_EXTENSIONS",
    "Accepted",
    "StoredFile",
    "accept",
    "content_disposition",
    "download_headers",
    "path_of",
    "read_stored",
    "safe_name",
    "sniff",
    "store",
    "verify",
]
