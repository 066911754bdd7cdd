"""How we connect to mail servers: encrypted and with checked certificates, or only within this machine."""

import ipaddress
import socket
import ssl

from django.conf import settings
from django.utils.translation import gettext as _

from channels_in.models import Inbox


class InsecureError(Exception):
    """The settings would send a password, or mail, in the clear over a network."""


def client_context() -> ssl.SSLContext:
    """Certificates are checked against the system's authorities, or those of SSL_CERT_FILE."""
    return ssl.create_default_context()


def allow(host: str, security: str) -> None:
    """Raise ``InsecureError`` for a connection without TLS, unless it may and does stay on this machine.

    Every address that the name leads to must be a loopback one (settings: MAIL_ALLOW_PLAINTEXT_LOOPBACK).
    """
    if security != Inbox.Security.NONE:
        return
    if settings.MAIL_ALLOW_PLAINTEXT_LOOPBACK and is_loopback(host):
        return
    raise InsecureError(
        _("A connection without TLS is allowed on this machine only, and only if the settings say so.")
    )


def is_loopback(host: str) -> bool:
    """Whether ``host`` leads to this machine and nowhere else. Raises ``OSError`` for an unknown name."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return all(ipaddress.ip_address(str(entry[4][0]).partition("%")[0]).is_loopback for entry in found)
