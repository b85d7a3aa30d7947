"""Keys in a backup are readable only with its passphrase."""

from __future__ import annotations

import base64
import getpass
import json
import os
import sys

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from apps.core.embedded.environment import read_variable
from apps.core.errors import Refused

SHORTEST = 8


def _fernet(passphrase: str, salt: bytes) -> Fernet:
    key = Scrypt(salt=salt, length=32, n=2**15, r=8, p=1).derive(passphrase.encode())
    return Fernet(base64.urlsafe_b64encode(key))


def seal(secrets: dict[str, str], passphrase: str) -> str:
    salt = os.urandom(16)
    token = _fernet(passphrase, salt).encrypt(json.dumps(secrets).encode())
    return json.dumps({"salt": base64.b64encode(salt).decode(), "sealed": token.decode()})


def unseal(text: str, passphrase: str) -> dict[str, str]:
    """The keys; a wrong passphrase and a damaged file look the same and are both refused."""
    try:
        stored = json.loads(text)
        token = _fernet(passphrase, base64.b64decode(stored["salt"])).decrypt(stored["sealed"].encode())
        keys: dict[str, str] = json.loads(token)
    except (ValueError, KeyError, InvalidToken):
        raise Refused(
            "The passphrase does not open this backup. Use the one it was made with (OPS_BACKUP_PASSPHRASE).",
            code="wrong_passphrase",
        ) from None
    return keys


def ask_passphrase(*, twice: bool) -> str:
    """From OPS_BACKUP_PASSPHRASE or, in a terminal, from the person."""
    passphrase = read_variable("OPS_BACKUP_PASSPHRASE")
    if not passphrase and sys.stdin.isatty():
        passphrase = getpass.getpass("Passphrase of the backup: ")
        if twice and passphrase != getpass.getpass("Once more: "):
            raise Refused("The two passphrases differ. Run the command again.", code="passphrases_differ")
    if len(passphrase) < SHORTEST:
        raise Refused(
            f"A backup needs a passphrase of {SHORTEST} characters or more. Set OPS_BACKUP_PASSPHRASE.",
            code="passphrase_missing",
        )
    return passphrase
