"""Django settings. Everything an operator may set is an environment variable, listed in docs/reference/settings.md."""

import os
from pathlib import Path

import dj_database_url

from bihuan.config.secret import secret_key
from bihuan.integrations import postgres_embedded
from bihuan.kit import clock
from bihuan.kit.pooled import PooledConnection

ROOT = Path(__file__).resolve().parents[3]
HOME = postgres_embedded.prepare_home(Path(os.environ.get("BIHUAN_HOME") or ROOT / ".data"))
# A drill's clock (docs/how-to/run-a-drill.md): followed only where the file was there when a process began.
DRILL = HOME / "drill.json"
clock.follow(DRILL if DRILL.exists() else None)
SECRET_KEY = os.environ.get("BIHUAN_SECRET_KEY") or secret_key(HOME)
DEBUG = False
ALLOWED_HOSTS = os.environ.get("BIHUAN_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = os.environ.get("BIHUAN_TRUSTED_ORIGINS", "").split()
ROOT_URLCONF = "bihuan.config.urls"
WSGI_APPLICATION = "bihuan.config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

USE_TZ = True
TIME_ZONE = os.environ.get("BIHUAN_TIME_ZONE", "Asia/Shanghai")
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
USE_I18N = True

# Without DATABASE_URL the embedded server is used; reading its address starts nothing.
DATABASE_IS_EMBEDDED = not os.environ.get("DATABASE_URL")
DATABASES = {
    "default": dj_database_url.parse(
        os.environ.get("DATABASE_URL") or postgres_embedded.Layout(HOME).url(),
        # The pool keeps connections open; it tests them, so a restarted server costs no request
        # (kit.pooled: without asking the server).
        conn_max_age=0,
        conn_health_checks=True,
    )
}
# Pages of a table are in memory or on a fast disk, and no query of ours is worth compiling.
_PLANNER = {"options": "-c random_page_cost=1.1 -c jit=off"}
DATABASES["default"]["OPTIONS"] = (
    _PLANNER
    | DATABASES["default"].get("OPTIONS", {})
    | {
        "pool": {
            "min_size": 1,
            "max_size": 8,
            "timeout": 10,
            "connection_class": PooledConnection,
        },
        "prepare_threshold": 5,
        # Values travel apart from the statement, so that what is asked often is planned once.
        "server_side_binding": True,
    }
)
DATABASES["default"]["TEST"] = {"TEMPLATE": "template0"}

DOMAIN_APPS = [
    *("ledger", "attachments", "packs", "clocks", "org", "customers", "notifications"),
    *("billing", "portfolios", "interactions", "processes", "escalations", "cases"),
]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_htmx",
    "ninja",
    "procrastinate.contrib.django",
    "bihuan.kit",
    *(f"bihuan.domain.{app}" for app in DOMAIN_APPS),
    "bihuan.integrations.email",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "bihuan.kit.headers.content_policy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "bihuan.config.sign_in.SignedIn",
    "django_htmx.middleware.HtmxMiddleware",
    "bihuan.surfaces.workspace.errors.RefusalPages",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [
            ROOT / "src" / "bihuan" / "surfaces" / surface / "templates"
            for surface in ("workspace", "studio", "command", "portal")
        ],
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "bihuan.config.jinja.environment",
            "auto_reload": False,
            "context_processors": ["bihuan.surfaces.workspace.shell.shell"],
        },
    },
    # The OpenAPI page comes with django-ninja, in Django's own templates.
    {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True},
]
AUTH_USER_MODEL = "org.Staff"
# Memory-hard, so that a stolen table is dear to guess from (decision 0062).
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
SESSION_ENGINE = "bihuan.config.sessions"
SESSION_COOKIE_NAME = "bihuan_session"
SESSION_COOKIE_AGE = 12 * 60 * 60  # one shift; then everybody signs in again
SESSION_COOKIE_SAMESITE = "Lax"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("MinimumLengthValidator", {"min_length": 10}),
        (
            "UserAttributeSimilarityValidator",
            {"user_attributes": ["login_name", "name", "staff_no", "phone"]},
        ),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]
# The largest request body, in bytes; a spreadsheet or a recording.
MAX_UPLOAD = int(os.environ.get("BIHUAN_MAX_UPLOAD", str(512 * 1024 * 1024)))
# E-mail (docs/how-to/receive-and-answer-mail.md). Without mailboxes there is none.
MAILBOXES = os.environ.get("BIHUAN_MAILBOXES", "")
MAIL_LMTP = os.environ.get("BIHUAN_MAIL_LMTP", "")
MAIL_IMAP = os.environ.get("BIHUAN_MAIL_IMAP", "")
MAIL_SMTP = os.environ.get("BIHUAN_MAIL_SMTP", "")
MAIL_POLL_SECONDS = float(os.environ.get("BIHUAN_MAIL_POLL_SECONDS", "30"))
MAIL_MOST_BYTES = int(os.environ.get("BIHUAN_MAIL_MOST_BYTES", str(64 * 1024 * 1024)))
MAIL_KEEP_DAYS = int(os.environ.get("BIHUAN_MAIL_KEEP_DAYS", "90"))
# Background tasks are in each app's jobs.py.
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    # No log ever holds a whole phone number (SEC-08).
    "filters": {"mask": {"()": "bihuan.kit.masking.MaskingFilter"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "filters": ["mask"], "formatter": "line"}
    },
    "root": {"handlers": ["stderr"], "level": os.environ.get("BIHUAN_LOG_LEVEL", "INFO")},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "procrastinate": {"level": "WARNING"},
        "mail.log": {"level": "WARNING"},  # the LMTP library tells every command
    },
}
# Text messages are kept for a page instead of being sent: demonstrations only (decision 0201).
DEMO_PHONE = os.environ.get("BIHUAN_DEMO_PHONE", "") not in {"", "0", "false", "no"}
TENANT_NAME = os.environ.get("BIHUAN_TENANT", "闭环服务台")
CSRF_COOKIE_HTTPONLY = True
# Behind a proxy that speaks TLS: cookies never travel without it, and browsers remember to use it.
IS_SECURE = os.environ.get("BIHUAN_SECURE", "") not in {"", "0", "false", "no"}
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_SECURE else None
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if IS_SECURE else 0
CSRF_FAILURE_VIEW = "bihuan.surfaces.workspace.errors.csrf_failed"
STATIC_URL = "/static/"
# Built files are served where the build left them, under names that change with their content.
STATICFILES_DIRS = [folder for folder in [ROOT / "frontend" / "dist"] if folder.is_dir()]
WHITENOISE_USE_FINDERS = True
WHITENOISE_IMMUTABLE_FILE_TEST = r"-[A-Z0-9]{8}\."
# A form of 200 fields with repeating groups of 50 rows is still one person's form.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
