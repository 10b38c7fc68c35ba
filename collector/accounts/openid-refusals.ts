/** What went wrong between this collector and a provider, in words that say whose turn it is. */
import { EvenkeelError, fail, reasonOf } from '../../shared/errors.ts';
import type { OpenIdSettings } from './openid-settings.ts';

interface Returned {
  redirect: string;
  /** Of the provider's clock before ours, ms. */
  aheadMs: number | null;
}

/** A clock that differs by more than this refuses tokens that are good. */
export const clockMs = 60_000;

export const noGroups = (
  why: 'overage' | 'absent',
  { name, groupsClaim }: Pick<OpenIdSettings, 'name' | 'groupsClaim'>,
): EvenkeelError =>
  why === 'overage'
    ? fail('OPENID_NO_GROUPS', {
        provider: name,
        reason: 'there are more than it puts into a token, so it names their place instead (_claim_names)',
        todo: 'In Entra ID: app registration, Token configuration, groups claim, "Groups assigned to the application" (or use app roles, with groups_claim: roles).',
      })
    : fail('OPENID_NO_GROUPS', {
        provider: name,
        reason: `neither its token nor its user information has the claim "${groupsClaim}"`,
        todo: `Have ${name} send it, or name the claim that it sends: login.openid.groups_claim in evenkeel.yaml; a scope may have to be asked for (login.openid.scope).`,
      });

export const wrongSecret = (name: string) => ({
  reason: 'it does not accept the client id with its secret (invalid_client)',
  todo: `Make a new secret at ${name}, write it into the file of login.openid.client_secret_file and restart the collector; some providers take it in one way only: client_auth: basic or post.`,
});

export const wrongRedirect = (name: string, redirect: string) => ({
  reason: `it does not accept the address to come back to, ${redirect}`,
  todo: `Enter exactly ${redirect} as a redirect URI at ${name}, or correct http.publicUrl in evenkeel.yaml.`,
});

const detailOf = (text: unknown) => (typeof text === 'string' && text !== '' ? ` (${text.slice(0, 300)})` : '');

/** @param thrown what the library threw; `returned`: after the browser came back */
export function refusalOf(thrown: unknown, settings: OpenIdSettings, returned: Returned | null): EvenkeelError {
  if (thrown instanceof EvenkeelError) return thrown;
  const { name: provider, issuer } = settings;
  const { name, code, cause, error, error_description } = thrown as Record<string, unknown>;
  const misset = (what: { reason: string; todo: string }) => fail('OPENID_MISSET', { provider, ...what }, thrown);
  const unfit = (reason: string) =>
    fail('OPENID_UNFIT', { reason, url: returned ? new URL(returned.redirect).origin : '/' }, thrown);
  if (name === 'AuthorizationResponseError')
    return fail('OPENID_DECLINED', { provider, reason: `${String(error)}${detailOf(error_description)}` }, thrown);
  if (name === 'WWWAuthenticateChallengeError' || error === 'invalid_client' || error === 'unauthorized_client')
    return misset(wrongSecret(provider));
  if (error === 'invalid_grant') {
    if (/redirect/i.test(String(error_description))) return misset(wrongRedirect(provider, returned?.redirect ?? ''));
    return unfit(`${provider} does not know this code any more${detailOf(error_description)}`);
  }
  if (name === 'ResponseBodyError')
    return misset({
      reason: `it answered ${String(error)}${detailOf(error_description)}`,
      todo: 'Look for the cause in its log, and run `npm run collector -- openid check`.',
    });
  const { claim } = claimsOf(thrown);
  if (code === 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED' && claim !== 'auth_time')
    return fail('OPENID_CLOCK', { provider, reason: clockReason(claim, returned?.aheadMs ?? null) }, thrown);
  if (claim === 'auth_time' || /auth_time/.test(reasonOf(thrown)) || /auth_time/.test(reasonOf(cause)))
    return misset({
      reason: 'it was asked to have the password typed in again, and does not say that it did (auth_time)',
      todo: 'Have it send auth_time, or do this as an admin with a password of this collector.',
    });
  if (claim !== undefined) return unfit(`its token has another "${claim}" than expected`);
  if (code === 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED')
    return misset({
      reason: `at ${issuer} another issuer answers${detailOf(answeredIssuer(cause))}`,
      todo: 'Write login.openid.issuer in evenkeel.yaml exactly as the provider does, with or without a slash at the end.',
    });
  if (returned && /OAUTH_(?:INVALID|KEY|UNSUPPORTED|PARSE)/.test(String(code)))
    return unfit(`${reasonOf(thrown)}${detailOf(reasonOf(cause))}`);
  return fail('OPENID_UNREACHABLE', { provider, issuer, reason: reachReason(thrown) }, thrown);
}

/** Errors lie in one another. */
function* chainOf(thrown: unknown): Generator<Record<string, unknown>> {
  for (let one = thrown; typeof one === 'object' && one !== null; one = (one as { cause?: unknown }).cause)
    yield one as Record<string, unknown>;
}

const claimsOf = (thrown: unknown): { claim?: string } => {
  for (const { claim } of chainOf(thrown)) if (typeof claim === 'string') return { claim };
  return {};
};

const answeredIssuer = (cause: unknown): unknown => {
  for (const { body } of chainOf(cause)) if (body) return (body as { issuer?: unknown }).issuer;
  return undefined;
};

function clockReason(claim: string | undefined, aheadMs: number | null): string {
  const of = claim === 'nbf' ? 'begins later' : 'has ended';
  const seconds = Math.round(Math.abs(aheadMs ?? 0) / 1000);
  if (aheadMs === null || Math.abs(aheadMs) < clockMs) return `its token ${of} by the clock of this collector`;
  return `its token ${of} by the clock of this collector, which is ${seconds} s ${aheadMs > 0 ? 'behind' : 'ahead of'} its own`;
}

const unknownAuthority = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
]);

/** The innermost cause says most: a name that is unknown, a connection that is refused, a certificate. */
function reachReason(thrown: unknown): string {
  const chain = [...chainOf(thrown)];
  const status = chain.find((one) => one instanceof Response) as Response | undefined;
  if (status) return `it answers ${status.status}`;
  const { code, message } =
    chain.findLast((one) => typeof one.code === 'string' || typeof one.message === 'string') ?? {};
  if (code === 'OAUTH_TIMEOUT' || code === 23) return 'no answer within 10 s';
  if (typeof code === 'string' && unknownAuthority.has(code))
    return 'its certificate is of an authority that this machine does not know; name the file of that authority as login.openid.ca';
  return String(message ?? code ?? 'no answer').slice(0, 300);
}
