"""The reference sender's environment: every rule that its users' `.env` files rely on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kafka.producer.kafka import KafkaProducer
from pydantic import SecretStr, ValidationError
from pydantic_core import PydanticCustomError

from mqttcam.settings import load
from mqttcam.settings.cameras import CameraSettings
from mqttcam.settings.document.tree import Origin, TreeNode
from mqttcam.settings.kafka import KafkaSettings, check_consistent
from mqttcam.settings.loading.dotenv import FROM_DOTENV, load_dotenv
from mqttcam.settings.loading.model_input import ModelInput
from mqttcam.settings.nii_sender.controls import CONTROL_KINDS
from mqttcam.settings.nii_sender.translation import Translation
from mqttcam.settings.nii_sender.variables import merged_over, translate
from mqttcam.settings.size import Size

KAFKA = {"SS_BROKERS": "kafka.example.org:9092", "SS_TOPIC": "sinetstream.image.camera"}
NOTHING = Path("/nonexistent")


def translated(secrets: Path = NOTHING, /, **environ: str) -> Translation:
    return translate(environ, secrets)


def camera(secrets: Path = NOTHING, /, **environ: str) -> CameraSettings:
    """Return the camera described by the variables, validated as one from a file."""
    found = translated(secrets, **environ)
    assert not found.problems, found.problems
    assert found.tree is not None
    cameras = found.tree.get("cameras")
    assert cameras is not None
    node = cameras.get("camera")
    assert node is not None
    filler = ModelInput()
    data = filler.section(CameraSettings, node, ("cameras", "camera"))
    assert not filler.problems, filler.problems
    return CameraSettings.model_validate(data)


def kafka(secrets: Path = NOTHING, /, **environ: str) -> KafkaSettings:
    """Return the Kafka settings likewise."""
    found = translated(secrets, **environ)
    assert not found.problems, found.problems
    node = found.tree.get("kafka") if found.tree else None
    assert node is not None
    filler = ModelInput()
    data = filler.section(KafkaSettings, node, ("kafka",))
    assert not filler.problems, filler.problems
    return KafkaSettings.model_validate(data)


def note_of(variable: str, secrets: Path = NOTHING, /, **environ: str) -> str:
    """Return the line of `mqttcam check` about a variable."""
    lines = [str(one) for one in translated(secrets, **environ).notes if one.variable == variable]
    assert len(lines) == 1
    return lines[0]


def problem_of(**environ: str) -> str:
    problems = translated(**environ).problems
    assert len(problems) == 1
    return str(problems[0])


class TestSize:
    @pytest.mark.parametrize(
        ("text", "size"),
        [
            ("4K", (3840, 2160)),
            ("2K", (1920, 1080)),
            ("FHD", (1920, 1080)),
            ("HD", (1280, 720)),
            ("SVGA", (800, 600)),
            ("VGA", (640, 480)),
            ("QVGA", (320, 240)),
            ("vga", (640, 480)),
            ("(640x480)", (640, 480)),
            ("640x480", (640, 480)),
            (" 640 X 480 ", (640, 480)),
        ],
    )
    def test_names_and_numbers(self, text: str, size: tuple[int, int]) -> None:
        """In any case, with or without parentheses, as documented."""
        assert camera(PICAMERA2_SIZE=text).size == Size(*size)

    def test_precedence(self) -> None:
        """MAIN_SIZE, then SIZE, then PICAMERA_RESOLUTION."""
        every = {"PICAMERA2_MAIN_SIZE": "VGA", "PICAMERA2_SIZE": "HD", "PICAMERA_RESOLUTION": "4K"}
        assert camera(**every).size == Size(640, 480)
        assert note_of("PICAMERA2_SIZE", **every).endswith(
            "no effect (has no effect together with PICAMERA2_MAIN_SIZE)"
        )
        del every["PICAMERA2_MAIN_SIZE"]
        assert camera(**every).size == Size(1280, 720)
        del every["PICAMERA2_SIZE"]
        assert camera(**every).size == Size(3840, 2160)

    @pytest.mark.parametrize(
        ("text", "size"),
        [
            ("XGA", (1024, 768)),
            ("sxga", (1280, 1024)),
            ("UXGA", (1600, 1200)),
            ("720p", (1280, 720)),
            ("1080P", (1920, 1080)),
            ("(640,480)", (640, 480)),
            ("641, 480", (640, 480)),
        ],
    )
    def test_as_the_older_sender_has_them(self, text: str, size: tuple[int, int]) -> None:
        """Its PICAMERA_RESOLUTION went to picamera, which knows more names."""
        assert camera(PICAMERA_RESOLUTION=text).size == Size(*size)

    def test_odd_is_made_even(self) -> None:
        """picamera2 aligns sizes, so an odd one is not an error there."""
        assert camera(PICAMERA2_SIZE="641x481").size == Size(640, 480)
        assert "made even" in note_of("PICAMERA2_SIZE", PICAMERA2_SIZE="641x481")

    @pytest.mark.parametrize("text", ["XGA", "640", "640x", "0x0", "(640,480)"])
    def test_bad(self, text: str) -> None:
        with pytest.raises(ValidationError):
            camera(PICAMERA2_SIZE=text)

    def test_none(self) -> None:
        assert camera(**KAFKA).size is None


class TestFormat:
    @pytest.mark.parametrize("name", ["PICAMERA2_FORMAT", "PICAMERA2_MAIN_FORMAT", "PICAMERA2_COLOUR_SPACE"])
    def test_changes_no_jpeg(self, name: str) -> None:
        assert camera(**{name: "RGB888"}) == camera(**KAFKA)
        assert "no effect" in note_of(name, **{name: "RGB888"})

    def test_buffers(self) -> None:
        camera(PICAMERA2_BUFFER_COUNT="2")
        assert note_of("PICAMERA2_BUFFER_COUNT", PICAMERA2_BUFFER_COUNT="2")

    def test_unknown(self) -> None:
        """Variables that the reference does not read are not errors."""
        assert camera(PICAMERA2_LORES_SIZE="VGA") == camera(**KAFKA)
        assert "unknown" in note_of("PICAMERA2_LORES_SIZE", PICAMERA2_LORES_SIZE="VGA")


class TestTransform:
    @pytest.mark.parametrize(("text", "value"), [("1", True), ("true", True), ("0", False), ("false", False)])
    def test_flips(self, text: str, value: bool) -> None:
        found = camera(PICAMERA2_TRANSFORM_HFLIP=text, PICAMERA2_TRANSFORM_VFLIP=text)
        assert (found.hflip, found.vflip) == (value, value)

    def test_false_is_noted(self) -> None:
        assert "any text as true" in note_of("PICAMERA2_TRANSFORM_HFLIP", PICAMERA2_TRANSFORM_HFLIP="false")
        assert "any text" not in note_of("PICAMERA2_TRANSFORM_HFLIP", PICAMERA2_TRANSFORM_HFLIP="0")

    def test_neither(self) -> None:
        assert "neither ON nor OFF" in problem_of(PICAMERA2_TRANSFORM_VFLIP="perhaps")

    def test_rotation(self) -> None:
        assert camera(PICAMERA2_TRANSFORM_ROTATION="180").rotation == 180
        assert "TRANSPOSE: is not supported" in problem_of(PICAMERA2_TRANSFORM_TRANSPOSE="1")


class TestControls:
    @pytest.mark.parametrize(
        ("name", "text", "control", "value"),
        [
            ("AWB_MODE", "Tungsten", "AwbMode", "Tungsten"),
            ("AWB_MODE", "tungsten", "AwbMode", "Tungsten"),
            ("AWB_MODE", "2", "AwbMode", "Tungsten"),
            ("AF_MODE", "Continuous", "AfMode", "Continuous"),
            ("NOISE_REDUCTION_MODE", "fast", "NoiseReductionMode", "Fast"),
            ("AE_ENABLE", "false", "AeEnable", False),
            ("AWB_ENABLE", "1", "AwbEnable", True),
            ("COLOUR_GAINS", "(1.5,1.2)", "ColourGains", [1.5, 1.2]),
            ("SCALER_CROP", "(0, 0, 640, 480)", "ScalerCrop", [0, 0, 640, 480]),
            ("AF_WINDOWS", "(0, 0, 640, 480)", "AfWindows", [0, 0, 640, 480]),
            ("FRAME_DURATION_LIMITS", "(100000,200000)", "FrameDurationLimits", [100000, 200000]),
            ("EXPOSURE_TIME", "10000", "ExposureTime", 10000),
            ("BRIGHTNESS", "-0.2", "Brightness", -0.2),
            ("CNN_ENABLE_INPUT_TENSOR", "true", "CnnEnableInputTensor", True),
        ],
    )
    def test_converted(self, name: str, text: str, control: str, value: object) -> None:
        """`CONTROLS_A_B` is the control `AB`, its value by the control's type, members in any case."""
        found = camera(**{f"PICAMERA2_CONTROLS_{name}": text}).controls
        assert found == {control: value}
        assert type(found[control]) is type(value)

    def test_unknown_control(self) -> None:
        line = problem_of(PICAMERA2_CONTROLS_AWB_MOOD="Tungsten")
        assert (
            "PICAMERA2_CONTROLS_AWB_MOOD: AwbMood is not a control (did you mean AwbMode?), allowed: Ae"
            in line
        )

    def test_unknown_member(self) -> None:
        line = problem_of(PICAMERA2_CONTROLS_AWB_MODE="Sunny")
        assert line.startswith("environment: PICAMERA2_CONTROLS_AWB_MODE: 'Sunny' is unknown, allowed: Auto")
        assert line.endswith("Indoor, Daylight, Cloudy, Custom")

    @pytest.mark.parametrize(("name", "text"), [("EXPOSURE_TIME", "long"), ("COLOUR_GAINS", "1.5")])
    def test_wrong_type(self, name: str, text: str) -> None:
        assert "allowed: " in problem_of(**{f"PICAMERA2_CONTROLS_{name}": text})


