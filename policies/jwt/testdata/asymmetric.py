"""What real simplejwt does with asymmetric keys. Reads a JSON list of {"algorithm", "signing", "verifying", "jwk_url", "token"} and prints
a list of answers: a token of its own, if there is a signing key, or else what the token says, or {"error": ...}."""
import json
import sys

import django
from django.conf import settings

settings.configure(USE_TZ=True, USE_I18N=False, SECRET_KEY="not used", INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"])
django.setup()

from rest_framework_simplejwt.backends import TokenBackend

CLAIMS = {"token_type": "access", "exp": 4102444800, "iat": 1704067200, "jti": "0123456789abcdef", "user_id": 3}
answers = []
for question in json.load(sys.stdin):
    try:
        backend = TokenBackend(question["algorithm"], signing_key=question.get("signing"), verifying_key=question.get("verifying", ""),
                               jwk_url=question.get("jwk_url"))
        answers.append({"token": backend.encode(CLAIMS)} if question.get("signing") else {"user": str(backend.decode(question["token"])["user_id"])})
    except Exception as e:
        answers.append({"error": str(e)})
print(json.dumps(answers))
