"""Secrets that must be used again and may not lie readable in the database: sealed with the installation's key."""

from __future__ import annotations

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from apps.core.errors import Refused


def _box() -> Fernet:
    key = HKDF(hashes.SHA256(), 32, salt=None, info=b"ops integration secrets").derive(settings.SECRET_KEY.encode())
    return Fernet(urlsafe_b64encode(key))


def seal(text: str) -> str:
    return _box().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise Refused(
            "The signing secret was sealed with another key of this installation. Make a new secret.",
            code="secret_unreadable",
        ) from None
