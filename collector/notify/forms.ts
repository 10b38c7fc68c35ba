/** Channels as one address, in the forms that Apprise uses: `url` in place of the single settings. Pure. */
import { nearest } from '../../shared/nearest.ts';
import type { Fault } from '../../shared/shape.ts';
import type { ChannelType, FormAddress, UrlForm } from './channel.ts';

const written = /^([a-z][a-z0-9+.-]{0,30}):\/\/([^?#]*)(?:\?([^#]*))?$/i;

/** @returns null where it is no such address, or an escape in it is none */
function readFormAddress(text: string): FormAddress | null {
  const [, scheme = '', place = '', query = ''] = written.exec(text.trim()) ?? [];
  if (scheme === '') return null;
  try {
    const [authority = '', ...path] = place.split('/').map(decodeURIComponent);
    const raw = place.split('/', 1)[0] as string;
    const at = raw.lastIndexOf('@');
    const [, user = '', password = ''] = /^([^:]*):?(.*)$/.exec(raw.slice(0, Math.max(0, at))) ?? [];
    const [, host = '', port] = /^(.*?)(?::(\d{1,5}))?$/.exec(raw.slice(at + 1)) ?? [];
    return {
      ...{ scheme: scheme.toLowerCase(), authority },
      ...{ user: decodeURIComponent(user), password: decodeURIComponent(password), host: decodeURIComponent(host) },
      port: port === undefined ? null : Number(port),
      path: path.filter((part) => part !== ''),
      query: Object.fromEntries(new URLSearchParams(query)),
    };
  } catch {
    return null;
  }
}

/** `https://host:port/path` out of its parts. */
export const webAddress = (secure: boolean, { host, port }: FormAddress, path: readonly string[] = []): string =>
  `http${secure ? 's' : ''}://${host}${port === null ? '' : `:${port}`}${path.map((part) => `/${encodeURIComponent(part)}`).join('')}`;

export interface ExpandedChannel {
  channel: unknown;
  faults: Fault[];
}

/**
 * A channel with its settings in place of such an address. What else is given stands over what the address says. Of the address only
 * its scheme is repeated, and only where it is near a known one: all the rest may be secrets.
 */
export function expanded(types: readonly ChannelType[], channel: unknown): ExpandedChannel {
  const { url, ...rest } = (typeof channel === 'object' && channel !== null ? channel : {}) as Record<string, unknown>;
  const same = { channel, faults: [] };
  if (typeof url !== 'string') return same;
  const address = readFormAddress(url);
  const scheme = address?.scheme ?? /^([a-z][a-z0-9+.-]{0,30}):/i.exec(url.trim())?.[1]?.toLowerCase();
  const isWeb = scheme === 'http' || scheme === 'https';
  if (isWeb) return rest.kind === undefined ? ofVendor(types, channel as object, url) : same;
  const given = typeof rest.kind === 'string' ? types.find((type) => type.kind === rest.kind) : undefined;
  const isFault = (problem: string) => ({ channel, faults: [{ path: ['url'], problem }] });
  // Where the kind takes an address of the web only, its own check says so best.
  if (scheme === undefined)
    return given
      ? same
      : isFault(`is no address; write one like https://example.org/hook, or like ${examples(types).join(', ')}`);
  const found = types.flatMap((type) => type.forms.map((form) => ({ type, form })));
  const match = found.find(({ form }) => form.schemes.includes(scheme));
  if (!match) {
    const problem = unknownScheme(found, scheme);
    // Where the kind is named its own check says what stands there.
    return given && !problem.includes('did you mean') ? same : isFault(problem);
  }
  if (given && given !== match.type)
    return isFault(`is the address of a channel of kind ${match.type.kind}, and kind says ${given.kind}`);
  const settings = address && match.form.read(address);
  if (!settings) return isFault(`is not complete; write it like ${match.form.form}`);
  return { channel: { kind: match.type.kind, ...settings, ...rest }, faults: [] };
}

const examples = (types: readonly ChannelType[]) => types.flatMap(({ forms }) => forms[0]?.form ?? []);

function unknownScheme(found: readonly { form: UrlForm }[], scheme: string): string {
  const known = found.flatMap(({ form }) => form.schemes.map((name) => ({ name, form })));
  const guess = nearest(
    scheme,
    known.map(({ name }) => name),
  );
  const meant = known.find(({ name }) => name === guess)?.form;
  return meant && guess !== undefined
    ? `begins with ${scheme}://, which no channel has; did you mean ${guess}://, written like ${meant.form}?`
    : `begins with a word that no channel has; known are ${found.map(({ form }) => `${form.schemes[0]}://`).join(', ')}`;
}

/** Addresses that show whose they are need no kind. */
function ofVendor(types: readonly ChannelType[], channel: object, url: string): ExpandedChannel {
  const address = URL.parse(url);
  const type = address && types.find((one) => one.isOwn?.(address));
  return { channel: type ? { ...channel, kind: type.kind } : channel, faults: [] };
}
