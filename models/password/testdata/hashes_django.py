"""Reads pairs of password and hash and says for each whether Django verifies it. Prints {"checks": ..., "made": ..., "removed": ...}:
the second is pairs of password and hash that each of Django's own hashers makes. Django 5.1 lacks the hashers of SHA-1 and of unsalted
digests. Before 4.0 it has no scrypt."""
import base64, hashlib, json, sys
from django.conf import settings
from django.contrib.auth import hashers
NAMES = [name + "PasswordHasher" for name in "PBKDF2 PBKDF2SHA1 Argon2 BCryptSHA256 BCrypt Scrypt SHA1 MD5 UnsaltedSHA1 UnsaltedMD5".split()]
PRESENT = [name for name in NAMES if hasattr(hashers, name)]
SCRYPT = "ScryptPasswordHasher"
settings.configure(PASSWORD_HASHERS=["django.contrib.auth.hashers." + name for name in PRESENT])
from django.contrib.auth.hashers import check_password, get_hashers, make_password
def check(password, encoded):
    if encoded.startswith("bcrypt$") and len(password.encode()) > 72:  # where bcrypt 5 raises an exception
        return False
    if not encoded.startswith("scrypt$") or SCRYPT in PRESENT:
        return check_password(password, encoded)
    _, n, salt, r, p, digest = encoded.split("$")
    key = hashlib.scrypt(password.encode(), salt=salt.encode(), n=int(n), r=int(r), p=int(p), dklen=64)
    return base64.b64encode(key).decode() == digest
checks = [check(p, e) for p, e in json.load(sys.stdin)]
made = [(p, make_password(p, hasher=h)) for h in get_hashers() for p in ["пароль-🔑"]]
json.dump({"checks": checks, "made": made, "removed": sorted(set(NAMES) - set(PRESENT) - {SCRYPT})}, sys.stdout)
