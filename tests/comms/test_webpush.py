"""Web push against the example of RFC 8291 and a real verifier of the sender's proof."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from apps.comms import webpush

# RFC 8291, section 5 and appendix A.
PLAIN = b"When I grow up, I want to be a watermelon"
SERVER_PRIVATE = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
BROWSER_PUBLIC = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml"
    "mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
    "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def test_the_example_of_the_standard_byte_by_byte() -> None:
    key = ec.derive_private_key(int.from_bytes(webpush.unb64(SERVER_PRIVATE), "big"), webpush.CURVE)
    made = webpush.encrypt(PLAIN, p256dh=BROWSER_PUBLIC, auth=AUTH, salt=webpush.unb64(SALT), ephemeral=key)
    assert webpush.b64(made) == BODY


def test_each_message_is_sealed_anew_and_has_a_limit() -> None:
    one, two = (webpush.encrypt(b"x" * webpush.LONGEST, p256dh=BROWSER_PUBLIC, auth=AUTH) for _ in range(2))
    assert one != two and len(one) == 4096
    with pytest.raises(ValueError):
        webpush.encrypt(b"x" * (webpush.LONGEST + 1), p256dh=BROWSER_PUBLIC, auth=AUTH)


def test_the_sender_proves_itself_to_this_push_service_only() -> None:
    key = webpush.own_key("secret")
    header = webpush.vapid_header(
        "https://push.example.net/p/abc?x=1", key=key, contact="mailto:ops@example.org", expires=1_900_000_000
    )
    token, _, public = header.removeprefix("vapid t=").partition(", k=")
    head, body, signature = token.split(".")
    raw = webpush.unb64(signature)
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    verifier = ec.EllipticCurvePublicKey.from_encoded_point(webpush.CURVE, webpush.unb64(public))
    verifier.verify(der, f"{head}.{body}".encode(), ec.ECDSA(hashes.SHA256()))
    assert json.loads(webpush.unb64(head)) == {"typ": "JWT", "alg": "ES256"}
    assert json.loads(webpush.unb64(body)) == {
        "aud": "https://push.example.net",
        "exp": 1_900_000_000,
        "sub": "mailto:ops@example.org",
    }


def test_the_key_follows_the_installation() -> None:
    assert webpush.point(webpush.own_key("a")) == webpush.point(webpush.own_key("a"))
    assert webpush.point(webpush.own_key("a")) != webpush.point(webpush.own_key("b"))


@pytest.mark.parametrize(("p256dh", "auth"), [("", AUTH), ("AAAA", AUTH), (BROWSER_PUBLIC, "AAAA"), ("BB" * 44, AUTH)])
def test_keys_that_are_none_are_refused(p256dh: str, auth: str) -> None:
    with pytest.raises(ValueError):
        webpush.check_keys(p256dh, auth)
