"""Uses simplejwt's token_blacklist in a database that models.Migrate has made: blacklist_django.py URL, or URL DIRECTORY for the
user model Member of the tests, whose app is written into DIRECTORY. Fails if Django finds something amiss."""
import io
import os
import re
import sys

import django
from django.conf import settings

from django_setup import setup

BLACKLIST = "rest_framework_simplejwt.token_blacklist"
MEMBERS = """
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models

class Member(AbstractBaseUser, PermissionsMixin):
    id = models.BigAutoField(primary_key=True)
    email = models.EmailField(unique=True)
    USERNAME_FIELD = "email"
    objects = BaseUserManager()
    class Meta:
        db_table = "members"
"""

url, directory = sys.argv[1], (sys.argv[2:] or [None])[0]
if directory:
    os.mkdir(os.path.join(directory, "members"))
    for name, text in (("__init__.py", ""), ("models.py", MEMBERS)):
        with open(os.path.join(directory, "members", name), "w") as f:
            f.write(text)
    sys.path.insert(0, directory)
    setup(url, "members", BLACKLIST, user="members.Member")
else:
    setup(url, BLACKLIST)
settings.SECRET_KEY = "simplejwt signs the tokens of this test with it"

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import RefreshToken


def run(*args):
    out = io.StringIO()
    call_command(*args, stdout=out)
    return out.getvalue()


# Nothing is left to migrate but names for the admin. With a user model of the application's own, Django must be told so.
if directory:
    run("makemigrations", "members")
    run("migrate", "members", "--fake-initial")
    run("migrate", "token_blacklist", "--fake")
    run("migrate", "--fake-initial")
else:
    applied = re.findall(r"Applying (\S+)\.\.\. OK", run("migrate", "--fake-initial", "token_blacklist"))
    assert applied in ([], ["token_blacklist.0013_alter_blacklistedtoken_options_and_more"]), applied  # the latter of simplejwt 5.5.1
    run("migrate", "--fake-initial")
run("migrate", "--check")
run("makemigrations", "--check", "--dry-run")

# The tables work.
User = get_user_model()
user = User.objects.create(**{User.USERNAME_FIELD: "django@example.com"})
refresh = RefreshToken.for_user(user)
refresh.blacklist()
recorded = OutstandingToken.objects.get(jti=refresh["jti"], user=user)
for duplicate in (
        lambda: OutstandingToken.objects.create(jti=refresh["jti"], expires_at=recorded.expires_at),
        lambda: BlacklistedToken.objects.create(token=recorded)):
    try:
        with transaction.atomic():
            duplicate()
    except IntegrityError:
        continue
    raise AssertionError("a duplicate was stored")
user.delete()
recorded.refresh_from_db()
assert recorded.user is None

# Django takes its migrations back, and finds every constraint that this is about; it cannot do so while there are rows.
OutstandingToken.objects.all().delete()
if connection.vendor == "postgresql" and django.VERSION < (4, 1):  # which knows no identity columns: it drops a sequence
    with connection.cursor() as cursor:
        for table in ("token_blacklist_outstandingtoken", "token_blacklist_blacklistedtoken"):
            cursor.execute(f"ALTER TABLE {table} ALTER id DROP IDENTITY")
            cursor.execute(f"CREATE SEQUENCE {table}_id_seq OWNED BY {table}.id")
run("migrate", "token_blacklist", "zero")
left = [name for name in connection.introspection.table_names() if name.startswith("token_blacklist")]
assert not left, left
run("migrate")
