/** A fleet with a real state, real fleet, alerts, tickets and outbox, on a clock that the test moves by hand. */
import { createActLinks } from '../../../collector/act/links.ts';
import { type Alerts, createAlerts } from '../../../collector/alerts/alerts.ts';
import type { NewestValues } from '../../../collector/alerts/returned.ts';
import { type Change, createChangeFeed } from '../../../collector/change-feed.ts';
import { createRuleBooks } from '../../../collector/evaluate/book.ts';
import { defaultRules } from '../../../collector/evaluate/defaults.ts';
import { mergeRules } from '../../../collector/evaluate/merge.ts';
import { namedRule } from '../../../collector/evaluate/rule.ts';
import { createFleet } from '../../../collector/fleet/endpoints.ts';
import type { Endpoint, EndpointKind, EndpointState } from '../../../collector/fleet/fleet.ts';
import { causeIn } from '../../../collector/kpi/history.ts';
import type { Notification } from '../../../collector/notify/channel.ts';
import type { GroupDefaults } from '../../../collector/notify/group-settings.ts';
import { createOutbox } from '../../../collector/notify/outbox.ts';
import type { Receivers } from '../../../collector/notify/receivers.ts';
import type { ChannelRoute } from '../../../collector/notify/route.ts';
import { createGeneratedDependencies } from '../../../collector/outages/generated.ts';
import type { UplinkSettings } from '../../../collector/outages/settings.ts';
import { openState, type State } from '../../../collector/state/open.ts';
import { createCount } from '../../../collector/targets/count.ts';
import { dependenciesIn } from '../../../collector/targets/dependencies.ts';
import { readTargets, saveTarget } from '../../../collector/targets/store.ts';
import { withTargets } from '../../../collector/targets/subject.ts';
import { defaultPolicy, type PolicySettings } from '../../../collector/tickets/settings.ts';
import { createTickets } from '../../../collector/tickets/tickets.ts';
import type { Clock } from '../../../shared/clock.ts';
import { type Log, silentLog } from '../../../shared/log.ts';
import type { Report } from '../../../shared/report.ts';
import { type TargetResult, targetResults } from '../../../shared/target.ts';
import { bucketOf } from '../../../shared/topics.ts';
import { freshPlace } from '../../support/state.ts';

export const second = 1000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const GiB = 1024 ** 3;

type Overrides = Parameters<typeof mergeRules>[1];
export type Reading = [name: string, fields: Record<string, number>, tags?: Record<string, string>];

export interface SceneOptions {
  endpoints?: Record<string, EndpointKind>;
  site?: string | null;
  /** Of single endpoints. */
  sites?: ReadonlyMap<string, string>;
  rules?: Overrides;
  policy?: Partial<PolicySettings>;
  state?: State;
  /** Where the state is to lie; in memory where nothing is said. */
  file?: string;
  routes?: ChannelRoute[];
  /** Where nothing is said: at once, and not again. */
  notify?: Partial<GroupDefaults>;
  receivers?: Receivers;
  startAt?: number;
  /** Messages have links by which their reader acts. */
  links?: true;
  /** What is watched from outside: names with their watchers. */
  targets?: Record<string, { watchers: string[]; site?: string }>;
  /** Sites that are kept, by id, with their names; what they are reached by way of comes from the settings. */
  places?: Record<string, string>;
  uplinks?: UplinkSettings;
  log?: Log;
  services?: { parts: string[]; need: number | null }[];
  /** What was last measured of an endpoint. */
  newest?: NewestValues;
}