class TestFrameRate:
    def test_new_beats_old(self) -> None:
        assert camera(PICAMERA2_CONTROLS_FRAME_RATE="5").frame_rate == 5
        assert camera(PICAMERA_FRAMERATE="2.5").frame_rate == 2.5
        both = {"PICAMERA2_CONTROLS_FRAME_RATE": "5", "PICAMERA_FRAMERATE": "30"}
        assert camera(**both).frame_rate == 5
        assert "no effect together with PICAMERA2_CONTROLS_FRAME_RATE" in note_of(
            "PICAMERA_FRAMERATE", **both
        )

    @pytest.mark.parametrize("rate", ["PICAMERA2_CONTROLS_FRAME_RATE", "PICAMERA_FRAMERATE"])
    @pytest.mark.parametrize(
        "limits", ["PICAMERA2_CONTROLS_FRAME_DURATION_LIMITS", "PICAMERA_FRAMERATE_RANGE"]
    )
    def test_beats_its_limits(self, rate: str, limits: str) -> None:
        """It becomes FrameDurationLimits, over what is there."""
        both = {rate: "5", limits: "(33333,33333)"}
        assert (camera(**both).frame_rate, camera(**both).controls) == (5, {})
        assert f"no effect together with {rate}" in note_of(limits, **both)


