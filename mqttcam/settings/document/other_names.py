"""What other programs, and people, call our keys and sources.

Among them Home Assistant's camera platforms, zigbee2mqtt, motion and motionEye, MotionPlus, Frigate, go2rtc, Scrypted,
picamera, librdkafka and Kafka's Java client.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

SAME_SECTION: Mapping[str, str] = {
    "active": "hours when schedule active_hours working_schedule",
    "anonymous": "guest guests public",
    "base_topic": "topic topic_prefix prefix base root_topic mqtt_topic",
    "birth_topic": "birth status_topic",
    "brokers": "bootstrap_servers bootstrap_server bootstrap broker servers server hosts host address",
    "ca_certs": "ca ca_file ca_cert cafile ca_certificate",
    "ca_file": "ca ca_cert ca_certs cafile ca_certificate certificate_authority",
    "camera": "device index number camera_num num id port path",
    "cameras": "camera cams streams",
    "cert_file": "cert certificate client_cert certfile crt ssl_certificate",
    "certfile": "cert certificate client_cert cert_file crt",
    "clear_after": "event_gap gap off_delay timeout max_disappeared",
    "client_id": "client clientid id",
    "device": "path video video_device videodevice dev camera index number id file url",
    "discovery_prefix": "prefix topic base_topic discovery_topic",
    "enabled": "enable active on disabled privacy discovery",
    "fps": "framerate frame_rate rate maxrate max_fps",
    "frame_rate": "framerate rate maxrate max_fps",
    "hflip": "flip mirror flip_axis hmirror horizontal_flip",
    "home_assistant": "homeassistant hass ha discovery",
    "host": "broker server address hostname ip url uri bind bind_address listen broker_host broker_address mqtt_host",
    "image": "snapshot snapshots jpeg images picture pictures mqtt",
    "insecure": "verify skip_verify tls_insecure reject_unauthorized check_hostname verify_ssl ssl_verify",
    "interval": "snapshot_interval period every",
    "key_file": "key private_key client_key keyfile ssl_key",
    "key_password": "password passphrase",
    "keyfile": "key private_key client_key key_file",
    "kafka": "sinetstream",
    "latitude": "lat",
    "level": "log_level loglevel default verbosity",
    "location": "coordinates position place site gps home",
    "log": "logger logging logs",
    "longitude": "lon lng long",
    "max_request_size": "max_message_bytes message_max_bytes max_size message_size max_message_size",
    "max_viewers": "max_clients max_connections stream_maxconnections",
    "motion": "detect motion_detection detection",
    "mqtt": "mosquitto mqtt_broker",
    "name": "title friendly_name label camera_name",
    "node": "device_id node_id",
    "password": "pass pwd passwd secret",
    "password_hash": "password pass pwd hash",
    "path": "file filename folder directory dir url input video location",
    "pause": "cooldown cool_down quiet min_interval",
    "path_prefix": "prefix root_path base_path ingress",
    "port": "stream_port webcontrol_port http_port listen_port mqtt_port",
    "protocol": "version protocol_version mqtt_version",
    "public_url": "base_url url external_url",
    "quality": "jpeg_quality stream_quality picture_quality compression",
    "rotation": "rotate orientation angle",
    "sasl_mechanism": "sasl_mechanisms mechanism",
    "sasl_plain_password": "sasl_password password pass sasl_pass",
    "sasl_plain_username": "sasl_username username user sasl_user login",
    "schedule": "interval snapshot_interval timelapse every period cron",
    "security_protocol": "protocol",
    "size": "resolution width height image_size video_size frame_size dimensions",
    "ssl_cafile": "ssl_ca_location ssl_truststore_location ssl_ca truststore",
    "ssl_certfile": "ssl_certificate_location ssl_keystore_location keystore",
    "ssl_keyfile": "ssl_key_location",
    "ssl_password": "ssl_key_password ssl_keystore_password",
    "source": "platform driver input inputs ffmpeg stream streams stream_source",
    "state_dir": "data_dir data_path storage data target_dir",
    "threshold": "sensitivity min_area",
    "tls": "ssl secure use_tls use_ssl https",
    "tokens": "token api_key apikey",
    "topic": "topics topic_name",
    "transport": "rtsp_transport protocol",
    "type": "platform kind driver",
    "url": "uri link address stream stream_url rtsp_url rtsp mjpeg_url still_image_url netcam_url input path file host "
    "ip server stream_source",
    "username": "user login user_name account",
    "users": "user username auth login password",
    "vflip": "vmirror vertical_flip",
    "web": "http server webserver ui frontend api webui",
}
"""Our key, and the words for it in the section that has it."""

_CAMERA = "cameras.*"
_CONTROLS: Mapping[str, str] = {
    "AfMode": "autofocus focus af_mode",
    "AnalogueGain": "gain iso analogue_gain",
    "AwbMode": "awb awb_mode white_balance",
    "Brightness": "brightness",
    "Contrast": "contrast",
    "ExposureTime": "exposure exposure_time shutter shutter_speed",
    "ExposureValue": "ev exposure_compensation exposure_value",
    "LensPosition": "lens_position",
    "Saturation": "saturation",
    "Sharpness": "sharpness",
}
OTHER_SECTION: Mapping[str, Mapping[str, str]] = {
    "": {
        "log.level": "log_level loglevel debug",
        "mqtt.host": "mqtt_host mqtt_server broker_host",
        "mqtt.port": "mqtt_port",
        "mqtt.keepalive": "keepalive keep_alive",
        "mqtt.username": "mqtt_user mqtt_username user username",
        "mqtt.password": "mqtt_password mqtt_pass pass password",
        "mqtt.base_topic": "mqtt_topic base_topic topic",
        "location.latitude": "latitude lat",
        "location.longitude": "longitude lon lng",
        "web.port": "stream_port webcontrol_port http_port",
        "web.users": "auth users",
        f"{_CAMERA}.source": "source input inputs ffmpeg platform",
        f"{_CAMERA}.source.device": "device videodevice video_device",
        f"{_CAMERA}.source.url": "netcam_url rtsp rtsp_url url stream_source",
        f"{_CAMERA}.name": "camera_name",
        f"{_CAMERA}.motion": "motion detect",
    },
    "mqtt": {
        "mqtt.tls.ca_file": "ca ca_file ca_cert ca_certs cafile tls_ca tls_ca_certs certificate",
        "mqtt.tls.cert_file": "cert cert_file client_cert certfile tls_client_cert",
        "mqtt.tls.key_file": "key key_file client_key keyfile tls_client_key",
        "mqtt.tls.insecure": "insecure tls_insecure reject_unauthorized verify",
        "home_assistant.enabled": "discovery",
        "home_assistant.discovery_prefix": "discovery_prefix discovery_topic",
        f"{_CAMERA}.image.retain": "retain",
    },
    "web": {
        "web.tls.cert_file": "cert cert_file certificate ssl_certificate certfile",
        "web.tls.key_file": "key key_file private_key ssl_key keyfile",
        "log.level": "log_level",
    },
    _CAMERA: {
        f"{_CAMERA}.source.type": "type",
        f"{_CAMERA}.source.url": "url uri rtsp rtsp_url netcam_url stream_url mjpeg_url still_image_url host ip",
        f"{_CAMERA}.source.device": "device videodevice video_device",
        f"{_CAMERA}.frame_rate or {_CAMERA}.image.fps": "fps",
        f"{_CAMERA}.image.quality": "quality jpeg_quality stream_quality",
        f"{_CAMERA}.image.schedule": "interval snapshot_interval timelapse schedule",
        f"{_CAMERA}.image.retain": "retain",
        f"{_CAMERA}.motion.threshold": "threshold sensitivity",
        **{f"{_CAMERA}.controls.{control}": words for control, words in _CONTROLS.items()},
    },
    f"{_CAMERA}.image": {
        f"{_CAMERA}.size": "size resolution width height",
        **{f"{_CAMERA}.controls.{control}": words for control, words in _CONTROLS.items()},
    },
}
"""By section, our keys elsewhere, and the words for them in that section. `*` is the camera's id."""

