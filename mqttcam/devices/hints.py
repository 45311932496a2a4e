"""What a user can do about a problem: the tables of docs/troubleshooting.md, from which the hints of the page come."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

_PLACEHOLDER = "…"
_LINK = re.compile(r"\[([^]]*)\]\([^)]*\)")


@dataclass(frozen=True)
class Hint:
    """The cause and remedy of some messages.

    Attributes:
        messages: parts of the messages as the program writes them, with `…` in place of a value.
        text: in Markdown; links are those of a page in `docs/`.
    """

    messages: tuple[str, ...]
    text: str

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile("|".join(map(_as_pattern, self.messages)))

    @property
    def plain(self) -> str:
        """The text without Markdown."""
        return _LINK.sub(r"\1", self.text).replace("`", "")

    def find(self, problem: str) -> int | None:
        """Return where in a problem one of the messages ends; None if it has none of them."""
        found = self._pattern.search(problem)
        return None if found is None else found.end()


def _as_pattern(message: str) -> str:
    pieces = message.removesuffix(_PLACEHOLDER).split(_PLACEHOLDER)
    return ".*?".join(map(re.escape, pieces))


BROKER = (
    Hint(
        (
            "mqtt.username or mqtt.password is wrong",
            "the broker does not accept mqtt.username and mqtt.password",
        ),
        "The broker refuses the login. Correct it on either side; mqttcam tries again every minute.",
    ),
    Hint(
        ("is the broker running, and is mqtt.port right?",),
        "Nothing listens on `mqtt.host` and `mqtt.port`. Start the broker, or correct them.",
    ),
    Hint(
        ("is mqtt.host right?",),
        "No machine has the name in `mqtt.host`. Correct it, or use the address of the broker.",
    ),
    Hint(
        ("another client has connected as …",),
        "Two daemons have the same `node` or `mqtt.client_id`. Give each its own.",
    ),
    Hint(
        ("does not speak TLS on this port",),
        "The port is the one without TLS (1883). Use 8883, or remove `mqtt.tls`.",
    ),
    Hint(
        ("the certificate of … is not trusted",),
        "`mqtt.tls.ca_file` has to be the certificate of the authority that signed the broker's, and `mqtt.host` the"
        " name in it.",
    ),
    Hint(
        ("the broker does not support MQTT 5; using 3.1.1",),
        "The broker is old. Nothing needs to be done; `mqtt.protocol: 3.1.1` saves the first attempt.",
    ),
    Hint(
        ("also announced by another node; rename the node or the camera on one of them",),
        "Two machines use the same names. Change `node` on one of them.",
    ),
)
CAMERAS = (
    Hint(
        ("no Raspberry Pi cameras",),
        "Picamera2 cannot be used. Install `python3-picamera2`, and create the virtual environment with"
        " `--system-site-packages`.",
    ),
    Hint(
        ("the camera is in use by …",),
        "Another program has opened the camera. Stop it: only one program can open a camera.",
    ),
    Hint(
        ("cannot be opened: permission denied; add the user to the group video",),
        "`sudo usermod -aG video $USER`, then log in again. The systemd service is in the group already.",
    ),
    Hint(
        ("too little camera memory for …",),
        "Reduce `size` or `buffers`, or give the Pi more camera memory (`dtoverlay=vc4-kms-v3d,cma-512` in"
        " `config.txt`).",
    ),
    Hint(
        ("cannot be reached",),
        "The camera does not answer at the address in `source.url`. Check its power, its network and the"
        " address.",
    ),
    Hint(
        ("sends no picture within …", "has sent no picture for …"),
        "The camera accepts the connection but sends no picture. Check its stream in another player, or restart the"
        " camera.",
    ),
    Hint(
        ("was unplugged",),
        "Plug the camera in again; mqttcam opens it as soon as it is back. If it happens again, check the cable and the"
        " power supply.",
    ),
    Hint(
        ("the process restarts",),
        "The camera hangs in its driver. mqttcam comes back by itself, at growing intervals; other cameras continue"
        " meanwhile.",
    ),
    Hint(
        ("stuck in the kernel", "reboot the machine"),
        "Only a reboot frees the camera. If it happens again, check its cable and its power supply.",
    ),
)
KAFKA = (
    Hint(
        ("no address found for the broker …",),
        "Kafka gives this name to its clients (`advertised.listeners`). DNS, `/etc/hosts` or Docker's `extra_hosts` has"
        " to know it.",
    ),
    Hint(
        ("no answer from …",),
        "Kafka accepts connections but does not answer: it is frozen or overloaded, or this is not a port of Kafka."
        " mqttcam waits, and sends again afterwards.",
    ),
    Hint(
        ("too few replicas of the topic …",),
        "A broker of the cluster is down, and the topic needs its copy (`min.insync.replicas`).",
    ),
    Hint(
        ("the topic … does not exist", "no permission to write to the topic …"),
        "Create the topic, or allow the user to write to it. Waiting messages are sent afterwards.",
    ),
    Hint(
        ("authentication failed",),
        "Check `sasl_mechanism`, `sasl_plain_username`, `sasl_plain_password` and `tls`.",
    ),
    Hint(
        ("does this port require TLS …",),
        "The broker closes the connection without giving a reason. The port probably needs `tls` or a login.",
    ),
)

DAEMON = (
    Hint(
        ("a restart would bring back the earlier values",),
        "The disk of `state_dir` is full, read-only or broken. Commands work, with the warning `not_kept`;"
        " mqttcam writes again until it succeeds.",
    ),
    Hint(
        ("the stored values cannot be read",),
        "Neither `values.json` nor its copy is readable. The cameras stay off, since that may be what was"
        " set: switch them on. Broken files are kept as `*.broken`.",
    ),
    Hint(
        ("the index of the recordings … cannot be written",),
        "The disk of `state_dir` is full, read-only or broken. Recording continues; the list of events is"
        " rebuilt from the files at each start.",
    ),
    Hint(
        ("the files of … cannot be deleted: …",),
        "The disk of the recordings is read-only, or the files belong to another user: `sudo chown -R"
        " mqttcam` their folder.",
    ),
    Hint(
        ("the favourites alone take …",),
        "[Favourites](recordings.md#how-long-recordings-are-kept) are never deleted to make room. Delete"
        " some, or raise `recordings.keep.size`.",
    ),
    Hint(
        ("its videos take all the space that its keep.size allows",),
        "The videos of a [series](series.md#disk-space) are never deleted to make room. Delete some, or"
        " raise `keep.size` of the series.",
    ),
    Hint(
        ("all series take the space that recordings.keep.size allows",),
        "[Series](series.md#disk-space) are never deleted for other files. Delete some of their files, or"
        " raise `recordings.keep.size`.",
    ),
    Hint(
        ("its disk is not mounted at …",),
        "Mount [the disk of the recordings](recordings.md#power-cuts-kills-and-full-disks). Until then,"
        " nothing is recorded.",
    ),
    Hint(
        ("less than recordings.keep.free (…) of the disk … is free",),
        "Other files fill the disk, and no recording is left to delete. Free some space, move"
        " `recordings.path`, or lower `keep.free`.",
    ),
    Hint(
        ("the disk of the recordings … does not answer",),
        "A disk hangs, or the server of a network folder is gone. Everything else works; recordings are"
        " listed again as soon as it answers.",
    ),
    Hint(
        ("health check unavailable",),
        "The socket of `mqttcam healthcheck` cannot be created in `state_dir`. mqttcam keeps trying.",
    ),
    Hint(
        ("the disk is full, except for the space that is reserved for the state",),
        "100 MB (a tenth of a small disk) stay free. Older frames that wait for Kafka are dropped first.",
    ),
)


def explain(problem: str, *tables: tuple[Hint, ...]) -> tuple[str, str | None]:
    """Return what is wrong, and what a user can do about it as plain text; None if that is not known.

    The text of a problem ends with what to do, or with a question: `what is wrong; what to do`. A table that has more
    to say replaces that.
    """
    what, rest = _split(problem)
    for hint in (hint for table in tables for hint in table):
        if (found := hint.find(problem)) is not None:
            is_replaced = not rest or found > len(what)
            return what, hint.plain if is_replaced else f"{hint.plain} {_sentence(rest)}"
    return what, _sentence(rest) if rest else None


def _split(problem: str) -> tuple[str, str]:
    what, _, rest = problem.partition("; ")
    if not rest and problem.endswith("?"):
        what, _, rest = problem.rpartition(": ")
    return what or problem, rest


def _sentence(text: str) -> str:
    end = "" if text.endswith((".", "?")) else "."
    return f"{text[0].upper()}{text[1:]}{end}"
