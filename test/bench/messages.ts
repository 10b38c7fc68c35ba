/**
 * `npm run bench -- messages [--days 30]`: a month of 200 endpoints at five sites, with the faults that such a fleet has, and
 * how many messages people got of it: per endpoint and week, by kind, and beside what every change of an alert would be.
 */
import { hour, minute, type Scene } from '../collector/alerts/scene.ts';
import { type Machine, makeMachine } from '../simulate/machine.ts';
import { createRandom } from '../simulate/random.ts';
import type { Trouble, TroubleKind } from '../simulate/troubles.ts';
import { type Gap, runWeek } from '../simulate/week.ts';
import { wordsOf } from '../support/arguments.ts';

const day = 24 * hour;
const startAt = Date.parse('2026-03-02T00:00:00Z');
const count = 200;
const siteNames = ['berlin', 'osaka', 'lyon', 'leeds', 'porto'];
/** Reacts to most of what fires, ten minutes later. */
const reacts = { after: 10 * minute, share: 0.7 };

interface Fault {
  name: string;
  endpoints: string[];
  from: number;
}

export async function run(args: string[]): Promise<void> {
  const { values } = wordsOf({ args, options: { days: { type: 'string', default: '30' } } });
  const days = Number(values.days);
  const random = createRandom(11);
  const machines = new Map<string, Machine>();
  const sites = new Map<string, string>();
  for (let n = 0; n < count; n++) {
    machines.set(`m${n}`, { ...makeMachine(7, n, startAt), troubles: [] });
    sites.set(`m${n}`, siteNames[n % siteNames.length] as string);
  }
  const servers = [...machines].filter(([, { kind }]) => kind === 'server').map(([id]) => id);
  const gaps: Gap[] = [];
  const faults: Fault[] = [];
  const at = (dayOf: number, hourOf: number) => dayOf * day + hourOf * hour;
  const any = (from: readonly string[]) => from[Math.floor(random() * from.length)] as string;

  function trouble(name: string, endpoint: string, kind: TroubleKind, from: number, to: number | null): void {
    const machine = machines.get(endpoint) as Machine;
    const one: Trouble = { kind, from: startAt + from, ...(to === null ? {} : { to: startAt + to }) };
    machines.set(endpoint, { ...machine, troubles: [...machine.troubles, one] });
    faults.push({ name, endpoints: [endpoint], from });
  }
  function cut(name: string, endpoints: string[], from: number, to: number): void {
    gaps.push(...endpoints.map((endpoint) => ({ endpoint, from, to })));
    faults.push({ name, endpoints, from });
  }
  const ofSite = (site: string) => [...sites].filter(([, one]) => one === site).map(([id]) => id);

  cut('site osaka is cut off for 35 min', ofSite('osaka'), at(4, 3), at(4, 3) + 35 * minute);
  cut('site leeds is cut off for 2 h', ofSite('leeds'), at(17, 14), at(17, 16));
  for (let n = 0; n < 5; n++) cut('a server is gone', [any(servers)], at(2 + 5 * n, 5 + n), at(2 + 5 * n, 6 + 2 * n));
  // Comes and goes for three hours.
  const loose = servers[3] as string;
  for (let n = 0; n < 9; n++)
    gaps.push({ endpoint: loose, from: at(9, 1) + n * 20 * minute, to: at(9, 1) + (n * 20 + 10) * minute });
  faults.push({ name: 'a server comes and goes for 3 h', endpoints: [loose], from: at(9, 1) });
  for (let n = 0; n < 4; n++)
    trouble('a disk fills up', any(servers), 'disk-filling', at(3 + 6 * n, 8), at(4 + 6 * n, 10));
  for (let n = 0; n < 6; n++)
    trouble('a backup fails', any(servers), 'backup-failed', at(1 + 4 * n, 0), at(3 + 4 * n, 0));
  for (let n = 0; n < 3; n++)
    trouble('a service is down', any(servers), 'service', at(6 + 7 * n, 11), at(6 + 7 * n, 13));
  for (const id of servers.slice(20, 32))
    trouble('updates are due on twelve servers', id, 'security-updates', at(8, 0), at(11, 0));
  trouble('a disk is failing', any(servers), 'smart', at(20, 2), null);
  trouble('an array is degraded', any(servers), 'array-degraded', at(22, 2), at(23, 2));
  const linux = servers.filter((id) => machines.get(id)?.os.platform === 'linux');
  for (let n = 0; n < 3; n++) trouble('memory is full', any(linux), 'memory', at(5 + 8 * n, 15), at(5 + 8 * n, 16));

  // Sunday night the servers of berlin are worked on, and are away for some minutes each.
  const maintained = ofSite('berlin').filter((id) => servers.includes(id));
  for (let week = 0; week < 4; week++)
    for (const [n, endpoint] of maintained.entries()) {
      const from = at(6 + 7 * week, 2) + 10 * minute + (n % 10) * 10 * minute;
      gaps.push({ endpoint, from, to: from + 15 * minute });
    }

  let result: Awaited<ReturnType<typeof read>> | undefined;
  const reacted = new Set<string>();
  await runWeek({
    ...{ machines, startAt, gaps, sites },
    days: days,
    async onStep(scene, now) {
      await maintain(scene, now);
      await react(scene, now);
    },
    async onEnd(scene) {
      result = await read(scene);
    },
  });
  if (!result) return;
  const weeks = days / 7;
  const perWeek = (n: number) => (n / count / weeks).toFixed(3);
  console.log(
    `${count} endpoints, ${siteNames.length} sites, ${days} days, ${new Set(faults.map(({ name }) => name)).size} kinds of faults`,
  );
  console.log(
    `messages      ${String(result.sent.length).padStart(6)}   ${perWeek(result.sent.length)} per endpoint and week`,
  );
  for (const [kind, n] of Object.entries(result.kinds)) console.log(`  ${kind.padEnd(12)}${String(n).padStart(6)}`);
  console.log(
    `changes       ${String(result.changes).padStart(6)}   ${perWeek(result.changes)}: a message each, as without any of it`,
  );
  console.log('history of alerts, by code:');
  for (const [code, n] of result.codes) console.log(`  ${code.padEnd(22)}${String(n).padStart(6)}`);
  for (const { name, endpoints, from } of firsts(faults)) {
    const names = new Set(endpoints.map((id) => `${id}-name`));
    const first = result.sent.find(
      ({ at: sentAt, about }) =>
        sentAt >= startAt + from && about.some((one) => names.has(one) || one === sites.get(endpoints[0] as string)),
    );
    const when = first ? `notified after ${((first.at - startAt - from) / minute).toFixed(0)} min` : 'NOT NOTIFIED';
    console.log(`${name.padEnd(40)} ${when}`);
  }

  async function maintain(scene: Scene, now: number): Promise<void> {
    const hours = (now - startAt) / hour;
    if (hours % (7 * 24) !== 6 * 24 + 1) return;
    const from = now + hour;
    const when = { scope: { of: 'site', target: 'berlin' }, from, to: from + 2 * hour } as const;
    await scene.alerts.maintenance.create({ ...when, reason: 'weekly work' }, 'ann');
  }

  async function react(scene: Scene, now: number): Promise<void> {
    const firing = await scene.state
      .selectFrom('alerts')
      .select(['id', 'fired_at', 'acknowledged_at'])
      .where('state', '=', 'firing')
      .where('severity', '!=', 'info')
      .execute();
    for (const { id, fired_at, acknowledged_at } of firing) {
      if (acknowledged_at !== null || reacted.has(id) || now - (fired_at ?? now) < reacts.after) continue;
      reacted.add(id);
      if (random() < reacts.share) await scene.alerts.acknowledge(id, { by: 'ann', until: null });
    }
    // What is over, and was in work, is resolved by whoever had it.
    const restored = await scene.state
      .selectFrom('tickets')
      .select('id')
      .where('state', '=', 'in_progress')
      .where('restored_at', '<', now - hour)
      .execute();
    for (const { id } of restored) await scene.tickets.resolve(id, 'ann', 'It works again.');
  }
}

