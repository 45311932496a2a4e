"""A USB camera that delivers MJPEG, implemented here and attached to this machine's kernel and its uvcvideo driver.

It speaks USB/IP (Documentation/usb/usbip_protocol.rst) over a socket that it hands to vhci_hcd, a virtual host
controller. Its descriptors and requests are those of USB Video Class 1.0, with a bulk endpoint.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path

PLUG = Path("/sys/devices/platform/vhci_hcd.0/attach")
ID = "usb-vhci_hcd.0-1"
"""Its id in V4L2, which is its port."""
WIDTH, HEIGHT, RATE = 320, 240, 30
_HIGH_SPEED = 3
_HEADER = struct.Struct(">IIIII")
_SUBMIT = struct.Struct(">IiiiI8s")
_RETURN = struct.Struct(">iiiii8x")
_SUBMITTED, _UNLINK, _RETURNED, _UNLINKED = 1, 2, 3, 4
_STALL, _CANCELLED = -32, -104
_MAX_PAYLOAD = 16384
_PROCESSING_UNIT, _STREAMING = 2, 1
_SET, _GET, _LEAST, _MOST, _STEP, _LENGTH, _INFO, _DEFAULT = 0x01, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87
_INTERVAL = 10_000_000 // RATE
"""In units of 100 ns."""
_CONTROLS = {2: (2, -64, 64, 0), 3: (2, 0, 95, 32), 5: (1, 0, 2, 1)}
"""Controls of the processing unit (brightness, contrast, power line frequency): bytes, minimum, maximum, default."""
_STRINGS = ("", "mqttcam", "Test camera", "0001")


def _described(kind: int, *parts: bytes) -> bytes:
    content = bytes([kind]) + b"".join(parts)
    return bytes([len(content) + 1]) + content


def _configuration() -> bytes:
    units = (
        _described(0x24, struct.pack("<BBHHHHHBBBB", 2, 1, 0x0201, 0, 0, 0, 0, 3, 0, 0, 0)),
        _described(0x24, struct.pack("<BBBHBHB", 5, _PROCESSING_UNIT, 1, 0, 2, 0x0403, 0)),
        _described(0x24, struct.pack("<BBHBBB", 3, 3, 0x0101, 0, _PROCESSING_UNIT, 0)),
    )
    size = 13 + sum(map(len, units))
    control = _described(0x24, struct.pack("<BHHIBB", 1, 0x0100, size, 48_000_000, 1, _STREAMING))
    bits = WIDTH * HEIGHT * 16 * RATE
    formats = (
        _described(0x24, struct.pack("<9B", 6, 1, 1, 1, 1, 0, 0, 0, 0)),
        _described(
            0x24,
            struct.pack("<BBBHHIIIIB", 7, 1, 0, WIDTH, HEIGHT, bits, bits, WIDTH * HEIGHT * 2, _INTERVAL, 1),
            struct.pack("<I", _INTERVAL),
        ),
        _described(0x24, struct.pack("<BBBB", 13, 1, 1, 4)),
    )
    size = 14 + sum(map(len, formats))
    streaming = _described(0x24, struct.pack("<BBHBBBBBBBB", 1, 1, size, 0x81, 0, 3, 0, 0, 0, 1, 0))
    everything = (
        _described(0x0B, bytes([0, 2, 0x0E, 3, 0, 2]))
        + _described(4, bytes([0, 0, 0, 0x0E, 1, 0, 0]))
        + control
        + b"".join(units)
        + _described(4, bytes([_STREAMING, 0, 1, 0x0E, 2, 0, 0]))
        + streaming
        + b"".join(formats)
        + _described(5, struct.pack("<BBHB", 0x81, 2, 512, 0))
    )
    return _described(2, struct.pack("<HBBBBB", 9 + len(everything), 2, 1, 0, 0x80, 250)) + everything


_CONFIGURATION = _configuration()
_DEVICE = _described(1, struct.pack("<HBBBBHHHBBBB", 0x0200, 0xEF, 2, 1, 64, 0x1209, 1, 0x0100, 1, 2, 3, 1))


class UsbCamera:
    """Plugged in from its creation until `unplug`.

    Attributes:
        values: of its controls by number, as the computer has set them.
        stalled: it gives no frames, until its stream is started again.
    """

    def __init__(self, pictures: Sequence[bytes]) -> None:
        """Args: pictures: JPEGs, sent one after the other."""
        self.values = {number: default for number, (_, _, _, default) in _CONTROLS.items()}
        self.stalled = False
        self._pictures = pictures
        self._waiting: deque[tuple[int, int]] = deque()
        self._wanted = threading.Condition()
        self._gone = threading.Event()
        self._sending = threading.Lock()
        self._socket, theirs = socket.socketpair()
        PLUG.write_text(f"0 {theirs.fileno()} {0x10002} {_HIGH_SPEED}\n", encoding="ascii")
        theirs.close()
        self._threads = [threading.Thread(target=one, daemon=True) for one in (self._answer, self._film)]
        for thread in self._threads:
            thread.start()

    def unplug(self) -> None:
        self._gone.set()
        with self._wanted:
            self._wanted.notify_all()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        self._socket.close()

    # what the computer asks

    def _answer(self) -> None:
        with contextlib.suppress(OSError, EOFError):
            while True:
                command, number, _, is_in, endpoint = _HEADER.unpack(self._received(_HEADER.size))
                rest = self._received(_SUBMIT.size)
                if command == _UNLINK:
                    self._unlink(number, struct.unpack_from(">I", rest)[0])
                    continue
                _, length, _, _, _, setup = _SUBMIT.unpack(rest)
                data = b"" if is_in else self._received(length)
                if endpoint:
                    with self._wanted:
                        self._waiting.append((number, length))
                        self._wanted.notify_all()
                    continue
                answer = self._control(setup, data)
                if answer is None:
                    self._return(number, b"", _STALL)
                else:
                    self._return(number, answer, sent=len(data))

    def _unlink(self, number: int, other: int) -> None:
        with self._wanted:
            found = [one for one in self._waiting if one[0] == other]
            for one in found:
                self._waiting.remove(one)
            self.stalled = False
            status = _CANCELLED if found else 0
            self._send(_HEADER.pack(_UNLINKED, number, 0, 0, 0) + _RETURN.pack(status, 0, 0, 0, 0))

    def _control(self, setup: bytes, data: bytes) -> bytes | None:
        """Return the answer to a control request; `None` if the camera does not support it."""
        kind, request, value, index, length = struct.unpack("<BBHHH", setup)
        if kind & 0x60:  # of the class
            is_streaming = index & 0xFF == _STREAMING
            return (
                self._stream_value(request) if is_streaming else self._unit_value(request, value >> 8, data)
            )
        if kind == 0x80 and request == 6:
            return self._descriptor(value >> 8, value & 0xFF, length)
        if kind & 0x80:
            return bytes(length)  # status, configuration, interface: nothing to tell
        return b""

    def _descriptor(self, kind: int, index: int, length: int) -> bytes | None:
        if kind == 3:
            text = _described(3, _STRINGS[index].encode("utf-16-le") if index else b"\x09\x04")
            return text[:length]
        found = {1: _DEVICE, 2: _CONFIGURATION}.get(kind)
        return found[:length] if found is not None else None

    def _stream_value(self, request: int) -> bytes | None:
        if request == _SET:
            return b""
        if request == _INFO:
            return b"\x03"
        if request == _LENGTH:
            return struct.pack("<H", 26)
        return struct.pack(
            "<HBBIHHHHHII", 1, 1, 1, _INTERVAL, 0, 0, 0, 0, 0, WIDTH * HEIGHT * 2, _MAX_PAYLOAD
        )

    def _unit_value(self, request: int, number: int, data: bytes) -> bytes | None:
        if number not in _CONTROLS:
            return None
        size, least, most, default = _CONTROLS[number]
        if request == _SET:
            self.values[number] = int.from_bytes(data, "little", signed=True)
            return b""
        if request == _INFO:
            return b"\x03"
        if request == _LENGTH:
            return struct.pack("<H", size)
        told = {_GET: self.values[number], _LEAST: least, _MOST: most, _STEP: 1, _DEFAULT: default}.get(
            request
        )
        return told.to_bytes(size, "little", signed=True) if told is not None else None

    # frames

    def _film(self) -> None:
        toggle, number = 0, 0
        with contextlib.suppress(OSError, EOFError):
            while not self._gone.wait(1 / RATE):
                if self.stalled:
                    continue
                jpeg = self._pictures[number % len(self._pictures)]
                chunks = [jpeg[at : at + _MAX_PAYLOAD - 2] for at in range(0, len(jpeg), _MAX_PAYLOAD - 2)]
                for chunk in chunks:
                    last = chunk is chunks[-1]
                    self._fill(bytes([2, 0x80 | toggle | last << 1]) + chunk)
                toggle, number = toggle ^ 1, number + 1

    def _fill(self, data: bytes) -> None:
        """Fill the next buffer that the host has queued."""
        with self._wanted:
            while not self._waiting:
                self._wanted.wait()
                if self._gone.is_set():
                    raise EOFError
            # Still with the lock: the kernel unplugs a device that returns what it has already taken back.
            self._return(self._waiting.popleft()[0], data)

    # the wire

    def _return(self, number: int, data: bytes, status: int = 0, sent: int = 0) -> None:
        header = _HEADER.pack(_RETURNED, number, 0, 0, 0) + _RETURN.pack(status, len(data) or sent, 0, 0, 0)
        self._send(header + data)

    def _send(self, message: bytes) -> None:
        with self._sending:
            self._socket.sendall(message)

    def _received(self, length: int) -> bytes:
        data = b""
        while len(data) < length:
            part = self._socket.recv(length - len(data))
            if not part:
                raise EOFError
            data += part
        return data
