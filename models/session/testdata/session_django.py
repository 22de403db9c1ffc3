"""Real Django's sessions: session_django.py URL, with lines of JSON on standard input, each answered by one on standard output.
["read", KEY] is what is in the session, ["user", KEY] who is logged in, ["write", KEY, VALUES] stores a session, and
["login", USERNAME] logs in and answers the key, ["text", KEY] is the JSON in the session, and ["legacy", USERNAME, FORMAT] stores a
session as an older Django did and answers the key. ["visit", KEY] is what a request with the session does: who is logged in, and the
key afterwards. ["keys", SECRET_KEY, FALLBACK...] sets Django's keys."""
import base64
import json
import sys
import zlib

from django.conf import settings

from django_setup import setup

setup(sys.argv[1], "django.contrib.sessions")
settings.SECRET_KEY = "a key that Django and we both know"

from django.contrib.auth import SESSION_KEY, get_user, login
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core import signing
from django.core.management import call_command
from django.http import HttpRequest
from django.utils.crypto import get_random_string, salted_hmac


def request(key=None):
    r = HttpRequest()
    r.session = SessionStore(key)
    return r


def read(key):
    return dict(SessionStore(key).items())


def user(key):
    return get_user(request(key)).get_username() or None


def visit(key):
    r = request(key)
    name = get_user(r).get_username() or None
    r.session.save()  # as the middleware does
    return [name, r.session.session_key]


def keys(key, *fallbacks):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = key, list(fallbacks)


def text(key):
    payload = Session.objects.get(session_key=key).session_data.rsplit(":", 2)[0]
    data = signing.b64_decode(payload.lstrip(".").encode())
    return (zlib.decompress(data) if payload.startswith(".") else data).decode("latin-1")


def write(key, values, encode=SessionStore.encode):
    store = SessionStore()
    Session(session_key=key, session_data=encode(store, values), expire_date=store.get_expiry_date()).save()


def log_in(name):
    r = request()
    login(r, User.objects.get(username=name), backend="django.contrib.auth.backends.ModelBackend")
    r.session.save()
    assert SESSION_KEY in r.session
    return r.session.session_key


def legacy(name, form):
    user, key = User.objects.get(username=name), get_random_string(32, VALID_KEY_CHARS)
    salt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
    values = {"_auth_user_id": str(user.pk), "_auth_user_backend": "django.contrib.auth.backends.ModelBackend",
              "_auth_user_hash": salted_hmac(salt, user.password).hexdigest()}
    write(key, values, {"before 3.1": with_digest, "SHA-1 signature": sha1_signed}[form])
    return key


def with_digest(store, values):
    """What SessionStore._legacy_encode did, until Django 4.0 removed it."""
    text = store.serializer().dumps(values)
    digest = salted_hmac("django.contrib.sessions" + type(store).__name__, text).hexdigest()
    return base64.b64encode(digest.encode() + b":" + text).decode("ascii")


def sha1_signed(store, values):
    signer = signing.TimestampSigner(salt=store.key_salt, algorithm="sha1")
    return signer.sign_object(values, serializer=store.serializer, compress=True)


call_command("migrate", "sessions", check_unapplied=True, verbosity=0)  # exits with 1 if Django thinks that something is to be done
functions = {"read": read, "text": text, "user": user, "write": write, "login": log_in, "legacy": legacy, "visit": visit, "keys": keys}
for line in sys.stdin:
    function, *args = json.loads(line)
    print(json.dumps(functions[function](*args)), flush=True)
