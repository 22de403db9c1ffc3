"""Real Django's tokens: resettoken_django.py URL, with lines of JSON on standard input, each answered by one on standard output.
["make", NAME] makes a user's link, [UID, TOKEN]; ["whose", UID, TOKEN] is the user whose link is valid, or null; ["reset", UID, TOKEN,
PASSWORD] sets a password by Django's form and tells whether it did; ["opens", NAME, PASSWORD] whether a password is a user's;
["login", NAME] records a login, and ["found", EMAIL] is who gets a mail."""
import json
import os
import sys
import time

from django.conf import settings

from django_setup import setup

os.environ["TZ"] = "UTC"
time.tzset()  # as Django does for TIME_ZONE = "UTC"
setup(sys.argv[1])
settings.SECRET_KEY = "a key of more than 16 bytes"

from django.contrib.auth.forms import PasswordResetForm, SetPasswordForm
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import User, update_last_login
from django.contrib.auth.tokens import default_token_generator
from django.contrib.auth.views import PasswordResetConfirmView
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

PBKDF2PasswordHasher.iterations = 1


def named(name):
    return User.objects.get(username=name)


def make(name):
    user = named(name)
    return [urlsafe_base64_encode(force_bytes(user.pk)), default_token_generator.make_token(user)]


def owner(uid, token):
    user = PasswordResetConfirmView().get_user(uid)
    return user if default_token_generator.check_token(user, token) else None


def whose(uid, token):
    user = owner(uid, token)
    return user and user.username


def reset(uid, token, password):
    user = owner(uid, token)
    form = user and SetPasswordForm(user, {"new_password1": password, "new_password2": password})
    if not form or not form.is_valid():
        return False
    form.save()
    return True


functions = {"make": make, "whose": whose, "reset": reset, "opens": lambda name, password: named(name).check_password(password),
             "login": lambda name: update_last_login(None, named(name)),
             "found": lambda email: sorted(user.username for user in PasswordResetForm().get_users(email))}
for line in sys.stdin:
    function, *args = json.loads(line)
    print(json.dumps(functions[function](*args)), flush=True)
