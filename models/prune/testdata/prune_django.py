"""Real Django's housekeeping: prune_django.py URL, with lines of JSON on standard input, each answered by one on standard output.
["clear"] runs clearsessions and flushexpiredtokens, and answers how many rows are left."""
import json
import sys

from django_setup import setup

setup(sys.argv[1], "django.contrib.sessions", "rest_framework_simplejwt.token_blacklist")

from django.contrib.sessions.models import Session
from django.core.management import call_command
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken


def clear():
    try:
        call_command("clearsessions")
        call_command("flushexpiredtokens")
    except Exception as e:
        return {"error": repr(e)}
    return [model.objects.count() for model in (Session, OutstandingToken, BlacklistedToken)]


functions = {"clear": clear}
for line in sys.stdin:
    function, *args = json.loads(line)
    print(json.dumps(functions[function](*args)), flush=True)
