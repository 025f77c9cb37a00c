"""A real postfix and a real dovecot on loopback, from a folder of their own, for as long as the tests run.

Our domain's mail goes to us by LMTP, one mailbox of it to dovecot for polling; the customers' domain is delivered
to dovecot, where the tests read what they got.
"""

import imaplib
import os
import shutil
import signal
import smtplib
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

OURS, THEIRS = "bihuan.test", "customer.test"
PASSWORD = "secret"
POSTFIX = Path("/usr/sbin/postfix")
DOVECOT = Path("/usr/sbin/dovecot")
_PARTS = (POSTFIX, DOVECOT, Path("/usr/lib/dovecot/imap"), Path("/usr/lib/dovecot/lmtp"))

_MAIN = """
compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
default_privs = nobody
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.{ours}
mydestination =
mynetworks = 127.0.0.0/8
virtual_mailbox_domains = {ours}, {theirs}
virtual_mailbox_maps = regexp:{root}/known
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
transport_maps = regexp:{root}/transport
recipient_delimiter = +
message_size_limit = 67108864
mailbox_size_limit = 0
virtual_mailbox_limit = 0
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_client_connection_count_limit = 0
minimal_backoff_time = 1s
maximal_backoff_time = 1s
queue_run_delay = 1s
bounce_queue_lifetime = 1h
lmtp_connect_timeout = 5s
lmtp_destination_concurrency_failed_cohort_limit = 0
default_destination_concurrency_failed_cohort_limit = 0
lmtp_line_length_limit = 0
disable_dns_lookups = yes
maillog_file = {root}/maillog
maillog_file_prefixes = {root}
"""
_MASTER = """
127.0.0.1:{smtp} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
_DOVECOT = """
base_dir = {root}/dovecot
state_dir = {root}/dovecot
log_path = {root}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
first_valid_uid = 1
default_login_user = dovenull
default_internal_user = dovecot
mail_location = maildir:{root}/mail/%u
mail_uid = mail
mail_gid = mail
auth_mechanisms = plain login
recipient_delimiter = +
lmtp_save_to_detail_mailbox = no
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={root}/mail/%u allow_all_users=yes
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {store}
  }}
}}
"""


def why_not() -> str:
    """Say why the real servers cannot run here, empty when they can."""
    missing = [one.name for one in _PARTS if not one.exists()]
    if missing:
        return f"not installed: {', '.join(missing)}"
    return "" if os.geteuid() == 0 else "postfix's master runs as root only"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(
    happened: Callable[[], object], seconds: float = 60.0, what: str | Callable[[], str] = ""
) -> None:
    """Wait; `what` may be asked for at the end, when it tells how things stand then."""
    began = time.monotonic()
    while not happened():
        if time.monotonic() - began >= seconds:
            raise AssertionError(f"it did not happen: {what() if callable(what) else what}")
        time.sleep(0.05)


@dataclass
class MailServers:
    """postfix and dovecot below one folder."""

    root: Path
    lmtp: int = field(default_factory=free_port)
    smtp: int = field(default_factory=free_port)
    imap: int = field(default_factory=free_port)
    store: int = field(default_factory=free_port)

    def start(self) -> None:
        self._write()
        self._run(DOVECOT, "-c", self.root / "dovecot.conf")
        self._run(POSTFIX, "-c", self.root / "postfix", "start")
        until(lambda: _answers(self.smtp) and _answers(self.imap) and _answers(self.store))

    def stop(self) -> None:
        for file in (self.root / "queue/pid/master.pid", self.root / "dovecot/master.pid"):
            with suppress(FileNotFoundError, ProcessLookupError, ValueError):
                pid = int(file.read_text())
                os.kill(pid, signal.SIGTERM)
                until(lambda pid=pid: _is_gone(pid), 20, file.name)
        shutil.rmtree(self.root, ignore_errors=True)

    def send(self, original: bytes, *, sender: str, to: str) -> None:
        """Hand a mail to postfix, as a customer's server would."""
        with smtplib.SMTP("127.0.0.1", self.smtp, timeout=60) as client:
            client.sendmail(sender, [to], original)

    def inbox(self, user: str) -> list[bytes]:
        """Return the mails somebody got, oldest first."""
        with self.opened(user) as box:
            _, [found] = box.search(None, "ALL")
            return [box.fetch(number, "(BODY.PEEK[])")[1][0][1] for number in found.split()]

    def unread(self, user: str) -> int:
        with self.opened(user) as box:
            return len(box.search(None, "UNSEEN")[1][0].split())

    def opened(self, user: str) -> imaplib.IMAP4:
        box = imaplib.IMAP4("127.0.0.1", self.imap)
        box.login(user, PASSWORD)
        box.select("INBOX", readonly=True)
        return box

    def queued(self) -> int:
        """Return how many mails postfix still holds."""
        folders = [
            self.root / "queue" / name for name in ("incoming", "active", "deferred", "maildrop")
        ]
        return sum(1 for folder in folders for file in folder.rglob("*") if file.is_file())

    def log(self) -> str:
        file = self.root / "maillog"
        return file.read_text("utf-8", "replace") if file.exists() else ""

    def _write(self) -> None:
        root = self.root
        for name in ("postfix", "queue", "data", "mail", "dovecot"):
            (root / name).mkdir(parents=True)
        shutil.chown(root / "data", "postfix", "postfix")
        shutil.chown(root / "mail", "mail", "mail")
        values = {
            "root": root, "ours": OURS, "theirs": THEIRS, "password": PASSWORD,
            "lmtp": self.lmtp, "smtp": self.smtp, "imap": self.imap, "store": self.store,
        }  # fmt: skip
        to_dovecot = f"lmtp:inet:127.0.0.1:{self.store}"
        (root / "known").write_text("/.*/ ok\n")
        transport = [
            rf"/^gone@{THEIRS}$/ error:5.1.1 no such user",
            rf"/@{THEIRS}$/ {to_dovecot}",
            rf"/^poll(\+.*)?@{OURS}$/ {to_dovecot}",
        ]
        (root / "transport").write_text("\n".join(transport) + "\n")
        (root / "postfix/main.cf").write_text(_MAIN.format(**values))
        (root / "postfix/master.cf").write_text(_MASTER.format(**values))
        (root / "dovecot.conf").write_text(_DOVECOT.format(**values))

    def _run(self, *command: object) -> None:
        # Into a file: what stays in the background would hold a pipe open.
        said = self.root / "said"
        with said.open("ab") as out:
            done = subprocess.run(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                timeout=30,
                check=False,
            )
        assert done.returncode == 0, said.read_text() + self.log()


def _is_gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state == "Z"  # ended; nobody has asked how yet


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False
