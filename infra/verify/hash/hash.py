"""Hashes passwords by Django, passlib and Python's bcrypt, and checks others' hashes.

stdin, where each may be left out:
{"passwords": [...], "cheap": true, "check": [{"password", "hash"}, ...]}
stdout: {"made": [{"by", "password", "hash"}, ...], "checked": [true, ...]}
cheap takes the least parameters instead of the libraries' defaults; what they
refuse to hash is left out.
"""

import hashlib
import json
import sys

import bcrypt
from django.conf import settings
from django.contrib.auth import hashers
from passlib import hash as passlib

settings.configure()
passlib.argon2.set_backend()  # using() would not find it later


class PBKDF2SHA512PasswordHasher(hashers.PBKDF2PasswordHasher):
    """As sites that want SHA-512 write it: Django has none of its own."""

    algorithm = "pbkdf2_sha512"
    digest = hashlib.sha512


# Each with the attributes that make it cheap.
DJANGO = {
    hashers.PBKDF2PasswordHasher: {"iterations": 1000},
    hashers.PBKDF2SHA1PasswordHasher: {"iterations": 1000},
    PBKDF2SHA512PasswordHasher: {"iterations": 1000},
    hashers.Argon2PasswordHasher: {"time_cost": 2, "memory_cost": 1024, "parallelism": 1},
    hashers.BCryptPasswordHasher: {"rounds": 4},
    hashers.BCryptSHA256PasswordHasher: {"rounds": 4},
    hashers.ScryptPasswordHasher: {"work_factor": 1024},
}
PASSLIB = {
    passlib.pbkdf2_sha1: {"rounds": 1000},
    passlib.pbkdf2_sha256: {"rounds": 1000},
    passlib.pbkdf2_sha512: {"rounds": 1000},
    passlib.scrypt: {"rounds": 10},
    passlib.argon2: {"type": "ID", "rounds": 2, "memory_cost": 1024, "parallelism": 1},
    passlib.sha256_crypt: {"rounds": 1000},
    passlib.sha512_crypt: {"rounds": 1000},
}


def makers(cheap):
    for cls, parameters in DJANGO.items():
        hasher = cls()
        if cheap:
            vars(hasher).update(parameters)
        yield f"Django {cls.algorithm}", lambda p, hasher=hasher: hasher.encode(p, hasher.salt())
    for handler, parameters in PASSLIB.items():
        yield f"passlib {handler.name}", handler.using(**parameters if cheap else {}).hash
    rounds = {"rounds": 4} if cheap else {}
    yield "bcrypt", lambda p: bcrypt.hashpw(p.encode(), bcrypt.gensalt(**rounds)).decode()


given = json.load(sys.stdin)
made = []
for by, make in makers(given.get("cheap")):
    for password in given.get("passwords", []):
        try:
            made.append({"by": by, "password": password, "hash": make(password)})
        except ValueError:  # bcrypt of over 72 bytes, passlib's SHA-crypt of a NUL
            pass
checked = [
    passlib.argon2.verify(c["password"], c["hash"]) and hashers.Argon2PasswordHasher().verify(c["password"], "argon2" + c["hash"])
    for c in given.get("check", [])
]
json.dump({"made": made, "checked": checked}, sys.stdout)
