"""Sets up real Django for a database that the tests have made."""
from urllib.parse import urlparse

import django
from django.conf import settings


def database(url):
    u = urlparse(url)
    if not u.scheme.startswith("postgres"):
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": url}
    return {"ENGINE": "django.db.backends.postgresql", "NAME": u.path.lstrip("/"), "HOST": u.hostname, "PORT": u.port or 5432,
            "USER": u.username, "PASSWORD": u.password or ""}


def setup(url, *apps, user="auth.User"):
    settings.configure(
        DATABASES={"default": database(url)}, USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        INSTALLED_APPS=[
            "django.contrib.contenttypes", "django.contrib.auth", "rest_framework", "rest_framework.authtoken", "guardian", *apps],
        AUTH_USER_MODEL=user, ANONYMOUS_USER_NAME=None,
        AUTHENTICATION_BACKENDS=["django.contrib.auth.backends.ModelBackend", "guardian.backends.ObjectPermissionBackend"])
    django.setup()
