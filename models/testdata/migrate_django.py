"""Uses a database that models.Migrate has made with real Django: migrate_django.py URL, or URL DIRECTORY for a user model of
the application's own, whose app is written into DIRECTORY. Fails if Django finds something amiss."""
import io
import os
import re
import sys

from django.conf import settings

from django_setup import setup

APPS = ("django.contrib.sessions", "rest_framework_simplejwt.token_blacklist", "rest_framework_api_key")
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
    setup(url, "members", *APPS, user="members.Member")
else:
    setup(url, *APPS)
settings.SECRET_KEY = "signs the sessions and tokens of this test"

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from guardian.shortcuts import assign_perm
from rest_framework.authtoken.models import Token
from rest_framework_api_key.models import APIKey
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken
from rest_framework_simplejwt.tokens import RefreshToken


def clone(row):
    row.pk = None
    return row


def run(*args):
    out = io.StringIO()
    call_command(*args, stdout=out)
    return out.getvalue()


# Nothing is left to migrate but what newer packages add; of the application's own app and what depends on it Django takes over
# the tables.
LATER = {
    "guardian": ["0003_remove_groupobjectpermission_guardian_gr_content_ae6aec_idx_and_more"],
    "token_blacklist": ["0013_alter_blacklistedtoken_options_and_more"],
}
known = MigrationLoader(connection).disk_migrations
later = sorted((app, name) for app, names in LATER.items() for name in names if (app, name) in known)
out = ""
if directory:
    run("makemigrations", "members")
    out = run("migrate", "members", "--fake-initial") + run("migrate", "token_blacklist", "--fake")
out += run("migrate", "--fake-initial")
if directory:
    for app in ("members", "authtoken", "guardian", "token_blacklist"):
        assert f"Applying {app}.0001_initial... FAKED" in out, out
else:
    applied = sorted(re.findall(r"Applying (\w+)\.(\w+)\.\.\. OK", out))
    assert applied == later and ("No migrations to apply." in out) == (not later), out
run("migrate", "--check")
run("makemigrations", "--check", "--dry-run")
run("check", "--fail-level", "WARNING")

# The tables work.
User = get_user_model()
name = {User.USERNAME_FIELD: "django@example.com"}
user = User.objects.create(**name)
user.set_password("secret")
user.save()
permission = Permission.objects.get(codename="add_group")
group = Group.objects.create(name="editors")
group.permissions.add(permission)
user.groups.add(group)
user.user_permissions.add(permission)
token = Token.objects.create(user=user)
user = User.objects.get(auth_token__key=token.key, groups__name__startswith="edit")
assert user.check_password("secret") and user.has_perm("auth.add_group")
grants = [assign_perm("change_group", to, group) for to in (user, group)]
assert user.has_perm("change_group", group) and not user.has_perm("auth.change_group")
session = SessionStore()
session["seen"] = "yes"
session.create()
assert SessionStore(session.session_key)["seen"] == "yes"
RefreshToken.for_user(user).blacklist()
assert BlacklistedToken.objects.get().token.user == user
assert APIKey.objects.is_valid(APIKey.objects.create_key(name="django")[1])
for duplicate in (
        lambda: User.objects.create(**name), lambda: Group.objects.create(name="editors"), lambda: Token.objects.create(user=user),
        lambda: user.groups.through.objects.create(**{User._meta.model_name: user, "group": group}),
        *(lambda grant=grant: grant._meta.model.objects.bulk_create([clone(grant)]) for grant in grants)):
    try:
        with transaction.atomic():
            duplicate()
    except IntegrityError:
        continue
    raise AssertionError("a duplicate was stored")

# Django takes its migrations back, and finds every constraint that this is about. The two tables of token_blacklist
# are dropped by hand: Django 3.2 would look for the sequences of their identity columns (blacklist_django.py gives it some).
APIKey.objects.all().delete()  # whose hashes are too long for older columns
run("migrate", "token_blacklist", "zero", "--fake")
with connection.cursor() as cursor:
    for table in ("token_blacklist_blacklistedtoken", "token_blacklist_outstandingtoken"):
        cursor.execute(f"DROP TABLE {table}")
for app in ("rest_framework_api_key", "sessions", "guardian", "authtoken", *(["members"] if directory else []), "auth", "contenttypes"):
    run("migrate", app, "zero")
left = [name for name in connection.introspection.table_names() if not name.startswith("ginauth_")]
assert left == ["django_migrations"], left
run("migrate")
