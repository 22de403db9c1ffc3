"""Uses the table of API keys that models.Migrate has made with real Django: apikeys_migrate_django.py URL. Fails if Django finds
something amiss."""
import io
import sys

from django_setup import setup

setup(sys.argv[1], "rest_framework_api_key")

from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from rest_framework_api_key.models import APIKey

TABLE = "rest_framework_api_key_apikey"


def run(*args):
    out = io.StringIO()
    call_command(*args, stdout=out)
    return out.getvalue()


# Nothing is left to migrate, with any version of the package, and the table works.
assert "No migrations to apply." in run("migrate", "rest_framework_api_key"), "there were migrations to apply"
run("makemigrations", "--check", "--dry-run", "rest_framework_api_key")
row, key = APIKey.objects.create_key(name="django")
try:
    with transaction.atomic():
        APIKey.objects.create(id="other", prefix=row.prefix, hashed_key="x", name="duplicate")
except IntegrityError:
    pass
else:
    raise AssertionError("a duplicate was stored")
assert APIKey.objects.is_valid(key)

# Django takes its migrations back, and finds every constraint that this is about.
APIKey.objects.all().delete()  # whose hashes are too long for older columns
run("migrate", "rest_framework_api_key", "zero")
assert TABLE not in connection.introspection.table_names()
run("migrate")
assert TABLE in connection.introspection.table_names()
