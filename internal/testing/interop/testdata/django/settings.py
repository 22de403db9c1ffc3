"""Settings of the application, which internal/conformance is in Go."""
import os
import sys
from datetime import timedelta
from urllib.parse import unquote, urlparse

from django.contrib.auth import hashers

BASE_DIR = os.path.dirname(os.path.abspath(__file__))
SECRET_KEY = "oracle-fixed-django-secret-key-0123456789abcdef"
DEBUG = False
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "urls"
APPEND_SLASH = False
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
USE_I18N = False
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "rest_framework",
    "rest_framework.authtoken",
    "rest_framework_simplejwt.token_blacklist",
    "rest_framework_api_key",
    "guardian",
    "core",
]
MIDDLEWARE = [
    "django.middleware.common.CommonMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "django.contrib.auth.backends.RemoteUserBackend",
    "guardian.backends.ObjectPermissionBackend",
]
ANONYMOUS_USER_NAME = None
# All that this Django has: 5.1 removed those of SHA-1 and of unsalted digests. Each has Django's own parameters.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers." + n for n in (
        "PBKDF2PasswordHasher", "PBKDF2SHA1PasswordHasher", "Argon2PasswordHasher",
        "BCryptSHA256PasswordHasher", "BCryptPasswordHasher", "SHA1PasswordHasher",
        "MD5PasswordHasher", "UnsaltedSHA1PasswordHasher", "UnsaltedMD5PasswordHasher",
    ) if hasattr(hashers, n)
]

_db = urlparse(os.environ.get("DATABASE_URL", "postgres://postgres@127.0.0.1:54321/drforacle"))
DATABASES = {"default": {
    "ENGINE": "django.db.backends.postgresql",
    "NAME": _db.path.lstrip("/"),
    "USER": unquote(_db.username or "postgres"),
    "PASSWORD": unquote(_db.password or ""),
    "HOST": _db.hostname or "127.0.0.1",
    "PORT": str(_db.port or 5432),
    "CONN_MAX_AGE": 600,
}}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.TokenAuthentication",
        "rest_framework.authentication.BasicAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_THROTTLE_RATES": {
        "anon": "3/min", "user": "5/min", "alpha": "2/min", "beta": "3/min",
        "unlimited": None, "burst": "2/s", "sustained": "5/min",
    },
    "EXCEPTION_HANDLER": "policies.exception_handler",
}
SIMPLE_JWT = {
    "ALGORITHM": "HS256",
    "SIGNING_KEY": "oracle-fixed-jwt-signing-key-0123456789abcdef0123456789abcdef",
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=5),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=1),
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
}
LOGGING = {"version": 1, "disable_existing_loggers": False,
           "handlers": {"console": {"class": "logging.StreamHandler", "level": "ERROR"}},
           "loggers": {"django.request": {"handlers": ["console"], "level": os.environ.get("ORACLE_LOG", "CRITICAL"),
                                          "propagate": False}}}
