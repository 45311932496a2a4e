"""Cameras."""

from __future__ import annotations

from mqttcam.devices.hints.hint import Hint

CAMERAS = (
    Hint(
        ("/dev/… does not exist", "there is no camera …", "no camera is attached"),
        "`mqttcam cameras` lists the cameras of this machine, with what to write below `source`. A camera that is"
        " missing there is not plugged in, or is not recognised by the machine.",
    ),
    Hint(
        ("… does not exist",),
        "There is nothing at this path. Correct `source.path`, or put the file there: mqttcam looks again by itself."
        " The systemd service does not see `/home`; `/srv`, `/media` and `/mnt` are good places.",
    ),
    Hint(
        ("pip install 'mqttcam[…]'", "needs a package that is not installed"),
        "Install this extra into the environment of mqttcam, with its own pip (`/opt/mqttcam/bin/pip`), then restart"
        " mqttcam.",
    ),
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
        ("cannot be reached", "does not answer within … s"),
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
    Hint(
        ("has no readable picture", "has no picture", "cannot be read as a video", "was truncated"),
        "The file is damaged, still being written, or of a kind that mqttcam does not read: JPEG, PNG, WebP, BMP and"
        " GIF pictures, and videos that FFmpeg plays.",
    ),
    Hint(
        ("not a whole number of … frames",),
        "The raw frames have another size. Set `source.size` to theirs.",
    ),
    Hint(
        ("… has ended",),
        "The file is at its end, and `source.loop` is off. “Try again” shows it from the beginning.",
    ),
    Hint(
        (
            "requires a user name and password (401)",
            "rejects the user name or the password (401)",
            "offers neither Basic nor Digest authentication",
            "refuses access (403)",
        ),
        "Set `source.username` and `source.password` to a user of the camera who may see the stream. Some cameras lock"
        " a user for minutes after wrong passwords.",
    ),
    Hint(
        ("has no such path (404)",),
        "The camera answers, but its stream has another address. The camera's manual or its web page has it.",
    ),
    Hint(
        ("certificate is not trusted", "has a certificate that is not trusted"),
        "Most cameras sign their certificate themselves, which nobody can verify.",
    ),
    Hint(
        ("does not speak valid TLS", "needs an HTTP address"),
        "The beginning of `source.url` does not fit this port: try `http://` instead of `https://`, or `rtsp://`"
        " instead of `rtsps://`.",
    ),
    Hint(
        (
            "sends nothing that FFmpeg can read",
            "does not speak valid HTTP",
            "the address gives …, not pictures",
            "the stream has no JPEGs",
            "the pictures of the stream are not usable",
            "is not a usable picture",
            "the stream has no video",
            "the response has the Content-Encoding …",
            "the response cannot be decompressed",
            "redirects too often",
            "redirects to …",
            "responds with …",
        ),
        "Something answers at this address, but it sends no pictures or video that mqttcam reads. Open the address in a"
        " browser or in VLC; the camera's manual has the address of its stream. Without `source.kind`, mqttcam finds"
        " out the kind by itself.",
    ),
    Hint(
        (
            "closes the connection",
            "the camera ended the stream",
            "has ended the stream",
            "in the connection",
            "the last connection to … has not ended yet",
        ),
        "The camera ends the connection. Many cameras allow only two or three viewers at a time: close other programs"
        " that show it, or restart the camera.",
    ),
    Hint(
        (
            "the video cannot be decoded",
            "video cannot be decoded",
            "there is no decoder for the video",
            "a picture of the stream is longer than …",
            "neither H.264 nor H.265",
        ),
        "Choose H.264 and a smaller size in the camera's own settings, or raise `source.max_pixels`.",
    ),
    Hint(
        ("video comes, …",),
        "The camera sends complete pictures (key frames) too rarely. Set its I-frame interval to one or two seconds.",
    ),
    Hint(
        ("a sender on port …",),
        "mqttcam waits for a program that connects to this port and sends pictures. Start it, and check that no"
        " firewall is between them.",
    ),
    Hint(
        ("no picture from … for … s",),
        "The sender of these pictures has stopped, or sends something else. Look at the sender, and compare its topic"
        " or port with those of `source`.",
    ),
    Hint(
        ("cannot listen on …",),
        "Another program uses this port, or `source.host` is not an address of this machine. Change one of them.",
    ),
    Hint(
        ("cannot connect to …", "the connection to … is lost", "… does not answer"),
        "The broker of these pictures is away. Check `source.host`, and that the broker runs.",
    ),
    Hint(
        ("and none of …", "which is not supported"),
        "The camera offers no format that mqttcam reads. Set `source.format: auto`, or use another camera.",
    ),
    Hint(
        ("no frame within …", "no frame for …", "no answer for …", "the source has ended without an error"),
        "The camera has stopped sending; mqttcam opens it again. If this happens often, check its cable, its power"
        " supply, and the USB hub if there is one.",
    ),
    Hint(
        (
            "libcamera does not take a frame buffer back",
            "picamera2 failed",
            "picamera2's encoder does not start",
            "the camera cannot be closed",
            "the stream cannot be restarted",
            "the camera does not take controls",
            "hangs in libcamera",
        ),
        "libcamera has failed; mqttcam opens the camera again. If that does not help, stop mqttcam and run"
        " `rpicam-hello`: if that fails as well, check the ribbon cable and the power supply.",
    ),
    Hint(
        ("so that libcamera can load a tuning file",),
        "Nothing needs to be done: the camera opens within seconds.",
    ),
    Hint(
        ("no such pattern",),
        "Correct `source.pattern`, or remove it.",
    ),
    Hint(
        ("Permission denied",),
        "mqttcam may not read this. The service runs as a user of its own: `sudo chmod -R a+rX` the folder, or for a"
        " device add that user to its group.",
    ),
)
