/**
 * The certificate that this collector shows, from the start on: made where there is none, renewed without a restart, and made
 * anew when its names change or a command has changed the authority.
 */
import { unwatchFile, watchFile } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../shared/clock.ts';
import { reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { type Addresses, addressesOf } from '../settings/addresses.ts';
import type { Config } from '../settings/settings.ts';
import { dueFor, expiresAt, initAuthority, renewServer, type ServedTls, servedBy, servedFrom } from './authority.ts';
import { pinOf } from './certificates.ts';
import { type AuthorityFile, folderOf, readAuthority } from './store.ts';

const lookMs = 3_600_000;
/** How soon a change by a command is seen. */
const watchMs = 2000;
const day = 86_400_000;
/** A renewal that works comes thirty days before the end. */
const warnBeforeMs = 21 * day;
const failingMs = 3 * day;

type TlsConfig = Pick<Config, 'http' | 'mqtt' | 'tls' | 'ownTls' | 'data'>;

export interface TlsServing {
  /** Null: nothing is encrypted. */
  current(): ServedTls | null;
  addresses(ports: { http: number; mqtt: number }): Addresses;
  /** Called with each other certificate. */
  onChange(take: (tls: ServedTls) => void): void;
  /** Called each hour, and now, with what is wrong; null: nothing. */
  onLook(take: (trouble: string | null, endsAt: number | null) => void): void;
  stop(): void;
}

const withoutBrackets = (host: string) => host.replace(/^\[|\]$/g, '').toLowerCase();

/** Whatever it is reached by: the first is shown as its name. This machine always reaches itself. */
export function namesFor(config: TlsConfig, given: readonly string[]): string[] {
  const { http, mqtt } = addressesOf(config, { http: 1, mqtt: 1 }, { name: given[0] });
  const hosts = [http, mqtt].map((url) => new URL(url).hostname);
  const all = [...given, ...hosts, ...config.http.names, ...(config.ownTls?.names ?? [])];
  return [...new Set([...all, 'localhost', '127.0.0.1', '::1'].map(withoutBrackets))];
}

/** What is in force for these settings, read from where it lies: for commands beside a running collector. */
function tlsOf(config: TlsConfig): { served: ServedTls | null; name: string | undefined } {
  if (config.tls) return { served: servedFrom(config.tls), name: undefined };
  const file = config.ownTls && readAuthority(config.data);
  return { served: file ? servedBy(config.data, file) : null, name: file?.names[0] };
}

export function addressesFor(config: TlsConfig, ports: { http: number; mqtt: number }): Addresses {
  const { served, name } = tlsOf(config);
  return addressesOf(config, ports, shownBy(served, name));
}

const shownBy = (served: ServedTls | null, name: string | undefined) => ({
  ...{ name, trust: trustIn(served), serverPins: served?.serverPins ?? [] },
});

const trustIn = (served: ServedTls | null): Addresses['trust'] =>
  served && served.roots.length > 0 ? { roots: served.roots, pins: served.pins, version: served.version } : null;

/** @throws EvenkeelError TLS_UNUSABLE, TLS_NOT_MADE */
export async function serveTls(config: TlsConfig, { clock, log }: { clock: Clock; log: Log }): Promise<TlsServing> {
  const { data } = config;
  const takers: ((tls: ServedTls) => void)[] = [];
  let { served, name } = tlsOf(config);
  let failing: { since: number; reason: string } | null = null;
  let looking: Promise<void> | null = null;
  const lookers: ((trouble: string | null, endsAt: number | null) => void)[] = [];

  function show(file: AuthorityFile): void {
    const before = served;
    served = servedBy(data, file);
    name = file.names[0];
    if (before === null || before.cert === served.cert) return;
    log.info({ until: new Date(expiresAt(file.server.certificate)).toISOString() }, 'Shows another certificate');
    for (const take of takers) take(served);
  }

  async function due(): Promise<void> {
    const now = clock.now();
    // Only where there never was one: an authority that is gone is not silently replaced by another.
    let file = readAuthority(data) ?? (served === null ? await first(now) : null);
    if (!file) return;
    const names = namesFor(config, file.names);
    const why = dueFor(file, names, now);
    if (why !== null) file = await renewServer(data, file, names, now);
    show(file);
  }

  async function first(now: number): Promise<AuthorityFile> {
    // Not its own: it goes by what the settings and the machine say, whenever that changes.
    const file = await initAuthority(data, [], namesFor(config, []), now);
    const about = { folder: folderOf(data), names: file.server.names, pin: pinOf(file.current) };
    log.info(about, 'Made an authority and a certificate');
    return file;
  }

  async function look(): Promise<void> {
    try {
      if (config.ownTls) await due();
      failing = null;
    } catch (thrown) {
      failing ??= { since: clock.now(), reason: '' };
      failing.reason = reasonOf(thrown);
      log.error({ reason: failing.reason }, 'Could not renew the certificate; what was shown still is');
    }
    for (const take of lookers) take(trouble(), endsAt());
  }

  const endsAt = () => (served ? expiresAt(served.cert) : null);

  function trouble(): string | null {
    if (!served) return null;
    const leftMs = expiresAt(served.cert) - clock.now();
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

  if (config.ownTls) await due();
  const file = join(folderOf(data), 'authority.json');
  const timer = setInterval(() => void oneLook(), lookMs).unref();
  const seen = () => void oneLook();
  if (config.ownTls) watchFile(file, { interval: watchMs, persistent: false }, seen);

  return {
    current: () => served,
    addresses: (ports) => addressesOf(config, ports, shownBy(served, name)),
    onChange: (take) => void takers.push(take),
    onLook(take) {
      lookers.push(take);
      take(trouble(), endsAt());
    },
    stop() {
      clearInterval(timer);
      unwatchFile(file, seen);
    },
  };
}
