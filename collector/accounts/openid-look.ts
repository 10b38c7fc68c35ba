/** Whether a provider works with this collector, without anybody logging in. */

import { EvenkeelError } from '../../shared/errors.ts';
import type { ProviderLook } from '../../shared/openid.ts';
import type { ConnectedProvider, OpenId } from './openid.ts';
import { clockMs, refusalOf, wrongRedirect, wrongSecret } from './openid-refusals.ts';
import { fetchWith } from './provider-fetch.ts';

type LookLine = ProviderLook['items'][number];
const good = (what: LookLine['what'], said: string): LookLine => ({ what, isGood: true, said, todo: '' });
const bad = (what: LookLine['what'], said: string, todo: string): LookLine => ({ what, isGood: false, said, todo });

/** Whoever looks has no log-in to try again. */
const howToReach =
  'Compare login.openid.issuer with the address that the provider names itself, and see that this machine reaches it (name server, firewall).';

/** Of the web app: the page that finishes a log-in. */
export const providerPage = '/login/provider';

/** @param redirect where people come back to */
export async function lookAt(openId: OpenId, redirect: string): Promise<ProviderLook> {
  const { settings } = openId;
  const { name, issuer, ca } = settings;
  let connected: ConnectedProvider;
  try {
    connected = await openId.connect();
  } catch (thrown) {
    if (!(thrown instanceof EvenkeelError)) throw thrown;
    return {
      items: [bad('metadata', thrown.message, thrown.code === 'OPENID_UNREACHABLE' ? howToReach : thrown.hint)],
    };
  }
  const { library, config, aheadMs } = connected;
  const items = [good('metadata', `${name} answers at ${issuer}`)];

  // Without anybody logged in there, it sends a browser back with an error; one whose address is not known stays.
  const asked = library.buildAuthorizationUrl(config, {
    ...{ redirect_uri: redirect, scope: 'openid', response_type: 'code', prompt: 'none', state: 'look', nonce: 'look' },
    code_challenge: await library.calculatePKCECodeChallenge(library.randomPKCECodeVerifier()),
    code_challenge_method: 'S256',
  });
  const sent = await fetchWith(ca)(asked.href, { signal: AbortSignal.timeout(10_000) }).catch(() => null);
  const place = sent?.headers.get('location') ?? '';
  const isBack = place.startsWith(redirect);
  if (isBack) items.push(good('redirect', `it sends people back to ${redirect}`));
  else if (sent && sent.status >= 400) {
    const { reason, todo } = wrongRedirect(name, redirect);
    items.push(bad('redirect', `${reason}, or not this client id (it answers ${sent.status})`, todo));
  } else
    items.push(
      good('redirect', `it does not say without a log-in whether it sends people back to ${redirect}; try one`),
    );

  // A code that was never given out is refused last: before it, a client that is not known.
  const back = new URL(`${redirect}?code=none&state=look`);
  const issuerSaid = config.serverMetadata().authorization_response_iss_parameter_supported === true;
  if (issuerSaid) back.searchParams.set('iss', config.serverMetadata().issuer);
  const refused = await library
    .authorizationCodeGrant(config, back, { pkceCodeVerifier: 'x'.repeat(43), expectedState: 'look' })
    .then(() => null)
    .catch((thrown: unknown) => thrown as { error?: string });
  if (refused?.error === 'invalid_grant')
    items.push(good('secret', 'it knows this collector by its client id and secret'));
  else {
    const known = refusalOf(refused, settings, { redirect, aheadMs: aheadMs() });
    const { reason, todo } = wrongSecret(name);
    const isSecret = known.code === 'OPENID_MISSET' && known.message.includes(reason);
    items.push(isSecret ? bad('secret', reason, todo) : bad('secret', known.message, known.hint));
  }

  const ahead = aheadMs() ?? 0;
  if (Math.abs(ahead) < clockMs) items.push(good('clock', 'both clocks agree within a minute'));
  else {
    const said = `the clock here is ${Math.round(Math.abs(ahead) / 1000)} s ${ahead > 0 ? 'behind' : 'ahead of'} that of ${name}`;
    items.push(bad('clock', said, 'Set the clock of this machine, as by NTP: log-ins are refused while they differ.'));
  }
  const end = config.serverMetadata().end_session_endpoint;
  items.push(
    good(
      'logout',
      end === undefined ? 'a log-out ends the session here alone' : 'a log-out ends the session there, too',
    ),
  );
  return { items };
}
