/**
 * The certificate that this collector shows, from the start on: made where there is none, renewed without a restart, and made
 * anew when its names change or a command has changed the authority.
 */

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../shared/clock.ts';
import { reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { Trust } from '../../shared/trust.ts';
import { type Addresses, addressesOf } from '../settings/addresses.ts';
import type { Config, TlsSettings } from '../settings/settings.ts';
import {
  dropOld,
  dueFor,
  expiresAt,
  initAuthority,
  mayDropOld,
  renewServer,
  servedBy,
  servedFrom,
} from './authority.ts';
import { certificatesIn, pinOf } from './certificates.ts';
import { type AuthorityFile, folderOf, readAuthority, readTold, writeTold } from './store.ts';
import { type Decided, decide, type ServedTls } from './told.ts';

const lookMs = 3_600_000;
/** How soon a change by a command is seen. */
const watchMs = 2000;
const day = 86_400_000;
/** A renewal that works comes thirty days before the end. */
const warnBeforeMs = 21 * day;
const failingMs = 3 * day;

type TlsConfig = Pick<Config, 'http' | 'mqtt' | 'tls' | 'ownTls' | 'data'> & Partial<Pick<Config, 'broker'>>;

/** What one of the servers shows. */
export interface ShownTls {
  /** Null: nothing is encrypted. */
  current(): ServedTls | null;
  /** Called with each other certificate. */
  onChange(take: (tls: ServedTls) => void): void;
}

export interface TlsServing {
  web: ShownTls;
  /** The same, but around a change to a certificate from outside. */
  broker: ShownTls;
  /** What agents are told; null: nothing is encrypted. */
  told(): Trust | null;
  /** Called when that has changed. */
  onTold(take: () => void): void;
  /** From now on changes end when all agents have taken them. */
  follow(isTaken: () => boolean): void;
  addresses(ports: { http: number; mqtt: number }): Addresses;
  /** Called each hour, and now, with what is wrong; null: nothing. */
  onLook(take: (trouble: string | null, endsAt: number | null) => void): void;
  state(): { file: AuthorityFile | null; decided: Decided | null; trouble: string | null };
  stop(): void;
}

/** Its certificate is verified by agents, too. */
const rootsOfBroker = ({ broker }: TlsConfig) => certificatesIn(broker?.ca ?? '');

const withoutBrackets = (host: string) => host.replace(/^\[|\]$/g, '').toLowerCase();

/** Whatever it is reached by: the first is shown as its name. This machine always reaches itself. */
export function namesFor(config: TlsConfig, given: readonly string[]): string[] {
  const { http, mqtt } = addressesOf(config, { http: 1, mqtt: 1 }, { name: given[0] });
  const hosts = [http, mqtt].map((url) => new URL(url).hostname);
  const all = [...given, ...hosts, ...config.http.names, ...(config.ownTls?.names ?? [])];
  return [...new Set([...all, 'localhost', '127.0.0.1', '::1'].map(withoutBrackets))];
}

/** What is in force for these settings, read from where it lies: for commands beside a running collector. */
export function addressesFor(config: TlsConfig, ports: { http: number; mqtt: number }): Addresses {
  const file = config.tls || config.ownTls ? readAuthority(config.data) : null;
  const sources = {
    own: file && servedBy(config.data, file),
    outside: config.tls && servedFrom(config.tls),
    broker: rootsOfBroker(config),
  };
  const decided = decide(readTold(config.data), sources, Date.now(), false);
  return addressesOf(config, ports, shownBy(decided, config.tls ? undefined : file?.names[0]));
}

const shownBy = (decided: Decided | null, name: string | undefined) => {
  const { serverPins = [], pins = [], version = 0 } = decided?.web ?? {};
  return {
    ...{ name, trust: decided && toldBy(decided), serverPins },
    authorities: [...new Set([...(decided?.web.authorities ?? []), ...(decided?.broker.authorities ?? [])])],
    // The pin of the next authority is told to who is enrolled.
    pins: version > 0 ? pins.slice(0, 1) : pins,
  };
};

/** What every system trusts was never said, and need not be before there is a change from it. */
const toldBy = ({ file: { version, told } }: Decided): Trust | null =>
  told.mode === 'system' && version === 1 ? null : { version, ...told };

/** Both at once, or not at all: whoever renews them writes one file after the other. @throws Error */
function readAgain({ files }: TlsSettings): TlsSettings {
  const [cert, key] = [readFileSync(files.cert, 'utf8'), readFileSync(files.key, 'utf8')];
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
    throw new Error(`${files.key} is not the key of the certificate ${files.cert}`);
  return { cert, key, ca: files.ca === null ? null : readFileSync(files.ca, 'utf8'), files };
}

function createShown(): { shown: ShownTls; show(tls: ServedTls | null): void } {
  const takers: ((tls: ServedTls) => void)[] = [];
  let now: ServedTls | null = null;
  return {
    shown: { current: () => now, onChange: (take) => void takers.push(take) },
    show(tls) {
      const isOther = tls !== null && now !== null && tls.cert !== now.cert;
      now = tls;
      if (isOther) for (const take of takers) take(tls);
    },
  };
}

/** @throws EvenkeelError TLS_UNUSABLE, TLS_NOT_MADE */
export async function serveTls(config: TlsConfig, { clock, log }: { clock: Clock; log: Log }): Promise<TlsServing> {
  const { data } = config;
  const [web, broker] = [createShown(), createShown()];
  const toldTakers: (() => void)[] = [];
  const lookers: ((trouble: string | null, endsAt: number | null) => void)[] = [];
  let file = config.ownTls ? readAuthority(data) : null;
  let given = config.tls;
  let decided: Decided | null = null;
  let isTaken = () => false;
  let failing: { since: number; reason: string } | null = null;
  let looking: Promise<void> | null = null;

  /** What the files say now becomes what is shown and told. */
  function settle(): void {
    const sources = {
      own: file && servedBy(data, file),
      outside: given && servedFrom(given),
      broker: rootsOfBroker(config),
    };
    const before = decided;
    const next = decide(before?.file ?? readTold(data), sources, clock.now(), isTaken());
    if (next === null) return;
    if (JSON.stringify(next.file) !== JSON.stringify(before?.file ?? readTold(data))) writeTold(data, next.file);
    decided = next;
    if (before && before.web.cert !== next.web.cert)
      log.info({ until: new Date(expiresAt(next.web.cert)).toISOString() }, 'Shows another certificate');
    web.show(next.web);
    broker.show(next.broker);
    if (before && before.file.version !== next.file.version) for (const take of toldTakers) take();
  }

  async function due(): Promise<void> {
    const now = clock.now();
    // Only where there never was one: an authority that is gone is not silently replaced by another.
    const found = readOwn() ?? (file === null && config.ownTls ? await first(now) : null);
    if (found) {
      const names = namesFor(config, found.names);
      // Beside a certificate from outside it is renewed only while it is shown.
      const isUsed = config.ownTls !== null || decided?.file.shown === 'own';
      file = isUsed && dueFor(found, names, now) !== null ? await renewServer(data, found, names, now) : found;
      if (mayDropOld(file, now) && isTaken()) {
        file = dropOld(data, file, now);
        log.info({}, 'All agents have the new authority: the one before it is trusted no more');
      }
    }
    settle();
  }

  function readOwn(): AuthorityFile | null {
    try {
      return readAuthority(data);
    } catch (thrown) {
      // It is of the time before the certificate from outside.
      if (config.ownTls) throw thrown;
      return null;
    }
  }

  async function first(now: number): Promise<AuthorityFile> {
    // Not its own: it goes by what the settings and the machine say, whenever that changes.
    const made = await initAuthority(data, [], namesFor(config, []), now);
    const about = { folder: folderOf(data), names: made.server.names, pin: pinOf(made.current) };
    log.info(about, 'Made an authority and a certificate');
    return made;
  }

  async function look(): Promise<void> {
    try {
      if (given) given = readAgain(given);
      if (config.ownTls || given) await due();
      failing = null;
    } catch (thrown) {
      failing ??= { since: clock.now(), reason: '' };
      failing.reason = reasonOf(thrown);
      log.error(
        { reason: failing.reason },
        'Could not renew the certificate, or read it again; what was shown still is',
      );
    }
    for (const take of lookers) take(trouble(), endsAt());
  }

  const endsAt = () => (decided ? expiresAt(decided.web.cert) : null);

  function trouble(): string | null {
    if (!decided) return null;
    const leftMs = expiresAt(decided.web.cert) - clock.now();
    const days = Math.floor(leftMs / day);
    if (failing && clock.now() - failing.since >= failingMs)
      return `it could not be renewed for three days (${failing.reason}), and ends in ${days} days`;
    return leftMs < warnBeforeMs ? `it ends in ${days} days; then no agent and no browser connects` : null;
  }

  const oneLook = () => {
    looking ??= look().finally(() => {
      looking = null;
    });
    return looking;
  };

  if (config.ownTls || given) await due();
  const seen = () => void oneLook();
  const timer = setInterval(seen, lookMs).unref();
  const { cert, key, ca } = given?.files ?? { cert: null, key: null, ca: null };
  const watched = [config.ownTls || given ? join(folderOf(data), 'authority.json') : null, cert, key, ca];
  const paths = watched.filter((path): path is string => path !== null);
  for (const path of paths) watchFile(path, { interval: watchMs, persistent: false }, seen);

  return {
    ...{ web: web.shown, broker: broker.shown },
    told: () => decided && toldBy(decided),
    onTold: (take) => void toldTakers.push(take),
    follow(all) {
      isTaken = all;
    },
    addresses: (ports) => addressesOf(config, ports, shownBy(decided, config.tls ? undefined : file?.names[0])),
    onLook(take) {
      lookers.push(take);
      take(trouble(), endsAt());
    },
    state: () => ({ file, decided, trouble: failing?.reason ?? trouble() }),
    stop() {
      clearInterval(timer);
      for (const path of paths) unwatchFile(path, seen);
    },
  };
}
