/** Endpoints with a history of signals, as rows of state: what the KPIs are computed from. */
import type { EndpointKind } from '../../collector/fleet/fleet.ts';
import { chunks } from '../../collector/state/chunks.ts';
import { openState, type State } from '../../collector/state/open.ts';
import { freshPlace } from './state.ts';

export const instant = (text: string) => Temporal.Instant.from(text).epochMilliseconds;
const hour = 3_600_000;

export const endpointId = (n: number) => `e${String(n).padStart(11, '0')}`;

export async function putEndpoint(
  state: State,
  n: number,
  more: { kind?: EndpointKind; site?: string; enrolledAt?: number } = {},
): Promise<string> {
  const id = endpointId(n);
  await state
    .insertInto('endpoints')
    .values({
      id,
      bucket: '00',
      name: `box-${String(n).padStart(4, '0')}`,
      kind: more.kind ?? 'server',
      kind_why: 'test',
      site: more.site ?? null,
      tags: '[]',
      platform: 'linux',
      arch: 'x64',
      version: null,
      secret_hash: '',
      enrolled_at: more.enrolledAt ?? 0,
      retired_at: null,
      state: 'online',
      state_reason: null,
      state_since: 0,
      session: null,
      boot_id: null,
      last_seen_at: null,
      interval_ms: 10_000,
      clock_offset_ms: null,
    })
    .execute();
  return id;
}

export interface SignalParts {
  endpoint: string;
  at: number;
  kind: 'online' | 'offline' | 'lost' | 'silent' | 'backlog';
  reason?: string | null;
  lastSeen?: number | null;
  bootId?: string | null;
  birth?: object | null;
}

export async function putSignals(state: State, signals: readonly SignalParts[]): Promise<void> {
  const rows = signals.map(({ lastSeen, bootId, birth, reason, ...rest }) => ({
    ...rest,
    session: null,
    reason: reason ?? null,
    last_seen: lastSeen ?? null,
    boot_id: bootId ?? null,
    birth: birth == null ? null : JSON.stringify(birth),
  }));
  for (const some of chunks(rows)) await state.insertInto('signals').values(some).execute();
}

/** A month of a fleet that this collector has watched without a break. Each endpoint is away `absences` times for an hour. */
export async function openHistory(
  parts: { endpoints: number; from: number; to: number; absences: number },
  kindOf: (n: number) => EndpointKind = () => 'server',
): Promise<State> {
  const { endpoints, from, to, absences } = parts;
  const state = await openState(freshPlace());
  await state
    .insertInto('watches')
    .values({ from_at: from - 24 * hour, to_at: to, clean: 0 })
    .execute();
  for (let n = 0; n < endpoints; n++) await putEndpoint(state, n, { kind: kindOf(n) });
  const signals: SignalParts[] = [];
  for (let n = 0; n < endpoints; n++) {
    const endpoint = endpointId(n);
    const born = { started_at: 1, previous_shutdown: 'clean', uptime_s: 3600 };
    signals.push({ endpoint, at: from - hour, kind: 'online', bootId: 'a', birth: born });
    for (let k = 0; k < absences; k++) {
      const at = from + Math.floor(((to - from) / absences) * k) + (n % 60) * 60_000;
      signals.push({ endpoint, at, kind: 'offline', reason: 'restart' });
      signals.push({ endpoint, at: at + hour, kind: 'online', bootId: `b${k}`, birth: { ...born, uptime_s: 60 } });
    }
  }
  await putSignals(state, signals);
  return state;
}

/** The same state, with a count of the queries that are made through it. */
export function counted(state: State): { state: State; queries: () => number } {
  let queries = 0;
  const counting = state.withPlugin({
    transformQuery({ node }) {
      queries++;
      return node;
    },
    transformResult: async ({ result }) => result,
  });
  return { state: counting, queries: () => queries };
}

/** Alerts with the lines of their history: code and time. */
export async function putAlerts(
  state: State,
  alerts: readonly { id: string; endpoint: string; resolvedAt: number | null; events: [code: string, at: number][] }[],
): Promise<void> {
  const rows = alerts.map(({ id, endpoint, resolvedAt, events }) => ({
    id,
    key: id,
    active_key: resolvedAt === null ? id : null,
    rule: 'disk-space',
    endpoint,
    metric: 'disk.used_percent',
    tags: '{}',
    state: resolvedAt === null ? ('firing' as const) : ('resolved' as const),
    severity: 'warning' as const,
    value: 91,
    threshold: 90,
    pending_at: events[0]?.[1] ?? 0,
    fired_at: events[0]?.[1] ?? 0,
    resolved_at: resolvedAt,
    resolved_why: null,
    acknowledged_at: null,
    acknowledged_by: null,
    acknowledged_note: null,
    acknowledged_until: null,
    acknowledged_sticky: 0 as const,
    handed_to: null,
    handed_until: null,
    first_acknowledged_at: null,
    flapping: 0 as const,
    calm: 0 as const,
    ticket: null,
    updated_at: 0,
  }));
  const lines = alerts.flatMap(({ id, events }) =>
    events.map(([code, at]) => ({
      ...{ alert: id, at, code, rule: 'disk-space', severity: 'warning' as const, value: 91, params: '{}' },
      actor: code === 'acknowledged' ? 'ada' : 'monitor',
    })),
  );
  for (const some of chunks(rows)) await state.insertInto('alerts').values(some).execute();
  for (const some of chunks(lines)) await state.insertInto('alert_events').values(some).execute();
}
