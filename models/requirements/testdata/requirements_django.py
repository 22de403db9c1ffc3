"""Runs Django's own packages on the database whose URL is given, with the settings that the test declares here. A line on the
standard input is [function, arguments...]."""
import datetime
import json
import logging
import sys
import time
import types
from importlib.metadata import version

from django_setup import database

import django
from django.conf import settings

HAS_MFA = sys.argv[2] == "mfa"
APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.messages", "axes",
        "django_otp", "django_otp.plugins.otp_totp", "django_otp.plugins.otp_static"]
MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware",
              "django.contrib.messages.middleware.MessageMiddleware"]
if HAS_MFA:
    APPS += ["allauth", "allauth.account", "allauth.mfa"]
    MIDDLEWARE += ["allauth.account.middleware.AccountMiddleware"]

# ACCOUNT_EMAIL_REQUIRED became a part of ACCOUNT_SIGNUP_FIELDS.
ACCOUNT = {"ACCOUNT_EMAIL_REQUIRED": True}
if HAS_MFA and tuple(int(n) for n in version("django-allauth").split(".")[:2]) >= (65, 5):
    ACCOUNT = {"ACCOUNT_SIGNUP_FIELDS": ["email*", "username*", "password1*"]}
logging.disable(logging.CRITICAL)  # axes tells of every failure

urls = types.ModuleType("urls")
urls.urlpatterns = []
sys.modules["urls"] = urls
settings.configure(
    DATABASES={"default": database(sys.argv[1])}, USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.AutoField", SECRET_KEY="a key of more than 16 bytes",
    INSTALLED_APPS=APPS, MIDDLEWARE=MIDDLEWARE, ROOT_URLCONF="urls", ALLOWED_HOSTS=["*"],
    AUTHENTICATION_BACKENDS=["django.contrib.auth.backends.ModelBackend"],
    CACHES={"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "django_cache", "KEY_PREFIX": "site"}},
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
                "OPTIONS": {"context_processors": ["django.template.context_processors.request"]}}],
    AXES_LOCK_OUT_BY_COMBINATION_USER_AND_IP=True, AXES_LOCKOUT_PARAMETERS=[["username", "ip_address"]], AXES_COOLOFF_TIME=1,
    ACCOUNT_EMAIL_VERIFICATION="mandatory", EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend", ACCOUNT_RATE_LIMITS=False, **ACCOUNT,
    SILENCED_SYSTEM_CHECKS=["axes.W001", "axes.W002", "axes.W003"], PASSWORD_HASHERS=["django.contrib.auth.hashers.PBKDF2PasswordHasher"])
django.setup()

from django.contrib.auth import login  # noqa: E402
from django.contrib.auth.middleware import AuthenticationMiddleware  # noqa: E402
from django.contrib.auth.models import AnonymousUser, User  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client, RequestFactory  # noqa: E402
from django.urls import include, path  # noqa: E402
from django.utils import timezone  # noqa: E402

import django_otp  # noqa: E402
from django_otp.middleware import OTPMiddleware  # noqa: E402
from django_otp.oath import TOTP as OathTOTP  # noqa: E402
from django_otp.plugins.otp_totp.models import TOTPDevice  # noqa: E402

if HAS_MFA:
    urls.urlpatterns = [path("accounts/", include("allauth.urls"))]


def user(name):
    return User.objects.get(username=name)


def migrate():
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)


def otp_device(name):
    return TOTPDevice.objects.create(user=user(name), name="phone").persistent_id


def otp_code(name, steps):
    device = TOTPDevice.objects.get(user=user(name))
    totp = OathTOTP(device.bin_key, device.step, device.t0, device.digits)
    totp.time = time.time() + steps * device.step
    return "%06d" % totp.token()


def otp_verify(name, code):
    device = TOTPDevice.objects.get(user=user(name))
    return django_otp.verify_token(user(name), device.persistent_id, code) is not None


def otp_throttled(name):
    device = TOTPDevice.objects.get(user=user(name))
    return not device.verify_is_allowed()[0], device.throttling_failure_count, device.drift


def unthrottle(name):
    TOTPDevice.objects.get(user=user(name)).throttle_reset()


