"""Reads API keys with real Django and makes one: apikeys_django.py URL KEY... prints whether the package HasAPIKey believes each
KEY, then a key of its own, and one with every other PASSWORD_HASHER of Django's."""
import sys

from django_setup import setup

url, *keys = sys.argv[1:]
setup(url)

from django.contrib.auth.hashers import make_password
from rest_framework_api_key.models import APIKey

for key in keys:
    print(APIKey.objects.is_valid(key))
print(APIKey.objects.create_key(name="made by Django")[1])
for algorithm in ("argon2", "bcrypt_sha256", "pbkdf2_sha1"):
    row, key = APIKey.objects.create_key(name=algorithm)
    row.delete()
    hashed = make_password(key, hasher=algorithm)
    APIKey.objects.create(id=f"{row.prefix}.{hashed}"[:100], prefix=row.prefix, hashed_key=hashed, name=algorithm)
    print(key)
