"""Lets the packages that are installed make their tables in an empty database, whose URL is given, and prints what there is: the names
of all tables, and the columns of each model of devices by its label."""
import importlib.util
import json
import sys

from django_setup import database

import django
from django.conf import settings

APPS = ["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions", "django.contrib.messages", "axes", "django_otp",
        *("django_otp.plugins." + name for name in ["otp_totp", "otp_static", "otp_hotp", "otp_email"]), "allauth", "allauth.account"]
MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware"]
if importlib.util.find_spec("allauth.mfa"):
    APPS += ["allauth.mfa"]
    MIDDLEWARE += ["allauth.account.middleware.AccountMiddleware"]

settings.configure(DATABASES={"default": database(sys.argv[1])}, USE_TZ=True, INSTALLED_APPS=APPS, MIDDLEWARE=MIDDLEWARE,
                   SECRET_KEY="a key of more than 16 bytes", DEFAULT_AUTO_FIELD="django.db.models.AutoField", SILENCED_SYSTEM_CHECKS=["axes.W003"])
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from django_otp import device_classes  # noqa: E402

call_command("migrate", verbosity=0, skip_checks=True)
tables = connection.introspection.table_names()
devices = {}
for model in device_classes():
    table = model._meta.db_table
    with connection.cursor() as cursor:
        columns = [column.name for column in connection.introspection.get_table_description(cursor, table)]
    devices[model._meta.label_lower] = {"table": table, "columns": columns}
print(json.dumps({"tables": tables, "devices": devices}))
