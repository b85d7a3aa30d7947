"""Web push as pure functions: the message only the browser can open (RFC 8291, 8188) and the proof of who sends it (RFC 8292)."""

from __future__ import annotations

import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

RECORD_SIZE = 4096
LONGEST = RECORD_SIZE - 16 - 1 - 86
CURVE = ec.SECP256R1()
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def unb64(text: str) -> bytes:
    """Raises ValueError for what is not base64url."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def point(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public key as 65 bytes, uncompressed."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def own_key(secret: str) -> ec.EllipticCurvePrivateKey:
    """The platform's key pair, worked out of the installation's secret key, so that there is nothing more to keep."""
    seed = HKDF(hashes.SHA256(), 48, salt=None, info=b"ops web push vapid").derive(secret.encode())
    return ec.derive_private_key(int.from_bytes(seed, "big") % (ORDER - 1) + 1, CURVE)


def check_keys(p256dh: str, auth: str) -> None:
    """Raises ValueError unless these are a point of the curve and 16 bytes."""
    ec.EllipticCurvePublicKey.from_encoded_point(CURVE, unb64(p256dh))
    if len(unb64(auth)) != 16:
        raise ValueError("auth is not 16 bytes")


def encrypt(
    message: bytes,
    *,
    p256dh: str,
    auth: str,
    salt: bytes | None = None,
    ephemeral: ec.EllipticCurvePrivateKey | None = None,
) -> bytes:
    """The body to POST, content coding aes128gcm, one record. `salt` and `ephemeral` are for tests.

    message: at most 3993 bytes. p256dh, auth: the subscription's keys, base64url. Raises ValueError for longer ones.
    """
    if len(message) > LONGEST:
        raise ValueError(f"a push message has at most {LONGEST} bytes")
    theirs, secret = unb64(p256dh), unb64(auth)
    salt = salt or os.urandom(16)
    mine = ephemeral or ec.generate_private_key(CURVE)
    shared = mine.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, theirs))
    info = b"WebPush: info\x00" + theirs + point(mine)
    material = HKDF(hashes.SHA256(), 32, salt=secret, info=info).derive(shared)
    key = HKDF(hashes.SHA256(), 16, salt=salt, info=b"Content-Encoding: aes128gcm\x00").derive(material)
    nonce = HKDF(hashes.SHA256(), 12, salt=salt, info=b"Content-Encoding: nonce\x00").derive(material)
    sealed = AESGCM(key).encrypt(nonce, message + b"\x02", None)
    public = point(mine)
    return salt + RECORD_SIZE.to_bytes(4, "big") + bytes([len(public)]) + public + sealed


def vapid_header(endpoint: str, *, key: ec.EllipticCurvePrivateKey, contact: str, expires: int) -> str:
    """The Authorization header: a signed word about whom the message is for and until when (ES256).

    expires: seconds since 1970, at most a day ahead. contact: a mailto: or https: address of the operator.
    """
    parts = urlsplit(endpoint)
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": expires, "sub": contact}
    head = b64(json.dumps({"typ": "JWT", "alg": "ES256"}, separators=(",", ":")).encode())
    body = b64(json.dumps(claims, separators=(",", ":")).encode())
    r, s = decode_dss_signature(key.sign(f"{head}.{body}".encode(), ec.ECDSA(hashes.SHA256())))
    signature = b64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"vapid t={head}.{body}.{signature}, k={b64(point(key))}"
