"""Says of each name whether Django's validators take it once it is normalised, and what it becomes."""
import json, sys, unicodedata
from django.conf import settings
settings.configure(USE_I18N=False)
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
def verdict(name):
    name = unicodedata.normalize("NFKC", name)
    try:
        UnicodeUsernameValidator()(name)
        MaxLengthValidator(150)(name)
    except ValidationError:
        return [False, name]
    return [True, name]
json.dump([verdict(name) for name in json.load(sys.stdin)], sys.stdout)
