-- Writes the users and the tokens of a Laravel app with Sanctum 3 or later for `narthex import sanctum`,
-- from MySQL 8 or MariaDB 10.5, without PHP:
--
--     mysql --batch --raw --skip-column-names --default-character-set=utf8mb4 shop <sanctum-mysql.sql >shop.jsonl
--
-- The times must be in UTC, as with Laravel's default. For Sanctum 2, leave out `expires_at`. For an
-- app without the model App\Models\User, change `tokenable_type`. The life of all tokens
-- (`sanctum.expiration`) is not in the tables: give it with --expiration.
--
-- An app with soft deletes needs one more member in the users, which disables the deleted ones:
--     'disabled', JSON_EXTRACT(IF(deleted_at IS NULL, 'false', 'true'), '$')
--
-- An app with Fortify needs one more member in the users, which marks those with an authenticator app. Its
-- secret is encrypted, so only the artisan command can export it:
--     'totp', JSON_EXTRACT(IF(two_factor_confirmed_at IS NULL, 'null', 'true'), '$')

SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ;
START TRANSACTION READ ONLY;

SELECT JSON_OBJECT('narthex', 'export', 'version', 1, 'source', 'sanctum');

SELECT JSON_OBJECT(
    'user', CAST(id AS CHAR),
    'email', email,
    'name', name,
    'password', password,
    'email_verified_at', DATE_FORMAT(email_verified_at, '%Y-%m-%dT%H:%i:%sZ'),
    'created_at', DATE_FORMAT(created_at, '%Y-%m-%dT%H:%i:%sZ')
) FROM users;

SELECT JSON_OBJECT(
    'token', CAST(id AS CHAR),
    'user', CAST(tokenable_id AS CHAR),
    'name', name,
    'sha256', token,
    -- JSON and not text, in MySQL and in MariaDB.
    'abilities', JSON_EXTRACT(abilities, '$'),
    'created_at', DATE_FORMAT(created_at, '%Y-%m-%dT%H:%i:%sZ'),
    'last_used_at', DATE_FORMAT(last_used_at, '%Y-%m-%dT%H:%i:%sZ'),
    'expires_at', DATE_FORMAT(expires_at, '%Y-%m-%dT%H:%i:%sZ')
) FROM personal_access_tokens WHERE tokenable_type = 'App\\Models\\User';

SELECT JSON_OBJECT('end', JSON_OBJECT(
    'users', (SELECT COUNT(*) FROM users),
    'tokens', (SELECT COUNT(*) FROM personal_access_tokens WHERE tokenable_type = 'App\\Models\\User')
));

COMMIT;
