"""Makes hashes as argon2-cffi does and did, and says of each whether Django verifies its password."""
import json, os, sys
from argon2.low_level import Type, hash_secret
from django.conf import settings
settings.configure(PASSWORD_HASHERS=["django.contrib.auth.hashers.Argon2PasswordHasher"])
from django.contrib.auth.hashers import check_password
def texts(encoded, version):
    yield "argon2" + encoded
    if version == 16:  # before versions were written
        yield "argon2" + encoded.replace("$v=16", "")
rows = []
for version in 16, 19:
    for variety in Type.I, Type.ID:
        for memory, passes, lanes in (8, 1, 1), (8, 5, 1), (16, 2, 2), (77, 3, 3), (512, 2, 2), (1024, 2, 8), (4096, 3, 1):
            for size in 4, 16, 32, 64:
                password = os.urandom(8).hex()
                made = hash_secret(password.encode(), os.urandom(size // 2 + 8), passes, memory, lanes, size, variety, version)
                for encoded in texts(made.decode(), version):
                    rows.append([password, encoded, check_password(password, encoded)])
json.dump(rows, sys.stdout)
