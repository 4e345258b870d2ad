"""Mail over SMTP with a verified certificate.

Flask-Mailman 1.1 upgrades connections with ``starttls(context=None)``, for which Python up to 3.12 accepts any
certificate, so anybody between the two servers could read the password and the links in mails.
"""

from __future__ import annotations

import smtplib
import ssl
from typing import Any

from flask_mailman.backends import smtp


class _VerifyingConnection(smtplib.SMTP):
    """Checks certificate and host name. Certificates of a private authority go into ``SSL_CERT_FILE``."""

    def starttls(self, *, context: ssl.SSLContext | None = None, **_: Any) -> tuple[int, bytes]:  # type: ignore[override]
        return super().starttls(context=context or ssl.create_default_context())


class EmailBackend(smtp.EmailBackend):  # type: ignore[misc]
    connection: smtplib.SMTP | None

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return smtplib.SMTP_SSL if self.use_ssl else _VerifyingConnection

    def open(self) -> bool | None:
        try:
            opened: bool | None = super().open()
        except OSError:
            if self.connection is not None:  # connected, but refused at STARTTLS or sign-in
                self.connection.close()
                self.connection = None
            raise
        return opened