export async function openScene(options: SceneOptions = {}) {
  const state = options.state ?? (await openState(options.file ?? freshPlace()));
  let now = options.startAt ?? Date.parse('2026-01-05T00:00:00Z');
  const zero = now;
  const clock = { now: () => now, monotonic: () => now };
  if (!options.state)
    for (const [id, kind] of Object.entries(options.endpoints ?? { srv: 'server' }))
      await insertEndpoint(state, id, kind as EndpointKind, options.sites?.get(id) ?? options.site ?? null);
  if (!options.state)
    for (const [id, name] of Object.entries(options.places ?? {}))
      await state
        .insertInto('sites')
        .values({
          id,
          name,
          name_key: name.toLowerCase(),
          note: '',
          zone: null,
          people: null,
          service_calendar: null,
          working_calendar: null,
          support_calendar: null,
          created_at: 0,
          created_by: 'ana',
          updated_at: 0,
          updated_by: 'ana',
        })
        .execute();
  const told: Change[] = [];
  const changeFeed = createChangeFeed();
  changeFeed.subscribe((change) => void told.push(change));
  const sent: Notification[] = [];
  const routes = options.routes ?? [recorder(sent)];
  const fleet = await createFleet({ state, clock });
  const outside = await openOutside(options, state, clock, fleet);
  const publicUrl = () => 'https://ek.example';
  const act = createActLinks({
    ...{ state, clock, zone: 'UTC', silence: null, ruleNamed: (id) => ({ id }) },
    acknowledge: (...about) => alerts.acknowledge(...about),
  });
  const outbox = createOutbox({
    ...(options.links ? { act } : {}),
    mailOf: () => Promise.reject(new Error('no report here')),
    state,
    clock,
    routes,
    publicUrl,
    log: silentLog,
    changeFeed,
    random: () => 0,
  });
  const tickets = createTickets({ state, clock, changeFeed, zone: 'UTC' });
  const books = createRuleBooks(mergeRules(defaultRules, options.rules ?? []));
  const policy = { ...defaultPolicy, ...options.policy };
  const parts = {
    state,
    clock,
    fleet: withTargets(fleet, outside),
    generated: outside.generated,
    books: () => books,
    ruleNamed: (id: string) => namedRule(id, books.rule),
    policy,
    tickets,
    routes,
    notify: { wait: 0, interval: 0, repeat: { critical: null, warning: null, info: null }, ...options.notify },
    ...(options.receivers ? { receivers: options.receivers } : {}),
    ...(options.newest ? { newest: options.newest } : {}),
    outbox: { wake() {} },
    changeFeed,
    causeOf: (id: string, from: number, to: number) => causeIn(state, id, from, to),
    log: options.log ?? silentLog,
    ...(options.uplinks ? { uplinks: options.uplinks } : {}),
  };
  const alerts = createAlerts({ ...parts, publicUrl });
  await alerts.start();
  await outbox.passOn(alerts.undelivered);
  outside.start(alerts);
  let seq = 0;

  const endpoint = (id: string): Endpoint => {
    const found = fleet.get(id);
    if (!found) throw new Error(`no endpoint ${id} in this scene`);
    return found;
  };

  const scene = {
    state,
    alerts,
    tickets,
    fleet,
    act,
    outbox,
    told,
    sent,
    now: () => now,
    /** ms since the start of the scene. */
    elapsed: () => now - zero,
    /** Moves the clock, and nothing else. */
    pass(ms: number) {
      now += ms;
    },
    /** Moves the clock second by second, ticking like the collector does. */
    async wait(ms: number, step = second) {
      for (const end = now + ms; now < end; ) {
        now = Math.min(end, now + step);
        await outside.tick();
        await alerts.tick(now);
        while ((await outbox.runDue()) > 0);
      }
    },
    /** The clock goes on, and the look at the time is late. */
    skip(ms: number) {
      now += ms;
    },
    report(...readings: Reading[]): Report {
      const metrics = readings.map(([name, fields, tags]) => ({ name, fields, tags: tags ?? {}, timestamp: now }));
      return { v: 1, epoch: '0'.repeat(32), seq: ++seq, at: now, metrics };
    },
    async say(id: string, ...readings: Reading[]) {
      fleet.seen(id, now, 0, 10_000);
      await alerts.onReport(endpoint(id), scene.report(...readings), true);
      while ((await outbox.runDue()) > 0);
    },
    /** Reports every ten seconds for so long. */
    async keepSaying(ms: number, id: string, ...readings: Reading[]) {
      for (const end = now + ms; now < end; ) {
        await scene.wait(10 * second, 10 * second);
        await scene.say(id, ...readings);
      }
    },
    /** A watcher looks at a target. */
    async saw(watcher: string, target: string, result: TargetResult) {
      await outside.saw(watcher, target, result, now);
      while ((await outbox.runDue()) > 0);
    },
    /** Services are defined anew. */
    setServices: outside.setServices,
    async presence(id: string, to: EndpointState, reason: string | null = null) {
      await fleet.setState(id, { state: to, stateReason: reason });
      await alerts.onPresence(endpoint(id));
      while ((await outbox.runDue()) > 0);
    },
    /** To another site, as an edit does it. */
    async move(id: string, site: string | null) {
      await state.updateTable('endpoints').set({ site }).where('id', '=', id).execute();
      await fleet.reload(id);
      changeFeed.publish({ kind: 'endpoint', endpoint: id });
    },
    alertRows: () => state.selectFrom('alerts').selectAll().orderBy('pending_at').orderBy('id').execute(),
    ticketRows: () => state.selectFrom('tickets').selectAll().orderBy('id').execute(),
    events: (ticket: number) =>
      state.selectFrom('ticket_events').selectAll().where('ticket', '=', ticket).orderBy('id').execute(),
    /** As after `kill -9`: nothing is closed in order, all is read again from state. */
    async restart(changes: SceneOptions = {}) {
      await alerts.stop();
      return openScene({ ...options, startAt: now, ...changes, state });
    },
    async close() {
      await alerts.stop();
      await outbox.stop();
      await fleet.close();
      await state.destroy();
    },
  };
  return scene;
}

