# Builds the locked packages with the C driver (extra `fast`), then leaves the compiler behind.
FROM python:3.13-slim-bookworm AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gcc libmariadb-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
RUN python -m venv /opt/build /opt/sippulse-ws
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /source
COPY requirements/build.txt requirements/fast.txt requirements/
RUN /opt/build/bin/pip install --require-hashes --requirement requirements/build.txt \
    && /opt/build/bin/pip wheel --require-hashes --no-build-isolation \
        --wheel-dir /wheels --requirement requirements/fast.txt
COPY pyproject.toml README.md LICENSE ./
COPY migrations migrations
COPY src src
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
    && /opt/sippulse-ws/bin/pip install --no-index --no-deps /wheels/*.whl

FROM python:3.13-slim-bookworm
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libmariadb3 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home --home-dir /var/lib/sippulse-ws sippulse-ws
COPY --from=build /opt/sippulse-ws /opt/sippulse-ws
ENV PATH=/opt/sippulse-ws/bin:$PATH \
    SIPPULSE_DATABASE_URL=sqlite:////var/lib/sippulse-ws/sippulse.db
USER sippulse-ws
WORKDIR /var/lib/sippulse-ws
VOLUME /var/lib/sippulse-ws
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD \
    ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/readyz', timeout=4)"]
CMD ["sh", "-c", "sippulse-ws db upgrade && exec sippulse-ws serve --host 0.0.0.0 --port 8080"]
