"""The web process: an ASGI shell around Django's WSGI handler, because Django's own ASGI path costs two to five times
the processor time per page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from a2wsgi import WSGIMiddleware

from opsplatform.wsgi import application as django

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
THREADS = 8


class Shell:
    """Carries a WSGI application; the server's receive and send return futures, a2wsgi wants coroutines."""

    def __init__(self, wsgi: Any) -> None:
        self._pages: Any = WSGIMiddleware(wsgi, workers=THREADS)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        async def receive_message() -> Message:
            return await receive()

        async def send_message(message: Message) -> None:
            await send(message)

        if scope["type"] == "lifespan":
            await _live(receive_message, send_message)
        elif scope["type"] == "http":
            await self._pages(scope, receive_message, send_message)


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


application = Shell(django)
