# Production image: one for every process (docker-compose.yml says which). No secret is built in.

FROM node:22-slim AS assets
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev

FROM python:3.13-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /srv/otklik
COPY requirements.lock ./
RUN python -m venv /opt/otklik && /opt/otklik/bin/pip install --require-hashes -r requirements.lock
ENV PATH=/opt/otklik/bin:$PATH
COPY . .
COPY --from=assets /build/node_modules node_modules
# Settings need an environment to load; none of these values is kept, and nothing connects to them.
RUN python scripts/assets.py && rm -rf node_modules \
    && python scripts/messages.py compile \
    && VAR_DIR=/srv/otklik/var SECRET_KEY=build FIELD_ENCRYPTION_KEYS=MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE= \
       DATABASE_URL=postgres://build@localhost/build REDIS_URL=redis://localhost/0 \
       python manage.py collectstatic --no-input --verbosity=0 \
    && python -m compileall -q .

FROM python:3.13-slim
# Seen by the process list in a container's logs as they are written.
ENV PYTHONUNBUFFERED=1 PATH=/opt/otklik/bin:$PATH VAR_DIR=/srv/otklik/var MEDIA_ROOT=/srv/media MALLOC_ARENA_MAX=2
RUN useradd --system --uid 10001 --user-group --home-dir /srv/otklik --shell /usr/sbin/nologin otklik \
    && install -d -o otklik -g otklik /srv/media
WORKDIR /srv/otklik
COPY --from=build /opt/otklik /opt/otklik
COPY --from=build --chown=root:root /srv/otklik /srv/otklik
# The scheduler notes its last run here; the rest of the code is not writable by the processes.
RUN chown otklik:otklik /srv/otklik/var
USER otklik
VOLUME /srv/media
EXPOSE 8000 8001 2525
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "4", "--no-access-log", "helpdesk.wsgi:application"]
