# The image of a release: the program that .ci/release has built, the certificates of the machine that builds the image, and no shell.
# .ci/image builds it.
FROM scratch
ARG TARGETARCH
COPY dist/ca-certificates.crt /etc/ssl/certs/
COPY --chmod=0755 dist/agencyctl_linux_${TARGETARCH}*/agencyctl /usr/bin/
USER 65532:65532
WORKDIR /workspace
ENTRYPOINT ["/usr/bin/agencyctl"]
LABEL org.opencontainers.image.source=https://github.com/agencyctl/agencyctl org.opencontainers.image.licenses=Apache-2.0
