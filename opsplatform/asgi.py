"""The web process: an ASGI shell around Django's WSGI handler, because Django's own ASGI path costs two to five times
the processor time per page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from a2wsgi import WSGIMiddleware

from opsplatform.wsgi import application as django

Scope = dict[str, Any]
Message = dict[str, Any]
THREADS = 8

_pages: Any = WSGIMiddleware(django, workers=THREADS)


async def application(
    scope: Scope, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    """Route one connection; the server's receive and send return futures, a2wsgi wants coroutines."""

    async def receive_message() -> Message:
        return await receive()

    async def send_message(message: Message) -> None:
        await send(message)

    if scope["type"] == "lifespan":
        await _lifespan(receive_message, send_message)
    elif scope["type"] == "http":
        await _pages(scope, receive_message, send_message)
    else:
        await send_message({"type": "websocket.close", "code": 1000})


async def _lifespan(receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
