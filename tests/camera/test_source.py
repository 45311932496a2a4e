"""The required and the optional members of a source."""

from __future__ import annotations

import time
from importlib import import_module

import pytest

from mqttcam.camera import sources
from mqttcam.camera.frame import Frame
from mqttcam.camera.source import Source, SourceInfo
from mqttcam.camera.wakeup import Pacer, Wakeup
from tests.camera.broken import ABILITIES, HEIGHT, WIDTH, Hardware, grey_planes
from tests.camera.conftest import MakeCamera
from tests.support.cameras import running


class Least(Source):
    """A source with the required members only."""

    def open(self) -> SourceInfo:
        return SourceInfo("Least", WIDTH, HEIGHT, frame_rate=50)

    def __init__(self, wakeup: Wakeup) -> None:
        self._pacer = Pacer(50, wakeup)

    def read(self, timeout: float) -> Frame | None:
        if not self._pacer.wait(timeout):
            return None
        return Frame(time.time_ns(), WIDTH, HEIGHT, planes=grey_planes())

    def close(self) -> None:
        pass


async def test_source_with_the_required_members_only_works(make_camera: MakeCamera) -> None:
    camera = make_camera(Hardware(), make_source=Least, settings={"size": "32x24"})
    camera.start()
    await running(camera)
    assert camera.complete, "it has no measurements to wait for"
    assert not camera.takes_stills
    assert camera.last_error is None
    assert (camera.stats.width, camera.stats.height) == (32, 24), "its frames are adjusted"
    capture = camera._supervisor.capture
    assert capture is not None
    assert capture.interval == 1 / 50
    assert not capture.restart_stream()


@pytest.mark.parametrize("kind", sources._KINDS)
def test_every_kind_of_source_derives_from_the_classes_of_its_abilities(kind: str) -> None:
    module, _, name = sources._KINDS[kind].partition(":")
    found = vars(import_module(f"mqttcam.camera.sources.{module}"))[name]
    assert issubclass(found, Source)
    for member, ability in ABILITIES.items():
        assert hasattr(found, member) == issubclass(found, ability), f"{member} needs {ability.__name__}"
