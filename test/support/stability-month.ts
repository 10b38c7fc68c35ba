/**
 * October 2026 of two sites, as rows of state: an outage that stopped Berlin, a server of Osaka that was down without a
 * ticket, a workstation that is asleep, a late answer. What the Stability page and the page of an incident tell about.
 */
import { blankTicket } from '../../collector/tickets/events.ts';
import type { Clock } from '../../shared/clock.ts';
import type { InProcess } from './collector.ts';
import { endpointId, instant, putAlerts, putEndpoint, putSignals } from './fleet-history.ts';

export const zone = 'Europe/Berlin';
export const now = instant('2026-11-10T12:00:00Z');
export const clock: Clock = { now: () => now, monotonic: () => performance.now() };
export const start = instant('2026-09-30T22:00:00Z');
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** Friday 9 October, 13:14 to 16:41 in Berlin. */
export const outage = { start: instant('2026-10-09T11:14:00Z'), end: instant('2026-10-09T14:41:00Z') };
/** Monday 19 October, a night of Osaka, and the endpoint. */
export const night = { start: instant('2026-10-19T14:00:00Z'), end: instant('2026-10-19T20:00:00Z'), server: 12 };
export const people = { Berlin: 140, Osaka: 60 };

type Place = Pick<InProcess, 'state' | 'call'>;

async function sites({ call }: Place): Promise<void> {
  for (const [name, where, count] of [
    ['Berlin', zone, people.Berlin],
    ['Osaka', 'Asia/Tokyo', null],
  ]) {
    const body = { name, zone: where, ...(count === null ? {} : { people: count }) };
    const made = await call('/api/v1/sites', { method: 'POST', as: 'manager', body });
    if (made.status !== 201) throw new Error(made.text);
  }
}

/** Servers 0 to 5 and workstations 6 to 11 of Berlin, servers 12 to 16 of Osaka; numbers 0 to 3 have the outage. */
async function endpoints({ state }: Place): Promise<void> {
  await state
    .insertInto('watches')
    .values({ from_at: start - 40 * day, to_at: now, clean: 0 })
    .execute();
  for (let n = 0; n < 17; n++) {
    const kind = n >= 6 && n < 12 ? 'workstation' : 'server';
    const endpoint = await putEndpoint(state, n, { kind, site: n < 12 ? 'Berlin' : 'Osaka' });
    await putSignals(state, [{ endpoint, at: start - 35 * day, kind: 'online', bootId: 'a' }]);
    const away = n < 4 ? outage : n === night.server ? night : null;
    if (away)
      await putSignals(state, [
        { endpoint, at: away.start + minute, kind: 'lost', lastSeen: away.start },
        {
          ...{ endpoint, at: away.end, kind: 'online', bootId: 'b' },
          birth: { previous_shutdown: 'unclean', uptime_s: 30 },
        },
      ]);
    if (n === 11) await putSignals(state, [{ endpoint, at: start + 20 * day, kind: 'offline', reason: 'sleep' }]);
  }
}

async function tickets({ state }: Place): Promise<void> {
  const [opened, answered] = [outage.start + 3 * minute, outage.start + 5 * minute];
  await state
    .insertInto('tickets')
    .values([
      {
        ...blankTicket('incident/berlin', opened),
        ...{ kind: 'incident', site: 'Berlin', rule: 'server-down', priority: 1, impact: 1, urgency: 1 },
        ...{ state: 'resolved', open_key: null, touched_at: answered, resolved_at: outage.end },
        ...{ restored_at: outage.end, updated_at: outage.end },
      },
      {
        ...blankTicket('person/late', start + 5 * day),
        ...{ kind: 'person', title: 'Printer of the second floor', priority: 3, updated_at: start + 5 * day },
      },
    ])
    .execute();
  const event = { ticket: 1, kind: 'state', from_state: null, to_state: null, text: null, data: null } as const;
  await state
    .insertInto('ticket_events')
    .values([
      { ...event, at: opened, actor: 'monitor', kind: 'opened', to_state: 'new' },
      { ...event, at: answered, actor: 'ana', from_state: 'new', to_state: 'in_progress' },
      { ...event, at: answered + 20 * minute, actor: 'ana', kind: 'comment', text: 'The switch in rack 2 is dead.' },
      { ...event, at: outage.end, actor: 'ana', from_state: 'in_progress', to_state: 'resolved' },
      { ...event, ticket: 2, at: start + 5 * day, actor: 'bo', kind: 'opened', to_state: 'new' },
    ])
    .execute();
  await putAlerts(
    state,
    [0, 1, 2, 3].map((n) => ({
      ...{ id: `silent${n}`, endpoint: endpointId(n), resolvedAt: outage.end + minute },
      events: [
        ['pending', outage.start + minute],
        ['firing', outage.start + 2 * minute],
        ...(n === 0 ? [['acknowledged', outage.start + 4 * minute]] : []),
        ['resolved', outage.end + minute],
      ] as [string, number][],
    })),
  );
  await state
    .updateTable('alerts')
    .set({ rule: 'server-down', metric: 'endpoint.silent', severity: 'critical', ticket: 1 })
    .set({ pending_at: outage.start + minute, fired_at: outage.start + 2 * minute })
    .execute();
  const acknowledged = { first_acknowledged_at: outage.start + 4 * minute };
  await state.updateTable('alerts').set(acknowledged).where('id', '=', 'silent0').execute();
}

export async function putMonth(place: Place): Promise<void> {
  await sites(place);
  await endpoints(place);
  await tickets(place);
}
