// The clients, named after what each is for. All but the services log a person
// in with a code, or a device code, and may refresh. A secret is what its file
// in KEYS says (keys.sh), a key the public half of the file there.
//
//   fob-interop          public, RS256 ID tokens
//   fob-interop-es256    public, ES256 ID tokens
//   fob-userinfo         public, userinfo as an ES256-signed JWT
//   fob service          client credentials, client_secret_basic, secret.basic
//   fob-post             the same with client_secret_post, secret.post
//   fob-secret-jwt       the same with client_secret_jwt (HS256), secret.jwt
//   fob-key-rs256, -ps256, -es256, -es384
//                        a person's login and client credentials with
//                        private_key_jwt; keys rsa.pem, rsa.pem, ec.pem,
//                        ec384.pem (also as .jwk); kids: the client ids
//   fob-tls              tls_client_auth: client.pem, client.key (of ca.pem);
//                        access tokens are bound to the certificate
//   fob-self-tls         self_signed_tls_client_auth: self.pem, self.key
//   fob-device           public, device code only
//   fob-par              public, refused unless the request was pushed
//   fob-dpop             public, access tokens bound to DPoP
//   fob-dpop-nonce       … and the token endpoint demands a nonce
//   fob-jarm             public, answers as ES256-signed JWTs when asked to
//                        (response_mode=jwt)
//   fob-jar              private_key_jwt, refused unless the authorization
//                        request is signed: ES256, ec.pem
//   fob-logout           public, has a post_logout_redirect_uri
import { X509Certificate, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';

const person = {
  application_type: 'native',
  token_endpoint_auth_method: 'none',
  grant_types: [
    'authorization_code',
    'refresh_token',
    'urn:ietf:params:oauth:grant-type:device_code',
  ],
  response_types: ['code'],
  redirect_uris: ['http://127.0.0.1/callback'],
  authorization_details_types: ['test-account'],
};

const service = {
  grant_types: ['client_credentials'],
  response_types: [],
  redirect_uris: [],
};

const both = { ...person, grant_types: [...person.grant_types, 'client_credentials'] };

export function clients(keys) {
  const text = (name) => readFileSync(`${keys}/${name}`, 'utf8').trim();
  const jwks = (name, kid, alg) => ({
    keys: [{ ...createPublicKey(text(name)).export({ format: 'jwk' }), kid, alg, use: 'sig' }],
  });
  const keyClient = (alg, name) => {
    const id = `fob-key-${alg.toLowerCase()}`;
    return {
      ...both,
      client_id: id,
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: alg,
      jwks: jwks(name, id, alg),
    };
  };
  const self = new X509Certificate(text('self.pem'));

  return [
    { ...person, client_id: 'fob-interop', id_token_signed_response_alg: 'RS256' },
    { ...person, client_id: 'fob-interop-es256', id_token_signed_response_alg: 'ES256' },
    { ...person, client_id: 'fob-userinfo', userinfo_signed_response_alg: 'ES256' },
    {
      // RFC 6749 §2.3.1: form-encoded before they go into the Basic header.
      ...service,
      client_id: 'fob service',
      client_secret: text('secret.basic'),
      token_endpoint_auth_method: 'client_secret_basic',
    },
    {
      ...service,
      client_id: 'fob-post',
      client_secret: text('secret.post'),
      token_endpoint_auth_method: 'client_secret_post',
    },
    {
      ...service,
      client_id: 'fob-secret-jwt',
      client_secret: text('secret.jwt'),
      token_endpoint_auth_method: 'client_secret_jwt',
      token_endpoint_auth_signing_alg: 'HS256',
    },
    keyClient('RS256', 'rsa.pem'),
    keyClient('PS256', 'rsa.pem'),
    keyClient('ES256', 'ec.pem'),
    keyClient('ES384', 'ec384.pem'),
    {
      ...both,
      client_id: 'fob-tls',
      token_endpoint_auth_method: 'tls_client_auth',
      tls_client_auth_subject_dn: 'CN=fob-tls,O=fob interop',
      tls_client_certificate_bound_access_tokens: true,
    },
    {
      ...both,
      client_id: 'fob-self-tls',
      token_endpoint_auth_method: 'self_signed_tls_client_auth',
      tls_client_certificate_bound_access_tokens: true,
      jwks: {
        keys: [{
          ...self.publicKey.export({ format: 'jwk' }),
          kid: 'self',
          x5c: [self.raw.toString('base64')],
        }],
      },
    },
    {
      ...person,
      client_id: 'fob-device',
      grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
      redirect_uris: [],
      response_types: [],
    },
    { ...person, client_id: 'fob-par', require_pushed_authorization_requests: true },
    { ...person, client_id: 'fob-dpop', dpop_bound_access_tokens: true },
    { ...person, client_id: 'fob-dpop-nonce', dpop_bound_access_tokens: true },
    { ...person, client_id: 'fob-jarm', authorization_signed_response_alg: 'ES256' },
    {
      ...person,
      client_id: 'fob-jar',
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
      require_signed_request_object: true,
      request_object_signing_alg: 'ES256',
      jwks: jwks('ec.pem', 'fob-jar', 'ES256'),
    },
    {
      ...person,
      client_id: 'fob-logout',
      post_logout_redirect_uris: ['http://127.0.0.1/logout'],
    },
  ];
}

// What the provider signs with; made anew at every start.
export function providerKeys() {
  const key = (type, options, alg) => {
    const { privateKey } = generateKeyPairSync(type, options);
    return { ...privateKey.export({ format: 'jwk' }), alg, use: 'sig', kid: alg };
  };
  return [
    key('rsa', { modulusLength: 2048 }, 'RS256'),
    key('ec', { namedCurve: 'P-256' }, 'ES256'),
  ];
}
