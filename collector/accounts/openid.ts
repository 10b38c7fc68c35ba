/**
 * Log-in by a provider of OpenID Connect: code with PKCE, state and nonce. Who it is says `iss` with `sub`, never a name or
 * an e-mail address, which others may be given later. The library is loaded at the first log-in.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Configuration } from 'openid-client';
import { EvenkeelError, fail } from '../../shared/errors.ts';
import { isLoopback } from '../../shared/loopback.ts';
import { type Grant, grantOf, groupsIn } from './grants.ts';
import { noGroups, refusalOf } from './openid-refusals.ts';
import type { OpenIdSettings } from './openid-settings.ts';
import { fetchWith } from './provider-fetch.ts';

/** Who came back from the provider. */
export interface ProvidedIdentity {
  issuer: string;
  subject: string;
  /** As the provider calls the person: a proposal for the name here. */
  name: string;
  grant: Grant;
  /** When they typed in their password there, ms UTC; 0: it does not say. */
  authenticatedAt: number;
  idToken: string;
  /** It was asked for again. */
  again: boolean;
}

export interface OpenId {
  settings: OpenIdSettings;
  /**
   * @param again the provider is to ask for the password even where the person is logged in there
   * @returns where the browser goes, and what it must bring back, sealed
   * @throws EvenkeelError OPENID_UNREACHABLE, OPENID_MISSET
   */
  begin(redirect: string, again: boolean): Promise<{ url: string; pending: string }>;
  /**
   * @param query of the address to which the provider has sent the browser
   * @param claimed told who it claims to be, before it is known whether they may come in
   * @throws EvenkeelError OPENID_…
   */
  finish(
    redirect: string,
    query: string,
    pending: string | undefined,
    claimed: (name: string) => void,
  ): Promise<ProvidedIdentity>;
  /** Where the browser goes to be logged out there as well; null: the provider has no such place. */
  endUrl(idToken: string | undefined, back: string): Promise<string | null>;
  /** The library and what the provider says of itself, for a look at it. @throws EvenkeelError */
  connect(): Promise<ConnectedProvider>;
}

export interface ConnectedProvider {
  library: typeof import('openid-client');
  config: Configuration;
  /** How far the provider's clock is ahead of ours at its last answer, ms; null: it said no time. */
  aheadMs(): number | null;
}

/** From the log-in page to the provider and back, with a password typed in between. */
export const pendingMs = 15 * 60_000;
/** What the provider says of itself may change. */
const knownForMs = 3_600_000;
const timeoutSeconds = 10;
const asked = ['openid', 'profile', 'email'];

interface PendingLogIn {
  state: string;
  nonce: string;
  verifier: string;
  again: boolean;
  until: number;
}

