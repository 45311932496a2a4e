"""The daemon itself, its files and its disks."""

from __future__ import annotations

from mqttcam.devices.hints.hint import Hint

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
        ("its videos and favourites take all the space that its keep.size allows",),
        "The videos and favourites of a [series](series.md#disk-space) are never deleted to make room. Delete"
        " some, or raise `keep.size` of the series.",
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
        ("processor time is short",),
        "The machine is too slow for what it does now. Video and then motion detection"
        " [give way](performance.md#a-small-machine) to pictures. Lower `frame_rate`, `size` or `video.size`, or stop"
        " other programs.",
    ),
    Hint(
        ("health check unavailable",),
        "The socket of `mqttcam healthcheck` cannot be created in `state_dir`. mqttcam keeps trying.",
    ),
    Hint(
        ("the disk is full, except for the space that is reserved for the state",),
        "100 MB (a tenth of a small disk) stay free. Older frames that wait for Kafka are dropped first.",
    ),
    Hint(
        ("the disk of … is full", "No space left on device"),
        "Free some space. Recordings are deleted by age and size: lower `recordings.keep` so that enough stays free.",
    ),
    Hint(
        ("the disk of … is too slow", "the disk of … does not answer"),
        "The disk is busy, failing or a network folder that is gone. If it is an SD card or a stick, try another one.",
    ),
    Hint(
        ("Permission denied", "Read-only file system", "cannot be read: …"),
        "mqttcam may not use this folder. It has to belong to mqttcam's user (`sudo chown -R mqttcam` it), be mounted"
        " writable, and with systemd be named in `ReadWritePaths`.",
    ),
    Hint(
        ("Input/output error",),
        "The disk reports an error. Look at `dmesg`, and replace the disk if it has more of them.",
    ),
    Hint(
        ("the clock of this machine is not set",),
        "A Pi without a battery has no time after it starts. The series continues as soon as the time comes from the"
        " network (`timedatectl`).",
    ),
    Hint(
        ("video needs PyAV", "no encoder opens for …", "the encoder … failed"),
        "No video can be made. Install the extra `video` with the pip of mqttcam's environment, or set `video.encoder:"
        " libx264`.",
    ),
    Hint(
        ("an unexpected error: …",),
        "The log has more (`journalctl -u mqttcam`). mqttcam tries again.",
    ),
)
