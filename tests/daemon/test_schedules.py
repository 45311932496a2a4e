"""Schedules with the sun, and hours of motion, in a running daemon."""

from __future__ import annotations

import socket

from tests.support.daemon import pattern_camera
from tests.support.rig import Launch
from tests.support.waiting import HOST

_ALWAYS = "from sunrise-12h to sunset+12h"
_MOTION = ("motion", "motion_detection", "motion_active")


def test_the_location_reaches_every_schedule(launch: Launch) -> None:
    """Of images, of outputs, and of motion."""
    schedule = f"every second {_ALWAYS}"
    with socket.create_server((HOST, 0)) as viewer:
        viewer.settimeout(20)
        front = pattern_camera(
            image={"fps": 1, "schedule": schedule},
            tcp={"host": HOST, "port": viewer.getsockname()[1], "schedule": schedule},
            motion={"active": _ALWAYS},
        )
        # In Berlin, the sun does not set at midnight.
        back = pattern_camera(motion={"active": "from 23:00 to sunset"})
        location = {"latitude": 52.52, "longitude": 13.405}
        rig = launch(cameras={"front": front, "back": back}, location=location)
        rig.front.wait_state(motion_active="ON")
        rig.client.wait(rig.front.topic("image", "meta"), lambda meta: meta.json["trigger"] == "interval")
        state = rig.node.camera("back").state()
        assert [state[key] for key in _MOTION] == [None, "ON", "OFF"]
        connection, _ = viewer.accept()
        with connection:
            connection.settimeout(20)
            assert len(connection.recv(4, socket.MSG_WAITALL)) == 4
