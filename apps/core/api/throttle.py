"""Rate limits counted atomically in Redis, so that 40 calls at once are 40 calls."""

from __future__ import annotations

import time
from typing import Any

import redis
from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

_client: list[redis.Redis] = []
SCRIPT = "local n = redis.call('INCR', KEYS[1]) if n == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end return n"


def client() -> redis.Redis:
    if not _client:
        _client.append(redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1))
    return _client[0]


def admit(key: str, limit: int, seconds: int) -> int:
    """Seconds to wait before the next call is admitted; 0 admits this one. A silent broker admits."""
    window = int(time.time()) // seconds
    try:
        count = int(client().eval(SCRIPT, 1, f"ops:rate:{key}:{window}", seconds))  # type: ignore[arg-type]
    except redis.RedisError:
        return 0
    return 0 if count <= limit else (window + 1) * seconds - int(time.time()) or 1


class AtomicThrottle(BaseThrottle):
    """Calls per token, or per person for browser sessions."""

    def __init__(self) -> None:
        self.wait_seconds = 0

    def allow_request(self, request: Request, view: Any) -> bool:
        limit, _, seconds = settings.API_RATE.partition("/")
        token = getattr(request, "auth", None)
        if token is not None:
            who = f"token:{token.pk}"
        elif request.user and request.user.is_authenticated:
            who = f"user:{request.user.pk}"
        else:
            who = f"address:{request.META.get('REMOTE_ADDR')}"
        self.wait_seconds = admit(who, int(limit), int(seconds))
        return self.wait_seconds == 0

    def wait(self) -> float:
        return float(self.wait_seconds)
