"""Django settings. Everything an operator may set is an environment variable, listed in docs/reference/settings.md."""

import os
from pathlib import Path

import dj_database_url

ROOT = Path(__file__).resolve().parents[3]
HOME = Path(os.environ.get("BIHUAN_HOME", ROOT / ".data"))
SECRET_KEY = os.environ.get("BIHUAN_SECRET_KEY", "development-only-not-a-secret")
DEBUG = False
ALLOWED_HOSTS = os.environ.get("BIHUAN_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
ROOT_URLCONF = "bihuan.config.urls"
WSGI_APPLICATION = "bihuan.config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

USE_TZ = True
TIME_ZONE = os.environ.get("BIHUAN_TIME_ZONE", "Asia/Shanghai")
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
USE_I18N = True

DATABASES = {
    "default": dj_database_url.parse(
        os.environ.get("DATABASE_URL", "postgres://postgres@%2Ftmp%2Fpgdev/bihuan"),
        conn_health_checks=True,
    )
}
DATABASES["default"]["OPTIONS"] = {
    "pool": {"min_size": 1, "max_size": 8, "timeout": 10},
    "prepare_threshold": 5,
}

DOMAIN_APPS = ["ledger", "packs", "clocks", "org", "customers", "processes", "cases"]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_htmx",
    "procrastinate.contrib.django",
    "bihuan.kit",
    *(f"bihuan.domain.{app}" for app in DOMAIN_APPS),
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [ROOT / "src" / "bihuan" / "surfaces" / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {"environment": "bihuan.config.jinja.environment"},
    },
]
AUTH_USER_MODEL = "org.Staff"
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
STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
STATICFILES_DIRS = [ROOT / "frontend" / "dist"]
