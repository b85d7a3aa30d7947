"""Signatures against the vectors of Standard Webhooks and the example GitHub publishes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.core.errors import Refused
from apps.integrations import sealed, signing

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
FIRST = (
    "msg_p5jXN8AQM9LWM0D4loKWxJek",
    1614265330,
    b'{"test": 2432232314}',
    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
)
SECOND = (
    "msg_0001",
    1700000000,
    '{"type":"kpi.breached","data":{"kpi":7,"value":12.5,"naïve":"ünï"}}'.encode(),
    "v1,718hF90J1CDW8pw6g7fOlIr8neP9VtOYLyv1M/pWjek=",
)


@pytest.mark.parametrize(("message_id", "stamp", "body", "signature"), [FIRST, SECOND])
def test_we_sign_as_the_standard_says(message_id: str, stamp: int, body: bytes, signature: str) -> None:
    assert signing.sign(SECRET, message_id=message_id, timestamp=stamp, body=body) == signature
    headers = {"webhook-id": message_id, "webhook-timestamp": str(stamp), "webhook-signature": f"v1,AAAA {signature}"}
    assert signing.verify_standard(headers, body, secrets=[signing.new_secret(), SECRET], now=stamp + 300) == message_id


@pytest.mark.parametrize(
    ("change", "now", "code"),
    [
        ({"webhook-signature": "v1,TW/pFPJ2/LwRQdgfM7WklE9yJiRyMs0cTpVPK8leNAU="}, 0, "signature_wrong"),
        ({"webhook-signature": "v1a," + FIRST[3][3:]}, 0, "signature_wrong"),
        ({"webhook-signature": FIRST[3][3:]}, 0, "signature_wrong"),
        ({"webhook-signature": ""}, 0, "signature_missing"),
        ({"webhook-id": ""}, 0, "signature_missing"),
        ({"webhook-id": "msg_other"}, 0, "signature_wrong"),
        ({}, 301, "stale"),
        ({}, -301, "stale"),
        ({"webhook-timestamp": "1614265331"}, 0, "signature_wrong"),
        ({"webhook-timestamp": "soon"}, 0, "stale"),
        ({"webhook-timestamp": "١٦١٤٢٦٥٣٣٠"}, 0, "stale"),
        ({"webhook-timestamp": "9" * 400}, 0, "stale"),
        ({"webhook-signature": "v1,ü" + "x" * 9000}, 0, "signature_wrong"),
    ],
)
def test_what_is_not_proven_is_refused(change: dict[str, str], now: int, code: str) -> None:
    message_id, stamp, body, signature = FIRST
    headers = {"webhook-id": message_id, "webhook-timestamp": str(stamp), "webhook-signature": signature} | change
    with pytest.raises(Refused) as refused:
        signing.verify_standard(headers, body, secrets=[SECRET], now=stamp + now)
    assert refused.value.code == code


def test_the_example_of_github() -> None:
    """docs.github.com, "Validating webhook deliveries"."""
    headers = {"x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"}
    secret = "It's a Secret to Everybody"
    assert len(signing.verify_github(headers, b"Hello, World!", secrets=["x", secret])) == 64
    assert signing.verify_github({**headers, "x-github-delivery": "d1"}, b"Hello, World!", secrets=[secret]) == "d1"
    with pytest.raises(Refused):
        signing.verify_github(headers, b"Hello, World", secrets=[secret])
    with pytest.raises(Refused):
        signing.verify_github({}, b"Hello, World!", secrets=[secret])


def test_secrets_are_long_and_lie_sealed() -> None:
    one, two = signing.new_secret(), signing.new_secret()
    assert one != two and one.startswith("whsec_") and len(one) == 50
    assert one[6:] not in sealed.seal(one) and sealed.seal(one) != sealed.seal(one)
    assert sealed.unseal(sealed.seal(one)) == one
    with pytest.raises(Refused):
        sealed.unseal("gAAAA")


def test_a_long_header_is_refused_quickly() -> None:
    started = timezone.now()
    with pytest.raises(Refused):
        signing.verify_standard(
            {"webhook-id": "m", "webhook-timestamp": "1", "webhook-signature": "v1,A " * 20_000},
            b"x",
            secrets=[SECRET] * 2,
            now=1,
        )
    assert timezone.now() - started < timedelta(milliseconds=500)
