"""Reads pairs of password and hash and says for each whether Django verifies it. Prints {"checks": ..., "removed": ...}: Django 5.1
lacks the hashers of SHA-1 and of unsalted digests. Before 4.0 it has no scrypt."""
import base64, hashlib, json, sys
from django.conf import settings
from django.contrib.auth import hashers
NAMES = [name + "PasswordHasher" for name in "PBKDF2 PBKDF2SHA1 Argon2 BCryptSHA256 BCrypt SHA1 MD5 UnsaltedSHA1 UnsaltedMD5".split()]
PRESENT = [name for name in NAMES if hasattr(hashers, name)]
settings.configure(PASSWORD_HASHERS=["django.contrib.auth.hashers." + name for name in PRESENT])
from django.contrib.auth.hashers import check_password
def check(password, encoded):
    if encoded.startswith("bcrypt$") and len(password.encode()) > 72:  # where bcrypt 5 raises an exception
        return False
    if not encoded.startswith("scrypt$"):
        return check_password(password, encoded)
    _, n, salt, r, p, digest = encoded.split("$")
    key = hashlib.scrypt(password.encode(), salt=salt.encode(), n=int(n), r=int(r), p=int(p), dklen=64)
    return base64.b64encode(key).decode() == digest
json.dump({"checks": [check(p, e) for p, e in json.load(sys.stdin)], "removed": sorted(set(NAMES) - set(PRESENT))}, sys.stdout)
