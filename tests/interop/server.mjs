// The certified OpenID provider `oidc-provider`, with every feature on that fob
// meets, on a free loopback port; and the same again behind TLS, where client
// certificates are asked for. usage: server.mjs KEYS (the directory that
// keys.sh filled). Ends when its standard input does.
//
//   clients.mjs   who may log in, each client for one way of doing so
//   person.mjs    the pages: a person who always agrees
//   api.mjs       a protected resource, ISSUER/api: JWT access tokens, DPoP
//   server.mjs    the provider's configuration, the listeners, the log
//
// Standard output is the log, a line of JSON for what happened: ready (issuer,
// mtls), request (method, path, client as far as it is told openly), grant,
// grant error, authorization error, … : `seen` and `saw` in run.sh read it.
// A line of JSON on standard input changes settings (`set` in run.sh):
//   dpop_nonce     true: a DPoP proof without a fresh nonce is refused, at the
//                  endpoints and at the API; always so for fob-dpop-nonce
//   require_par    true: discovery says that requests must be pushed
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createInterface } from 'node:readline';
import Provider, { errors } from 'oidc-provider';
import { makeApi } from './api.mjs';
import { clients, providerKeys } from './clients.mjs';
import { agree, pages } from './person.mjs';

const keys = process.argv[2];
const settings = { dpop_nonce: false, require_par: false };

function say(event) {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

function pem(name) {
  return readFileSync(`${keys}/${name}`, 'utf8');
}

function clientCertificate(ctx) {
  const peer = ctx.socket.getPeerX509Certificate?.();
  return peer || undefined;
}

// One subject a certificate is enough here: its distinguished name, RFC 4514.
function subject(certificate) {
  return certificate.subject.split('\n').reverse().join(',');
}

function features(issuer) {
  return {
    claimsParameter: { enabled: true },
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    deviceFlow: { enabled: true, ...pages.device },
    dPoP: {
      enabled: true,
      nonceSecret: randomBytes(32),
      requireNonce: (ctx) => settings.dpop_nonce
        || ctx.oidc.client?.clientId === 'fob-dpop-nonce',
    },
    introspection: { enabled: true },
    jwtIntrospection: { enabled: true },
    jwtResponseModes: { enabled: true },
    jwtUserinfo: { enabled: true },
    mTLS: {
      enabled: true,
      certificateBoundAccessTokens: true,
      selfSignedTlsClientAuth: true,
      tlsClientAuth: true,
      getCertificate: clientCertificate,
      certificateAuthorized: (ctx) => ctx.socket.authorized === true,
      certificateSubjectMatches: (ctx, property, expected) => {
        const found = subject(clientCertificate(ctx));
        return property === 'tls_client_auth_subject_dn' && found === expected;
      },
    },
    pushedAuthorizationRequests: { enabled: true },
    registration: { enabled: true },
    registrationManagement: { enabled: true, rotateRegistrationAccessToken: true },
    requestObjects: { enabled: true },
    resourceIndicators: {
      enabled: true,
      // ISSUER/api takes JWTs, ISSUER/opaque whatever the provider makes.
      getResourceServerInfo: (ctx, resource) => {
        if (![`${issuer}/api`, `${issuer}/opaque`].includes(resource)) {
          throw new errors.InvalidTarget();
        }
        return {
          scope: 'api:read api:write',
          accessTokenTTL: 600,
          ...(resource === `${issuer}/api`
            ? { accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } }
            : { accessTokenFormat: 'opaque' }),
        };
      },
    },
    revocation: { enabled: true },
    richAuthorizationRequests: {
      enabled: true,
      types: { 'test-account': { validate() {} } },
      authorizationDetailsForGrantSource: (ctx) => JSON.parse(ctx.oidc.params.authorization_details),
      authorizationDetailsForAccessToken: (ctx, token, source) => source.rar,
      authorizationDetailsForIntrospection: (ctx, token) => token.rar,
    },
    rpInitiatedLogout: { enabled: true, ...pages.logout },
  };
}

