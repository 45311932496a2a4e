"""The JSON that the first-start page sends, as answers; errors name the field of the page."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mqttcam.setup.answers import (
    BrokerLogin,
    CameraAnswer,
    InvalidAnswer,
    SetupAnswers,
    User,
    broker_answer,
    camera_id_answer,
    check_source,
    node_answer,
    source_answer,
    user_answer,
)
from mqttcam.setup.extras import missing_extra
from mqttcam.web.passwords import MAX_PASSWORD, hash_password

_ATTACHED = ("picamera2", "v4l2", "test_pattern")
Text = Annotated[str, Field(max_length=2000)]
RequestT = TypeVar("RequestT", bound=BaseModel)


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CameraRequest(_Request):
    """A camera: one of this machine by its `source`, or one of the network by its `address`."""

    id: Text = ""
    name: Text = ""
    source: dict[str, Any] | None = None
    size: Text | None = None
    address: Text = ""
    username: Text = ""
    password: Text = ""

    def to_source(self) -> dict[str, object]:
        """Return what to write under `source`.

        Raises:
            InvalidAnswer: it is not valid; the field is `address` for a camera of the network.
        """
        if self.source is not None:
            if self.source.get("type") not in _ATTACHED:
                raise InvalidAnswer("source", f"allowed: type {', '.join(_ATTACHED)}, or `address`")
            check_source(self.source, self.size)
            return self.source
        with field("address"):
            source = source_answer(self.address)
            if source["type"] != "url":
                raise InvalidAnswer("address", "allowed: an address such as rtsp://camera.lan/stream")
            if self.username:
                source |= {"username": self.username, "password": self.password}
            check_source(source)
        return source

    def answer(self, taken: list[str]) -> CameraAnswer:
        """Return the camera, whose id is not `taken`.

        Raises:
            InvalidAnswer: as `to_source`; or the name or id is not valid.
        """
        camera_id = camera_id_answer(self.id, taken)
        name = self.name.strip()
        if not 1 <= len(name) <= 100:
            raise InvalidAnswer("name", "allowed: 1 to 100 characters")
        return CameraAnswer(camera_id, name, self.to_source(), self.size)


class BrokerRequest(_Request):
    """A broker; `kind` says whether there is one."""

    kind: Literal["address", "embedded", "none"] = "address"
    address: Text = ""
    username: Text = ""
    password: Text = ""
    ca_file: Text = ""

    def answer(self) -> BrokerLogin | Literal["embedded", "none"]:
        """Return the broker.

        Raises:
            InvalidAnswer: it is not valid.
        """
        if self.kind != "address":
            return self.kind
        with field("address"):
            found = broker_answer(self.address)
        username = self.username or found.username
        login = BrokerLogin(
            found.host,
            found.port,
            username,
            (self.password or found.password or "") if username else None,
            tls=found.tls,
            ca_file=Path(self.ca_file) if self.ca_file and found.tls else None,
        )
        login.settings()
        return login


class UserRequest(_Request):
    """The first user of the page."""

    name: Text
    password: Text

    def answer(self) -> User:
        """Return the user with the hash of the password.

        Raises:
            InvalidAnswer: the name or the password is not valid.
        """
        with field("name"):
            name = user_answer(self.name)
        if not 1 <= len(self.password) <= MAX_PASSWORD:
            raise InvalidAnswer("password", f"allowed: 1 to {MAX_PASSWORD} characters")
        return User(name, hash_password(self.password))


class WriteRequest(_Request):
    """All answers.

    Attributes:
        replace: whether an existing file is replaced.
        test: whether the broker has to accept the login.
    """

    node: Text
    cameras: list[CameraRequest] = Field(max_length=64)
    broker: BrokerRequest
    user: UserRequest | None = None
    recordings: bool = False
    replace: bool = False
    test: bool = True

    def answers(self, web_port: int) -> SetupAnswers:
        """Return the answers; this takes a moment, as the password is hashed.

        Raises:
            InvalidAnswer: one is not valid; the field is a path such as `cameras.0.id`.
        """
        node = node_answer(self.node)
        cameras: list[CameraAnswer] = []
        for index, camera in enumerate(self.cameras):
            with within(f"cameras.{index}"):
                cameras.append(camera.answer([one.id for one in cameras]))
        with within("broker"):
            broker = self.broker.answer()
        if broker == "embedded" and (missing := missing_extra("iotcore", "broker")):
            raise InvalidAnswer("broker.kind", missing)
        if self.recordings and (missing := missing_extra("av", "video")):
            raise InvalidAnswer("recordings", missing)
        with within("user"):
            user = None if self.user is None else self.user.answer()
        return SetupAnswers(node, cameras, broker, user, web_port, self.recordings)


def parsed(model: type[RequestT], data: bytes) -> RequestT:
    """Return a request.

    Raises:
        InvalidAnswer: it is not JSON of this form.
    """
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise InvalidAnswer(".".join(map(str, first["loc"])), first["msg"]) from None


@contextmanager
def within(path: str) -> Iterator[None]:
    """Prepend a path to the field of an `InvalidAnswer`."""
    try:
        yield
    except InvalidAnswer as error:
        raise InvalidAnswer(f"{path}.{error.field}", str(error)) from None


@contextmanager
def field(name: str) -> Iterator[None]:
    """Name this field in an `InvalidAnswer`."""
    try:
        yield
    except InvalidAnswer as error:
        raise InvalidAnswer(name, str(error)) from None
