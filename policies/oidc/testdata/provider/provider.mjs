// A real OpenID provider. Each line of its standard input is a JSON list, for each of which it prints a JSON value:
//
//	["serve", ISSUER, NAME]  answers as that issuer from now on, with new keys whose ids begin with NAME; prints the port
//
// The client "service", with the secret "secret", gets access tokens by its credentials. The last part of the resource's path names the
// algorithm; the audience is https://api.example.test in every case.
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { generateKeyPairSync } from 'node:crypto';

console.info = console.warn = () => {}; // that its store is in memory, and Node older than it likes
const { Provider } = await import('oidc-provider');

const makers = {
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  PS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
};

function keys(name) {
  return Object.entries(makers).map(([alg, make]) => (
    { ...make().privateKey.export({ format: 'jwk' }), alg, use: 'sig', kid: `${name}-${alg}` }));
}

function provider(issuer, name) {
  return new Provider(issuer, {
    jwks: { keys: keys(name) },
    clients: [{
      client_id: 'service', client_secret: 'secret', grant_types: ['client_credentials'], redirect_uris: [], response_types: [],
    }],
    enabledJWA: { idTokenSigningAlgValues: Object.keys(makers) },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, resource) => ({
          scope: 'read', audience: 'https://api.example.test', accessTokenFormat: 'jwt', jwt: { sign: { alg: resource.split('/').pop() } },
        }),
      },
    },
    ttl: { ClientCredentials: 600 },
  });
}

let serve;
const server = createServer((request, response) => serve(request, response));
await new Promise((done) => server.listen(0, '127.0.0.1', done));
for await (const line of createInterface({ input: process.stdin })) {
  const [, issuer, name] = JSON.parse(line);
  serve = provider(issuer, name).callback();
  console.log(server.address().port);
}
process.exit();