WITHOUT_EQUAL: Mapping[str, frozenset[str]] = {"mqtt": frozenset({"enabled", "qos", "stats_interval"})}
"""By section, words that have no equal here, so that a similar one elsewhere would mislead."""

SOURCE_TYPES: Mapping[str, str] = {
    "file": "folder directory dir image images jpeg jpg video mp4 files local_file still",
    "mqtt": "topic mqttcam",
    "picamera2": "picamera picam pi rpi raspicam rpicam libcamera csi raspberry raspberrypi raspistill rpi_camera",
    "sinetstream": "kafka",
    "tcp": "socket",
    "test_pattern": "test demo pattern testsrc fake dummy",
    "url": "rtsp rtsps http https mjpeg ip ipcam ip_camera network netcam onvif stream generic ffmpeg snapshot go2rtc",
    "v4l2": "usb uvc webcam v4l video4linux video4linux2 device dev",
}
"""The `type` of a source, and the words for it."""


def same_section(word: str, known: Collection[str]) -> str | None:
    """Return the key among `known` that a word means in other programs, or None."""
    return next((key for key in _meanings(word) if key in known), None)


def meanings(word: str) -> list[str]:
    """Return every key of ours that a word may stand for."""
    return list(_meanings(word))


def _meanings(word: str) -> Iterator[str]:
    return (key for key, words in SAME_SECTION.items() if word in words.split())


def other_section(section: Sequence[str], word: str) -> str | None:
    """Return the key path, with `*` for a camera's id, that a word in this section means, or None."""
    found = OTHER_SECTION.get(".".join(section), {})
    return next((key for key, words in found.items() if word in words.split()), None)


def source_type(word: str) -> str | None:
    """Return the type of source that a word means in other programs, or None."""
    return next((kind for kind, words in SOURCE_TYPES.items() if word in words.split()), None)
