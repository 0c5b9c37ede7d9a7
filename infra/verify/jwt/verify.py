"""Verifies a token by PyJWT.

stdin: {"token", "key", "alg"}; stdout: the claims, or exit 1 and "refused: why" on stderr.
The audience is the test's to compare.
"""

import json
import sys

import jwt

given = json.load(sys.stdin)
try:
    claims = jwt.decode(
        given["token"],
        given["key"],
        algorithms=[given["alg"]],
        leeway=0,
        options={"require": ["iat", "exp"], "verify_aud": False},
    )
except jwt.PyJWTError as err:
    sys.exit(f"refused: {type(err).__name__}: {err}")
json.dump(claims, sys.stdout)
