/**
 * Fills the data folder of a collector with the past that it would have recorded: a real collector, whose clock is moved by
 * hand from then to now, and endpoints and people who do what a plan says. Nothing is written beside the collector.
 */

import { cpSync, existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCollector } from '../../../collector/collector.ts';
import { presentMonth } from '../../../collector/kpi/period.ts';
import { createLog } from '../../../collector/log.ts';
import { loadConfig } from '../../../collector/settings/config.ts';
import { openState, type State } from '../../../collector/state/open.ts';
import { decodeJoinCode } from '../../../shared/join-code.ts';
import { movedPeriod } from '../../../shared/period.ts';
import type { Credential } from '../endpoint.ts';
import { enroll } from '../enroll.ts';
import type { Machine } from '../machine.ts';
import { type Api, createApi } from './api.ts';
import { enterBooks, enterUsage } from './books.ts';
import { createDesk } from './desk.ts';
import { createDirectSource, type DirectSource } from './direct-source.ts';
import { createGuest, type Guest } from './guest.ts';
import { datesOff, type GroupPlan, type HistoryPlan, machinesOf, type SitePlan } from './plan.ts';
import { startVirtualTime, type VirtualTime } from './virtual-time.ts';

const hour = 3_600_000;
const day = 24 * hour;
const nightAtMostMs = 60_000;
const neededBytes = 2 * 1024 ** 3;
const week = ['mon', 'tue', 'wed', 'thu', 'fri'] as const;

export interface FillOptions {
  plan: HistoryPlan;
  /** An empty folder, or one that is not there yet. */
  data: string;
  /** ms UTC at which the history ends; asked again at its end, because filling takes a while. */
  until(): number;
  /** A line for people, once a day of the history. */
  onDay?(line: string): void;
  /** Ends it early: nothing of it stays. */
  signal?: AbortSignal | undefined;
}

export interface FilledEndpoint {
  site: string;
  machine: Machine;
  credential: Credential;
}

/**
 * @throws Error where the folder has a state already: a past beside the real one would be believed; the reason of `signal`
 * @returns who was enrolled, in the order of the plan: a live fleet can go on with them
 */
export async function fillHistory(options: FillOptions): Promise<FilledEndpoint[]> {
  const { data } = options;
  if (existsSync(join(data, 'state.db')))
    throw new Error(
      `The data folder ${data} is not empty: a history is made in one without a collector's state. Name another with --data.`,
    );
  const scratch = mkdtempSync(join(scratchBase(), `evenkeel-history-${process.pid}-`));
  const remove = () => rmSync(scratch, { recursive: true, force: true });
  // Whatever ends the process in the middle.
  process.once('exit', remove);
  try {
    const filled = await fill({ ...options, data: join(scratch, 'data') });
    await letPeopleGo(join(scratch, 'data', 'state.db'));
    options.signal?.throwIfAborted();
    // Complete or not at all.
    cpSync(join(scratch, 'data'), data, { recursive: true });
    return filled;
  } finally {
    process.off('exit', remove);
    remove();
  }
}

/** In memory where there is enough: a hundred thousand commits wait for no disk. */
function scratchBase(): string {
  const memory = '/dev/shm';
  if (!existsSync(memory)) return tmpdir();
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize > neededBytes ? memory : tmpdir();
}

async function fill({ plan, data, until, onDay, signal }: FillOptions): Promise<FilledEndpoint[]> {
  const expected = until();
  const planned = await machinesOf(plan, expected);
  const { config } = loadConfig({ data, httpHost: '127.0.0.1', httpPort: '0', mqttPort: '0' }, {}, data);
  const log = createLog('warn', 'text');
  const time = startVirtualTime(plan.startAt);
  const source = createDirectSource(time);
  const { clock } = time;
  const collector = createCollector(config, {
    clock,
    log,
    version: 'simulated',
    web: join(data, 'no-web'),
    source: source.open,
  });
  try {
    const { addresses } = await collector.start();
    const api = createApi(addresses.http, (await readFile(join(data, 'local.token'), 'utf8')).trim());
    const span = { start: plan.startAt, end: expected };
    for (const site of plan.sites) await setUpSite(api, site, span);
    const staff = plan.sites.reduce((sum, { people }) => sum + people, 0);
    await enterBooks(api, { startAt: plan.startAt, zone: config.zone, people: staff });
    const filled: FilledEndpoint[] = [];
    const groupsOf = await setUpGroups(api, plan.groups ?? []);
    for (const { site, machine, people } of planned) {
      signal?.throwIfAborted();
      const credential = await joinSite(api, addresses.http, site, machine);
      const tags = plan.tags?.[machine.hostname] ?? [];
      const facts = { people, tags, groups: groupsOf(machine.hostname) };
      await api.call('PATCH', `/api/v1/endpoints/${credential.endpoint}`, facts);
      filled.push({ site, machine, credential });
    }
    const guests = filled.map((one) => createGuest({ ...one, source, time, end: expected }));
    const state = await openState({ driver: 'sqlite', file: join(data, 'state.db') });
    const desk = await createDesk({ ...plan, api, state, now: clock.now });
    const count = async (table: 'tickets' | 'alerts', since: 'opened_at' | 'fired_at') => {
      const rows = state.selectFrom(table as 'alerts').where(since as 'fired_at', 'is not', null);
      return Number((await rows.select((f) => f.fn.countAll().as('n')).executeTakeFirstOrThrow()).n);
    };
    const daily = {
      at: plan.startAt + day,
      next: () => daily.at,
      async run() {
        const gone = plan.outages.filter(({ from }) => from < daily.at).length;
        const days = Math.round((daily.at - plan.startAt) / day);
        const all = Math.floor((expected - plan.startAt) / day);
        onDay?.(
          `day ${days} of ${all}, ${gone} outages, ${await count('alerts', 'fired_at')} alerts, ${await count('tickets', 'opened_at')} tickets`,
        );
        daily.at += day;
      },
    };
    await live([...guests, desk, daily], { time, source, until, signal });
    signal?.throwIfAborted();
    await nightIsOver(state, clock.now(), time);
    await enterUsage(api, clock.now(), staff);
    await publish(api, { start: plan.startAt, end: clock.now() }, config.zone);
    await state.destroy();
    return filled;
  } finally {
    await collector.stop();
    time.restore();
  }
}

