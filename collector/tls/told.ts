/**
 * What agents are told to trust, and which certificate the broker shows meanwhile. Around a change to or from a certificate from
 * outside both hold: nobody is cut off who has not been told. Kept in `<data>/tls/trust.json`, because its version has to rise.
 */
import type { Trust } from '../../shared/trust.ts';

const day = 86_400_000;
export const bothMs = 30 * day;

/** What a server shows, and what others are to know of it. */
export interface ServedTls {
  /** PEM: the certificate and what leads to the authority. */
  cert: string;
  key: string;
  /** Authorities that agents trust, PEM; none: what their system knows. */
  roots: string[];
  /** Of the authority now and, with one of our own, of the next; base64. */
  pins: string[];
  /** Of the server's key and the one after it: what curl compares. */
  serverPins: string[];
  /** For whoever looks for one by its pin, after a long time as well: roots, and the one before them. */
  authorities: string[];
  /** Of the authority; 0 where it comes from outside. */
  version: number;
}

type TlsSource = 'own' | 'outside';
type ToldContent = Omit<Trust, 'version'>;

export interface ToldFile {
  v: 1;
  version: number;
  told: ToldContent;
  /** What the broker shows. */
  shown: TlsSource;
  /** The change that is under way, and what was told before it. */
  change: { to: TlsSource; since: number; before: ToldContent } | null;
  /** Pin of an authority of our own that lies in the folder and is no longer meant. */
  left: string | null;
}

interface Sources {
  own: ServedTls | null;
  outside: ServedTls | null;
  /** Authorities of an external broker, PEM, which agents have to trust as well. */
  broker?: readonly string[] | undefined;
}

export interface Decided {
  file: ToldFile;
  web: ServedTls;
  broker: ServedTls;
}

const contentOf = ({ roots, pins }: ServedTls): ToldContent => ({
  ...{ mode: roots.length > 0 ? ('pin' as const) : ('system' as const), roots, pins },
});

function both(a: ToldContent, b: ToldContent): ToldContent {
  const mode =
    a.mode === 'pin' && b.mode === 'pin' ? 'pin' : a.mode === 'system' && b.mode === 'system' ? 'system' : 'both';
  return { mode, roots: [...new Set([...a.roots, ...b.roots])], pins: [...new Set([...a.pins, ...b.pins])] };
}

/** One list is for both connections of an agent, by MQTT and by HTTPS. */
const alsoOf = (more: readonly string[], told: ToldContent): ToldContent =>
  more.length === 0
    ? told
    : { ...told, mode: told.mode === 'system' ? 'both' : told.mode, roots: [...new Set([...told.roots, ...more])] };

/**
 * Pure. Null: nothing is encrypted.
 * @param isTaken all agents have what they were told last
 */
export function decide(
  kept: ToldFile | null,
  { own, outside, broker: ofBroker = [] }: Sources,
  now: number,
  isTaken: boolean,
): Decided | null {
  const web = outside ?? own;
  if (web === null) return null;
  const ownPin = own?.pins[0] ?? null;
  let shown: TlsSource = kept?.shown ?? (outside ? 'outside' : 'own');
  let change = kept?.change ?? null;
  let left = kept ? kept.left : outside ? ownPin : null;
  const isOver = () => change !== null && now >= change.since + bothMs && isTaken;

  if (shown === 'own' && outside) {
    if (change?.to !== 'outside')
      change = { to: 'outside', since: now, before: kept?.told ?? contentOf(own ?? outside) };
    if (own === null || isOver()) {
      shown = 'outside';
      change = null;
      left = ownPin;
    }
  } else if (shown === 'outside' && !outside) {
    shown = 'own';
    change = { to: 'own', since: now, before: kept?.told ?? contentOf(web) };
    left = null;
  } else if (change?.to === 'outside' || isOver()) change = null;

  const broker = (shown === 'own' ? own : outside) ?? web;
  const isPrepared = shown === 'outside' && own !== null && ownPin !== left;
  const other = isPrepared ? contentOf(own) : change?.to === 'outside' && outside ? contentOf(outside) : change?.before;
  const told = alsoOf(ofBroker, other ? both(contentOf(broker), other) : contentOf(broker));
  const isSame = kept !== null && JSON.stringify(kept.told) === JSON.stringify(told);
  const least = Math.max(1, own?.version ?? 0);
  const version = isSame ? kept.version : Math.max(least, kept === null ? 0 : kept.version + 1);
  return { file: { v: 1, version, told, shown, change, left }, web, broker };
}
