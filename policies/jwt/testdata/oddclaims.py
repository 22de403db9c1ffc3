"""What real simplejwt says to tokens: oddclaims.py SETTINGS, with these members of SIMPLE_JWT as JSON. Reads a JSON list of tokens and prints
a list of answers: the text of the refusal, "" for a token that is accepted, or null where it crashes."""
import json
import sys

import django
from django.conf import settings

settings.configure(
    USE_TZ=True, USE_I18N=False, SECRET_KEY="not used", INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"],
    SIMPLE_JWT={"SIGNING_KEY": "a secret of the tests, which is long enough", **json.loads(sys.argv[1])})
django.setup()

from rest_framework_simplejwt.authentication import JWTStatelessUserAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken


def answer(token):
    authentication = JWTStatelessUserAuthentication()
    try:
        authentication.get_user(authentication.get_validated_token(token.encode()))
    except InvalidToken as e:
        messages = e.detail.get("messages")
        return str(messages[0]["message"] if messages else e.detail["detail"])
    except Exception:
        return None
    return ""


print(json.dumps([answer(token) for token in json.load(sys.stdin)]))
