"""Asks Django's password validators: reads a JSON list of {password, username, first_name, last_name, email} and prints the list of
what Django says of each: pairs of message and code."""
import json
import sys

from django.conf import settings

NAMES = ("UserAttributeSimilarity", "MinimumLength", "CommonPassword", "NumericPassword")
settings.configure(
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"],
    AUTH_PASSWORD_VALIDATORS=[{"NAME": f"django.contrib.auth.password_validation.{name}Validator"} for name in NAMES])

import django

django.setup()

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.core.exceptions import ValidationError

answers = []
for case in json.load(sys.stdin):
    password = case.pop("password")
    try:
        validate_password(password, User(**case))
        answers.append([])
    except ValidationError as e:
        answers.append([[error.messages[0], error.code] for error in e.error_list])
json.dump({"help": password_validators_help_texts(), "answers": answers}, sys.stdout)
