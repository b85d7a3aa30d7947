"""Signatures of webhooks as pure functions: Standard Webhooks and the X-Hub-Signature-256 that GitHub and others use."""

from __future__ import annotations

import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha256

from apps.core.errors import Refused

TOLERANCE = 300
PREFIX = "whsec_"


def new_secret() -> str:
    return PREFIX + b64encode(secrets.token_bytes(32)).decode()


def sign(secret: str, *, message_id: str, timestamp: int, body: bytes) -> str:
    """'v1,…' over id.timestamp.body with the secret's bytes."""
    key = b64decode(secret.removeprefix(PREFIX))
    content = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + b64encode(hmac.new(key, content, sha256).digest()).decode()


def verify_standard(headers: Mapping[str, str], body: bytes, *, secrets: Iterable[str], now: int) -> str:
    """The message id; refuses a missing part, a time more than five minutes off, and a signature of no secret."""
    message_id = headers.get("webhook-id", "")
    stamp, signatures = headers.get("webhook-timestamp", ""), headers.get("webhook-signature", "")
    if not (message_id and stamp and signatures):
        raise Refused("Send webhook-id, webhook-timestamp and webhook-signature.", code="signature_missing")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 13) or abs(now - int(stamp)) > TOLERANCE:
        raise Refused(
            "webhook-timestamp lies more than five minutes from our clock. Set your clock and sign anew.", code="stale"
        )
    given = [one.encode() for one in signatures.split(" ")[:10] if one.startswith("v1,")]
    for secret in secrets:
        wanted = sign(secret, message_id=message_id, timestamp=int(stamp), body=body).encode()
        if any(hmac.compare_digest(wanted, one) for one in given):
            return message_id
    raise _wrong()


def verify_github(headers: Mapping[str, str], body: bytes, *, secrets: Iterable[str]) -> str:
    """The delivery id, or the body's hash where none is sent; refuses a signature of no secret."""
    given = headers.get("x-hub-signature-256", "")
    if not given:
        raise Refused("Send X-Hub-Signature-256.", code="signature_missing")
    for secret in secrets:
        wanted = "sha256=" + hmac.new(secret.encode(), body, sha256).hexdigest()
        if hmac.compare_digest(wanted.encode(), given.encode()):
            return headers.get("x-github-delivery", "") or sha256(body).hexdigest()
    raise _wrong()


def _wrong() -> Refused:
    return Refused(
        "The signature does not fit the body. Sign the raw bytes with the present secret.", code="signature_wrong"
    )