/** One line per kind of fault. */
const firsts = (faults: readonly Fault[]) =>
  [...new Map(faults.toReversed().map((one) => [one.name, one])).values()].toReversed();

async function read(scene: Scene) {
  const rows = await scene.state.selectFrom('notifications').select(['at', 'event', 'facts']).orderBy('id').execute();
  const sent = rows.map(({ at, event, facts }) => {
    const { endpoint, members } = JSON.parse(facts) as {
      endpoint: { name: string; site: string | null };
      members: { names: string[] } | null;
    };
    return { at, event, about: [endpoint.name, ...(members?.names ?? []), ...(members ? [endpoint.site ?? ''] : [])] };
  });
  const counted = await scene.state
    .selectFrom('alert_events')
    .select((of) => ['code', of.fn.countAll<number>().as('n')])
    .groupBy('code')
    .orderBy('code')
    .execute();
  const codes = counted.map(({ code, n }) => [code, Number(n)] as const);
  const worth = new Set(['firing', 'worse', 'resolved']);
  const changes = codes.reduce((sum, [code, n]) => sum + (worth.has(code) ? n : 0), 0);
  const kinds = Object.fromEntries(
    [...Map.groupBy(sent, ({ event }) => event)].map(([event, all]) => [event, all.length]),
  );
  return { sent, kinds, codes, changes };
}
