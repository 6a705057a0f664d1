# Everything, with the versions of results/constraints.txt and the Python that the committed tables were made with. The
# compiler that llama.cpp needs stays in the first stage. How to build and run: docs/install.md.
FROM python:3.11-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends g++ cmake git && rm -rf /var/lib/apt/lists/*
COPY . /source
# The version tells the commit. llama.cpp is compiled for any processor with AVX2, not only for the one that builds.
RUN git config --global --add safe.directory /source && python -m venv /opt/megc \
    && CMAKE_ARGS="-DGGML_NATIVE=OFF" /opt/megc/bin/pip install --no-cache-dir \
        -c /source/results/constraints.txt "/source[llama,hub]"

FROM python:3.11-slim-bookworm
# Any user may run it and make a cache in the home folder.
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home megc && chmod 1777 /home/megc
COPY --from=build /opt/megc /opt/megc
ENV PATH=/opt/megc/bin:$PATH HOME=/home/megc
USER megc
WORKDIR /work
ENTRYPOINT ["megc"]