class TestOlderVariables:
    @pytest.mark.parametrize(
        ("name", "text", "control", "value"),
        [
            ("AWB_MODE", "sunlight", "AwbMode", "Daylight"),
            ("AWB_MODE", "fluorescent", "AwbMode", "Fluorescent"),
            ("AWB_MODE", "off", "AwbEnable", False),
            ("AWB_GAINS", "(1.5,1.2)", "ColourGains", [1.5, 1.2]),
            ("ISO", "400", "AnalogueGain", 4.0),
            ("ISO", "0", "AnalogueGain", 0.0),
            ("EXPOSURE_COMPENSATION", "-12", "ExposureValue", -2.0),
            ("EXPOSURE_MODE", "night", "AeExposureMode", "Long"),
            ("EXPOSURE_MODE", "sports", "AeExposureMode", "Short"),
            ("EXPOSURE_MODE", "off", "AeEnable", False),
            ("METER_MODE", "spot", "AeMeteringMode", "Spot"),
            ("SHUTTER_SPEED", "20000", "ExposureTime", 20000),
            ("BRIGHTNESS", "50", "Brightness", 0.0),
            ("BRIGHTNESS", "75", "Brightness", 0.5),
            ("CONTRAST", "-100", "Contrast", 0.0),
            ("SATURATION", "50", "Saturation", 1.5),
            ("SHARPNESS", "0", "Sharpness", 1.0),
            ("IMAGE_DENOISE", "false", "NoiseReductionMode", "Off"),
            ("VIDEO_DENOISE", "true", "NoiseReductionMode", "Fast"),
            ("FRAMERATE_RANGE", "(5,10)", "FrameDurationLimits", [100000, 200000]),
            ("COLOR_EFFECTS", "(128,128)", "Saturation", 0.0),
        ],
    )
    def test_equals(self, name: str, text: str, control: str, value: object) -> None:
        assert camera(**{f"PICAMERA_{name}": text}).controls == {control: value}
        assert control in CONTROL_KINDS

    def test_the_camera_itself(self) -> None:
        found = camera(
            PICAMERA_HFLIP="true", PICAMERA_VFLIP="false", PICAMERA_ROTATION="180", PICAMERA_CAMERA_NUM="1"
        )
        assert (found.hflip, found.vflip, found.rotation) == (True, False, 180)
        assert found.source.model_dump()["camera"] == 1

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("ISO", "auto"),
            ("AWB_MODE", "purple"),
            ("ROTATION", "90"),
            ("LED", "true"),
            ("ZOOM", "(0,0,1,1)"),
            ("ANNOTATE_TEXT", "Hello"),
            ("FRAMERATE_RANGE", "(0,0)"),
            ("NEVER_HEARD_OF", "1"),
        ],
    )
    def test_never_an_error(self, name: str, text: str) -> None:
        """The reference ignores all but two of them, so a `.env` with them runs."""
        variable = f"PICAMERA_{name}"
        assert camera(**{variable: text}) == camera(**KAFKA)
        assert "no effect" in note_of(variable, **{variable: text})

    def test_the_newer_ones_count(self) -> None:
        both = {"PICAMERA_AWB_MODE": "sunlight", "PICAMERA2_CONTROLS_AWB_MODE": "Tungsten"}
        assert camera(**both).controls == {"AwbMode": "Tungsten"}
        assert "no effect together with" in note_of("PICAMERA_AWB_MODE", **both)


