/** A provider that answers what no real one would: tokens with another issuer, nonce, key or time. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

export interface FalseProvider {
  issuer: string;
  /** What differs in the next token from a good one; `stranger`: it is signed by another key. */
  next: { claims?: Record<string, unknown>; stranger?: boolean; alg?: 'none'; answer?: [status: number, body: object] };
  /** What its document says that differs. */
  metadata: Record<string, unknown>;
  close(): Promise<void>;
}

export async function openFalseProvider(): Promise<FalseProvider> {
  const [own, other] = [await generateKeyPair('RS256'), await generateKeyPair('RS256')];
  const key = { ...(await exportJWK(own.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
  /** Code to nonce. */
  const codes = new Map<string, string>();

  async function token(nonce: string): Promise<object> {
    const { claims = {}, stranger = false, alg } = provider.next;
    const at = Math.floor(Date.now() / 1000);
    const good = { iss: provider.issuer, sub: 'ada', aud: 'evenkeel', iat: at, exp: at + 300, nonce };
    const body = { ...good, preferred_username: 'ada', groups: ['admins'], ...claims };
    const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const signed = () =>
      new SignJWT(body).setProtectedHeader({ alg: 'RS256', kid: 'one' }).sign((stranger ? other : own).privateKey);
    const id_token = alg === 'none' ? `${encoded({ alg: 'none' })}.${encoded(body)}.` : await signed();
    return { access_token: 'opaque', token_type: 'bearer', id_token };
  }

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', provider.issuer);
    const json = (body: object, status = 200) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const { issuer } = provider;
    if (url.pathname === '/.well-known/openid-configuration')
      return json({
        ...{ issuer, authorization_endpoint: `${issuer}/auth`, token_endpoint: `${issuer}/token` },
        ...{ jwks_uri: `${issuer}/keys`, token_endpoint_auth_methods_supported: ['client_secret_post'] },
        ...{ response_types_supported: ['code'], subject_types_supported: ['public'] },
        ...{ id_token_signing_alg_values_supported: ['RS256'], ...provider.metadata },
      });
    if (url.pathname === '/keys') return json({ keys: [key] });
    if (url.pathname === '/auth') {
      const code = `code-${codes.size}`;
      codes.set(code, url.searchParams.get('nonce') ?? '');
      const back = new URL(url.searchParams.get('redirect_uri') ?? '');
      back.searchParams.set('code', code);
      back.searchParams.set('state', url.searchParams.get('state') ?? '');
      return response.writeHead(302, { location: back.href }).end();
    }
    const text = await Array.fromAsync(request, String);
    const nonce = codes.get(new URLSearchParams(text.join('')).get('code') ?? '') ?? '';
    const [status, body] = provider.next.answer ?? [200, await token(nonce)];
    json(body, status);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const provider: FalseProvider = {
    issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    next: {},
    metadata: {},
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return provider;
}
