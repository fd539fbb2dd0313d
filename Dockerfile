# An image with the command `portmap` for CI. Build: docker build -t portmap .
# Run: docker run --rm --network=none -v "$PWD:/work:ro" portmap lint .
FROM python:3.13-slim AS build
COPY . /source
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels /source \
    && grep -E '^(attrs|cattrs|PyYAML|typing_extensions)==' /source/constraints.txt > /wheels/constraints.txt

FROM python:3.13-slim
COPY --from=build /wheels /wheels
RUN pip install --no-cache-dir --constraint /wheels/constraints.txt /wheels/*.whl \
    && rm -r /wheels && useradd --create-home portmap
USER portmap
WORKDIR /work
ENTRYPOINT ["portmap"]
CMD ["lint", "."]