/** The chores of a night take real time beside the hours that pass here; a collector that stops breaks them off. */
async function nightIsOver(state: State, now: number, time: VirtualTime): Promise<void> {
  for (const giveUp = performance.now() + nightAtMostMs; performance.now() < giveUp; ) {
    const row = await state.selectFrom('settings').select('value').where('key', '=', 'housekeeping').executeTakeFirst();
    const done = Object.values(JSON.parse(row?.value ?? '{}') as Record<string, number>);
    // Looked for once an hour here, see virtual-time.ts.
    if (done.length > 0 && now - Math.min(...done) < day + hour) return;
    await time.turn();
  }
  throw new Error(`The nightly chores of the collector have not ended within ${nightAtMostMs / 1000} s.`);
}

type Actor = Pick<Guest, 'next' | 'run'>;

async function live(
  actors: readonly Actor[],
  parts: Pick<FillOptions, 'until' | 'signal'> & { time: VirtualTime; source: DirectSource },
): Promise<void> {
  const { time, source, until, signal } = parts;
  // Between two events nothing is half done: the collector of the history can be stopped as any other.
  for (let end = until(); !signal?.aborted; end = until()) {
    const next = Math.min(...actors.map((actor) => actor.next()));
    if (next >= end) return time.advance(end);
    await time.advance(next);
    const now = time.clock.now();
    // Those of the same moment side by side: they share their commits.
    await Promise.all(actors.filter((actor) => actor.next() <= now).map((actor) => actor.run()));
    await source.settled();
  }
}

async function setUpSite(api: Api, { name, zone, region, people }: SitePlan, span: { start: number; end: number }) {
  const office = [['09:00', '17:00']];
  const calendar = (await api.call('POST', '/api/v1/calendars', {
    ...{ name: `Office ${name}`, zone, region, overrides: {}, reason: 'hours of the house' },
    ...{ weekly: Object.fromEntries(week.map((one) => [one, office])), holidays: await datesOff(region, span) },
  })) as { id: string };
  const calendars = { working: calendar.id, support: calendar.id };
  await api.call('POST', '/api/v1/sites', { name, zone, people, calendars });
}

/** @returns the ids of the groups of a host */
async function setUpGroups(api: Api, plans: readonly GroupPlan[]): Promise<(host: string) => string[]> {
  const made: { id: string; hosts: readonly string[] }[] = [];
  for (const { hosts, ...group } of plans) {
    const { id } = (await api.call('POST', '/api/v1/groups', group)) as { id: string };
    made.push({ id, hosts });
  }
  return (host) => made.filter(({ hosts }) => hosts.includes(host)).map(({ id }) => id);
}

/** Last month, or the present one where there was none, as managers take it into a meeting; a status page for everyone. */
async function publish(api: Api, { start, end }: { start: number; end: number }, zone: string): Promise<void> {
  const [first, present] = [presentMonth(start, zone), presentMonth(end, zone)];
  const period = first < present ? movedPeriod(present, -1) : present;
  for (const language of ['en', 'ja']) await api.call('POST', '/api/v1/reports', { period, language });
  const { items } = (await api.call('GET', '/api/v1/sites')) as { items: { id: string; name: string }[] };
  await api.call('POST', '/api/v1/status-pages', {
    ...{ slug: 'it', title: 'Is IT working?', intro: 'Questions: call the desk.', access: 'public', enabled: true },
    ...{ zone: 'UTC', reason: 'the demo' },
    components: items.map(({ id, name }, n) => ({ id: `site-${n}`, name, of: 'site', target: id })),
  });
}

/** Nobody knows their passwords. Their names stay in the history, and whoever starts it makes the first admin. */
async function letPeopleGo(file: string): Promise<void> {
  const state = await openState({ driver: 'sqlite', file });
  await state.deleteFrom('sessions').execute();
  await state.deleteFrom('users').execute();
  await state.destroy();
}

/** As an agent joins: a code for its site, and the one call with it. */
async function joinSite(api: Api, url: string, site: string, machine: Machine): Promise<Credential> {
  const made = (await api.call('POST', '/api/v1/enrollments', { label: site, site })) as { code: string };
  return enroll({ ...decodeJoinCode(made.code), url }, machine);
}
