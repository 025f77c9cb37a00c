"""Behind TLS, cookies and browsers are told so."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"

ASK = """
import json
import django
django.setup()
from django.conf import settings as s
print(json.dumps([s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_HSTS_SECONDS > 0,
    s.SECURE_PROXY_SSL_HEADER is not None, s.SESSION_COOKIE_HTTPONLY, s.CSRF_COOKIE_HTTPONLY]))
"""


@pytest.mark.parametrize(("said", "is_secure"), [("", False), ("0", False), ("1", True)])
def test_cookies_travel_over_tls_only_when_told(said, is_secure, tmp_path):
    environment = os.environ | {
        "BIHUAN_SECURE": said,
        "BIHUAN_HOME": str(tmp_path / "home"),
        "PYTHONPATH": str(SOURCE),
        "DJANGO_SETTINGS_MODULE": "bihuan.config.settings",
    }
    done = subprocess.run(
        [sys.executable, "-c", ASK], env=environment, capture_output=True, text=True, check=True
    )

    assert json.loads(done.stdout) == [is_secure] * 4 + [True, True]
