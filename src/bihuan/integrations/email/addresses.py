"""Where mail servers are, as an operator writes it, and as a log may show it."""

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import SplitResult, unquote, urlsplit

from bihuan.kit.problems import Invalid

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class AddressUnreadable(Invalid):
    """A server's address in the settings cannot be used."""

    message = "邮件服务器地址有误。"


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server: `security` is `tls` from the first byte, `starttls`, or `plain`."""

    host: str
    port: int
    security: str
    user: str = ""
    password: str = ""
    path: str = ""

    KINDS: ClassVar[dict[str, tuple[str, int]]] = {
        "smtp": ("plain", 25),
        "smtps": ("tls", 465),
        "smtp+starttls": ("starttls", 587),
        "imap": ("plain", 143),
        "imaps": ("tls", 993),
    }

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def read_server(text: str) -> Server:
    """Read `smtps://user:secret@host:465`; a password never travels unencrypted to another machine."""
    parts = _split(text)
    if parts.scheme not in Server.KINDS or not parts.hostname:
        raise AddressUnreadable(
            f"邮件服务器地址有误，例如 smtps://user:secret@host：{_shown(parts)}"
        )
    security, port = Server.KINDS[parts.scheme]
    if security == "plain" and parts.password and parts.hostname not in _LOOPBACK:
        raise AddressUnreadable(
            f"密码不能明文发往别的机器，请改用 {parts.scheme}s：{_shown(parts)}"
        )
    return Server(
        host=parts.hostname,
        port=parts.port or port,
        security=security,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        path=unquote(parts.path.strip("/")),
    )


def read_listener(text: str) -> tuple[str, int] | str:
    """Read where to listen: `127.0.0.1:2424`, or the path of a socket."""
    if text.startswith("/"):
        return text
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal():
        raise AddressUnreadable("BIHUAN_MAIL_LMTP 写成 127.0.0.1:2424 或套接字路径。")
    return host.strip("[]"), int(port)


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as problem:
        raise AddressUnreadable from problem
    return parts


def _shown(parts: SplitResult) -> str:
    return f"{parts.scheme}://{parts.hostname or ''}"
