"""Uses a database that models.Migrate has made with real Django: migrate_django.py URL, or URL DIRECTORY for a user model of
the application's own, whose app is written into DIRECTORY. Fails if Django finds something amiss."""
import io
import os
import sys
from urllib.parse import urlparse

import django
from django.conf import settings

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


def database(url):
    u = urlparse(url)
    if not u.scheme.startswith("postgres"):
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": url}
    return {"ENGINE": "django.db.backends.postgresql", "NAME": u.path.lstrip("/"), "HOST": u.hostname, "PORT": u.port or 5432,
            "USER": u.username, "PASSWORD": u.password or ""}


url, directory = sys.argv[1], (sys.argv[2:] or [None])[0]
apps = ["django.contrib.contenttypes", "django.contrib.auth", "rest_framework", "rest_framework.authtoken"]
if directory:
    os.mkdir(os.path.join(directory, "members"))
    for name, text in (("__init__.py", ""), ("models.py", MEMBERS)):
        with open(os.path.join(directory, "members", name), "w") as f:
            f.write(text)
    sys.path.insert(0, directory)
    apps.append("members")
settings.configure(
    DATABASES={"default": database(url)}, INSTALLED_APPS=apps, USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    AUTH_USER_MODEL="members.Member" if directory else "auth.User")
django.setup()

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from rest_framework.authtoken.models import Token


def run(*args):
    out = io.StringIO()
    call_command(*args, stdout=out)
    return out.getvalue()


# Nothing is left to migrate; of the application's own app and what depends on it Django takes over the tables.
if directory:
    run("makemigrations", "members")
out = run("migrate", "--fake-initial")
if directory:
    assert "Applying members.0001_initial... FAKED" in out and "Applying authtoken.0001_initial... FAKED" in out, out
else:
    assert "No migrations to apply." in out, out
run("migrate", "--check")
run("makemigrations", "--check", "--dry-run")

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
for duplicate in (
        lambda: User.objects.create(**name), lambda: Group.objects.create(name="editors"), lambda: Token.objects.create(user=user),
        lambda: user.groups.through.objects.create(**{User._meta.model_name: user, "group": group})):
    try:
        with transaction.atomic():
            duplicate()
    except IntegrityError:
        continue
    raise AssertionError("a duplicate was stored")

# Django takes its migrations back, and finds every constraint that this is about.
for app in ("authtoken", *(["members"] if directory else []), "auth", "contenttypes"):
    run("migrate", app, "zero")
assert connection.introspection.table_names() == ["django_migrations"], connection.introspection.table_names()
run("migrate")
