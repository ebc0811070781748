// A Node.js service with openid-client, used as its documentation says: it discovers Narthex by the
// metadata (RFC 8414), introspects (RFC 7662), sends tokens (RFC 6750) and revokes (RFC 7009).
import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";

globalThis.crypto ??= webcrypto; // Node.js 18
const client = await import("openid-client");
const oauth = await import("oauth4webapi");

const { NARTHEX, SERVICE_SECRET, TOKEN_SECRET } = process.env;

// The tested server has no TLS, which openid-client must allow.
const options = { algorithm: "oauth2", execute: [client.allowInsecureRequests] };
const discover = (authentication) =>
  client.discovery(new URL(NARTHEX), "shop", undefined, authentication, options);

const basic = client.ClientSecretBasic;
const bearer = (secret) => (_server, _client, _body, headers) =>
  headers.set("authorization", `Bearer ${secret}`);

const shop = await discover(basic(SERVICE_SECRET));
const server = shop.serverMetadata();
assert.equal(server.issuer, NARTHEX);
assert.ok(server.scopes_supported.includes("tokens:introspect"));
assert.deepEqual(server.introspection_endpoint_auth_methods_supported, [
  "Bearer",
  "client_secret_basic",
]);

// The response is active, and the same with both ways to authenticate the service.
const introspected = await client.tokenIntrospection(shop, TOKEN_SECRET);
assert.equal(introspected.active, true);
assert.equal(introspected.iss, server.issuer);
assert.equal(introspected.scope, "account:read");
assert.equal(introspected.token_type, "Bearer");
assert.equal(introspected.username, "ada@example.com");
assert.ok(introspected.iat <= Date.now() / 1000 && introspected.exp > introspected.iat);
const byBearer = await discover(bearer(SERVICE_SECRET));
assert.deepEqual(await client.tokenIntrospection(byBearer, TOKEN_SECRET), introspected);
assert.deepEqual(await client.tokenIntrospection(shop, "unknown"), { active: false });

// The challenges, as the library parses them.
const challengedBy = async (promise) => {
  const error = await promise.then(
    () => assert.fail("the request was accepted"),
    (error) => error,
  );
  const challenge = error.cause instanceof Array ? error : error.cause;
  assert.equal(challenge.code, "OAUTH_WWW_AUTHENTICATE_CHALLENGE", error.stack);
  assert.equal(challenge.cause.length, 1);
  return { status: challenge.status, ...challenge.cause[0] };
};

const unknownClient = await discover(basic("guess"));
let challenge = await challengedBy(client.tokenIntrospection(unknownClient, TOKEN_SECRET));
assert.deepEqual([challenge.status, challenge.scheme], [401, "basic"]);

const withoutAbility = await discover(bearer(TOKEN_SECRET));
challenge = await challengedBy(client.tokenIntrospection(withoutAbility, TOKEN_SECRET));
assert.equal(challenge.status, 403);
assert.equal(challenge.scheme, "bearer");
assert.equal(challenge.parameters.error, "insufficient_scope");
assert.equal(challenge.parameters.scope, "tokens:introspect");

const get = (secret, path) =>
  client.fetchProtectedResource(shop, secret, new URL(path, NARTHEX), "GET");
const user = await (await get(TOKEN_SECRET, "/api/v1/user")).json();
assert.equal(user.id, introspected.sub);
const token = await (await get(TOKEN_SECRET, "/api/v1/tokens/current")).json();
assert.equal(token.id, introspected.jti);
challenge = await challengedBy(get(TOKEN_SECRET, "/api/v1/tokens"));
assert.deepEqual(
  [challenge.status, challenge.parameters.error, challenge.parameters.scope],
  [403, "insufficient_scope", "tokens:read"],
);
challenge = await challengedBy(get("unknown", "/api/v1/user"));
assert.deepEqual([challenge.status, challenge.parameters.error], [401, "invalid_token"]);

// A malformed request gets an error that the library parses.
const twice = await oauth.introspectionRequest(
  server,
  { client_id: "shop" },
  (_server, _client, body, headers) => {
    body.append("token", "another");
    headers.set("authorization", `Bearer ${SERVICE_SECRET}`);
  },
  TOKEN_SECRET,
  { [oauth.allowInsecureRequests]: true },
);
await assert.rejects(oauth.processIntrospectionResponse(server, { client_id: "shop" }, twice), {
  code: oauth.RESPONSE_BODY_ERROR,
  error: "invalid_request",
  status: 400,
});

// A revocation is in force at once and on every endpoint, and it may be repeated.
await client.tokenRevocation(shop, TOKEN_SECRET, { token_type_hint: "access_token" });
assert.deepEqual(await client.tokenIntrospection(shop, TOKEN_SECRET), { active: false });
challenge = await challengedBy(get(TOKEN_SECRET, "/api/v1/user"));
assert.deepEqual([challenge.status, challenge.parameters.error], [401, "invalid_token"]);
await client.tokenRevocation(shop, TOKEN_SECRET);
await client.tokenRevocation(await discover(client.None()), "unknown");

console.log("openid-client and oauth4webapi: discovery, introspection, challenges and revocation work");
