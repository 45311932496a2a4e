"""A certificate authority for one test run, a broker's certificate and a client's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import trustme

from tests.support.waiting import HOST


@dataclass(frozen=True)
class Certificates:
    """Files in PEM."""

    ca: Path
    server_cert: Path
    server_key: Path
    client_cert: Path
    client_key: Path

    @classmethod
    def make(cls, directory: Path) -> Certificates:
        """Write a new authority and the certificates that it signed into `directory`."""
        directory.mkdir(parents=True, exist_ok=True)
        names = ("ca", "server", "server-key", "client", "client-key")
        files = cls(*(directory / f"{name}.pem" for name in names))
        authority = trustme.CA()
        authority.cert_pem.write_to_path(files.ca)
        for leaf, cert, key in (
            (authority.issue_cert(HOST, "localhost"), files.server_cert, files.server_key),
            (
                authority.issue_cert("camera.example", common_name="camera"),
                files.client_cert,
                files.client_key,
            ),
        ):
            leaf.private_key_pem.write_to_path(key)
            for number, blob in enumerate(leaf.cert_chain_pems):
                blob.write_to_path(cert, append=number > 0)
        return files
