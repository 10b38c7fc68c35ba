/** The fleet of the demo: three sites on three continents, and what happened there. */
import { businessTime, officeHours, periodBounds } from '../../../shared/calendar.ts';
import type { Span } from '../../../shared/intervals.ts';
import { createRandom, noise, pick } from '../random.ts';
import type { TroubleKind } from '../troubles.ts';
import type {
  GroupPlan,
  HistoryPlan,
  PlannedWork,
  ScriptedChange,
  ScriptedOutage,
  ScriptedTrouble,
  SitePlan,
} from './plan.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const named = (prefix: string, names: readonly string[]) => names.map((name) => `${prefix}-${name}`);
const trees = ['amber', 'birch', 'cedar', 'elm', 'flint', 'grove', 'hazel', 'iris', 'juniper'] as const;

const sites: readonly SitePlan[] = [
  {
    ...{ name: 'Berlin', zone: 'Europe/Berlin', region: 'DE-BE', people: 64 },
    servers: { 'ber-db-1': 40, 'ber-files-1': 30, 'ber-mail-1': 64, 'ber-web-1': 12, 'ber-build-1': 8 },
    laptops: named('ber', trees),
    desk: ['Ada Krause', 'Jonas Weber', 'Mira Vogel'],
  },
  {
    ...{ name: 'Osaka', zone: 'Asia/Tokyo', region: 'JP', people: 113 },
    servers: {
      ...{ 'osa-db-1': 60, 'osa-db-2': 60, 'osa-files-1': 80, 'osa-files-2': 30, 'osa-mail-1': 113, 'osa-web-1': 20 },
      ...{
        'osa-web-2': 20,
        'osa-erp-1': 90,
        'osa-print-1': 40,
        'osa-build-1': 10,
        'osa-proxy-1': 113,
        'osa-vpn-1': 25,
      },
    },
    laptops: named('osa', trees.slice(0, 5)),
    desk: ['Kenji Mori', 'Yuki Tanaka'],
  },
  {
    ...{ name: 'New York', zone: 'America/New_York', region: 'US-NY', people: 41 },
    servers: { 'nyc-db-1': 20, 'nyc-files-1': 41, 'nyc-web-1': 10 },
    laptops: named('nyc', trees.slice(0, 6)),
    desk: ['Grace Lee', 'Sam Ortiz'],
  },
];

const hostsAt = ({ servers, laptops }: SitePlan) => [...Object.keys(servers), ...laptops];

/** What a server is for is part of its name: osa-db-1. */
const roleOf = (host: string) => host.split('-')[1] ?? '';
const hostsWith = (...roles: readonly string[]) =>
  sites.flatMap(hostsAt).filter((host) => roles.includes(roleOf(host)));

const groups: readonly GroupPlan[] = [
  { name: 'Databases', note: 'Vendor contract until next summer.', hosts: hostsWith('db') },
  {
    name: 'Needed by everybody',
    note: 'Call the on-call person at any hour.',
    hosts: hostsWith('mail', 'files', 'proxy'),
  },
  { name: 'Web', note: 'What customers see.', hosts: hostsWith('web') },
];

const tagsOfRole: Readonly<Record<string, readonly string[]>> = {
  ...{ db: ['database', 'tier1'], erp: ['finance', 'tier1'], mail: ['mail', 'tier1'], web: ['customers'] },
  ...{ files: ['storage'], build: ['developers'], proxy: ['network'], vpn: ['network'] },
};
const tags = Object.fromEntries(
  sites.flatMap(({ servers, laptops }) => [
    ...Object.keys(servers).map((host) => [host, tagsOfRole[roleOf(host)] ?? []]),
    ...laptops.map((host) => [host, ['laptop']]),
  ]),
);

/** @param until ms UTC. @param zone in which months are counted */
export function demoPlan(days: number, until: number, zone: string, seed: number): HistoryPlan {
  const startAt = Math.floor(until / day) * day - days * day;
  const span = { start: startAt, end: until };
  const outages = outagesOf(span, zone, seed).filter(({ from, to }) => from > startAt + day && to < until - 2 * hour);
  const troubles = [...troublesOf(until, zone), ...usualTroubles(span, seed)].filter(
    ({ from }) => from > startAt + hour,
  );
  const works = worksOf(startAt).filter(({ enteredAt }) => enteredAt > startAt);
  const changes = changesOf(until).filter(({ enteredAt }) => enteredAt > startAt + hour);
  outages.sort((a, b) => a.from - b.from);
  return { seed, startAt, sites, outages, troubles, works, changes, groups, tags };
}