class TestSinetstream:
    def test_example(self) -> None:
        """The reference's own example for a high rate."""
        found = kafka(**KAFKA, SS_CONSISTENCY="AT_LEAST_ONCE", PICAMERA2_SIZE="QVGA")
        assert found.type == "kafka"
        assert found.brokers == ("kafka.example.org:9092",)
        assert found.topic == "sinetstream.image.camera"
        assert found.consistency == "AT_LEAST_ONCE"
        assert (found.fps, found.schedule) == ("max", None)

    def test_brokers(self) -> None:
        assert kafka(SS_BROKERS="kafka1:9092, kafka2", SS_TOPIC="t").brokers == ("kafka1:9092", "kafka2")

    def test_nested(self) -> None:
        found = kafka(
            **KAFKA,
            SS_TLS__CHECK_HOSTNAME="false",
            SS_DATA_ENCRYPTION="true",
            SS_CRYPTO__ALGORITHM="AES",
            SS_CRYPTO__MODE="EAX",
            SS_CRYPTO__KEY_DERIVATION__ITERATION="20000",
            SS_CRYPTO__PASSWORD__VALUE="0123",
            SS_COMPRESSION__ALGORITHM="zstd",
        )
        assert found.tls is not None
        assert not found.tls.check_hostname
        assert found.crypto is not None
        assert found.crypto.key_derivation.iteration == 20000
        assert found.crypto.password == SecretStr("0123")
        assert found.compression.algorithm == "zstd"

    @pytest.mark.parametrize(("text", "there"), [("true", True), ("True", True), ("false", False)])
    def test_tls_is_a_boolean(self, text: str, there: bool) -> None:
        assert (kafka(**KAFKA, SS_TLS=text).tls is not None) is there

    def test_tls_with_more(self) -> None:
        """The reference fails if both are set."""
        found = kafka(**KAFKA, SS_TLS="true", SS_TLS__CIPHERS="ECDHE+AESGCM")
        assert found.tls is not None
        assert found.tls.ciphers == "ECDHE+AESGCM"

    def test_sasl_stays_text(self) -> None:
        """Even a password of digits."""
        found = kafka(
            **KAFKA,
            SS_SECURITY_PROTOCOL="SASL_SSL",
            SS_SASL_MECHANISM="PLAIN",
            SS_SASL_PLAIN_USERNAME="007",
            SS_SASL_PLAIN_PASSWORD="0815",
        )
        assert found.sasl_plain_username == "007"
        assert found.sasl_plain_password == SecretStr("0815")

    def test_numbers(self) -> None:
        assert kafka(**KAFKA, SS_MAX_REQUEST_SIZE="8388620").max_request_size == 8388620

    def test_value_type(self) -> None:
        """The reference sends bytes regardless of it."""
        assert kafka(**KAFKA, SS_VALUE_TYPE="text").value_type == "byte_array"
        assert kafka(**KAFKA, SS_VALUE_TYPE__NAME="image").value_type == "byte_array"

    @pytest.mark.parametrize("name", sorted(KafkaProducer.DEFAULT_CONFIG))
    def test_the_clients_own(self, name: str) -> None:
        """Every number or text of kafka-python's producer that mqttcam does not set itself."""
        default = KafkaProducer.DEFAULT_CONFIG[name]
        if name in ("bootstrap_servers", "ssl_context") or not isinstance(default, int | str | None):
            return
        if default is None and name.endswith(("serializer", "provider")):
            return
        assert name in KafkaSettings.model_fields

    def test_unknown_parameter(self) -> None:
        """The reference exits; mqttcam suggests the nearest one."""
        tree = translated(**KAFKA, SS_MAX_REQEST_SIZE="1").tree
        assert tree is not None
        node = tree.get("kafka")
        assert node is not None
        filler = ModelInput()
        filler.section(KafkaSettings, node, ("kafka",))
        assert "SS_MAX_REQEST_SIZE: unknown key (did you mean max_request_size?)" in str(filler.problems[0])

    def test_another_broker_type(self) -> None:
        (problem,) = translated(**KAFKA, SS_TYPE="s3").problems
        assert str(problem) == (
            "environment: SS_TYPE: SINETStream over s3 is not supported, allowed: kafka or mqtt"
        )

    def test_mqtt(self) -> None:
        """With the parameters of SINETStream's MQTT plugin."""
        found = kafka(
            SS_TYPE="mqtt",
            SS_BROKERS="broker.example.org:1883",
            SS_TOPIC="sinetstream/image/camera",
            SS_CONSISTENCY="EXACTLY_ONCE",
            SS_USERNAME_PW_SET__USERNAME="camera",
            SS_USERNAME_PW_SET__PASSWORD="0815",
            SS_PROTOCOL="MQTTv5",
            SS_RETAIN="true",
            SS_KEEPALIVE="30",
            SS_TRANSPORT="tcp",
            SS_CLEAN_SESSION="true",
            SS_MAX_INFLIGHT_MESSAGES_SET__INFLIGHT="20",
        )
        check_consistent(found)
        assert (found.type, found.topic) == ("mqtt", "sinetstream/image/camera")
        assert (found.protocol, found.retain, found.keepalive) == ("MQTTv5", True, 30)
        assert found.username_pw_set is not None
        assert found.username_pw_set.password == SecretStr("0815")

    @pytest.mark.parametrize(("text", "checked"), [("true", False), ("False", True)])
    def test_tls_of_the_mqtt_plugin(self, tmp_path: Path, text: str, checked: bool) -> None:
        (tmp_path / "ca.pem").write_text("")
        files = {"SS_TLS_SET__CA_CERTS": str(tmp_path / "ca.pem"), "SS_TLS_INSECURE_SET__VALUE": text}
        found = kafka(**KAFKA, SS_TYPE="mqtt", **files)
        assert found.tls is not None
        assert (found.tls.ca_certs, found.tls.check_hostname) == (tmp_path / "ca.pem", checked)

    def test_websockets(self) -> None:
        (problem,) = translated(**KAFKA, SS_TYPE="mqtt", SS_TRANSPORT="websockets").problems
        assert str(problem) == (
            "environment: SS_TRANSPORT: MQTT over websockets is not supported, allowed: tcp"
        )

    def test_no_topic(self) -> None:
        for name, lacking in (("SS_BROKERS", "topic"), ("SS_TOPIC", "brokers")):
            with pytest.raises(PydanticCustomError, match=f"has no {lacking}") as error:
                check_consistent(kafka(**{name: "kafka"}))
            assert "SS_BROKERS and SS_TOPIC" in str(error.value.context)
        check_consistent(kafka(**KAFKA))


