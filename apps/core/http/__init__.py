"""The one outbound client: no other module of ours opens a connection to an address somebody typed."""

from apps.core.http.addresses import is_public
from apps.core.http.client import Response, request

__all__ = ["Response", "is_public", "request"]