export function createOpenId(settings: OpenIdSettings, now: () => number): OpenId {
  const { issuer, clientId, clientSecret, name } = settings;
  const seal = sealed();
  let known: { at: number; connected: Promise<ConnectedProvider> } | null = null;

  async function discover(): Promise<ConnectedProvider> {
    const library = await import('openid-client');
    let ahead: number | null = null;
    const fetched = fetchWith(settings.ca);
    const answered: typeof fetched = async (...asking) => {
      const answer = await fetched(...asking);
      const date = Date.parse(answer.headers.get('date') ?? '');
      if (!Number.isNaN(date)) ahead = date - now();
      return answer;
    };
    const metadata = {
      // The clock that is handed in is the one by which tokens end.
      [library.clockSkew]: Math.round((now() - Date.now()) / 1000),
      [library.clockTolerance]: 30,
    };
    const options = {
      [library.customFetch]: answered as never,
      timeout: timeoutSeconds,
      execute: [
        library.enableNonRepudiationChecks,
        ...(isLoopback(new URL(issuer).hostname) ? [library.allowInsecureRequests] : []),
      ],
    };
    const first = await library.discovery(new URL(issuer), clientId, metadata, undefined, options);
    const server = first.serverMetadata();
    const ways = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    const way = settings.clientAuth ?? (ways.includes('client_secret_post') ? 'post' : 'basic');
    const auth = way === 'post' ? library.ClientSecretPost(clientSecret) : library.ClientSecretBasic(clientSecret);
    const config = new library.Configuration(server, clientId, metadata, auth);
    config[library.customFetch] = answered as never;
    config.timeout = timeoutSeconds;
    for (const extend of options.execute) extend(config);
    return { library, config, aheadMs: () => ahead };
  }

  async function connect(): Promise<ConnectedProvider> {
    if (!known || now() - known.at > knownForMs || now() < known.at) known = { at: now(), connected: discover() };
    const mine = known;
    try {
      return await mine.connected;
    } catch (thrown) {
      if (known === mine) known = null;
      throw refusalOf(thrown, settings, null);
    }
  }

  async function identityOf(claims: Record<string, unknown>, more: () => Promise<object | null>) {
    let groups = groupsIn(claims, settings.groupsClaim);
    if (groups === 'absent') groups = groupsIn((await more()) ?? {}, settings.groupsClaim);
    if (typeof groups === 'string') throw noGroups(groups, settings);
    const grant = grantOf(groups, settings.groups);
    if (grant) return grant;
    const shown = groups.length === 0 ? 'you are in none' : groups.slice(0, 20).join(', ').slice(0, 500);
    throw fail('OPENID_NO_ROLE', { provider: name, groups: shown });
  }

  return {
    settings,
    connect,

    async begin(redirect, again) {
      const { library, config } = await connect();
      const [state, nonce, verifier] = [library.randomState(), library.randomNonce(), library.randomPKCECodeVerifier()];
      const url = library.buildAuthorizationUrl(config, {
        redirect_uri: redirect,
        scope: [...new Set([...asked, ...settings.scope])].join(' '),
        ...{ state, nonce, response_type: 'code', code_challenge_method: 'S256' },
        code_challenge: await library.calculatePKCECodeChallenge(verifier),
        ...(again ? { prompt: 'login', max_age: '0' } : {}),
      });
      const pending = seal.close({ state, nonce, verifier, again, until: now() + pendingMs });
      return { url: url.href, pending };
    },

    async finish(redirect, query, pending, claimed) {
      const begun = seal.open(pending);
      const unfit = (reason: string) => fail('OPENID_UNFIT', { reason, url: new URL(redirect).origin });
      if (!begun) throw unfit('it was begun in another browser, under another address, or before a restart');
      if (begun.until < now()) throw unfit(`it was begun more than ${pendingMs / 60_000} minutes ago`);
      const { library, config, aheadMs } = await connect();
      const back = new URL(redirect);
      back.search = query;
      try {
        const tokens = await library.authorizationCodeGrant(config, back, {
          ...{ pkceCodeVerifier: begun.verifier, expectedState: begun.state, expectedNonce: begun.nonce },
          idTokenExpected: true,
          ...(begun.again ? { maxAge: 0 } : {}),
        });
        const claims = tokens.claims();
        if (!claims || !tokens.id_token) throw unfit('the provider sent no ID token');
        const { iss, sub, auth_time: at } = claims;
        const called = [claims.preferred_username, claims.email, claims.name, sub].find(
          (one) => typeof one === 'string' && one !== '',
        ) as string;
        claimed(called);
        const more = async () =>
          config.serverMetadata().userinfo_endpoint === undefined
            ? null
            : library.fetchUserInfo(config, tokens.access_token, sub);
        const grant = await identityOf(claims, more);
        const authenticatedAt = typeof at === 'number' ? Math.min(at * 1000, now()) : 0;
        return {
          issuer: iss,
          subject: sub,
          name: called,
          grant,
          authenticatedAt,
          idToken: tokens.id_token,
          again: begun.again,
        };
      } catch (thrown) {
        // Keys and addresses of the provider are asked for again.
        known = null;
        throw thrown instanceof EvenkeelError ? thrown : refusalOf(thrown, settings, { redirect, aheadMs: aheadMs() });
      }
    },

    async endUrl(idToken, back) {
      const { library, config } = await connect();
      if (config.serverMetadata().end_session_endpoint === undefined) return null;
      const hint = idToken === undefined ? {} : { id_token_hint: idToken };
      return library.buildEndSessionUrl(config, { post_logout_redirect_uri: back, ...hint }).href;
    },
  };
}

/** What a browser keeps between leaving and coming back: readable here alone, until this process ends. */
function sealed() {
  const key = randomBytes(32);
  return {
    close(pending: PendingLogIn): string {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      const text = Buffer.concat([cipher.update(JSON.stringify(pending), 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64url');
    },
    /** Null for what was not sealed here. */
    open(text: string | undefined): PendingLogIn | null {
      const bytes = Buffer.from(text ?? '', 'base64url');
      if (bytes.length < 29) return null;
      try {
        const cipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12)).setAuthTag(bytes.subarray(12, 28));
        return JSON.parse(Buffer.concat([cipher.update(bytes.subarray(28)), cipher.final()]).toString('utf8'));
      } catch {
        return null;
      }
    },
  };
}
