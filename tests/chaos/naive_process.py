"""One process of the control: a web server that commits and then pushes to Redis, or a worker that pops and then works."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import psycopg2
import redis

QUEUE = "naive:queue"
PREFETCHED = 4  # as a stock worker does
WORK_SECONDS = 0.05


def accept(database: str, queue: redis.Redis, key: str, readings: list[dict[str, Any]]) -> int:
    """Store once per key, then tell the worker; when the process or Redis dies in between nobody tells it."""
    session = psycopg2.connect(database, application_name="ops-naive-web")
    try:
        with session, session.cursor() as cursor:
            cursor.execute(
                "INSERT INTO naive.batch (key, rows) VALUES (%s, %s) ON CONFLICT DO NOTHING RETURNING id",
                [key, len(readings)],
            )
            made = cursor.fetchone()
            for one in readings if made else ():
                cursor.execute("INSERT INTO naive.reading VALUES (%s, %s)", [made[0], int(one["value"])])
            cursor.execute("SELECT id FROM naive.batch WHERE key = %s", [key])
            number = int(cursor.fetchone()[0])
    finally:
        session.close()
    if made:
        queue.lpush(QUEUE, number)
    return number


def serve(port: int, database: str, queue: redis.Redis) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            try:
                answer, status = (
                    {"batch": accept(database, queue, self.headers["Idempotency-Key"], body["readings"])},
                    200,
                )
            except (psycopg2.Error, redis.RedisError) as error:
                answer, status = {"problem": str(error)}, 503
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


def roll_up(database: str, number: int) -> None:
    session = psycopg2.connect(database, application_name="ops-naive-worker")
    try:
        with session, session.cursor() as cursor:
            cursor.execute("UPDATE naive.batch SET rolled_up_at = now() WHERE id = %s", [number])
            cursor.execute(
                "UPDATE naive.rollup r SET count = r.count + found.count, total = r.total + found.total"
                " FROM (SELECT count(*) AS count, sum(value) AS total FROM naive.reading WHERE batch = %s) found",
                [number],
            )
    finally:
        session.close()


def work(database: str, queue: redis.Redis) -> None:
    while True:
        try:
            taken: Any = queue.rpop(QUEUE, PREFETCHED)
            for number in taken or []:
                time.sleep(WORK_SECONDS)
                roll_up(database, int(number))
        except (redis.RedisError, psycopg2.OperationalError, psycopg2.InterfaceError):
            time.sleep(0.1)
            continue
        time.sleep(0 if taken else 0.02)


if __name__ == "__main__":
    part, at, database_url, socket_path, patience = sys.argv[1:]
    client = redis.Redis(unix_socket_path=socket_path, socket_timeout=float(patience), socket_connect_timeout=1)
    parts: dict[str, Callable[[], None]] = {
        "web": lambda: serve(int(at), database_url, client),
        "worker": lambda: work(database_url, client),
    }
    parts[part]()
