// Writes the users and API keys of better-auth for `narthex import better-auth`:
//
//     node better-auth.mjs sqlite.db >shop.jsonl
//
// It reads SQLite with Node 22.5 or later. For another database, replace `rows` by a query of its
// driver. The file contains password hashes. docs/import.md describes its format.

import { DatabaseSync } from "node:sqlite";

const database = new DatabaseSync(process.argv[2], { readOnly: true });
const rows = (sql) => database.prepare(sql).all();
const has = (table) => rows("SELECT name FROM sqlite_master").some(({ name }) => name === table);
const write = (line) => console.log(JSON.stringify(line));
const time = (at) => (at === null || at === undefined ? null : new Date(at).toISOString());

// `{"orders":["read"]}` is `orders:read` here.
const abilities = (permissions) =>
  Object.entries(JSON.parse(permissions ?? "{}") ?? {}).flatMap(([resource, actions]) =>
    actions.map((action) => `${resource}:${action}`));

const users = rows(
  `SELECT u.*, a.password FROM user u
   LEFT JOIN account a ON a.userId = u.id AND a.providerId = 'credential'`,
);
const keys = has("apikey") ? rows("SELECT * FROM apikey WHERE enabled = 1") : [];

write({ narthex: "export", version: 1, source: "better-auth" });
for (const user of users) {
  write({
    user: user.id,
    email: user.email,
    name: user.name,
    // The hash has no name of its scheme.
    password: user.password ? `better-auth$${user.password}` : null,
    created_at: time(user.createdAt),
    disabled: Boolean(user.banned),
  });
}
for (const key of keys) {
  write({
    token: key.id,
    // Until version 1.4, the column was `userId`.
    user: key.referenceId ?? key.userId,
    name: key.name,
    sha256: Buffer.from(key.key, "base64url").toString("hex"),
    abilities: abilities(key.permissions),
    created_at: time(key.createdAt),
    last_used_at: time(key.lastRequest),
    expires_at: time(key.expiresAt),
  });
}
write({ end: { users: users.length, tokens: keys.length } });