def mfa_activate(name):
    from allauth.account.models import EmailAddress
    from allauth.mfa.totp.internal import auth
    EmailAddress.objects.create(user=user(name), email=name + "@example.com", verified=True, primary=True)
    auth.TOTP.activate(user(name), auth.generate_totp_secret())


def mfa_code(name):
    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal import auth
    secret = Authenticator.objects.get(user=user(name), type="totp").data["secret"]
    return auth.format_hotp_value(auth.hotp_value(secret, int(time.time()) // 30))


def browser_login(name, password, code):
    """Logs in as a browser does. Returns it, and where that ended: the path of allauth's stage, or "in"."""
    client = Client()
    answer = client.post("/accounts/login/", {"login": name, "password": password})
    if answer.status_code == 302 and "2fa" in answer["Location"] and code:
        answer = client.post("/accounts/2fa/authenticate/", {"code": code})
        if answer.status_code == 200:
            return client, "wrong code"
    if "_auth_user_id" in client.session:
        return client, "in"
    return client, answer["Location"] if answer.status_code == 302 else str(answer.status_code)


def mfa_login(name, password, code):
    return browser_login(name, password, code)[1]


def mfa_session(name, password, code):
    client, where = browser_login(name, password, code)
    assert where == "in", where
    return client.session.session_key


def mfa_reauthenticate(key, password):
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    return client.post("/accounts/reauthenticate/", {"password": password}).status_code


def mfa_deactivate(name):
    from allauth.mfa.models import Authenticator
    Authenticator.objects.filter(user=user(name)).delete()


def otp_session(name):
    """The session of a login with a device, as the form of django-otp makes it."""
    request = RequestFactory().post("/")
    request.session, request.user = SessionStore(), AnonymousUser()
    verified = user(name)
    verified.otp_device = TOTPDevice.objects.get(user=verified)
    login(request, verified, backend=settings.AUTHENTICATION_BACKENDS[0])
    request.session.save()
    return request.session.session_key


def otp_remove(name):
    TOTPDevice.objects.filter(user=user(name)).delete()


def session_age(key, seconds):
    """Makes the records of allauth in a session older."""
    session = SessionStore(key)
    for record in session["account_authentication_methods"]:
        record["at"] -= seconds
    session.modified = True
    session.save()


def session_user(key):
    """What Django says of a session's user: the name, whether django-otp has verified them, and whether allauth wants to be shown the
    password again."""
    request = RequestFactory().get("/")
    request.session = SessionStore(key)
    AuthenticationMiddleware(lambda request: None)(request)
    OTPMiddleware(lambda request: None)(request)
    said = [request.user.get_username(), "verified" if request.user.is_verified() else "unverified"]
    if HAS_MFA:
        from allauth.account.internal.flows.reauthentication import did_recently_authenticate
        said.append("recent" if did_recently_authenticate(request) else "not recent")
    return " ".join(said)


def axes_failed(name, address, times):
    from axes.handlers.proxy import AxesProxyHandler
    request = RequestFactory().post("/", REMOTE_ADDR=address, HTTP_USER_AGENT="curl")
    for _ in range(times):
        AxesProxyHandler.user_login_failed(None, {"username": name}, request)


def axes_allowed(name, address):
    from axes.handlers.proxy import AxesProxyHandler
    request = RequestFactory().post("/", REMOTE_ADDR=address, HTTP_USER_AGENT="curl")
    return AxesProxyHandler.is_allowed(request, {"username": name})


def axes_age(hours):
    from axes.models import AccessAttempt
    AccessAttempt.objects.update(attempt_time=timezone.now() - datetime.timedelta(hours=hours))


functions = {f.__name__: f for f in [migrate, otp_device, otp_code, otp_verify, otp_throttled, unthrottle, otp_session, otp_remove,
                                     mfa_activate, mfa_code, mfa_login, mfa_session, mfa_reauthenticate, mfa_deactivate,
                                     session_age, session_user, axes_failed, axes_allowed, axes_age]}
for line in sys.stdin:
    function, *args = json.loads(line)
    print(json.dumps(functions[function](*args)), flush=True)