function configuration(issuer, mtls) {
  const aliases = {
    token_endpoint: '/token',
    revocation_endpoint: '/token/revocation',
    introspection_endpoint: '/token/introspection',
    device_authorization_endpoint: '/device/auth',
    pushed_authorization_request_endpoint: '/request',
    userinfo_endpoint: '/me',
  };
  return {
    acrValues: ['urn:test:silver', 'urn:test:gold'],
    claims: {
      openid: ['sub'],
      email: ['email', 'email_verified'],
      auth_time: null,
      acr: null,
    },
    clientAuthMethods: [
      'none', 'client_secret_basic', 'client_secret_post', 'client_secret_jwt',
      'private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth',
    ],
    clients: clients(keys),
    cookies: { keys: [randomBytes(16).toString('hex')] },
    discovery: {
      mtls_endpoint_aliases: Object.fromEntries(
        Object.entries(aliases).map(([name, path]) => [name, mtls + path]),
      ),
    },
    enabledJWA: {
      clientAuthSigningAlgValues: ['HS256', 'RS256', 'PS256', 'ES256', 'ES384'],
    },
    features: features(issuer),
    findAccount: (ctx, id) => ({
      accountId: id,
      claims: () => ({ sub: id, email: `${id}@example.test`, email_verified: true }),
    }),
    interactions: { url: (ctx, { uid }) => `/interaction/${uid}` },
    jwks: { keys: providerKeys() },
    rotateRefreshToken: true,
    scopes: ['openid', 'offline_access', 'email', 'api:read', 'api:write'],
  };
}

function tell(provider) {
  const events = {
    'grant.success': (ctx) => ({ event: 'grant', type: ctx.oidc.params.grant_type }),
    'grant.error': (ctx, err) => ({ event: 'grant error', error: err.error, detail: err.error_detail }),
    'authorization.error': (ctx, err) => ({ event: 'authorization error', error: err.error, detail: err.error_description }),
    'pushed_authorization_request.success': () => ({ event: 'pushed request' }),
    'pushed_authorization_request.error': (ctx, err) => ({ event: 'pushed request error', error: err.error, detail: err.error_description }),
    'device_authorization.success': () => ({ event: 'device authorization' }),
    'device_authorization.error': (ctx, err) => ({ event: 'device authorization error', error: err.error, detail: err.error_description }),
    'introspection.error': (ctx, err) => ({ event: 'introspection error', error: err.error, detail: err.error_detail }),
    'revocation.error': (ctx, err) => ({ event: 'revocation error', error: err.error, detail: err.error_detail }),
    'userinfo.error': (ctx, err) => ({ event: 'userinfo error', error: err.error, detail: err.error_detail }),
    'registration_create.success': () => ({ event: 'registered' }),
    'registration_create.error': (ctx, err) => ({ event: 'registration error', error: err.error, detail: err.error_description }),
    'registration_update.success': () => ({ event: 'registration updated' }),
    'registration_delete.success': () => ({ event: 'registration deleted' }),
    'end_session.success': () => ({ event: 'session ended' }),
    'end_session.error': (ctx, err) => ({ event: 'end session error', error: err.error, detail: err.error_description }),
    'grant.revoked': () => ({ event: 'login revoked' }),
    'refresh_token.destroyed': () => ({ event: 'refresh token destroyed' }),
    'access_token.destroyed': () => ({ event: 'access token destroyed' }),
    server_error: (ctx, err) => ({ event: 'server error', detail: String(err.stack) }),
  };
  for (const [name, event] of Object.entries(events)) {
    provider.on(name, (...args) => say(event(...args)));
  }
}

function listen(server) {
  return new Promise((done) => {
    server.listen(0, '127.0.0.1', () => done(server.address().port));
  });
}

const plain = createServer();
const tls = createTlsServer({
  ca: pem('ca.pem'),
  cert: pem('server.pem'),
  key: pem('server.key'),
  requestCert: true,
  rejectUnauthorized: false,
});
const issuer = `http://127.0.0.1:${await listen(plain)}`;
const mtls = `https://127.0.0.1:${await listen(tls)}`;
const provider = new Provider(issuer, configuration(issuer, mtls));
const api = makeApi({ provider, issuer, mtls, settings, say });

// What the provider cannot be told by configuration once it runs.
provider.use(async (ctx, next) => {
  await next();
  if (settings.require_par && ctx.oidc?.route === 'discovery') {
    ctx.body = { ...ctx.body, require_pushed_authorization_requests: true };
  }
});
const callback = provider.callback();

function answer(req, res) {
  const { pathname } = new URL(req.url, issuer);

  say({ event: 'request', method: req.method, path: pathname, tls: Boolean(req.socket.encrypted) });
  if (pathname.startsWith('/interaction/')) {
    return agree(provider, req, res);
  }
  if (api.takes(pathname)) {
    return api.answer(req, res, pathname);
  }
  return callback(req, res);
}

tell(provider);
for (const server of [plain, tls]) {
  server.on('request', (req, res) => {
    Promise.resolve().then(() => answer(req, res)).catch((err) => {
      say({ event: 'server error', detail: String(err.stack) });
      if (!res.headersSent) {
        res.writeHead(500);
      }
      res.end();
    });
  });
}
say({ event: 'ready', issuer, mtls });

let n = 0;
const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  Object.assign(settings, JSON.parse(line));
  n += 1;
  say({ event: 'set', n, ...settings });
});
lines.on('close', () => process.exit(0));
