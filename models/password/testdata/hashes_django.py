"""Reads pairs of password and hash and says for each whether Django verifies it. Before 4.0 it has no scrypt."""
import base64, hashlib, json, sys
from django.conf import settings
settings.configure(PASSWORD_HASHERS=["django.contrib.auth.hashers.%sPasswordHasher" % name for name in
    "PBKDF2 PBKDF2SHA1 Argon2 BCryptSHA256 BCrypt SHA1 MD5 UnsaltedSHA1 UnsaltedMD5".split()])
from django.contrib.auth.hashers import check_password
def check(password, encoded):
    if not encoded.startswith("scrypt$"):
        return check_password(password, encoded)
    _, n, salt, r, p, digest = encoded.split("$")
    key = hashlib.scrypt(password.encode(), salt=salt.encode(), n=int(n), r=int(r), p=int(p), dklen=64)
    return base64.b64encode(key).decode() == digest
json.dump([check(p, e) for p, e in json.load(sys.stdin)], sys.stdout)
