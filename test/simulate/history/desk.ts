/** Simulated people: they see tickets after a while, in the hours of their site, and handle them as people do. */
import type { State } from '../../../collector/state/open.ts';
import type { TicketDetail } from '../../../shared/api.ts';
import { type BusinessClock, businessClock, officeHours } from '../../../shared/calendar.ts';
import { createRandom, noise, pick } from '../random.ts';
import type { Api } from './api.ts';
import type { PlannedWork, ScriptedChange, SitePlan } from './plan.ts';
import { createPlanner } from './planner.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const lookEveryMs = 10 * minute;

export interface Desk {
  next(): number;
  run(): Promise<void>;
}

export interface DeskParts {
  seed: number;
  sites: readonly SitePlan[];
  works: readonly PlannedWork[];
  changes: readonly ScriptedChange[];
  api: Api;
  /** To look what is open. */
  state: State;
  now(): number;
}

/** One ticket in the hands of somebody. */
interface Handled {
  /** Name of the person. */
  by: string;
  /** When they do the next thing, ms UTC. */
  at: number;
  step: 'look' | 'hold' | 'resume' | 'wait' | 'done';
}

const first = ['Looking at it.', 'I have it.', 'Checking the logs.', 'Asked the users what they see.'] as const;
const cured = {
  back: ['Back; checked that everything runs.', 'Restored. Cause noted in the hand-over.', 'Works again, watched it.'],
  person: ['Done, user confirmed.', 'Solved on the phone.', 'Set up and explained.'],
} as const;
const requests = [
  'New starter needs an account',
  'Printer on the second floor prints blank pages',
  'VPN asks for the password every hour',
  'Mailbox is full',
  'Access to the shared folder of accounting',
  'Second screen is not found',
  'Licence for the drawing program',
  'Laptop is slow after the update',
] as const;
/** What a satisfied person gives is common, what an angry one gives is rare: of 20 answers. */
const ratings = [...Array(9).fill(5), ...Array(6).fill(4), 3, 3, 3, 2, 1] as readonly number[];
const remarks: Readonly<Record<number, string>> = { 5: 'Quick and kind.', 2: 'It took two days.', 1: 'It came back.' };
const users = ['Noor Haddad', 'Lena Brandt', 'Haruto Sato', 'Aoi Kimura', 'Daniel Price', 'Olivia Reyes'] as const;
const holds = [
  { reason: 'awaiting_vendor', text: 'The vendor sends a spare part.' },
  { reason: 'awaiting_requester', text: 'Waiting for the user to be back.' },
  { reason: 'awaiting_change', text: 'Needs the next night of patches.' },
] as const;

/** What a user will do: answer how satisfied they are, or call again. */
interface Coming {
  at: number;
  act(): Promise<unknown>;
}

type OpenTicket = Awaited<ReturnType<typeof openTickets>>[number];

const openTickets = (state: State) =>
  state
    .selectFrom('tickets')
    .select(['id', 'kind', 'state', 'priority', 'site', 'alert', 'opened_at', 'restored_at'])
    .where('state', 'in', ['new', 'in_progress', 'on_hold'])
    .orderBy('id')
    .execute();

