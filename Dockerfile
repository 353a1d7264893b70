# Tollgate's image: a build stage, then nothing but the program, the libraries it loads, CA certificates and a user.
#   docker build -t tollgate --build-arg COMMIT=$(git rev-parse --short HEAD) .
#   docker run -p 8080:8080 -v /etc/tollgate:/etc/tollgate:ro tollgate
FROM debian:bookworm-slim AS build
COPY deploy/setup.sh /src/deploy/setup.sh
RUN /src/deploy/setup.sh build && rm -rf /var/lib/apt/lists/*
COPY . /src
WORKDIR /src
# The repository itself is not in the build's context: who builds says what it is.
ARG COMMIT=
RUN cmake --preset release -DTOLLGATE_COMMIT="$COMMIT" && cmake --build --preset release --target tollgate \
 && deploy/image_root.sh build/release/tollgate /image

FROM scratch
COPY --from=build /image /
USER 65532:65532
WORKDIR /etc/tollgate
EXPOSE 8080 9902
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["/usr/bin/tollgate", "healthcheck", "-c", "/etc/tollgate/tollgate.yaml"]
ENTRYPOINT ["/usr/bin/tollgate"]
CMD ["run", "-c", "/etc/tollgate/tollgate.yaml"]
