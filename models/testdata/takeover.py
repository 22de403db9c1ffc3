"""Points Django and DRF at a database that models.Migrate has made. Run by TestDjangoTakesOver."""
import io
import os
from urllib.parse import urlparse

import django
from django.conf import settings
from django.core.management import call_command

url = urlparse(os.environ["DATABASE_URL"])
if url.scheme.startswith("postgres"):
    database = {"ENGINE": "django.db.backends.postgresql", "NAME": url.path[1:], "HOST": url.hostname, "PORT": url.port or 5432,
                "USER": url.username or "postgres", "PASSWORD": url.password or ""}
else:
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["DATABASE_URL"]}
settings.configure(
    SECRET_KEY="x", USE_TZ=True, DATABASES={"default": database}, DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "rest_framework", "rest_framework.authtoken"],
)
django.setup()

out = io.StringIO()
call_command("migrate", fake_initial=True, stdout=out)
assert "No migrations to apply." in out.getvalue(), out.getvalue()
call_command("makemigrations", check=True, dry_run=True, stdout=out)

from django.contrib.auth import authenticate  # noqa: E402
from django.contrib.auth.models import Group, Permission, User  # noqa: E402
from rest_framework.authtoken.models import Token  # noqa: E402

alice = User.objects.get(username="alice")
assert alice.date_joined.tzinfo and alice.is_active and alice.last_login is None
assert authenticate(username="alice", password="alice-pw") == alice
assert Token.objects.get(user=alice).key == os.environ["ALICE_TOKEN"]
assert Permission.objects.filter(codename="add_user").count() == 1  # made by Django's post_migrate

bob = User.objects.create_user("bob", password="bob-pw")
bob.groups.add(Group.objects.create(name="editors"))
bob.user_permissions.add(Permission.objects.get(codename="add_user"))
assert len(Token.objects.create(user=bob).key) == 40
print("all is well")
