<?php
// Verifies a token by plain PHP, as Deskpro's side would: the configured
// algorithm alone, the key as the raw bytes of its string, no leeway.
// stdin: {"token", "key", "alg"}; stdout: the claims, or exit 1 and "refused: why" on stderr.
declare(strict_types=1);

const HASHES = ['HS256' => 'sha256', 'HS384' => 'sha384', 'HS512' => 'sha512'];

function refuse(string $why): never
{
    fwrite(STDERR, "refused: $why\n");
    exit(1);
}

function decodePart(string $part): string
{
    if (preg_match('/^[A-Za-z0-9_-]+$/D', $part) !== 1) {
        refuse('a part is not base64url');
    }
    $bytes = base64_decode(strtr($part, '-_', '+/'), true);
    return $bytes === false ? refuse('a part is not base64url') : $bytes;
}

function decodeObject(string $part): stdClass
{
    $value = json_decode(decodePart($part), false, 512, JSON_THROW_ON_ERROR);
    return $value instanceof stdClass ? $value : refuse('a part is not a JSON object');
}

try {
    $in = json_decode(stream_get_contents(STDIN), false, 512, JSON_THROW_ON_ERROR);
    $hash = HASHES[$in->alg] ?? refuse('algorithm not supported');
    $parts = explode('.', $in->token);
    if (count($parts) !== 3) {
        refuse('wrong number of parts');
    }
    if ((decodeObject($parts[0])->alg ?? null) !== $in->alg) {
        refuse('not the configured algorithm');
    }
    if (strlen($in->key) < strlen(hash($hash, '', true))) {
        refuse('key is too short');
    }
    $want = hash_hmac($hash, $parts[0] . '.' . $parts[1], $in->key, true);
    if (!hash_equals($want, decodePart($parts[2]))) {
        refuse('signature does not match');
    }
    $claims = decodeObject($parts[1]);
    foreach (['iat', 'exp'] as $name) {
        if (!is_int($claims->$name ?? null)) {
            refuse("$name is not a whole number");
        }
    }
    $now = time();
    if ($claims->iat > $now || ($claims->nbf ?? 0) > $now) {
        refuse('not yet valid');
    }
    if ($claims->exp <= $now) {
        refuse('expired');
    }
    echo json_encode($claims, JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES), "\n";
} catch (JsonException $e) {
    refuse('not JSON: ' . $e->getMessage());
}
