# mqttcam with all that a plain container can use; for a Raspberry Pi's camera module see deploy/compose/pi.
# Configuration: /etc/mqttcam/config.yaml, which user 900 has to be able to read, or MQTTCAM__… variables.
FROM python:3.13-slim AS build
RUN python -m venv --without-pip /opt/mqttcam
WORKDIR /src
# The requirements, in their tested versions and a layer of their own: a change of mqttcam itself does not download them again.
COPY pyproject.toml .ci/constraints.txt ./
ARG PIP_CONSTRAINT=/src/constraints.txt PIP_BUILD_CONSTRAINT=/src/constraints.txt
RUN mkdir mqttcam ha_discovery && echo '__version__ = "0"' >mqttcam/__init__.py && touch README.md LICENSE && \
    pip --python /opt/mqttcam/bin/python install --no-cache-dir '.[all]'
COPY . .
RUN pip --python /opt/mqttcam/bin/python install --no-cache-dir --no-deps .

FROM python:3.13-slim
# The font of text in pictures.
RUN apt-get update && apt-get install -y --no-install-recommends fonts-dejavu-core && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 900 --home-dir /var/lib/mqttcam --groups video mqttcam && \
    install -d -m 700 -o mqttcam -g mqttcam /var/lib/mqttcam
# The image of Python lacks the bytecode of its standard library, and user 900 cannot write it: each start and each health check would compile it again.
RUN python -m compileall -q -j 0 -x '/(ensurepip|idlelib|pydoc_data|site-packages|tkinter|turtledemo)/' /usr/local/lib/python3.13
COPY --from=build /opt/mqttcam /opt/mqttcam
ENV PATH=/opt/mqttcam/bin:$PATH
USER mqttcam
VOLUME /var/lib/mqttcam
HEALTHCHECK --interval=60s --timeout=10s --start-period=30s --retries=2 CMD ["mqttcam", "healthcheck"]
ENTRYPOINT ["mqttcam"]
CMD ["run"]
