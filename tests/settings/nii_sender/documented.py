"""Every variable of the documents of NII's two camera senders, with a value.

Those documents say how names are made: every argument and property of picamera's `PiCamera` (release 1.13) with
`PICAMERA_`, picamera2's configuration and libcamera's controls with `PICAMERA2_`, and SINETStream's parameters with
`SS_`. What mqttcam makes of each is generated into docs/kafka.md.
"""

from __future__ import annotations

from collections.abc import Mapping

from mqttcam.settings.nii_sender.translation import VariableNote
from mqttcam.settings.nii_sender.variables import translate
from tests.docs.markdown import table
from tests.settings.nii_sender.cases import KAFKA, NOTHING

PICAMERA2: Mapping[str, str] = {
    "PICAMERA2_SIZE": "640x480",
    "PICAMERA2_MAIN_SIZE": "2K",
    "PICAMERA2_FORMAT": "RGB888",
    "PICAMERA2_MAIN_FORMAT": "RGB888",
    "PICAMERA2_TRANSFORM_HFLIP": "1",
    "PICAMERA2_TRANSFORM_VFLIP": "1",
    "PICAMERA2_TRANSFORM_ROTATION": "90",
    "PICAMERA2_TRANSFORM_TRANSPOSE": "1",
    "PICAMERA2_COLOUR_SPACE": "Sycc",
    "PICAMERA2_BUFFER_COUNT": "2",
    "PICAMERA2_QUEUE": "False",
    "PICAMERA2_DISPLAY": "main",
    "PICAMERA2_ENCODE": "main",
    "PICAMERA2_CONTROLS_FRAME_RATE": "5",
    "PICAMERA2_CONTROLS_AF_MODE": "Continuous",
    "PICAMERA2_CONTROLS_AWB_MODE": "Tungsten",
    "PICAMERA2_CONTROLS_COLOUR_GAINS": "(1.5,1.2)",
}
PICAMERA: Mapping[str, str] = {
    "PICAMERA_RESOLUTION": "HD",
    "PICAMERA_FRAMERATE": "5",
    "PICAMERA_FRAMERATE_RANGE": "(5,10)",
    "PICAMERA_FRAMERATE_DELTA": "0.5",
    "PICAMERA_CAMERA_NUM": "1",
    "PICAMERA_SENSOR_MODE": "1640x1232:10",
    "PICAMERA_AWB_MODE": "sunlight",
    "PICAMERA_AWB_GAINS": "(1.5,1.2)",
    "PICAMERA_ISO": "400",
    "PICAMERA_SHUTTER_SPEED": "20000",
    "PICAMERA_EXPOSURE_MODE": "night",
    "PICAMERA_EXPOSURE_COMPENSATION": "6",
    "PICAMERA_METER_MODE": "spot",
    "PICAMERA_BRIGHTNESS": "75",
    "PICAMERA_CONTRAST": "10",
    "PICAMERA_SATURATION": "50",
    "PICAMERA_SHARPNESS": "20",
    "PICAMERA_IMAGE_DENOISE": "False",
    "PICAMERA_VIDEO_DENOISE": "True",
    "PICAMERA_COLOR_EFFECTS": "(128,128)",
    "PICAMERA_HFLIP": "True",
    "PICAMERA_VFLIP": "True",
    "PICAMERA_ROTATION": "90",
    "PICAMERA_ZOOM": "(0.25,0.25,0.5,0.5)",
    "PICAMERA_CROP": "(0.25,0.25,0.5,0.5)",
    "PICAMERA_ANNOTATE_TEXT": "Garden",
    "PICAMERA_ANNOTATE_TEXT_SIZE": "32",
    "PICAMERA_ANNOTATE_BACKGROUND": "black",
    "PICAMERA_ANNOTATE_FOREGROUND": "white",
    "PICAMERA_ANNOTATE_FRAME_NUM": "True",
    "PICAMERA_CLOCK_MODE": "reset",
    "PICAMERA_DRC_STRENGTH": "high",
    "PICAMERA_FLASH_MODE": "off",
    "PICAMERA_IMAGE_EFFECT": "negative",
    "PICAMERA_IMAGE_EFFECT_PARAMS": "(1,2)",
    "PICAMERA_LED": "False",
    "PICAMERA_LED_PIN": "5",
    "PICAMERA_RAW_FORMAT": "yuv",
    "PICAMERA_STEREO_MODE": "none",
    "PICAMERA_STEREO_DECIMATE": "False",
    "PICAMERA_STILL_STATS": "False",
    "PICAMERA_VIDEO_STABILIZATION": "True",
}
SINETSTREAM: Mapping[str, str] = {
    "SS_BROKERS": "kafka1:9092,kafka2:9092",
    "SS_TOPIC": "sinetstream.image.camera",
    "SS_TYPE": "kafka",
    "SS_CONSISTENCY": "AT_LEAST_ONCE",
    "SS_CLIENT_ID": "camera-1",
    "SS_VALUE_TYPE": "byte_array",
    "SS_MAX_REQUEST_SIZE": "8388620",
    "SS_TLS": "true",
    "SS_TLS__CHECK_HOSTNAME": "false",
    "SS_SECURITY_PROTOCOL": "SASL_SSL",
    "SS_SASL_MECHANISM": "PLAIN",
    "SS_SASL_PLAIN_USERNAME": "camera",
    "SS_SASL_PLAIN_PASSWORD": "change-me",
    "SS_DATA_COMPRESSION": "true",
    "SS_COMPRESSION__ALGORITHM": "gzip",
    "SS_DATA_ENCRYPTION": "true",
    "SS_CRYPTO__MODE": "EAX",
    "SS_CRYPTO__PASSWORD": "change-me",
    "SS_CRYPTO__KEY": "00112233445566778899aabbccddeeff",
}
MQTT: Mapping[str, str] = {
    "SS_TYPE": "mqtt",
    "SS_USERNAME_PW_SET__USERNAME": "camera",
    "SS_USERNAME_PW_SET__PASSWORD": "change-me",
    "SS_PROTOCOL": "MQTTv5",
    "SS_QOS": "1",
    "SS_RETAIN": "true",
    "SS_KEEPALIVE": "60",
    "SS_CLEAN_SESSION": "true",
    "SS_TRANSPORT": "tcp",
    "SS_TLS_SET__CIPHERS": "HIGH",
    "SS_TLS_INSECURE_SET__VALUE": "true",
    "SS_WILL_SET__TOPIC": "gone",
    "SS_RECONNECT_DELAY_SET__MAX_DELAY": "30",
    "SS_MAX_INFLIGHT_MESSAGES_SET__INFLIGHT": "20",
    "SS_MAX_QUEUED_MESSAGES_SET__QUEUE_SIZE": "10",
}
SERVER: Mapping[str, str] = {
    "SSCFG_NAME": "cameras",
    "SSCFG_SERVICE": "images",
    "SSCFG_AUTH": '{"config-server": {"address": "https://c", "user": "u", "secret-key": "k"}}',
    "SSCFG_PRIVATE_KEY": "-----BEGIN PRIVATE KEY-----",
    "HTTPS_PROXY": "socks5h://proxy.example.org:1080",
}
OTHERS: Mapping[str, str] = {
    "SCHEDULE": "every minute at :23",
    "LOG_LEVEL": "DEBUG",
    "LOG_FORMAT": "json",
    "EXT_SS_TOPIC": "metrics",
    "EXT_ARG_INTERVAL": "10",
}
GROUPS: Mapping[str, Mapping[str, str]] = {
    "The camera, through picamera2": PICAMERA2,
    "The camera, through the older picamera": PICAMERA,
    "SINETStream and Kafka": SINETSTREAM,
    "SINETStream over MQTT": MQTT,
    "SINETStream's configuration server": SERVER,
    "When, and the rest": OTHERS,
}
_LONG = 40


def notes_of(variable: str, value: str) -> list[VariableNote]:
    """Return what `mqttcam check` says of a variable beside the two that every sender has."""
    base = {"SSCFG_NAME": "cameras", "SSCFG_AUTH": SERVER["SSCFG_AUTH"]} if variable in SERVER else KAFKA
    if variable.startswith("PICAMERA_ANNOTATE_"):
        base = {**base, "PICAMERA_ANNOTATE_TEXT": PICAMERA["PICAMERA_ANNOTATE_TEXT"]}
    notes = translate({**base, variable: value}, NOTHING).notes
    return [note for note in notes if note.variable == variable]


def variables_table() -> str:
    """Return the table of all variables for docs/kafka.md."""
    rows = []
    for group, variables in GROUPS.items():
        rows.append((f"**{group}**", "", ""))
        for variable, value in variables.items():
            shown = value if len(value) <= _LONG else f"{value[:_LONG]}…"
            meanings = [str(note).partition(": ")[2] for note in notes_of(variable, value)]
            rows.append((f"`{variable}`", f"`{shown}`", "; ".join(meanings)))
    return table(("Variable", "Example", "Here"), rows)
