/**
 * A link to the tool by which people reach a machine, out of a template and what is known of the machine. Pure. What is put in comes from
 * machines and people, so it can only be a part: it cannot change where the link leads, nor become an option of the program that opens it.
 */

/** What opens in a program for remote support, and nothing that a browser runs. */
const remoteSchemes = ['https', 'http', 'rustdesk', 'ssh', 'rdp', 'vnc', 'anydesk', 'spice'] as const;

export interface RemoteSubject {
  id: string;
  /** As it is called here. */
  name: string;
  /** As the machine calls itself. */
  host: string | null;
  address: string | null;
  site: string | null;
  kind: string;
  tags: readonly string[];
}

type TemplatePart = { literal: string } | { placeholder: string; isHost: boolean };

const fixed = ['host', 'name', 'address', 'id', 'site'] as const;
const isWeb = /^https?:/i;
const placeholder = /\{([^{}]*)\}/g;
const known = new RegExp(`^(?:${fixed.join('|')}|tag:[\\p{L}\\p{N}_.-]{1,40})$`, 'u');
/** Words that stand before a secret. */
const secretKey =
  /(?:^|[?&;/#:_-])(?:password|passwd|passwort|pass|pwd|pw|token|secret|api_?key|key|auth|login|credential|sid|session)s?(?:=|%3d|\/)/i;
const secretUser = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*:[^/?#@]*@/i;

/** Why a template cannot be used, and what to do; null: it can. */
export function templateFault(text: string): string | null {
  const [, scheme] = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text) ?? [];
  if (scheme === undefined)
    return 'does not begin with a scheme; write it like https://support.example.org/{host} or rustdesk://{tag:rustdesk}';
  if (!(remoteSchemes as readonly string[]).includes(scheme.toLowerCase()))
    return `begins with ${scheme}:, which is not one of ${remoteSchemes.join(', ')}`;
  if (secretUser.test(text)) return 'holds a user with a password; leave the password out: the tool asks for it';
  if (secretKey.test(text))
    return 'looks as if it held a secret; leave it out and let people log in at the tool: every operator could read it here';
  if (/[\s<>"'`\\^|\p{Cc}]/u.test(text)) return 'holds a character that no address has; write it percent-encoded';
  for (const [whole, name = ''] of text.matchAll(placeholder))
    if (!known.test(name)) return `has ${whole}; there are {${fixed.join('}, {')}} and {tag:PREFIX}`;
  if (/[{}]/.test(text.replace(placeholder, ''))) return 'has a brace without its other one';
  if (!isWeb.test(text)) return null;
  const url = URL.parse(text.replace(placeholder, 'x1'));
  if (!url) return 'is no address once its placeholders are filled';
  return null;
}

/** In the order of the text. In the part that names the machine nothing can be encoded. */
function partsOf(text: string): TemplatePart[] {
  const [head = ''] = /^[a-z][a-z0-9+.-]*:(?:\/\/[^/?#]*)?/i.exec(text) ?? [];
  const parts: TemplatePart[] = [];
  let at = 0;
  for (const match of text.matchAll(placeholder)) {
    if (match.index > at) parts.push({ literal: text.slice(at, match.index) });
    // Without `//` the first thing behind the scheme is what is opened.
    parts.push({ placeholder: match[1] ?? '', isHost: match.index <= head.length });
    at = match.index + match[0].length;
  }
  if (at < text.length) parts.push({ literal: text.slice(at) });
  return parts;
}

/** A name or an address of a machine, and no option: `-oProxyCommand=…` begins with a dash. */
const hostForm = /^(?!-)[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/;
const address6 = /^[0-9A-Fa-f:.]{2,45}$/;

function valueIn(name: string, of: RemoteSubject): string | null {
  if (!name.startsWith('tag:')) return of[name as (typeof fixed)[number]];
  const prefix = name.slice('tag:'.length).toLowerCase();
  const tag = of.tags.find((one) => /^[^:=]+[:=]./.test(one) && one.replace(/[:=].*$/, '').toLowerCase() === prefix);
  return tag === undefined ? null : tag.slice(prefix.length + 1);
}

const mayNotStand = (isHost: boolean, value: string): boolean =>
  isHost
    ? !(value.includes(':') && address6.test(value)) && !hostForm.test(value)
    : // A whole step that leads up, and what a program takes for an option.
      /^\.{1,2}$/.test(value) || value.startsWith('-');

/** The part that is known of the machine and cannot be put in, because it could mean another thing there; null: none. */
export const withheldBy = (text: string, of: RemoteSubject): string | null =>
  partsOf(text).flatMap((part) => {
    if ('literal' in part) return [];
    const value = valueIn(part.placeholder, of);
    return value && mayNotStand(part.isHost, value) ? [part.placeholder] : [];
  })[0] ?? null;

/** Null where something of it is not known of the machine, or could mean another thing there. @param text without faults */
export function remoteLink(text: string, of: RemoteSubject): string | null {
  let link = '';
  for (const part of partsOf(text)) {
    if ('literal' in part) {
      link += part.literal;
      continue;
    }
    const value = valueIn(part.placeholder, of);
    if (value === null || value === '') return null;
    if (mayNotStand(part.isHost, value)) return null;
    if (part.isHost) link += value.includes(':') ? `[${value}]` : value;
    else
      link += encodeURIComponent(value.toWellFormed()).replace(
        /[!'()*]/g,
        (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
      );
  }
  // Other forms are their program's own, such as rdp://full%20address=s:10.1.2.3.
  return isWeb.test(text) && !URL.canParse(link) ? null : link;
}
