// The certified OpenID provider `oidc-provider`, as its own documentation sets
// it up, on a free loopback port. Two things are ours: a person who always
// agrees (the interaction route), and one line of JSON on standard output for
// what happened, so that a test can see it at the server. Ends when its
// standard input does.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

function say(event) {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

function key(type, options, alg) {
  const { privateKey } = generateKeyPairSync(type, options);
  return { ...privateKey.export({ format: 'jwk' }), alg, use: 'sig', kid: alg };
}

const configuration = {
  clients: [
    {
      client_id: 'fob-interop',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      redirect_uris: ['http://127.0.0.1/callback'],
      id_token_signed_response_alg: 'RS256',
    },
    {
      client_id: 'fob-interop-es256',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      redirect_uris: ['http://127.0.0.1/callback'],
      id_token_signed_response_alg: 'ES256',
    },
    {
      // RFC 6749 §2.3.1: form-encoded before they go into the Basic header.
      client_id: 'fob service',
      client_secret: 'test+secret not%real:',
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
    },
  ],
  jwks: {
    keys: [
      key('rsa', { modulusLength: 2048 }, 'RS256'),
      key('ec', { namedCurve: 'P-256' }, 'ES256'),
    ],
  },
  claims: { openid: ['sub'], email: ['email', 'email_verified'] },
  cookies: { keys: [randomBytes(16).toString('hex')] },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    introspection: { enabled: true },
    revocation: { enabled: true },
  },
  findAccount: (ctx, id) => ({
    accountId: id,
    claims: () => ({
      sub: id,
      email: `${id}@example.test`,
      email_verified: true,
    }),
  }),
  interactions: { url: (ctx, { uid }) => `/interaction/${uid}` },
  rotateRefreshToken: true,
  scopes: ['openid', 'offline_access', 'email', 'api:read'],
};

// Logs `ann` in and grants whatever is asked for.
async function agree(provider, req, res) {
  const { prompt, params, session, grantId } = await provider.interactionDetails(req, res);

  if (prompt.name === 'login') {
    await provider.interactionFinished(req, res, { login: { accountId: 'ann' } });
    return;
  }
  const grant = grantId
    ? await provider.Grant.find(grantId)
    : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  const { missingOIDCScope = [], missingOIDCClaims = [] } = prompt.details;
  grant.addOIDCScope(missingOIDCScope.join(' '));
  grant.addOIDCClaims(missingOIDCClaims);
  await provider.interactionFinished(req, res, { consent: { grantId: await grant.save() } });
}

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, configuration);
  const callback = provider.callback();

  provider.on('grant.success', (ctx) => say({ event: 'grant', type: ctx.oidc.params.grant_type }));
  provider.on('grant.error', (ctx, err) => say({ event: 'grant error', error: err.error, detail: err.error_detail }));
  provider.on('authorization.error', (ctx, err) => say({ event: 'authorization error', error: err.error, detail: err.error_description }));
  provider.on('grant.revoked', () => say({ event: 'login revoked' }));
  provider.on('refresh_token.destroyed', () => say({ event: 'refresh token destroyed' }));
  provider.on('access_token.destroyed', () => say({ event: 'access token destroyed' }));
  provider.on('server_error', (ctx, err) => say({ event: 'server error', detail: String(err.stack) }));
  server.on('request', (req, res) => {
    if (!req.url.startsWith('/interaction/')) {
      callback(req, res);
      return;
    }
    agree(provider, req, res).catch((err) => {
      say({ event: 'interaction error', detail: String(err) });
      res.writeHead(500).end();
    });
  });
  say({ event: 'ready', issuer });
});

process.stdin.on('end', () => process.exit(0)).resume();