class TestSecrets:
    def test_beat_the_environment(self, tmp_path: Path) -> None:
        """A line break that an editor adds at the end is not part of them."""
        (tmp_path / "SS_SASL_PLAIN_PASSWORD").write_text("from a file\n")
        (tmp_path / "SS_TOPIC").write_text("topic.of.file\n")
        (tmp_path / "UNRELATED").write_text("x")
        found = kafka(tmp_path, **KAFKA, SS_SASL_PLAIN_PASSWORD="from the environment")
        assert found.sasl_plain_password == SecretStr("from a file")
        assert found.topic == "topic.of.file"

    def test_alone(self, tmp_path: Path) -> None:
        for name, value in KAFKA.items():
            (tmp_path / name).write_text(value)
        assert kafka(tmp_path).topic == KAFKA["SS_TOPIC"]

    def test_unreadable_secret(self, tmp_path: Path) -> None:
        """It is reported, and only that; it is not treated as missing."""
        (tmp_path / "SSCFG_AUTH").symlink_to(tmp_path / "not there")
        (problem,) = translated(tmp_path, SSCFG_NAME="cameras").problems
        assert "SSCFG_AUTH: the file " in str(problem)
        assert "cannot be read: No such file" in str(problem)
        (tmp_path / "SSCFG_NAME").symlink_to(tmp_path / "not there")
        assert {one.key for one in translated(tmp_path).problems} == {"SSCFG_AUTH", "SSCFG_NAME"}

    @pytest.mark.parametrize(
        ("data", "words"), [(b"\xff", "is not UTF-8 text"), (b"x" * 70_000, "is too large")]
    )
    def test_invalid_secret(self, tmp_path: Path, data: bytes, words: str) -> None:
        (tmp_path / "SS_SASL_PLAIN_PASSWORD").write_bytes(data)
        (problem,) = translated(tmp_path, **KAFKA).problems
        assert words in str(problem)

    def test_empty_is_none(self, tmp_path: Path) -> None:
        """It still overrides a variable."""
        (tmp_path / "SCHEDULE").write_text("\n")
        assert kafka(tmp_path, **KAFKA, SCHEDULE="60").schedule is None

    def test_never_shown(self, tmp_path: Path) -> None:
        secret = "tell-nobody"
        names = ("SS_SASL_PLAIN_PASSWORD", "SS_CRYPTO__PASSWORD", "SS_SSL_PASSWORD", "SS_UNKNOWN_PASSWORD")
        found = translate({**KAFKA, **dict.fromkeys(names, secret)}, tmp_path)
        assert secret not in "".join(map(str, [*found.notes, *found.problems]))
        assert secret not in repr(found)
        server = {"SSCFG_NAME": "n", "SSCFG_AUTH": secret, "SSCFG_PRIVATE_KEY": secret, "HTTPS_PROXY": secret}
        assert secret not in "".join(map(str, translate(server, tmp_path).notes))