/** Targets as the collector keeps them, counted on the clock of the scene; the results come from the test. */
async function openOutside(
  { targets = {}, services = [] }: SceneOptions,
  state: State,
  clock: Clock,
  fleet: Awaited<ReturnType<typeof createFleet>>,
) {
  const settings = { host: '127.0.0.1' };
  for (const [id, { watchers, site = null }] of Object.entries(targets)) {
    const definition = { name: `${id}-name`, kind: 'ping' as const, settings, interval_s: 10, timeout_s: 2, watchers };
    const more = { need: null, enabled: true, site };
    await saveTarget(state, { ...definition, ...more }, { id, origin: 'page', by: 'ana', at: clock.now() });
  }
  let alerts: Pick<Alerts, 'onReport' | 'onPresence'> | undefined;
  let judging: Promise<unknown> = Promise.resolve();
  const count = createCount({
    clock,
    isThere: (watcher) => watcher === 'collector' || fleet.get(watcher)?.state === 'online',
    onReport(subject, report) {
      judging = judging.then(() => alerts?.onReport(subject, report, true));
    },
    onState(subject) {
      judging = judging.then(() => alerts?.onPresence(subject));
    },
  });
  const known = await readTargets(state);
  for (const target of known) count.put(target);
  const generated = createGeneratedDependencies();
  const setServices = (now: readonly { parts: string[]; need: number | null }[]) =>
    generated.set(
      dependenciesIn(
        known,
        now.map((one, n) => ({ id: `service${n}`, ...one })),
      ),
    );
  setServices(services);
  return {
    generated,
    setServices,
    subject(id: string) {
      const one = count.get(id);
      return one && count.subject(one);
    },
    *subjects() {
      for (const one of count.all()) yield count.subject(one);
    },
    start(opened: typeof alerts) {
      alerts = opened;
    },
    async tick() {
      count.tick();
      await judging;
    },
    async saw(watcher: string, target: string, result: TargetResult, timestamp: number) {
      count.saw(watcher, [
        { name: 'target', tags: { target }, fields: { result: targetResults[result], total_ms: 7 }, timestamp },
      ]);
      await judging;
    },
  };
}

export type Scene = Awaited<ReturnType<typeof openScene>>;

export function recorder(sent: Notification[], name = 'people'): ChannelRoute {
  return {
    name,
    severities: ['warning', 'critical'],
    channel: {
      kind: 'recorder',
      async send(notification) {
        sent.push(notification);
      },
    },
  };
}

export async function insertEndpoint(state: State, id: string, kind: EndpointKind, site: string | null): Promise<void> {
  await state
    .insertInto('endpoints')
    .values({
      id,
      bucket: bucketOf(id),
      name: `${id}-name`,
      kind,
      kind_why: 'test',
      site,
      tags: '[]',
      platform: 'linux',
      arch: 'x64',
      version: null,
      secret_hash: '00',
      enrolled_at: 0,
      retired_at: null,
      state: 'online',
      state_reason: null,
      state_since: 0,
      session: null,
      boot_id: null,
      last_seen_at: null,
      interval_ms: null,
      clock_offset_ms: null,
    })
    .execute();
}

export const full: Reading = ['disk', { used_percent: 92, free: GiB }, { path: '/var', device: '/dev/sdb1' }];
export const fuller: Reading = ['disk', { used_percent: 97, free: GiB / 2 }, { path: '/var', device: '/dev/sdb1' }];
export const roomy: Reading = ['disk', { used_percent: 40, free: 60 * GiB }, { path: '/var', device: '/dev/sdb1' }];
