"""Records what real Django makes of tokens: record.py POSTGRES_URL > django-X.Y.json

POSTGRES_URL is an empty database. Each world has settings of its own, so each gets a process of its own. What Django cannot do at all
(an exception) is recorded as "error". allauth's generator is recorded where allauth is installed."""
import json
import os
import sys
from datetime import datetime
from functools import cache
from importlib.util import find_spec
from types import ModuleType
from urllib.parse import urlparse

NOW = 1_795_953_600  # 2026-11-29 12:00 UTC
SUMMER = 1_782_864_000.999999
KEY, OLD_KEY = "the SECRET_KEY of the recording", "one of its SECRET_KEY_FALLBACKS"
WORLDS = [
    {"name": "UTC", "USE_TZ": True, "TIME_ZONE": "UTC"},
    {"name": "Berlin", "USE_TZ": True, "TIME_ZONE": "Europe/Berlin"},
    {"name": "naive", "USE_TZ": False, "TIME_ZONE": "America/New_York"},
    {"name": "database", "USE_TZ": True, "TIME_ZONE": "Asia/Tokyo", "database": "Asia/Kathmandu"},
    {"name": "an hour", "USE_TZ": True, "TIME_ZONE": "UTC", "PASSWORD_RESET_TIMEOUT": 3600},
    {"name": "sha1", "USE_TZ": True, "TIME_ZONE": "UTC", "DEFAULT_HASHING_ALGORITHM": "sha1"},  # before Django 4.0
]


