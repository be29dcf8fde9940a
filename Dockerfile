# The web: sprintagen on slim Python. Build from the project folder: docker build -t sprintagen-web .
# It wants SPRINTAGEN_TOKEN (or SPRINTAGEN_TOKEN_FILE), OPENCODE_SERVER_URL and the server's password; docker-compose.yml
# gives it all three.

FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
RUN python -m venv /opt/sprintagen
# the dependencies first: they change less often than the source
COPY pyproject.toml constraints.txt ./
RUN --mount=type=cache,target=/root/.cache/pip \
    python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" >/tmp/wanted \
    && /opt/sprintagen/bin/pip install --quiet --constraint constraints.txt --requirement /tmp/wanted
COPY README.md LICENSE ./
COPY sprintagen sprintagen
RUN --mount=type=cache,target=/root/.cache/pip \
    /opt/sprintagen/bin/pip install --quiet --no-deps --constraint constraints.txt . \
    && /opt/sprintagen/bin/python -m compileall -q /opt/sprintagen/lib

FROM python:3.13-slim
ENV PATH=/opt/sprintagen/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/data \
    NICEGUI_STORAGE_PATH=/data/nicegui \
    SPRINTAGEN_HOST=0.0.0.0 \
    SPRINTAGEN_PORT=8080 \
    SPRINTAGEN_DATA_DIR=/data
RUN groupadd --gid 1000 sprintagen \
    && useradd --uid 1000 --gid sprintagen --home-dir /data --no-create-home sprintagen \
    && install -d -o sprintagen -g sprintagen -m 0700 /data \
    && install -d -o sprintagen -g sprintagen /app
COPY --from=build /opt/sprintagen /opt/sprintagen
COPY docker/web docker/prepare.sh /usr/local/lib/sprintagen/
WORKDIR /app
USER 1000:1000
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s --retries=6 \
    CMD ["python", "-c", "import os, urllib.request as r; r.build_opener(r.ProxyHandler({})).open('http://127.0.0.1:' + os.environ['SPRINTAGEN_PORT'] + '/healthz', timeout=4)"]
ENTRYPOINT ["/usr/local/lib/sprintagen/entrypoint.sh"]
CMD ["sprintagen", "--no-open"]
