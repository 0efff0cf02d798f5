// A protected resource, ISSUER/api: takes JWT access tokens of the provider for
// just this resource (RFC 9068), and answers what they say. Independent of fob:
// the package `jose` checks tokens and proofs.
//   cnf.jkt         the token is DPoP's: a proof has to come with it (RFC 9449
//                   §7), with a nonce where settings.dpop_nonce is true
//   cnf.x5t#S256    the token is a client certificate's (RFC 8705 §3): only on
//                   the TLS listener, MTLS/api
//   /api/write      demands the scope api:write (RFC 6750 §3.1)
// Describes itself at /.well-known/oauth-protected-resource/api (RFC 9728).
import { createHash, randomBytes } from 'node:crypto';
import {
  EmbeddedJWK, calculateJwkThumbprint, createRemoteJWKSet, jwtVerify,
} from 'jose';

const METADATA = '/.well-known/oauth-protected-resource/api';

class Refused extends Error {
  constructor(status, scheme, error, headers = {}, extra = '') {
    super(error);
    Object.assign(this, { status, scheme, error, headers, extra });
  }
}

function hash(text) {
  return createHash('sha256').update(text).digest('base64url');
}

export function makeApi({ issuer, mtls, settings, say }) {
  const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));
  const proofs = new Set();
  const nonces = new Set();

  async function proven(req, token, jkt) {
    const refuse = (why) => {
      say({ event: 'api: proof refused', why });
      return new Refused(401, 'DPoP', 'invalid_dpop_proof');
    };
    let proof;
    try {
      proof = await jwtVerify(req.headers.dpop ?? '', EmbeddedJWK, { typ: 'dpop+jwt', maxTokenAge: 60, clockTolerance: 15 });
    } catch (err) {
      throw refuse(String(err));
    }
    const { payload, protectedHeader } = proof;
    const base = req.socket.encrypted ? mtls : issuer;
    const url = new URL(req.url, base);
    if (payload.htm !== req.method) throw refuse('htm');
    if (payload.htu !== url.origin + url.pathname) throw refuse('htu');
    if (payload.ath !== hash(token)) throw refuse('ath');
    if (await calculateJwkThumbprint(protectedHeader.jwk) !== jkt) throw refuse('jkt');
    if (!payload.jti || proofs.has(payload.jti)) throw refuse('jti');
    proofs.add(payload.jti);
    if (settings.dpop_nonce && !nonces.delete(payload.nonce)) {
      const nonce = randomBytes(16).toString('base64url');
      nonces.add(nonce);
      say({ event: 'api: nonce demanded' });
      throw new Refused(401, 'DPoP', 'use_dpop_nonce', { 'DPoP-Nonce': nonce });
    }
  }

  async function check(req, pathname) {
    const [, scheme, token] = /^(\S+) (\S+)$/.exec(req.headers.authorization ?? '') ?? [];
    if (!token) throw new Refused(401, 'Bearer');
    let claims;
    try {
      ({ payload: claims } = await jwtVerify(token, keys, { issuer, audience: `${issuer}/api`, typ: 'at+jwt' }));
    } catch (err) {
      say({ event: 'api: token refused', why: String(err) });
      throw new Refused(401, 'Bearer', 'invalid_token');
    }
    const { jkt, 'x5t#S256': x5t } = claims.cnf ?? {};
    if ((scheme === 'DPoP') !== Boolean(jkt)) throw new Refused(401, jkt ? 'DPoP' : 'Bearer', 'invalid_token');
    if (jkt) await proven(req, token, jkt);
    if (x5t) {
      const certificate = req.socket.getPeerX509Certificate?.();
      if (!certificate || hash(certificate.raw) !== x5t) throw new Refused(401, 'Bearer', 'invalid_token');
    }
    if (pathname === '/api/write' && !(claims.scope ?? '').split(' ').includes('api:write')) {
      throw new Refused(403, scheme, 'insufficient_scope', {}, ', scope="api:write"');
    }
    return claims;
  }

  function send(res, status, value, headers = {}) {
    res.writeHead(status, { 'Content-Type': 'application/json', ...headers });
    res.end(JSON.stringify(value));
  }

  return {
    takes: (pathname) => pathname === METADATA || pathname === '/api' || pathname.startsWith('/api/'),
    async answer(req, res, pathname) {
      if (pathname === METADATA) {
        send(res, 200, {
          resource: `${issuer}/api`,
          authorization_servers: [issuer],
          scopes_supported: ['api:read', 'api:write'],
          bearer_methods_supported: ['header'],
          dpop_signing_alg_values_supported: ['ES256'],
        });
        return;
      }
      try {
        const { sub, client_id, scope, aud, cnf } = await check(req, pathname);
        say({ event: 'api: served', path: pathname, bound: cnf ? Object.keys(cnf)[0] : 'no' });
        send(res, 200, { sub, client_id, scope, aud, bound: cnf ?? null });
      } catch (err) {
        if (!(err instanceof Refused)) throw err;
        const error = err.error ? `, error="${err.error}"${err.extra}` : '';
        send(res, err.status, { error: err.error ?? 'unauthorized' }, {
          ...err.headers,
          'WWW-Authenticate': `${err.scheme} resource_metadata="${issuer}${METADATA}"${error}`,
        });
      }
    },
  };
}
