"""What a problem says is wrong, and what to do about it."""

from __future__ import annotations

import pytest

from mqttcam.devices.hints import BROKER, CAMERAS, DAEMON, KAFKA, explain


@pytest.mark.parametrize(
    ("problem", "tables", "what", "hint"),
    [
        pytest.param("the fan is loud", (BROKER,), "the fan is loud", None, id="unknown"),
        pytest.param("the fan is loud; clean it", (BROKER,), "the fan is loud", "Clean it.", id="in the text"),
        pytest.param(
            "MQTT hub:1883: Connection refused: is the broker running, and is mqtt.port right?",
            (BROKER,),
            "MQTT hub:1883: Connection refused",
            "Nothing listens on mqtt.host and mqtt.port. Start the broker, or correct them.",
            id="the table replaces a question",
        ),
        pytest.param(
            "/dev/video0 cannot be opened: permission denied; add the user to the group video",
            (CAMERAS,),
            "/dev/video0 cannot be opened: permission denied",
            "sudo usermod -aG video $USER, then log in again. The systemd service is in the group already.",
            id="the table replaces what follows",
        ),
        pytest.param(
            "recordings: /mnt/a: its disk is not mounted at /mnt; to use another one, delete /var/disk",
            (DAEMON,),
            "recordings: /mnt/a: its disk is not mounted at /mnt",
            "Mount the disk of the recordings. Until then, nothing is recorded. "
            "To use another one, delete /var/disk.",
            id="the table comes before what else to do",
        ),
        pytest.param(
            "no answer from the broker for 15 s", (BROKER,), "no answer from the broker for 15 s", None,
            id="tables are those of the part",
        ),
    ],
)  # fmt: skip
def test_a_problem_and_its_hint(
    problem: str, tables: tuple[object, ...], what: str, hint: str | None
) -> None:
    assert explain(problem, *tables) == (what, hint)  # type: ignore[arg-type]


def test_links_and_code_are_plain_text() -> None:
    for hint in (*BROKER, *CAMERAS, *KAFKA, *DAEMON):
        assert not set(hint.plain) & set("`[]")
