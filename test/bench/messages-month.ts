/** A month of 200 endpoints at five sites: what goes wrong, when and for how long, and who is on call. The same in each run. */
import { createChangeFeed } from '../../collector/change-feed.ts';
import { groupDefaults } from '../../collector/notify/group-settings.ts';
import type { ChannelRoute } from '../../collector/notify/route.ts';
import { readRouting } from '../../collector/routing/file.ts';
import { createRouting } from '../../collector/routing/open.ts';
import { openState } from '../../collector/state/open.ts';
import { silentLog } from '../../shared/log.ts';
import { hour, insertEndpoint, minute, openScene, type Scene } from '../collector/alerts/scene.ts';
import { type Machine, makeMachine } from '../simulate/machine.ts';
import { createRandom } from '../simulate/random.ts';
import type { Trouble, TroubleKind } from '../simulate/troubles.ts';
import type { Gap } from '../simulate/week.ts';
import { freshPlace } from '../support/state.ts';

export const day = 24 * hour;
export const startAt = Date.parse('2026-03-02T00:00:00Z');
export const count = 200;
const siteNames = ['berlin', 'osaka', 'lyon', 'leeds', 'porto'];

export interface Fault {
  name: string;
  endpoints: string[];
  /** ms since the start; `to` null: it stands to the end. */
  from: number;
  to: number | null;
  /** Families that may speak of it. */
  rules: readonly string[];
}

export interface Month {
  machines: Map<string, Machine>;
  sites: Map<string, string>;
  gaps: Gap[];
  faults: Fault[];
}

const silent = ['server-down', 'site-down', 'collector-isolated'];
const speaks: Partial<Record<TroubleKind, readonly string[]>> = {
  'disk-filling': ['disk-space', 'disk-full-soon'],
  'backup-failed': ['backup-failed', 'backup-late-server'],
  service: ['service-down'],
  'security-updates': ['security-updates'],
  smart: ['disk-health'],
  'array-degraded': ['array-health'],
  memory: ['memory'],
};

export function makeMonth(random = createRandom(11)): Month {
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

  function trouble(name: string, endpoints: string[], kind: TroubleKind, from: number, to: number | null): void {
    for (const endpoint of endpoints) {
      const machine = machines.get(endpoint) as Machine;
      const one: Trouble = { kind, from: startAt + from, ...(to === null ? {} : { to: startAt + to }) };
      machines.set(endpoint, { ...machine, troubles: [...machine.troubles, one] });
    }
    faults.push({ name, endpoints, from, to, rules: speaks[kind] ?? [] });
  }
  function cut(name: string, endpoints: string[], from: number, to: number): void {
    gaps.push(...endpoints.map((endpoint) => ({ endpoint, from, to })));
    faults.push({ name, endpoints, from, to, rules: silent });
  }
  const ofSite = (site: string) => [...sites].filter(([, one]) => one === site).map(([id]) => id);

  cut('site osaka is cut off for 35 min', ofSite('osaka'), at(4, 3), at(4, 3) + 35 * minute);
  cut('site leeds is cut off for 2 h', ofSite('leeds'), at(17, 14), at(17, 16));
  for (let n = 0; n < 5; n++) cut('a server is gone', [any(servers)], at(2 + 5 * n, 5 + n), at(2 + 5 * n, 6 + 2 * n));
  // Comes and goes for three hours.
  const loose = servers[3] as string;
  for (let n = 0; n < 9; n++)
    gaps.push({ endpoint: loose, from: at(9, 1) + n * 20 * minute, to: at(9, 1) + (n * 20 + 10) * minute });
  const goes = { name: 'a server comes and goes for 3 h', endpoints: [loose], rules: silent };
  faults.push({ ...goes, from: at(9, 1), to: at(9, 4) });
  for (let n = 0; n < 4; n++)
    trouble('a disk fills up', [any(servers)], 'disk-filling', at(3 + 6 * n, 8), at(4 + 6 * n, 10));
  for (let n = 0; n < 6; n++)
    trouble('a backup fails', [any(servers)], 'backup-failed', at(1 + 4 * n, 0), at(3 + 4 * n, 0));
  for (let n = 0; n < 3; n++)
    trouble('a service is down', [any(servers)], 'service', at(6 + 7 * n, 11), at(6 + 7 * n, 13));
  trouble('updates are due on twelve servers', servers.slice(20, 32), 'security-updates', at(8, 0), at(11, 0));
  trouble('a disk is failing', [any(servers)], 'smart', at(20, 2), null);
  const linux = servers.filter((id) => machines.get(id)?.os.platform === 'linux');
  trouble('an array is degraded', [any(linux)], 'array-degraded', at(22, 2), at(23, 2));
  for (let n = 0; n < 3; n++) trouble('memory is full', [any(linux)], 'memory', at(5 + 8 * n, 15), at(5 + 8 * n, 16));

  // Sunday night the servers of berlin are worked on, and are away for some minutes each.
  const maintained = ofSite('berlin').filter((id) => servers.includes(id));
  for (let week = 0; week < 4; week++)
    for (const [n, endpoint] of maintained.entries()) {
      const from = at(6 + 7 * week, 2) + 10 * minute + (n % 10) * 10 * minute;
      gaps.push({ endpoint, from, to: from + 15 * minute });
    }
  return { machines, sites, gaps, faults };
}

/** Ann and Bob have the call in turn by weeks; Cat is next where they do not react. Warnings do not wake anybody. */
const people = {
  schedules: [
    {
      name: 'primary',
      zone: 'Europe/Berlin',
      layers: [{ name: 'all', users: ['ann', 'bob'], rotation: { unit: 'week', every: 1, start: '2026-01-05T09:00' } }],
    },
  ],
  policies: [
    {
      name: 'operations',
      steps: [
        { targets: ['schedule:primary'], wait: '15m' },
        { targets: ['person:cat'], wait: '15m' },
      ],
      fallback: 'channel:chat',
    },
  ],
  people: ['ann', 'bob', 'cat'].map((name) => ({
    name,
    ways: [{ channel: 'mail', address: `${name}@example.org` }],
    quiet: { zone: 'Europe/Berlin', start: '22:00', end: '07:00' },
  })),
  routes: {
    receivers: ['policy:operations'],
    children: [{ name: 'warnings', match: ['severity="warning"'], receivers: ['schedule:primary'] }],
  },
};

/** Everything on, as a collector has it by default; only the people are set up. */
export async function openMonth({ machines, sites }: Month): Promise<Scene> {
  const state = await openState(freshPlace());
  for (const name of ['ann', 'bob', 'cat']) {
    const user = { id: name, name, password_hash: '', role: 'operator' as const, created_at: 0, disabled_at: null };
    await state.insertInto('users').values(user).execute();
  }
  for (const [id, { kind }] of machines) await insertEndpoint(state, id, kind, sites.get(id) ?? null);
  const channel = (name: string): ChannelRoute => ({
    ...{ name, severities: ['warning', 'critical'] },
    channel: { kind: 'recorder', send: async () => undefined },
  });
  const routes = [channel('mail'), channel('chat')];
  const { documents, faults } = readRouting(people);
  if (faults.length > 0) throw new Error(JSON.stringify(faults));
  const { routing } = await createRouting({
    ...{ state, file: documents, channels: () => routes, now: () => startAt },
    ...{ changeFeed: createChangeFeed(), log: silentLog, onChange: () => undefined },
  });
  return openScene({ state, routes, receivers: routing, startAt, notify: groupDefaults });
}
