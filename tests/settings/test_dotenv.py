"""The `.env` file of the current folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from mqttcam.settings.loading.dotenv import FROM_DOTENV, load_dotenv


def test_as_the_reference_reads_it(tmp_path: Path) -> None:
    """Variables already in the environment are kept."""
    file = tmp_path / ".env"
    file.write_text(
        "# mine\nSS_TOPIC=a\nexport SS_BROKERS=\"b:9092\"\nSCHEDULE='every minute'\nLOG_LEVEL=INFO\n"
    )
    environ = {"LOG_LEVEL": "DEBUG"}
    load_dotenv(environ, file)
    assert environ.pop(FROM_DOTENV) == "SS_TOPIC SS_BROKERS SCHEDULE"
    assert environ == {
        "SS_TOPIC": "a",
        "SS_BROKERS": "b:9092",
        "SCHEDULE": "every minute",
        "LOG_LEVEL": "DEBUG",
    }


def test_read_again(tmp_path: Path) -> None:
    """Variables from the file are updated, also in a process that inherits the environment."""
    file = tmp_path / ".env"
    file.write_text("SS_TOPIC=a\nSS_BROKERS=b\nSCHEDULE=1\n")
    environ = {"SCHEDULE": "60"}
    load_dotenv(environ, file)
    file.write_text("SS_TOPIC=c\nSCHEDULE=2\nLOG_LEVEL=DEBUG\n")
    load_dotenv(environ, file)
    assert environ == {
        "SS_TOPIC": "c", "SCHEDULE": "60", "LOG_LEVEL": "DEBUG", FROM_DOTENV: "SS_TOPIC LOG_LEVEL"
    }  # fmt: skip
    file.unlink()
    load_dotenv(environ, file)
    assert environ == {"SCHEDULE": "60", FROM_DOTENV: ""}


def test_unreadable_later(tmp_path: Path) -> None:
    """Variables read before are kept."""
    file = tmp_path / ".env"
    file.write_text("SS_TOPIC=a\n")
    environ: dict[str, str] = {}
    load_dotenv(environ, file)
    file.write_bytes(b"\xff\xfe\x00=")
    load_dotenv(environ, file)
    assert environ["SS_TOPIC"] == "a"


def test_file_of_another_program(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A file that is not text is logged but not an error."""
    (tmp_path / ".env").write_bytes(b"\xff\xfe\x00=")
    environ: dict[str, str] = {}
    load_dotenv(environ, tmp_path / ".env")
    assert environ == {}
    assert "ignored, cannot be read" in caplog.text


def test_none(tmp_path: Path) -> None:
    environ: dict[str, str] = {}
    load_dotenv(environ, tmp_path / ".env")
    assert environ == {}


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    """As Windows' editor writes it, with its line ends."""
    file = tmp_path / ".env"
    file.write_bytes(b"\xef\xbb\xbfSS_TOPIC=a\r\nSS_BROKERS=b\r\n")
    environ: dict[str, str] = {}
    load_dotenv(environ, file)
    assert (environ["SS_TOPIC"], environ["SS_BROKERS"]) == ("a", "b")
