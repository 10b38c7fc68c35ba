/** A real provider of OpenID Connect in a process of its own; what its people are is changed over its standard input. */
import { createInterface } from 'node:readline';

// It comes without types.
const { default: Provider } = await import('oidc-provider' as string);

interface Person {
  name: string;
  groups: string[];
}

const [port = '0', redirect = '', secret = ''] = process.argv.slice(2);
const people = new Map<string, Person>();
const issuer = `http://127.0.0.1:${port}`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'evenkeel',
      client_secret: secret,
      redirect_uris: [redirect],
      post_logout_redirect_uris: [`${new URL(redirect).origin}/login`],
      token_endpoint_auth_method: 'client_secret_post',
    },
  ],
  claims: { openid: ['sub'], profile: ['preferred_username'], groups: ['groups'] },
  scopes: ['openid', 'profile', 'email', 'groups'],
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  cookies: { keys: ['of the test'] },
  features: { devInteractions: { enabled: true } },
  findAccount: (_context: unknown, sub: string) => ({
    accountId: sub,
    claims: () => {
      const { name = sub, groups = [] } = people.get(sub) ?? {};
      return { sub, preferred_username: name, groups };
    },
  }),
} as never);

const server = provider.listen(Number(port), '127.0.0.1', () => process.stdout.write('listening\n'));
createInterface({ input: process.stdin })
  .on('line', (line) => {
    const { sub, ...person } = JSON.parse(line) as Person & { sub: string };
    people.set(sub, person);
    process.stdout.write('known\n');
  })
  .on('close', () => server.close(() => process.exit(0)));
