"""A browser's and a program's requests, one connection each, as plain as they can be."""

import http.client
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

from bihuan.kit.problems import Refused


class AnswerUnexpected(Refused):
    """The server answered with something else than what is measured."""

    status = 500

    def __init__(self, path: str, status: int, body: str) -> None:
        super().__init__(f"{path} 的回答是 {status}：{body[:300]}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server answered."""

    status: int
    body: str
    headers: Mapping[str, str]


@dataclass(slots=True)
class Client:
    """One kept connection to the web server, with its cookies and the headers of every request."""

    url: str
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    _open: http.client.HTTPConnection | None = None

    def sign_in(self, login: str, password: str) -> None:
        """Sign in as a browser does."""
        self.get("/sign-in/")
        self.post("/sign-in/", {"login_name": login, "password": password}, expect=302)

    def get(self, path: str, *, expect: int = 200) -> Answer:
        """Ask for a page."""
        return self.send("GET", path, expect=expect)

    def post(self, path: str, values: Mapping[str, str], *, expect: int) -> Answer:
        """Send a form with the token against forgery that the server gave."""
        token = {"csrfmiddlewaretoken": self.cookies.get("csrftoken", "")}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode({**values, **token}).encode()
        return self.send("POST", path, body, headers, expect=expect)

    def send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        expect: int,
    ) -> Answer:
        """Send one request and refuse any answer but the expected one."""
        if self._open is None:
            place = urlsplit(self.url)
            self._open = http.client.HTTPConnection(place.hostname or "", place.port, timeout=60)
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        own = {**self.headers, **({"Cookie": cookie} if cookie else {}), **(headers or {})}
        self._open.request(method, path, body, own)
        found = self._open.getresponse()
        text = found.read().decode("utf-8", "replace")
        if found.status != expect:
            raise AnswerUnexpected(path, found.status, text)
        for line in found.headers.get_all("Set-Cookie") or []:
            self.cookies.update((key, one.value) for key, one in SimpleCookie(line).items())
        return Answer(found.status, text, dict(found.headers.items()))

    def close(self) -> None:
        """Hang up."""
        if self._open is not None:
            self._open.close()
            self._open = None