/** Changes of the last months, of this week and of the next; the switches of Osaka are one of them. */
function changesOf(until: number): ScriptedChange[] {
  const nightOf = (zone: string, daysAgo: number, hours: number) => {
    const night = Temporal.Instant.fromEpochMilliseconds(until - daysAgo * day)
      .toZonedDateTimeISO(zone)
      .startOfDay();
    const from = night.add({ hours: 21 }).epochMilliseconds;
    return { enteredAt: from - 4 * day, from, to: from + hours * hour };
  };
  const well = (to: number) => ({ at: to - 20 * minute, outcome: 'success' as const, objectiveMet: true });
  const [berlin, osaka, newYork] = sites as [SitePlan, SitePlan, SitePlan];
  const plan = (
    site: SitePlan,
    title: string,
    description: string,
    when: ReturnType<typeof nightOf>,
    more: Partial<ScriptedChange> = {},
  ): ScriptedChange => ({ site: site.name, title, description, ...when, ...more });
  const mail = nightOf(berlin.zone, 66, 3);
  const raid = nightOf(osaka.zone, 45, 4);
  const trial = nightOf(berlin.zone, 30, 2);
  const back = nightOf(berlin.zone, 29, 2);
  const erp = nightOf(osaka.zone, 16, 4);
  const switches = { ...newSwitches(until), enteredAt: newSwitches(until).from - 3 * day };
  const wifi = nightOf(newYork.zone, 9, 2);
  const proxy = nightOf(osaka.zone, 4, 2);
  return [
    plan(berlin, 'Mail server: new certificates', 'The old ones end this month.', mail, {
      hosts: ['ber-mail-1'],
      end: well(mail.to),
    }),
    plan(osaka, 'File server: larger disks', 'One disk after the other, then grow the volume.', raid, {
      hosts: ['osa-files-1'],
      end: { at: raid.to + 30 * minute, outcome: 'with_issues', reason: 'the copy took longer', objectiveMet: true },
    }),
    plan(berlin, 'Web server: new version', 'Trial before the other sites.', trial, {
      hosts: ['ber-web-1'],
      end: {
        at: trial.to - 10 * minute,
        outcome: 'failed',
        reason: 'pages came half as fast',
        objectiveMet: false,
        rolledBack: true,
      },
    }),
    plan(berlin, 'Web server: back to the old version', 'Removes what was left of the trial.', back, {
      hosts: ['ber-web-1'],
      repairs: 'Web server: new version',
      end: well(back.to),
    }),
    plan(osaka, 'ERP: release 12', 'As agreed with accounting.', erp, {
      hosts: ['osa-erp-1', 'osa-db-1'],
      end: well(erp.to),
    }),
    plan(osaka, 'New switches', 'Replaces the switches of the ground floor.', switches, { end: well(switches.to) }),
    plan(newYork, 'Wi-Fi controller', 'Firmware of March.', wifi, {
      end: { at: wifi.from - 5 * hour, cancelled: 'The vendor has withdrawn the firmware' },
    }),
    plan(osaka, 'Proxy: new rules', 'Blocks what the audit has found.', proxy, { hosts: ['osa-proxy-1', 'osa-vpn-1'] }),
    plan(
      newYork,
      'Database: new hardware',
      'The old machine stays for a week.',
      { ...nightOf(newYork.zone, -3, 6), enteredAt: until - 2 * day },
      {
        hosts: ['nyc-db-1'],
      },
    ),
    plan(
      berlin,
      'Build server: more memory',
      'Twice as much.',
      { ...nightOf(berlin.zone, -3, 2), enteredAt: until - day },
      {
        hosts: ['ber-build-1'],
      },
    ),
  ];
}

/** The night of patches of each site. */
function worksOf(startAt: number): PlannedWork[] {
  return sites.map(({ name: site, zone }) => ({
    ...{ site, reason: 'Monthly patches', enteredAt: startAt + 2 * hour },
    when: { repeat: { cron: '0 22 14 * *', zone, durationMin: 180 } },
  }));
}

/** A Saturday, 13:00 to 16:00 in Osaka. */
function newSwitches(until: number): { from: number; to: number } {
  const date = Temporal.Instant.fromEpochMilliseconds(until - 19 * day).toZonedDateTimeISO('Asia/Tokyo');
  const saturday = date.startOfDay().add({ days: 6 - (date.dayOfWeek % 7), hours: 13 });
  return { from: saturday.epochMilliseconds, to: saturday.epochMilliseconds + 3 * hour };
}

/** The afternoon of a working day of a site: the one at or after an instant. */
function afternoon(zone: string, at: number): number {
  const open = businessTime(officeHours(zone), at, at + 14 * day)[0] as Span;
  return open.start + 4 * hour + 14 * minute;
}

