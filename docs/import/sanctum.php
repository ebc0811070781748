<?php

// Writes the users and the tokens of a Laravel app (7 to 12) with Sanctum for `narthex import sanctum`.
// Copy it to app/Console/Commands/NarthexExport.php and run: php artisan narthex:export >shop.jsonl
//
// The file contains password hashes, and the secrets of authenticator apps (Fortify) in the clear.
// docs/import.md describes its format.

namespace App\Console\Commands;

use Illuminate\Console\Command;
use Illuminate\Contracts\Encryption\DecryptException;
use Laravel\Fortify\Fortify;

class NarthexExport extends Command
{
    protected $signature = 'narthex:export {--user=App\Models\User} {--token=Laravel\Sanctum\PersonalAccessToken}';

    protected $description = 'Write users and Sanctum tokens for narthex import';

    private $lines = ['users' => 0, 'tokens' => 0];

    public function handle()
    {
        [$user, $token] = [$this->option('user'), $this->option('token')];
        $this->write([
            'narthex' => 'export', 'version' => 1, 'source' => 'sanctum',
            'app' => substr(trim(preg_replace('/[^A-Za-z0-9._-]+/', '-', config('app.name')), '-'), 0, 64),
            'expiration' => config('sanctum.expiration') ? (int) config('sanctum.expiration') : null,
            'timezone' => config('app.timezone'), 'at' => $this->time('now'),
        ]);
        // The class may have a short name in the tables. Global scopes would hide deleted users.
        $type = (new $user)->getMorphClass();
        foreach ($user::withoutGlobalScopes()->cursor() as $row) {
            $this->writeUser($row->getAttributes(), (string) $row->getKey(), $this->hasApp($row));
        }
        foreach ($token::where('tokenable_type', $type)->cursor() as $row) {
            $this->writeToken($row->getAttributes(), (string) $row->getKey());
        }
        $this->write(['end' => $this->lines]);
    }

    private function writeUser(array $row, string $id, bool $hasApp)
    {
        $this->lines['users']++;
        $this->write([
            'user' => $id, 'email' => (string) $row['email'], 'name' => $row['name'] ?? null,
            'password' => $row['password'] ?? null,
            'email_verified_at' => $this->time($row['email_verified_at'] ?? null),
            'created_at' => $this->time($row['created_at'] ?? null),
            'disabled' => ($row['deleted_at'] ?? null) !== null,
            // Without its secret, an app is `true`. The import then names the user.
            'totp' => $hasApp ? $this->decrypted($row['two_factor_secret']) ?? true : null,
            'totp_confirmed_at' => $hasApp ? $this->time($row['two_factor_confirmed_at'] ?? null) : null,
            'recovery_codes' => $hasApp
                ? json_decode($this->decrypted($row['two_factor_recovery_codes'] ?? null) ?? 'null') : null,
        ]);
    }

    // With Fortify's option `confirm`, an authenticator app counts after its confirmation. The model knows the
    // option. A model without the trait of Fortify has the columns only.
    private function hasApp($user): bool
    {
        if (method_exists($user, 'hasEnabledTwoFactorAuthentication')) {
            return $user->hasEnabledTwoFactorAuthentication();
        }
        $row = $user->getAttributes();

        return isset($row['two_factor_secret'])
            && (isset($row['two_factor_confirmed_at']) || ! array_key_exists('two_factor_confirmed_at', $row));
    }

    // Returns null for a value that no key of the app decrypts.
    private function decrypted($value)
    {
        $encrypter = method_exists(Fortify::class, 'currentEncrypter')
            ? Fortify::currentEncrypter() : $this->laravel['encrypter'];
        try {
            return $value === null ? null : $encrypter->decrypt($value);
        } catch (DecryptException $unreadable) {
            return null;
        }
    }

    private function writeToken(array $row, string $id)
    {
        $this->lines['tokens']++;
        $this->write([
            'token' => $id, 'user' => (string) $row['tokenable_id'], 'name' => $row['name'],
            'sha256' => $row['token'], 'abilities' => json_decode($row['abilities'] ?? 'null'),
            'created_at' => $this->time($row['created_at']), 'last_used_at' => $this->time($row['last_used_at']),
            'expires_at' => $this->time($row['expires_at'] ?? null),
        ]);
    }

    // The tables have times without a zone, in the zone of the app.
    private function time($text)
    {
        if ($text === null) {
            return null;
        }
        $time = new \DateTimeImmutable($text, new \DateTimeZone(config('app.timezone')));

        return $time->setTimezone(new \DateTimeZone('UTC'))->format('Y-m-d\TH:i:s\Z');
    }

    private function write(array $line)
    {
        fwrite(STDOUT, json_encode($line, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR)."\n");
    }
}
