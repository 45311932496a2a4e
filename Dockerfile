# mqttcam with all that a plain container can use. Configuration: /etc/mqttcam/config.yaml, or MQTTCAM__… variables.
FROM python:3.13-slim AS build
COPY . /src
RUN pip install --no-cache-dir --prefix=/opt/mqttcam '/src[all]'

FROM python:3.13-slim
COPY --from=build /opt/mqttcam /usr/local
RUN useradd --system --create-home --home-dir /var/lib/mqttcam --groups video mqttcam
USER mqttcam
VOLUME /var/lib/mqttcam
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s CMD ["mqttcam", "healthcheck"]
ENTRYPOINT ["mqttcam"]
CMD ["run"]
