"""What real simplejwt says: simplejwt.py URL MODEL SETTINGS [COMMAND VALUE]... on the database of URL, with that model of users, and these
members of SIMPLE_JWT as JSON. Prints a JSON list with the answer to each command: the tokens or claims, or {"error": ...}."""
import json
import sys
from datetime import timedelta
from urllib.parse import urlparse

import django
from django.conf import settings

u = urlparse(sys.argv[1])
settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "NAME": u.path.lstrip("/"), "HOST": u.hostname, "PORT": u.port or 5432,
                           "USER": u.username, "PASSWORD": u.password or ""}},
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "rest_framework", "rest_framework_simplejwt.token_blacklist", "accounts"],
    AUTH_USER_MODEL=sys.argv[2],
    USE_TZ=True, SECRET_KEY="not used",
    SIMPLE_JWT={"SIGNING_KEY": "a secret of the tests, which is long enough", "ROTATE_REFRESH_TOKENS": True, "BLACKLIST_AFTER_ROTATION": True,
                "ISSUER": "https://issuer.test", "AUDIENCE": ["here", "there"], "ACCESS_TOKEN_LIFETIME": timedelta(minutes=7),
                **json.loads(sys.argv[3])})
django.setup()

from django.contrib.auth import get_user_model
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.serializers import (
    TokenBlacklistSerializer, TokenRefreshSerializer, TokenRefreshSlidingSerializer, TokenVerifySerializer)
from rest_framework_simplejwt.tokens import RefreshToken, SlidingToken


def named(name):
    return get_user_model()._default_manager.get_by_natural_key(name)


def pair(name):
    refresh = RefreshToken.for_user(named(name))
    refresh["tenant"] = "théâtre"
    return {"refresh": str(refresh), "access": str(refresh.access_token)}


def sliding(name):
    return {"token": str(SlidingToken.for_user(named(name)))}


def user(access):
    authentication = JWTAuthentication()
    return {"user": authentication.get_user(authentication.get_validated_token(access.encode())).get_username()}


def serializer(cls, field):
    def validate(token):
        s = cls(data={field: token})
        s.is_valid(raise_exception=True)
        return s.validated_data
    return validate


COMMANDS = {
    "pair": pair, "sliding": sliding, "user": user, "refresh": serializer(TokenRefreshSerializer, "refresh"),
    "verify": serializer(TokenVerifySerializer, "token"), "blacklist": serializer(TokenBlacklistSerializer, "refresh"),
    "sliding-refresh": serializer(TokenRefreshSlidingSerializer, "token"),
}
answers = []
for command, value in zip(sys.argv[4::2], sys.argv[5::2]):
    try:
        answers.append(COMMANDS[command](value))
    except Exception as e:
        answers.append({"error": str(e)})
print(json.dumps(answers))
