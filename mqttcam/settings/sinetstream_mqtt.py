"""SINETStream's parameters of an MQTT broker (`type: mqtt`), by their own names."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr

from mqttcam.settings.field_types import Word
from mqttcam.settings.section import AnyCase, Section


class SinetstreamLogin(Section):
    """SINETStream's `username_pw_set`: the login of an MQTT broker."""

    username: Word = Field(description="The user name.")
    password: SecretStr | None = Field(None, description="The user's password.")


class SinetstreamMqtt(Section):
    """The parameters of an MQTT broker; they have no effect on Kafka."""

    username_pw_set: SinetstreamLogin | None = Field(None, description="For `type: mqtt`: the login.")
    qos: Annotated[Literal[0, 1, 2], AnyCase()] | None = Field(
        None, description="For `type: mqtt`: the quality of service, instead of `consistency`."
    )
    retain: bool = Field(False, description="For `type: mqtt`: true: the broker keeps the last frame.")
    protocol: Annotated[
        Literal["MQTTv311", "MQTTv5"],
        AnyCase(**{"MQTTv31": "MQTTv311", "3.1.1": "MQTTv311", "5": "MQTTv5"}),
    ] = Field("MQTTv311", description="For `type: mqtt`: the version of MQTT.")
    keepalive: int = Field(60, ge=5, le=65535, description="For `type: mqtt`: seconds.")
