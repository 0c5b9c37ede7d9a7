<?php
// Hashes passwords by plain PHP, and checks others' hashes.
// stdin, where each may be left out:
// {"passwords": [...], "cheap": true, "check": [{"password", "hash"}, ...]}
// stdout: {"made": [{"by", "password", "hash"}, ...], "checked": [true, ...]}
// cheap takes the least parameters instead of PHP's defaults; what PHP refuses
// to hash is left out.
declare(strict_types=1);

function makers(bool $cheap): array
{
    $argon2 = $cheap ? ['memory_cost' => 1024, 'time_cost' => 2, 'threads' => 1] : [];
    $salt = fn () => strtr(substr(base64_encode(random_bytes(12)), 0, 16), '+', '.');
    return [
        'password_hash bcrypt' => fn ($p) => password_hash($p, PASSWORD_BCRYPT, $cheap ? ['cost' => 4] : []),
        'password_hash argon2i' => fn ($p) => password_hash($p, PASSWORD_ARGON2I, $argon2),
        'password_hash argon2id' => fn ($p) => password_hash($p, PASSWORD_ARGON2ID, $argon2),
        'crypt SHA-256' => fn ($p) => crypt($p, ($cheap ? '$5$rounds=1000$' : '$5$') . $salt() . '$'),
        'crypt SHA-512' => fn ($p) => crypt($p, ($cheap ? '$6$rounds=1000$' : '$6$') . $salt() . '$'),
    ];
}

$in = json_decode(stream_get_contents(STDIN), true, 512, JSON_THROW_ON_ERROR);
$made = [];
foreach (makers($in['cheap'] ?? false) as $by => $make) {
    foreach ($in['passwords'] ?? [] as $password) {
        try {
            $made[] = ['by' => $by, 'password' => $password, 'hash' => $make($password)];
        } catch (ValueError) {
            // bcrypt of a password with a NUL
        }
    }
}
$checked = array_map(fn ($c) => password_verify($c['password'], $c['hash']), $in['check'] ?? []);
echo json_encode(['made' => $made, 'checked' => $checked], JSON_THROW_ON_ERROR), "\n";
