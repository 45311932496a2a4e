"""A still camera hardly writes to Home Assistant's database: each change of a state is a row of it."""

from __future__ import annotations

from tests.home_assistant.conftest import World
from tests.support.results import check_ok

MINUTES = 20
"""State and health are published once per minute, and here as often in a few seconds."""
ROWS_PER_DAY = 2000
CAMERAS = 2


def test_a_still_camera_hardly_writes_to_the_database(world: World) -> None:
    front, back, node = world.rig.front, world.rig.node.camera("back"), world.rig.node
    check_ok(front.set({"speed": 0}), "set")
    world.ha.wait_state(world.entity("motion"), "off")
    quality = world.entity("image_quality")
    before = world.ha.states()[quality]["state"]
    goal = "71" if before != "71" else "72"
    with world.ha.state_changes() as changes:
        for _ in range(MINUTES):
            front.state()
            back.state()
            check_ok(node.command("log_level", "INFO"), "log_level")  # publishes health
        check_ok(front.set({"image_quality": goal}), "set")
        world.ha.wait_state(quality, goal)
        noise = [
            (change["entity_id"], change["old_state"]["state"], change["new_state"]["state"])
            for change in changes()
            if change["entity_id"] != quality
        ]
    check_ok(front.set({"image_quality": before, "speed": 1}), "set")
    # On a busy machine a camera may miss its frames for a moment.
    noise = [change for change in noise if "unavailable" not in change]
    per_day = len(noise) / MINUTES * 60 * 24
    assert per_day < ROWS_PER_DAY * CAMERAS / 2, noise