export async function createDesk({ seed, sites, works, changes, api, state, now }: DeskParts): Promise<Desk> {
  const random = createRandom(seed + 4711);
  const handled = new Map<number, Handled>();
  const coming: Coming[] = [];
  /** Asked for twice: the ticket of the second time, and the first one. */
  const repeats = new Map<number, number>();
  const reopened = new Set<number>();
  const people = new Map<string, readonly string[]>();
  const clocks = new Map<string, BusinessClock>();
  for (const { name: site, zone, desk } of sites) {
    clocks.set(site, businessClock(officeHours(zone)));
    for (const name of desk) await api.join(name);
    people.set(site, desk);
  }
  const siteOf = (ticket: { site: string | null }) => sites.find(({ name }) => name === ticket.site) ?? sites[0];
  const chance = (id: number, step: number) => noise(seed * 31 + id, step);
  const announced = [...works].sort((a, b) => a.enteredAt - b.enteredAt);
  const planner = createPlanner(changes, api, state, (site) => people.get(site)?.[0]);
  let lookAt = now();
  let askAt = now() + day * random();

  /** The next moment at which they work; what is urgent reaches them at any time. */
  function atWork(site: string, at: number, priority: number): number {
    if (priority <= 2) return at;
    return clocks.get(site)?.open(at, at + 7 * day)[0]?.start ?? at;
  }

  function takeUp(ticket: OpenTicket): void {
    const site = siteOf(ticket)?.name ?? '';
    const staff = people.get(site) ?? [];
    const longest = [0, 12, 45, 150, 400, 600][ticket.priority] ?? 600;
    const seenAt = ticket.opened_at + minute * (3 + longest * chance(ticket.id, 1));
    const by = staff[Math.floor(chance(ticket.id, 2) * staff.length)];
    // Some of the small ones are gone before anybody looks.
    const isLeft = ticket.priority >= 4 && ticket.kind !== 'person' && chance(ticket.id, 3) < 0.3;
    const at = isLeft ? seenAt + 6 * hour : seenAt;
    if (by) handled.set(ticket.id, { by, at: atWork(site, at, ticket.priority), step: 'look' });
  }

  async function proceed(ticket: OpenTicket, mine: Handled): Promise<void> {
    const { id, priority, kind } = ticket;
    const as = mine.by;
    const site = siteOf(ticket)?.name ?? '';
    const later = (ms: number) => atWork(site, Math.round(now() + ms), priority);
    const act = (name: string, body: object) => api.call('POST', `/api/v1/tickets/${id}/${name}`, body, as);
    if (mine.step === 'look' && kind === 'person' && (await isDropped(id, act))) mine.step = 'done';
    else if (mine.step === 'look') {
      const isTaken =
        ticket.alert !== null &&
        ticket.restored_at === null &&
        (await api.attempt('POST', `/api/v1/alerts/${ticket.alert}/acknowledge`, { note: 'seen' }, as));
      if (!isTaken) await act('assign', { assignee: mine.by });
      await act('comment', { text: pick(random, first), public: true });
      if (ticket.state === 'new')
        await api.attempt('POST', `/api/v1/tickets/${id}/state`, { state: 'in_progress' }, as);
      mine.step = priority >= 3 && chance(id, 4) < 0.2 ? 'hold' : 'wait';
      const work = kind === 'person' ? (0.5 + 30 * chance(id, 5) ** 3) * hour : (5 + 30 * chance(id, 5)) * minute;
      mine.at = later(work);
    } else if (mine.step === 'hold') {
      const until = later((4 + 40 * chance(id, 6)) * hour);
      await act('state', { state: 'on_hold', ...pick(random, holds), until });
      Object.assign(mine, { step: 'resume', at: until });
    } else if (mine.step === 'resume') {
      await act('state', { state: 'in_progress' });
      Object.assign(mine, { step: 'wait', at: later(30 * minute) });
    } else if (mine.step === 'wait') {
      // What still fires is not done.
      if (kind !== 'person' && ticket.restored_at === null) {
        mine.at = now() + 15 * minute;
        return;
      }
      if (kind !== 'person') await stateImpact(id, as);
      const done = await act('resolve', { text: pick(random, kind === 'person' ? cured.person : cured.back) });
      mine.step = 'done';
      if (kind === 'person' && comesBack(id)) {
        const text = 'The user called: it is the same again.';
        coming.push({ at: later((1 + 15 * chance(id, 13)) * hour), act: () => act('reopen', { text }) });
      } else giveLink(id, (done as TicketDetail).ratingToken);
    }
  }

  /** What is not solved for good is noticed once, on the same day or the next. */
  function comesBack(id: number): boolean {
    if (chance(id, 12) >= 0.08 || reopened.has(id)) return false;
    reopened.add(id);
    return true;
  }

  /** Asked for twice, or not needed any more by the time that somebody looks. */
  async function isDropped(id: number, act: (name: string, body: object) => Promise<unknown>): Promise<boolean> {
    const first = repeats.get(id);
    if (first !== undefined) await act('links', { kind: 'duplicate', target: String(first) });
    else if (chance(id, 11) < 0.05 && !reopened.has(id) && ![...repeats.values()].includes(id))
      await act('state', { state: 'cancelled', reason: 'not_an_issue', text: 'The user says that it works again.' });
    else return false;
    return true;
  }

  /** Who asked gets the link by which they can say how satisfied they are. Many never use it. */
  function giveLink(id: number, token: string | null): void {
    if (token === null || chance(id, 8) < 0.35) return;
    const rating = ratings[Math.floor(chance(id, 9) * ratings.length)] ?? 5;
    const comment = remarks[rating];
    const body = { rating, ...(comment ? { comment } : {}) };
    const at = now() + Math.round(hour * (0.2 + 60 * chance(id, 10) ** 3));
    coming.push({ at, act: () => api.call('POST', `/api/v1/rate/${token}`, body, null) });
  }

  /** What was estimated, confirmed; sometimes it was not as bad for everybody. */
  async function stateImpact(id: number, as: string): Promise<void> {
    const path = `/api/v1/tickets/${id}/impact`;
    const { segments } = (await api.call('GET', path, undefined, as)) as { segments: { end: number | null }[] };
    if (segments.length === 0 || segments.some(({ end }) => end === null)) return;
    const factor = chance(id, 7) < 0.5 ? 1 : 0.8;
    const stated = segments.map((segment) => ({ ...segment, factor }));
    await api.call('PUT', path, { segments: stated, reason: 'asked the team leads' }, as);
  }

  async function ask(): Promise<void> {
    const site = pick(random, sites);
    const asker = pick(random, people.get(site.name) ?? []);
    const wish = { title: pick(random, requests), impact: 3, urgency: 2 + Math.floor(random() * 2) };
    const from = { requester: pick(random, users), channel: pick(random, ['phone', 'mail']), category: 'request' };
    if (!asker) return;
    const body = { ...wish, ...from };
    const { row } = (await api.call('POST', '/api/v1/tickets', body, asker)) as TicketDetail;
    // Some ask by mail as well, where somebody else writes it down.
    if (chance(row.id, 14) >= 0.07) return;
    const again = { ...body, channel: 'mail' };
    const second = (await api.call('POST', '/api/v1/tickets', again, people.get(site.name)?.at(-1))) as TicketDetail;
    repeats.set(second.row.id, row.id);
  }

  async function announce({ site, reason, when }: PlannedWork): Promise<void> {
    const scope = { of: 'site', target: site };
    await api.call('POST', '/api/v1/maintenance', { scope, reason, ...when }, people.get(site)?.[0]);
  }

  return {
    next: () =>
      Math.min(lookAt, askAt, announced[0]?.enteredAt ?? Infinity, planner.next(), ...coming.map((one) => one.at)),
    async run() {
      const at = now();
      while (announced[0] && announced[0].enteredAt <= at) await announce(announced.shift() as PlannedWork);
      await planner.run(at);
      for (const one of coming.filter((due) => due.at <= at)) {
        coming.splice(coming.indexOf(one), 1);
        await one.act();
      }
      if (at >= askAt) {
        await ask();
        askAt = at + day * (0.2 + 1.6 * random());
      }
      if (at < lookAt) return;
      lookAt = at + lookEveryMs;
      for (const ticket of await openTickets(state)) {
        if (!handled.has(ticket.id)) takeUp(ticket);
        const mine = handled.get(ticket.id);
        // Reopened after it was done: once more from the beginning.
        if (mine?.step === 'done') Object.assign(mine, { step: 'look', at: atWork(ticket.site ?? '', at + hour, 3) });
        if (mine && mine.at <= at) await proceed(ticket, mine);
      }
    },
  };
}