class TestConfigurationServer:
    AUTH = json.dumps({"config-server": {"address": "https://c", "user": "u", "secret-key": "k"}})

    def test_parameters(self) -> None:
        found = kafka(
            SSCFG_NAME="cameras",
            SSCFG_SERVICE="images",
            SSCFG_AUTH=self.AUTH,
            SSCFG_PRIVATE_KEY="key",
            HTTPS_PROXY="socks5h://proxy.example.org:1080",
        )
        assert (found.config, found.service) == ("cameras", "images")
        assert found.auth == SecretStr(self.AUTH)
        assert found.private_key == SecretStr("key")
        assert found.https_proxy == SecretStr("socks5h://proxy.example.org:1080")

    def test_alone(self) -> None:
        """As in the reference, only the server's parameters are used."""
        found = kafka(SSCFG_NAME="cameras", SSCFG_AUTH=self.AUTH, SS_TOPIC="other")
        assert found.topic is None
        assert "configuration server has" in note_of(
            "SS_TOPIC", SSCFG_NAME="n", SSCFG_AUTH="{}", SS_TOPIC="x"
        )

    def test_no_name(self) -> None:
        """Without a name no server is asked, which is a problem if there is nothing else to send to."""
        given = {"SSCFG_AUTH": self.AUTH, "SSCFG_SERVICE": "images"}
        assert problem_of(**given) == (
            "environment: SSCFG_NAME: is missing, and SSCFG_AUTH needs it, allowed: a name on the configuration server"
        )
        assert kafka(**KAFKA, **given).config is None
        for name in given:
            assert (
                note_of(name, **KAFKA, **given) == f"{name}: no effect (only used together with SSCFG_NAME)"
            )

    def test_no_auth(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """Unless an `auth.json` is where the library looks for it."""
        monkeypatch.setenv("HOME", str(tmp_path))
        assert "SSCFG_AUTH: is missing, and SSCFG_NAME needs it" in problem_of(SSCFG_NAME="n")
        folder = tmp_path / ".config/sinetstream"
        folder.mkdir(parents=True)
        (folder / "auth.json").write_text(self.AUTH)
        assert kafka(SSCFG_NAME="n").config == "n"

    def test_bad_auth(self) -> None:
        with pytest.raises(ValidationError, match="auth"):
            kafka(SSCFG_NAME="n", SSCFG_AUTH="{}")


class TestSchedule:
    @pytest.mark.parametrize(
        "text",
        ["10", "every 3 seconds", "every minute at :23", "every day at 10:30", "every 2 day", "30s", "1.5"],
    )
    def test_taken(self, text: str) -> None:
        assert kafka(**KAFKA, SCHEDULE=text).schedule == text

    @pytest.mark.parametrize("text", ["0", "00"])
    def test_zero(self, text: str) -> None:
        """The reference checks once per second whether it is due."""
        assert kafka(**KAFKA, SCHEDULE=text).schedule == "1"
        assert note_of("SCHEDULE", **KAFKA, SCHEDULE=text).startswith(
            "SCHEDULE: kafka.schedule: 1 (as the ref"
        )

    def test_bad_names_the_grammar(self) -> None:
        with pytest.raises(ValidationError) as error:
            kafka(**KAFKA, SCHEDULE="now and then")
        assert "every minute at :23" in str(error.value.errors()[0]["ctx"]["allowed"])

    def test_none_is_every_frame(self) -> None:
        assert (kafka(**KAFKA).schedule, kafka(**KAFKA).fps) == (None, "max")

    def test_without_kafka(self) -> None:
        assert "nothing is sent to Kafka" in note_of("SCHEDULE", SCHEDULE="10", PICAMERA2_SIZE="VGA")


class TestWhole:
    def test_unrelated_variables(self) -> None:
        """Variables that other programs use as well configure nothing."""
        assert translated(SCHEDULE="10", LOG_LEVEL="DEBUG", HTTPS_PROXY="x", SS_AGENT="1").tree is None

    def test_log_level_is_explained(self) -> None:
        assert note_of("LOG_LEVEL", **KAFKA, LOG_LEVEL="debug") == "LOG_LEVEL: log.level: DEBUG"

    def test_every_variable_is_explained(self) -> None:
        """Each exactly once, whether it has an effect or not."""
        environ = {
            **KAFKA,
            "PICAMERA2_SIZE": "VGA",
            "PICAMERA_LED": "1",
            "SCHEDULE": "60",
            "HTTPS_PROXY": "p",
        }
        assert [one.variable for one in translated(**environ).notes] == sorted(environ)
        assert note_of("PICAMERA2_SIZE", **environ) == "PICAMERA2_SIZE: cameras.camera.size: 640x480"
        assert note_of("SS_TOPIC", **environ) == "SS_TOPIC: kafka.topic: sinetstream.image.camera"

    def test_empty_is_none(self) -> None:
        assert kafka(**KAFKA, SCHEDULE="", SS_CONSISTENCY=" ").schedule is None

    def test_over_a_file(self) -> None:
        """The environment overrides the file, key by key."""
        origin = Origin("config.yaml", 3)
        kafka_node = TreeNode(
            {"topic": TreeNode("old", origin, "old"), "fps": TreeNode(5, origin, "5")}, origin
        )
        merged = merged_over(TreeNode({"kafka": kafka_node}, origin), translated(**KAFKA)).plain()
        assert isinstance(merged, dict)
        own = {"topic": KAFKA["SS_TOPIC"], "brokers": KAFKA["SS_BROKERS"], "fps": 5}
        assert merged["kafka"] == own | {"quality": 90}
        assert merged["cameras"] == {"camera": {"source": {"type": "picamera2"}, "frame_rate": 30}}

    def test_the_senders_defaults_are_under_the_file(self, tmp_path: Path) -> None:
        """Its JPEG quality is 90, and it captures as fast as it can."""
        (tmp_path / "config.yaml").write_text(
            "mqtt: {host: b}\nkafka: {quality: 70}\ncameras: {camera: {frame_rate: 2}}\n"
        )
        settings = load(tmp_path / "config.yaml", {**KAFKA, "PICAMERA2_SIZE": "VGA"})
        assert settings.kafka is not None
        assert (settings.kafka.quality, settings.cameras["camera"].frame_rate) == (70, 2)
        settings = load(None, KAFKA)
        assert settings.kafka is not None
        assert (settings.kafka.quality, settings.cameras["camera"].frame_rate) == (90, 30)

    @pytest.mark.parametrize(
        ("variable", "text", "explained"),
        [
            ("LOG_FORMAT", "json", "LOG_FORMAT: log.format: json"),
            ("LOG_FORMAT", "{asctime}", "LOG_FORMAT: no effect (a log is text or JSON: `LOG_FORMAT=json`)"),
            ("EXT_SS_TOPIC", "t", "EXT_SS_TOPIC: no effect (mqttcam runs no external tools; "),
            ("EXT_ARG_HOST", "h", "EXT_ARG_HOST: no effect (mqttcam runs no external tools; "),
            ("SS_CRYPTO__KEY", "00" * 16, "SS_CRYPTO__KEY: kafka.crypto.key"),
            ("PICAMERA_SENSOR_MODE", "0", "PICAMERA_SENSOR_MODE: no effect (automatic here as well)"),
            (
                "PICAMERA_SENSOR_MODE",
                "4",
                "PICAMERA_SENSOR_MODE: no effect (libcamera's modes have no numbers",
            ),
            ("PICAMERA_SENSOR_MODE", "1640x1232:10", "cameras.camera.source.sensor_mode: 1640x1232:10"),
            ("PICAMERA2_COLOUR_SPACE", "Sycc", "PICAMERA2_COLOUR_SPACE: no effect (pictures are JPEGs"),
        ],
    )
    def test_equals_of_the_senders_other_variables(self, variable: str, text: str, explained: str) -> None:
        assert explained in note_of(variable, **KAFKA, **{variable: text})

    @pytest.mark.parametrize("name", ["PICAMERA_ZOOM", "PICAMERA_CROP"])
    @pytest.mark.parametrize(
        ("region", "zoom", "pan", "tilt"),
        [
            ("(0.25,0.25,0.5,0.5)", 2, 0, 0),
            ("(0,0,0.5,0.5)", 2, -1, -1),
            ("(0.75,0.5,0.25,0.25)", 4, 1, 0.3333),
            ("(0.5,0.5,0.5,0.25)", 2, 1, 0.5),
        ],
    )
    def test_a_region_is_zoom_pan_and_tilt(
        self, name: str, region: str, zoom: float, pan: float, tilt: float
    ) -> None:
        controls = camera(**{name: region}).controls
        assert controls == {"Zoom": zoom, "Pan": pan, "Tilt": tilt}

    def test_cameras_of_a_file(self) -> None:
        """A file's cameras are the only ones unless a variable describes another."""
        origin = Origin("config.yaml", 3)
        root = TreeNode({"cameras": TreeNode({"front": TreeNode({}, origin)}, origin)}, origin)
        plain = merged_over(root, translated(**KAFKA)).plain()
        assert isinstance(plain, dict)
        assert list(plain["cameras"]) == ["front"]
        more = merged_over(root, translated(**KAFKA, PICAMERA2_SIZE="VGA")).plain()
        assert isinstance(more, dict)
        assert list(more["cameras"]) == ["front", "camera"]


class TestDotenv:
    def test_as_the_reference_reads_it(self, tmp_path: Path) -> None:
        """Variables already in the environment are kept."""
        file = tmp_path / ".env"
        file.write_text(
            "# mine\nSS_TOPIC=a\nexport SS_BROKERS=\"b:9092\"\nSCHEDULE='every minute'\nLOG_LEVEL=INFO\n"
        )
        environ = {"LOG_LEVEL": "DEBUG"}
        load_dotenv(environ, file)
        assert environ.pop(FROM_DOTENV) == "SS_TOPIC SS_BROKERS SCHEDULE"
        assert environ == {
            "SS_TOPIC": "a",
            "SS_BROKERS": "b:9092",
            "SCHEDULE": "every minute",
            "LOG_LEVEL": "DEBUG",
        }

    def test_read_again(self, tmp_path: Path) -> None:
        """Variables from the file are updated, also in a process that inherits the environment."""
        file = tmp_path / ".env"
        file.write_text("SS_TOPIC=a\nSS_BROKERS=b\nSCHEDULE=1\n")
        environ = {"SCHEDULE": "60"}
        load_dotenv(environ, file)
        file.write_text("SS_TOPIC=c\nSCHEDULE=2\nLOG_LEVEL=DEBUG\n")
        load_dotenv(environ, file)
        assert environ == {
            "SS_TOPIC": "c", "SCHEDULE": "60", "LOG_LEVEL": "DEBUG", FROM_DOTENV: "SS_TOPIC LOG_LEVEL"
        }  # fmt: skip
        file.unlink()
        load_dotenv(environ, file)
        assert environ == {"SCHEDULE": "60", FROM_DOTENV: ""}

    def test_unreadable_later(self, tmp_path: Path) -> None:
        """Variables read before are kept."""
        file = tmp_path / ".env"
        file.write_text("SS_TOPIC=a\n")
        environ: dict[str, str] = {}
        load_dotenv(environ, file)
        file.write_bytes(b"\xff\xfe\x00=")
        load_dotenv(environ, file)
        assert environ["SS_TOPIC"] == "a"

    def test_file_of_another_program(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        """A file that is not text is logged but not an error."""
        (tmp_path / ".env").write_bytes(b"\xff\xfe\x00=")
        environ: dict[str, str] = {}
        load_dotenv(environ, tmp_path / ".env")
        assert environ == {}
        assert "ignored, cannot be read" in caplog.text

    def test_none(self, tmp_path: Path) -> None:
        environ: dict[str, str] = {}
        load_dotenv(environ, tmp_path / ".env")
        assert environ == {}


_names = st.sampled_from(
    [
        "PICAMERA2_SIZE",
        "PICAMERA2_CONTROLS_AWB_MODE",
        "PICAMERA2_CONTROLS_COLOUR_GAINS",
        "PICAMERA_ISO",
        "PICAMERA_FRAMERATE_RANGE",
        "PICAMERA2_TRANSFORM_HFLIP",
        "SS_TOPIC",
        "SS_TLS",
        "SS_TLS__CA_CERTS",
        "SS___",
        "SS_CRYPTO__PASSWORD__VALUE",
        "SSCFG_NAME",
        "SCHEDULE",
        "PICAMERA2_CONTROLS_",
        "PICAMERA_",
        "SS_",
    ]
)


@given(st.dictionaries(_names, st.text(max_size=30)))
@settings(max_examples=300, deadline=None)
def test_any_environment(environ: dict[str, str]) -> None:
    """Any value is translated or refused, without a crash."""
    found = translate(environ, NOTHING)
    for one in found.notes:
        assert "\n" not in str(one)
