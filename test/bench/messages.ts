/**
 * `npm run bench -- messages [--days 30] [--list] [--sparse]`: a month of 200 endpoints at five sites, with the faults that such a fleet
 * has, and people on call: how many messages they got per endpoint and week, of which fault and when, and what saved others.
 * `--sparse`: a machine reports each half hour in days in which nothing happens to it, which takes a third of the time.
 * One fact for one receiver is one message, however many of its people and channels get a copy.
 */
import { hour, minute, type Scene } from '../collector/alerts/scene.ts';
import { createRandom } from '../simulate/random.ts';
import { runWeek } from '../simulate/week.ts';
import { wordsOf } from '../support/arguments.ts';
import { count, day, type Fault, makeMonth, openMonth, startAt } from './messages-month.ts';
import { faultOf, perEndpointWeek, type Read, readMonth, type Sent, savings } from './messages-read.ts';

/** Whoever gets a message reacts to most of them, ten minutes later; what comes back is taken for as long as it may be. */
const reacts = { after: 10 * minute, share: 0.7 };
const longest = 7 * day;

export async function run(args: string[]): Promise<void> {
  const options = {
    days: { type: 'string', default: '30' },
    list: { type: 'boolean', default: false },
    sparse: { type: 'boolean', default: false },
  } as const;
  const { values } = wordsOf({ args, options });
  const days = Number(values.days);
  const month = makeMonth();
  const random = createRandom(12);
  let found: Read | undefined;
  const people = createPeople(random);
  await runWeek({
    ...{ ...month, startAt, days },
    open: () => openMonth(month),
    ...(values.sparse ? { isQuiet: quietIn(month) } : {}),
    async onStep(scene, now) {
      await maintain(scene, now);
      await people.react(scene, now);
    },
    async onEnd(scene) {
      found = await readMonth(scene);
    },
  });
  if (!found) return;
  const faults = month.faults.filter(({ from }) => from < days * day);
  show(found, faults, month.sites, days, values.list);
}

const before = 2 * hour;
const after = 30 * hour;

function quietIn({ faults, gaps }: ReturnType<typeof makeMonth>) {
  const spans = [...faults, ...gaps.map(({ endpoint, from, to }) => ({ endpoints: [endpoint], from, to }))];
  const of = new Map<string, [from: number, to: number][]>();
  for (const { endpoints, from, to } of spans)
    for (const id of endpoints)
      of.set(id, [...(of.get(id) ?? []), [from - before, (to ?? Number.POSITIVE_INFINITY) + after]]);
  return (id: string, at: number) => !(of.get(id) ?? []).some(([from, to]) => at >= from && at < to);
}

/** Sunday night the servers of berlin are worked on: entered the day before. */
async function maintain(scene: Scene, now: number): Promise<void> {
  const hours = (now - startAt) / hour;
  if (hours % (7 * 24) !== 6 * 24 + 1) return;
  const from = now + hour;
  const when = { scope: { of: 'site', target: 'berlin' }, from, to: from + 2 * hour } as const;
  await scene.alerts.maintenance.create({ ...when, reason: 'weekly work' }, 'ann');
}

function createPeople(random: () => number) {
  /** Alerts that somebody had before. */
  const known = new Set<string>();
  /** Deliveries that were looked at. */
  let seen = 0;
  const waiting: { at: number; alert: string; who: string }[] = [];
  return {
    async react({ state, alerts, tickets }: Scene, now: number): Promise<void> {
      const rows = await state
        .selectFrom('notifications as n')
        .innerJoin('notification_alerts as m', 'm.notification', 'n.id')
        .innerJoin('deliveries as d', 'd.notification', 'n.id')
        .select(['n.id', 'n.at', 'n.event', 'm.alert', 'd.user_name'])
        .where('n.id', '>', seen)
        .where('d.user_name', 'is not', null)
        .orderBy('n.id')
        .execute();
      const willReact = new Map<number, boolean>();
      for (const { id, at, event, alert, user_name } of rows) {
        seen = Math.max(seen, id);
        if (event === 'resolved' || event === 'stable') continue;
        if (!willReact.has(id)) willReact.set(id, random() < reacts.share);
        if (willReact.get(id)) waiting.push({ at: at + reacts.after, alert, who: user_name ?? '' });
      }
      for (const { alert, who } of waiting.splice(0, waiting.findIndex(({ at }) => at > now) >>> 0)) {
        const row = await state
          .selectFrom('alerts')
          .select('acknowledged_at')
          .where('id', '=', alert)
          .where('state', '=', 'firing')
          .executeTakeFirst();
        if (!row || row.acknowledged_at !== null) continue;
        await alerts.acknowledge(alert, { by: who, until: known.has(alert) ? now + longest : null });
        known.add(alert);
      }
      // What is over, and was in work, is resolved by whoever had it.
      const restored = await state
        .selectFrom('tickets')
        .select('id')
        .where('state', '=', 'in_progress')
        .where('restored_at', '<', now - hour)
        .execute();
      for (const { id } of restored) await tickets.resolve(id, 'ann', 'It works again.');
    },
  };
}