function outagesOf({ start, end }: Span, zone: string, seed: number): ScriptedOutage[] {
  const [berlin, osaka, newYork] = sites as [SitePlan, SitePlan, SitePlan];
  const lastMonth = lastFullMonth(end, zone);
  const dark = afternoon(osaka.zone, lastMonth.start + 8 * day);
  const crash = afternoon(berlin.zone, end - 12 * day) - 2 * hour;
  const power = afternoon(newYork.zone, end - 55 * day) - 3 * hour;
  const switches = newSwitches(end);
  return [
    // The building had no power: everything there that was on.
    { hosts: hostsAt(osaka), from: dark, to: dark + 3 * hour + 27 * minute, how: 'power_loss' },
    { hosts: ['ber-db-1'], from: crash, to: crash + 38 * minute, how: 'crash' },
    { hosts: ['nyc-files-1'], from: power, to: power + 71 * minute, how: 'power_loss' },
    // The line of one site was cut for a while: its machines went on, and reported afterwards.
    { hosts: hostsAt(newYork), from: end - 33 * day, to: end - 33 * day + 22 * minute, how: 'cut' },
    { hosts: hostsAt(osaka), from: switches.from + 20 * minute, to: switches.from + 95 * minute, how: 'cut' },
    ...sites.flatMap((site) => patchNights(site, { start, end }, seed)),
  ];
}

function lastFullMonth(at: number, zone: string): Span {
  const first = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).with({ day: 1 });
  return periodBounds(zone, first.subtract({ months: 1 }).toPlainDate().toString().slice(0, 7));
}

/** Once a month at night the servers of a site are patched and restarted, one after the other, as announced. */
function patchNights({ zone, servers }: SitePlan, { start, end }: Span, seed: number): ScriptedOutage[] {
  const nights: ScriptedOutage[] = [];
  for (let date = startOf(start, zone); date.epochMilliseconds < end; date = date.add({ months: 1 })) {
    const evening = date.with({ day: 14, hour: 22, minute: 0 }).epochMilliseconds;
    Object.keys(servers).forEach((host, n) => {
      const from = evening + (5 + n * 12) * minute;
      nights.push({
        hosts: [host],
        from,
        to: from + 180_000 + Math.round(240 * noise(seed, n)) * 1000,
        how: 'restart',
      });
    });
  }
  return nights;
}

const startOf = (at: number, zone: string) =>
  Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).startOfDay();

/** What can be told from the history, and what is wrong now. */
function troublesOf(until: number, zone: string): ScriptedTrouble[] {
  const lastMonth = lastFullMonth(until, zone).start;
  const past = (host: string, kind: TroubleKind, daysAgo: number, lasts: number): ScriptedTrouble => {
    const from = until - daysAgo * day;
    return { host, kind, from, to: from + lasts };
  };
  const now = (host: string, kind: TroubleKind, since: number): ScriptedTrouble => ({
    host,
    kind,
    from: until - since,
  });
  const flapping = [0, 16, 33, 51, 70].map((after) =>
    past('ber-web-1', 'service', 24 - (after * minute) / day, 8 * minute),
  );
  /** A month without any of these would show nothing but full marks. */
  const inLastMonth = (host: string, kind: TroubleKind, afterDays: number, days: number): ScriptedTrouble => {
    const from = lastMonth + afterDays * day;
    return { host, kind, from, to: from + days * day };
  };
  return [
    inLastMonth('nyc-files-1', 'restore-failed', 6, 9),
    inLastMonth('osa-print-1', 'security-updates', 11, 8),
    past('ber-files-1', 'disk-filling', 40, 13 * hour),
    past('nyc-db-1', 'backup-late', 20, 3 * day),
    past('osa-erp-1', 'memory', 27, 5 * hour),
    past('osa-files-2', 'smart', 62, 4 * day),
    past('ber-mail-1', 'certificate', 70, 16 * day),
    ...flapping,
    now('ber-build-1', 'disk-filling', 14 * hour),
    now('osa-db-2', 'backup-late', 3.2 * day),
    now('osa-web-2', 'service', 50 * minute),
    now('nyc-web-1', 'smart', 14 * hour),
    now('ber-cedar', 'encryption', 2 * day),
    now('osa-print-1', 'security-updates', 9 * day),
  ];
}

const usualKinds: readonly TroubleKind[] = [
  'disk-filling',
  'backup-failed',
  'service',
  'cpu',
  'memory',
  'custom-critical',
];

/** Every server has something in a month or two, and it passes. */
function usualTroubles({ start, end }: Span, seed: number): ScriptedTrouble[] {
  const random = createRandom(seed + 99);
  const troubles: ScriptedTrouble[] = [];
  for (const host of sites.flatMap(({ servers }) => Object.keys(servers)))
    for (let at = start; ; ) {
      at += (15 + 50 * random()) * day;
      const kind = pick(random, usualKinds);
      const lasts =
        kind === 'backup-failed' ? 1.5 * day : (0.7 + 5 * random()) * hour + (kind === 'disk-filling' ? 9 * hour : 0);
      if (at + lasts > end - day) break;
      troubles.push({ host, kind, from: Math.round(at), to: Math.round(at + lasts) });
    }
  return troubles;
}