def configure(url, world):
    import django
    u = urlparse(url)
    database = {"ENGINE": "django.db.backends.postgresql", "NAME": u.path.lstrip("/"), "HOST": u.hostname, "PORT": u.port or 5432,
                "USER": u.username, "PASSWORD": u.password or "", "TIME_ZONE": world.get("database")}
    allauth = ["allauth", "allauth.account"] if find_spec("allauth") else []
    settings = ModuleType("recorded_settings")  # not settings.configure, which leaves the clock of the process in its zone
    vars(settings).update(
        world, SECRET_KEY=KEY, SECRET_KEY_FALLBACKS=[OLD_KEY], DATABASES={"default": database}, DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware", "allauth.account.middleware.AccountMiddleware"],
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions", *allauth])
    sys.modules[settings.__name__] = settings
    os.environ["DJANGO_SETTINGS_MODULE"] = settings.__name__
    django.setup()
    return django.VERSION


def prepare():
    """Makes the tables and rows, once."""
    from django.core.management import call_command
    from django.db import connection
    call_command("migrate", verbosity=0)
    own = own_models()
    with connection.schema_editor() as editor:
        for model in own.values():
            editor.create_model(model)
    user = "INSERT INTO auth_user (id, username, password, last_login, email, is_active, is_staff, is_superuser, first_name, last_name, date_joined) " \
           "VALUES (%s, %s, %s, %s, %s, %s, %s, false, '', '', now())"
    account = "INSERT INTO resets_account (id, password, last_login, contact, email, is_active) VALUES (%s, %s, %s, %s, 'never@example.com', true)"
    with connection.cursor() as c:
        c.execute(user, [1, "alice", "pbkdf2_sha256$1$salt$Zm9v", None, "alice@example.com", True, False])
        c.execute(user, [2, "bob", "argon2$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA", "2026-10-25 00:30:00.654321+00", "Bob@Example.com", True, True])
        c.execute(user, [3, "carol", "!" + "x" * 40, "2026-11-01 06:59:59+00", "", True, False])
        c.execute(user, [2147483647, "dora", "", "1999-12-31 23:59:59.999999+00", "dörä@例え.jp", True, False])
        c.execute(account, ["0f8fad5b-d9cb-469f-a165-70867728950e", "hash", None, "a@example.com"])
        c.execute(account, ["7c9e6679-7425-40de-944b-e07fc1f90ae7", "hash", "2026-03-08 07:00:00.5+00", None])
        c.execute("INSERT INTO resets_label (name, password, last_login, is_active) VALUES ('ключ/1', 'hash', NULL, true)")
        if find_spec("allauth"):
            for email in "zoe@example.com", "alice@example.com", "Alice@example.org":
                c.execute("INSERT INTO account_emailaddress (email, verified, \"primary\", user_id) VALUES (%s, true, false, 1)", [email])


@cache
def own_models():
    import uuid
    from django.contrib.auth.models import AbstractBaseUser
    from django.db import models

    class Account(AbstractBaseUser):
        id = models.UUIDField(primary_key=True, default=uuid.uuid4)
        contact = models.EmailField(null=True)
        email = models.EmailField()
        is_active = models.BooleanField(default=True)
        EMAIL_FIELD, USERNAME_FIELD = "contact", "contact"

        class Meta:
            app_label = "resets"

    class Label(AbstractBaseUser):
        name = models.CharField(max_length=50, primary_key=True)
        is_active = models.BooleanField(default=True)
        USERNAME_FIELD = "name"

        class Meta:
            app_label = "resets"

    return {"Account": Account, "Label": Label}


def generators():
    from django.contrib.auth.tokens import PasswordResetTokenGenerator

    class Activation(PasswordResetTokenGenerator):  # as many tutorials write it
        def _make_hash_value(self, user, timestamp):
            return str(user.pk) + str(timestamp) + str(user.is_active)

    class Verification(PasswordResetTokenGenerator):
        key_salt = "shop.tokens.Verification"

        def _make_hash_value(self, user, timestamp):
            return super()._make_hash_value(user, timestamp) + str(user.is_active)

    class SHA512(PasswordResetTokenGenerator):
        algorithm = "sha512"

    kinds = {"default": PasswordResetTokenGenerator, "activation": Activation, "verification": Verification, "sha512": SHA512}
    if find_spec("allauth"):
        from allauth.account.forms import EmailAwarePasswordResetTokenGenerator
        kinds["allauth"] = EmailAwarePasswordResetTokenGenerator
    return kinds


def generator(kind, at, key=None):
    g = kind()
    g._now = lambda: datetime.fromtimestamp(at)
    if key:
        g.secret = key
    return g


def made(world):
    from django.contrib.auth.models import User
    from django.utils.encoding import force_bytes
    from django.utils.http import urlsafe_base64_encode
    for model in User, *own_models().values():
        for user in model.objects.order_by("pk"):
            for name, kind in generators().items():
                if name == "allauth" and user.pk != 1 or name != "default" and world["name"] != "UTC":
                    continue
                for at in NOW, SUMMER:
                    yield {"model": model.__name__, "pk": str(user.pk), "generator": name, "at": at,
                           "uid": urlsafe_base64_encode(force_bytes(user.pk)), "token": generator(kind, at).make_token(user)}


def stored():
    """Returns the rows as the database has them."""
    from django.contrib.auth.models import User
    from django.db import connection
    rows = []
    for model in User, *own_models().values():
        email = model.get_email_field_name()
        email = '"%s"' % email if email in [f.name for f in model._meta.fields] else "NULL"
        with connection.cursor() as c:
            c.execute('SELECT "%s"::text, password, extract(epoch from last_login) * 1000000, %s, is_active FROM "%s" ORDER BY 1'
                      % (model._meta.pk.column, email, model._meta.db_table))
            rows += [{"model": model.__name__, "pk": pk, "password": password, "last_login": at and int(at), "email": address, "active": active}
                     for pk, password, at, address, active in c.fetchall()]
    return rows


def checked(world):
    """Yields Django's verdicts on tokens for user 1."""
    if world["TIME_ZONE"] != "UTC":
        return
    from django.contrib.auth.models import User
    from django.contrib.auth.tokens import PasswordResetTokenGenerator as Kind
    from django.utils.crypto import salted_hmac
    user, timeout = User.objects.get(pk=1), world.get("PASSWORD_RESET_TIMEOUT", 3 * 24 * 3600)
    good = generator(Kind, NOW).make_token(user)
    stamp, digits = good.split("-")
    sha1 = salted_hmac(Kind.key_salt, Kind()._make_hash_value(user, int(stamp, 36)), algorithm="sha1").hexdigest()[::2]
    texts = {
        "good": good, "upper case": good.upper(), "upper case of the time": stamp.upper() + "-" + digits, "zero in front": "0" + good,
        "plus": "+" + good, "minus": "-" + good, "blank in front": " " + good, "blank behind": good + " ", "newline behind": good + "\n",
        "underscore": stamp[:1] + "_" + stamp[1:] + "-" + digits, "another dash": good + "-", "two dashes": stamp + "--" + digits, "no dash": stamp + digits,
        "no time": "-" + digits, "no signature": stamp + "-", "dash": "-", "empty": "", "a digit less": good[:-1], "a digit more": good + "0",
        "full width": "".join(chr(ord(c) + 0xFEE0) for c in stamp) + "-" + digits, "14 digits": "z" * 14 + "-" + digits, "13 digits": "z" * 13 + "-" + digits,
        "NUL": good + "\0", "a second earlier": None, "sha1": stamp + "-" + sha1, "other user": generator(Kind, NOW).make_token(User.objects.get(pk=2)),
        "fallback": generator(Kind, NOW, OLD_KEY).make_token(user), "unknown key": generator(Kind, NOW, "another key").make_token(user),
        "long": stamp + "-" + "0" * 300,
    }
    texts["a second earlier"] = generator(Kind, NOW - 1).make_token(user).split("-")[0] + "-" + digits
    for name, text in texts.items():
        yield verdict(Kind, user, name, text, NOW)
    for name, at in {"a second before its end": NOW + timeout - 1, "at its end": NOW + timeout, "fraction after its end": NOW + timeout + .999999,
                     "a second after its end": NOW + timeout + 1, "a second in the future": NOW - 1, "a year in the future": NOW - 365 * 86400}.items():
        yield verdict(Kind, user, name, good, at)


def verdict(kind, user, name, text, at):
    try:
        valid = generator(kind, at).check_token(user, text)
    except Exception:
        valid = "error"
    return {"name": name, "text": text, "at": at, "valid": valid}


def run(url, world, first):
    version = configure(url, world)
    if "DEFAULT_HASHING_ALGORITHM" in world and version >= (4, 0):
        return None
    if first:
        prepare()
    options = {"zone": world["TIME_ZONE"], "database": world.get("database") or ("UTC" if world["USE_TZ"] else world["TIME_ZONE"]),
               "timeout": world.get("PASSWORD_RESET_TIMEOUT", 0), "keys": [KEY, OLD_KEY][:2 if version >= (4, 1) else 1],
               "algorithms": ["sha1"] if world["name"] == "sha1" else ["sha256"] if version >= (4, 0) else ["sha256", "sha1"]}
    return {"name": world["name"], **options, "users": stored(), "made": list(made(world)), "checked": list(checked(world))}


worlds = []
for i, world in enumerate(WORLDS):
    read, write = os.pipe()
    if os.fork() == 0:
        with open(write, "w") as out:
            json.dump(run(sys.argv[1], world, i == 0), out)
        os._exit(0)
    os.close(write)
    with open(read) as result:
        worlds.append(json.load(result))
    os.wait()
worlds = [world for world in worlds if world]
print("[\n" + ",\n".join(json.dumps(world) for world in worlds) + "\n]")
