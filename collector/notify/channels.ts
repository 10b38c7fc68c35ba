/**
 * The channels there are: those of evenkeel.yaml, which only it can change, and those that people set up. `routes` is one list for
 * the life of the collector, changed in place: whoever holds it sees each change at once.
 */
import type { ChannelKind } from '../../shared/channel.ts';
import type { Clock } from '../../shared/clock.ts';
import { fail, reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { isNeverReached, type Outgoing, problemOf } from '../../shared/outgoing.ts';
import type { State } from '../state/open.ts';
import type { Notification } from './channel.ts';
import { channelTypes } from './channels/index.ts';
import type { DevicesToPush } from './devices.ts';
import type { ChannelHealth } from './health.ts';
import { type ChannelRoute, type ChannelSettings, createChannels, severitiesOf, withAddressRead } from './route.ts';
import { channelKinds, faultsOfChannel, isSecretKey } from './settings.ts';

type Given = Record<string, unknown>;

export interface ChannelEdit {
  severities?: readonly string[];
  /** A secret that is empty or missing stays as it is. */
  settings?: Readonly<Given>;
}

/** One channel, for pages: without its secrets. */
export interface ChannelView {
  id: string;
  kind: string;
  owner: 'file' | 'people';
  severities: ChannelRoute['severities'];
  settings: Given;
  secrets: string[];
  updatedAt: number | null;
  updatedBy: string | null;
}

export interface Channels {
  routes: readonly ChannelRoute[];
  list(): ChannelView[];
  /** What each kind asks for. */
  kinds(): ChannelKind[];
  /** @throws EvenkeelError BAD_SETTING, CONFLICT */
  create(name: string, kind: string | undefined, edit: ChannelEdit, by: string): Promise<ChannelView>;
  /** @throws EvenkeelError BAD_SETTING, NOT_FOUND, CONFLICT for one of evenkeel.yaml */
  edit(name: string, edit: ChannelEdit, by: string): Promise<ChannelView>;
  remove(name: string): Promise<void>;
  /** Why it may not connect where it goes, with what to do; null: it may, or that is not known now. */
  blocked(name: string): Promise<string | null>;
  /** Sends a test at once, without the outbox. @throws EvenkeelError NOT_FOUND */
  /** @param recipient an address of a person in place of those of the channel: then it says nothing of how the channel does */
  test(name: string, by: string, recipient?: string | null): Promise<{ at: number; ms: number; error: string | null }>;
  /** Sends a test to one device by the first channel that can. @returns why it was not accepted; null: it was */
  testDevice(user: string, device: string): Promise<string | null>;
}

interface ChannelsParts {
  state: State;
  clock: Clock;
  log: Log;
  file: readonly ChannelSettings[];
  outgoing: Outgoing;
  devices: DevicesToPush;
  health(): Pick<ChannelHealth, 'accepted' | 'failed'>;
  publicUrl(): string;
}

interface KeptChannel extends ChannelSettings {
  owner: ChannelView['owner'];
  updatedAt: number | null;
  updatedBy: string | null;
}

const trialTimeoutMs = 10_000;
const lookupMs = 2_000;

export async function createChannelList(parts: ChannelsParts): Promise<Channels> {
  const { state, clock, log, outgoing } = parts;
  const kept: KeptChannel[] = parts.file.map((one) => ({ ...one, owner: 'file', updatedAt: null, updatedBy: null }));
  const routes: ChannelRoute[] = createChannels(parts.file, outgoing, parts.devices);

  for (const row of await state.selectFrom('channels').selectAll().orderBy('id').execute()) {
    const settings = {
      ...JSON.parse(row.settings),
      ...JSON.parse(row.secrets),
      severities: JSON.parse(row.severities),
    };
    const one: KeptChannel = {
      ...{ name: row.id, kind: row.kind, settings, owner: 'people' },
      ...{ updatedAt: row.updated_at, updatedBy: row.updated_by },
    };
    // The file has the last word: a name that it takes afterwards is its own.
    if (find(one.name)) {
      log.warn({ channel: one.name }, 'A channel of the page is not used: evenkeel.yaml has one of this name');
      continue;
    }
    try {
      routes.push(...createChannels([one], outgoing, parts.devices));
      kept.push(one);
    } catch (thrown) {
      log.error(
        { channel: one.name, reason: reasonOf(thrown) },
        'A channel of the page is not used: its settings no longer fit',
      );
    }
  }

  function find(name: string): KeptChannel | undefined {
    return kept.find((one) => one.name === name);
  }

  /** @throws EvenkeelError */
  function own(name: string): KeptChannel {
    const one = find(name);
    if (!one) throw fail('NOT_FOUND', { what: 'channel', id: name });
    if (one.owner === 'file')
      throw fail('CONFLICT', { problem: `the channel ${name} stands in evenkeel.yaml, and can be changed there only` });
    return one;
  }

  async function save(one: KeptChannel, by: string): Promise<ChannelView> {
    refuseNever(one);
    // Checked, and made, before anything is written.
    const [route] = createChannels([one], outgoing, parts.devices) as [ChannelRoute];
    const now = clock.now();
    const { severities: _, ...rest } = one.settings;
    const entries = Object.entries(rest);
    const isSecret = ([key]: [string, unknown]) => isSecretKey(channelTypes, one.kind, key);
    const row = {
      kind: one.kind,
      severities: JSON.stringify(route.severities),
      settings: JSON.stringify(Object.fromEntries(entries.filter((entry) => !isSecret(entry)))),
      secrets: JSON.stringify(Object.fromEntries(entries.filter(isSecret))),
      ...{ updated_at: now, updated_by: by },
    };
    await state
      .insertInto('channels')
      .values({ id: one.name, ...row, created_at: now, created_by: by })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
      .execute();
    const saved: KeptChannel = { ...one, updatedAt: now, updatedBy: by };
    const at = kept.findIndex(({ name }) => name === one.name);
    if (at < 0) {
      kept.push(saved);
      routes.push(route);
    } else {
      kept[at] = saved;
      routes[routes.findIndex(({ name }) => name === one.name)] = route;
    }
    return viewOf(saved);
  }

  return {
    routes,
    list: () => kept.map(viewOf),
    kinds: () => channelKinds(channelTypes),
    create(name, kind, { severities, settings = {} }, by) {
      if (find(name)) throw fail('CONFLICT', { problem: `there is a channel ${name} already` });
      const given = withoutEmpty(settings);
      const read = withAddressRead({ name, ...(kind === undefined ? {} : { kind }), ...given });
      const { name: _, kind: found, ...rest } = read;
      const all = { ...rest, ...(severities === undefined ? {} : { severities }) };
      return save(
        { name, kind: found ?? kind ?? '', settings: all, owner: 'people', updatedAt: null, updatedBy: null },
        by,
      );
    },
    async edit(name, { severities, settings }, by) {
      const one = own(name);
      const secrets = Object.entries(one.settings).filter(([key]) => isSecretKey(channelTypes, one.kind, key));
      const read = settings && withAddressRead({ name, kind: one.kind, ...withoutEmpty(settings) });
      const { name: _, kind: __, ...given } = read ?? { name, kind: '', ...one.settings };
      const chosen = severities ?? one.settings.severities;
      const all = { ...Object.fromEntries(secrets), ...given, ...(chosen === undefined ? {} : { severities: chosen }) };
      const next = { ...one, settings: all };
      refuseStored(one, next, given);
      return save(next, by);
    },
    async remove(name) {
      own(name);
      await state.deleteFrom('channels').where('id', '=', name).execute();
      kept.splice(
        kept.findIndex((one) => one.name === name),
        1,
      );
      routes.splice(
        routes.findIndex((route) => route.name === name),
        1,
      );
    },
    async blocked(name) {
      const one = find(name);
      return one ? Promise.race([blockedBy(outgoing, one), noAnswer()]) : null;
    },
    async test(name, by, recipient = null) {
      const route = routes.find((one) => one.name === name);
      const one = find(name);
      if (!route || !one) throw fail('NOT_FOUND', { what: 'channel', id: name });
      const at = clock.now();
      const begun = clock.monotonic();
      const error = await route.channel
        .send(
          {
            ...trialOf(name, by, at, `${parts.publicUrl()}/oncall/channels`),
            ...(recipient === null ? {} : { recipient }),
          },
          AbortSignal.timeout(trialTimeoutMs),
        )
        .then(() => null, reasonOf);
      const health = parts.health();
      if (error === null) health.accepted(name);
      else if (recipient === null) health.failed(name, error, false);
      const blocked = error === null ? null : await blockedBy(outgoing, one);
      return { at, ms: Math.round(clock.monotonic() - begun), error: blocked ?? error };
    },
    testDevice(user, device) {
      const route = routes.find(({ channel }) => channel.kind === 'push');
      if (!route) throw fail('CONFLICT', { problem: 'there is no channel of kind push yet; an admin adds one' });
      const trial = trialOf(route.name, user, clock.now(), `${parts.publicUrl()}/settings`);
      const to = { ...trial, recipient: user, device };
      return route.channel.send(to, AbortSignal.timeout(trialTimeoutMs)).then(() => null, reasonOf);
    },
  };
}

/**
 * A stored secret goes only to where it was stored for: else whoever names another host there reads it.
 * @throws EvenkeelError BAD_SETTING for settings that do not fit; BAD_ENTRY
 */
function refuseStored(before: ChannelSettings, next: ChannelSettings, given: Readonly<Given>): void {
  const faults = faultsOfChannel(channelTypes, { ...next.settings, name: next.name, kind: next.kind });
  // Saving says what does not fit.
  if (faults.length > 0 || secretsGoTo(before) === secretsGoTo(next)) return;
  const keys = Object.keys(before.settings).filter((key) => isSecretKey(channelTypes, before.kind, key));
  const stored = keys.filter((key) => key !== 'severities' && given[key] === undefined);
  if (stored.length === 0) return;
  const fault = `a stored secret is not sent to another place; give ${stored.join(' and ')} again`;
  throw fail('BAD_ENTRY', { what: `the channel "${before.name}"`, fault });
}

function secretsGoTo({ kind, settings: { severities: _, ...settings } }: ChannelSettings): string {
  return channelTypes.find((one) => one.kind === kind)?.secretsGoTo(settings as never) ?? '';
}

/** A slow DNS keeps nobody from saving. */
const noAnswer = (): Promise<null> => new Promise((done) => setTimeout(done, lookupMs, null).unref());

function hostOf({ name, kind, settings }: ChannelSettings): string | null {
  const { severities: _, ...rest } = settings;
  // What does not fit is said by the check of the settings.
  if (faultsOfChannel(channelTypes, { ...rest, name, kind }).length > 0) return null;
  return channelTypes.find((one) => one.kind === kind)?.hostOf(rest as never) ?? null;
}

/** What no setting ever opens is no channel. @throws EvenkeelError BAD_ENTRY */
function refuseNever(one: ChannelSettings): void {
  const host = hostOf(one)?.replace(/^\[|\]$/g, '') ?? '';
  if (!isNeverReached(host)) return;
  const fault = `${host} hands out credentials of machines or is valid on one cable only, and no setting opens it`;
  throw fail('BAD_ENTRY', { what: `the channel "${one.name}"`, fault });
}

/** With what to do about it. */
function blockedBy(outgoing: Outgoing, one: ChannelSettings): Promise<string | null> {
  const host = hostOf(one);
  return host === null ? Promise.resolve(null) : problemOf(outgoing, host);
}

function viewOf({
  name,
  kind,
  owner,
  settings: { severities, ...settings },
  updatedAt,
  updatedBy,
}: KeptChannel): ChannelView {
  const isSecret = (key: string) => isSecretKey(channelTypes, kind, key);
  const keys = Object.keys(settings);
  return {
    ...{ id: name, kind, owner, updatedAt, updatedBy },
    severities: severitiesOf(severities),
    settings: Object.fromEntries(keys.filter((key) => !isSecret(key)).map((key) => [key, settings[key]])),
    secrets: keys.filter(isSecret),
  };
}

const withoutEmpty = (settings: Readonly<Given>): Given =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== '' && value !== null));

/** Says who has sent it, so that nobody takes it for an alert. */
function trialOf(channel: string, by: string, at: number, url: string): Notification {
  return {
    ...{ id: `test-${channel}-${at}`, event: 'test', key: `test/${channel}`, rule: { id: 'channel-test' } },
    ...{ severity: 'info', endpoint: { id: '', name: channel, kind: '', site: null }, members: null },
    ...{ metric: '', tags: {}, value: null, threshold: null, unit: '', startedAt: at, endedAt: null, why: null },
    ...{ ticket: null, calledBy: by, url },
  };
}