const counted = (list: readonly string[]) =>
  [...Map.groupBy(list, (one) => one)]
    .map(([one, all]) => [one, all.length] as const)
    .sort(([, a], [, b]) => b - a)
    .map(([one, n]) => `${one} ${n}`)
    .join(' · ');

function show(
  read: Read,
  faults: readonly Fault[],
  sites: ReadonlyMap<string, string>,
  days: number,
  all: boolean,
): void {
  const { sent } = read;
  const line = (name: string, n: number | string, more = '') =>
    console.log(`${name.padEnd(58)}${String(n).padStart(6)}${more && `   ${more}`}`);
  const of = new Map<Fault | undefined, Sent[]>(Map.groupBy(sent, (one) => faultOf(faults, sites, one)));
  console.log(
    `${count} endpoints, ${new Set(sites.values()).size} sites, ${days} days = ${((count * days) / 7).toFixed(0)} endpoint-weeks, ${faults.length} faults\n`,
  );
  line('messages', sent.length, `${perEndpointWeek(sent.length, days)} per endpoint-week`);
  line(
    '  copies of them, to people and channels',
    sent.reduce((sum, { copies }) => sum + copies, 0),
  );
  line('  of no fault', of.get(undefined)?.length ?? 0);
  console.log(`  by event:    ${counted(sent.map(({ event }) => event))}`);
  console.log(`  by severity: ${counted(sent.map(({ severity }) => severity))}`);
  console.log(`  by rule:     ${counted(sent.map(({ rule }) => rule))}`);

  console.log('\nchanges of alerts that would be a message each, and what became of them');
  const { of: saved, beyond, reminders } = savings(read);
  const total = [...saved.values()].reduce((sum, n) => sum + n, 0);
  line('changes', total, `${perEndpointWeek(total, days)} per endpoint-week`);
  for (const [what, n] of [...saved].sort(([, a], [, b]) => b - a)) line(`  ${what}`, n);
  line(
    'messages that no change made',
    Object.values(beyond).reduce((sum, n) => sum + n, 0),
    Object.entries(beyond)
      .map(([event, n]) => `${event} ${n}`)
      .join(' · '),
  );
  line('reminders that an owner stopped', reminders);

  console.log('\nfault, endpoint, after how long the first message, messages');
  for (const fault of faults) {
    const mine = of.get(fault) ?? [];
    const after = mine[0] ? `${((mine[0].at - fault.from) / minute).toFixed(1)} min` : 'NOT NOTIFIED';
    const where = fault.endpoints.length > 1 ? `${fault.endpoints.length} endpoints` : (fault.endpoints[0] ?? '');
    line(`${clockOf(fault.from)} ${fault.name} (${where})`, after, counted(mine.map(({ event }) => event)));
  }
  for (const one of all ? sent : (of.get(undefined) ?? [])) {
    const { at, event, severity, rule, about, alerts } = one;
    const ofFault = faultOf(faults, sites, one)?.name ?? 'OF NO FAULT';
    console.log(
      `${clockOf(at)} ${event} ${severity} ${rule} ${about.slice(0, 3).join(',')} (${alerts.length}): ${ofFault}`,
    );
  }
}

const clockOf = (at: number) => `${Math.floor(at / day)}d ${new Date(startAt + at).toISOString().slice(11, 16)}`;
