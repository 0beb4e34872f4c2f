# The coach as a container: it renders plans, serves the page, and works for a cluster. Build it in the project's folder:
#     docker build -t stretch-coach .
# With fewer extras it is smaller: --build-arg EXTRAS=tables renders plans of a single machine.
FROM python:3.12-slim AS build
ARG EXTRAS=web,https,sheet,tables,stores,cluster
COPY . /project
RUN python -m venv --without-pip /opt/coach \
    && pip --python /opt/coach/bin/python install --no-cache-dir -c /project/constraints.txt "/project[$EXTRAS]"

FROM python:3.12-slim
COPY --from=build /opt/coach /opt/coach
RUN useradd --create-home --uid 1000 coach && install -d -o coach -g coach /work /cache
USER coach
ENV PATH=/opt/coach/bin:$PATH COACH_CACHE=/cache
WORKDIR /work
VOLUME ["/work", "/cache"]
EXPOSE 8010
ENTRYPOINT ["coach"]
CMD ["--help"]
