# The coach as a container: it renders plans, and serves the page. Build it in the project's folder:
#     docker build -t stretch-coach .
FROM python:3.12-slim AS build
COPY . /project
WORKDIR /project
RUN pip wheel --no-cache-dir -w /wheels -c constraints.txt '.[web,https,sheet,tables,stores,cluster]'

FROM python:3.12-slim
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels \
    pip install --no-cache-dir --no-index --find-links /wheels 'stretch-coach[web,https,sheet,tables,stores,cluster]' \
    && useradd --create-home --uid 1000 coach \
    && install -d -o coach -g coach /work /cache
USER coach
ENV COACH_CACHE=/cache
WORKDIR /work
VOLUME ["/work", "/cache"]
EXPOSE 8010
ENTRYPOINT ["coach"]
CMD ["--help"]
