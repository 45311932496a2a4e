"""The configuration is read again in a thread: a slow or hanging file blocks nothing."""

from __future__ import annotations

import asyncio
import threading

import pytest

from mqttcam.run.app import App, EndReason
from mqttcam.run.read_settings import read_in_thread
from mqttcam.settings import Settings, SettingsError

SETTINGS = Settings.model_validate({"node": "yard"})


class SlowFile:
    """A configuration whose reading takes until `go_on` is set."""

    def __init__(self) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()

    def read(self) -> Settings:
        self.begun.set()
        self.go_on.wait(30)
        return SETTINGS


async def test_the_loop_runs_while_the_configuration_is_read() -> None:
    file = SlowFile()
    app = App(SETTINGS, file.read)
    reload = asyncio.create_task(app.reload())
    while not file.begun.is_set():
        await asyncio.sleep(0)
    assert not reload.done()
    file.go_on.set()
    await reload
    app.end(EndReason.STOP)


async def test_a_read_that_hangs_is_given_up_and_the_next_one_works() -> None:
    file = SlowFile()
    try:
        with pytest.raises(SettingsError, match=r"cannot be read within 0\.05 s"):
            await read_in_thread(file.read, within=0.05)
        assert await read_in_thread(lambda: SETTINGS) is SETTINGS
    finally:
        file.go_on.set()


async def test_an_invalid_configuration_is_raised_to_the_caller() -> None:
    def read() -> Settings:
        raise SettingsError([])

    with pytest.raises(SettingsError):
        await read_in_thread(read)
