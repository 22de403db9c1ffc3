"""Reads API keys with real Django and makes some: apikeys_django.py URL KEY... prints whether the package believes each KEY, then a
key that it makes, and one with another hash."""
import sys

from django_setup import setup

url, *keys = sys.argv[1:]
setup(url, "rest_framework_api_key")

from django.contrib.auth.hashers import make_password
from rest_framework_api_key.models import APIKey

for key in keys:
    print(APIKey.objects.is_valid(key))
print(APIKey.objects.create_key(name="made by Django")[1])
row, key = APIKey.objects.create_key(name="hashed by another")
row.hashed_key = make_password(key, hasher="pbkdf2_sha1")
row.save()
print(key)
