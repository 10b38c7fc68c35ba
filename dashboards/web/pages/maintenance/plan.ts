/** What the form holds, and the request that is made of it. Pure. */
import type { MaintenanceRow } from '../../../../shared/api.ts';
import { wallInstant, wallText } from '../../time/wall.ts';

export const repeats = ['once', 'daily', 'weekly', 'monthly', 'cron'] as const;
export const scopes = ['site', 'group', 'tag', 'endpoint'] as const;

export interface WindowDraft {
  of: (typeof scopes)[number];
  target: string;
  reason: string;
  /** `2026-11-27T22:00` on the wall clock of the zone; empty: now. */
  from: string;
  /** `until`: `to` says when it ends. */
  minutes: string;
  /** On the wall clock of the zone; of a repetition only the time of day. */
  to: string;
  repeat: (typeof repeats)[number];
  cron: string;
  zone: string;
  /** Of a repetition that is there; ms UTC. */
  starts?: number | undefined;
  ends?: number | undefined;
}

const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** The cron expression of a start; null without one. The wall time is that of the chosen zone, so only its digits count. */
function cronOf({ repeat, from, cron }: Pick<WindowDraft, 'repeat' | 'from' | 'cron'>): string | null {
  if (repeat === 'cron') return cron.trim() || null;
  const [, date, hour, minute] = /^(\d{4}-\d\d-\d\d)T(\d\d):(\d\d)/.exec(from) ?? [];
  if (date === undefined) return null;
  const day = new Date(`${date}T00:00Z`);
  const weekday = weekdays[day.getUTCDay()];
  const days = { daily: '*', weekly: weekday, monthly: `${weekday}#${Math.ceil(day.getUTCDate() / 7)}`, once: '*' };
  return `${Number(minute)} ${Number(hour)} * * ${days[repeat]}`;
}

/** The body of the request; null while something is missing. */
export function bodyOf(draft: WindowDraft, now: number): Record<string, unknown> | null {
  const { of, target, from, zone, repeat } = draft;
  const reason = draft.reason.trim();
  const isUntil = draft.minutes === 'until';
  const durationMin = Number(draft.minutes);
  if (target === '' || reason === '') return null;
  const about = { scope: { of, target }, reason };
  if (repeat !== 'once') {
    const cron = cronOf(draft);
    const [, until] = /(?:^|T)(\d\d:\d\d)/.exec(draft.to) ?? [];
    if (cron === null || (isUntil && until === undefined)) return null;
    // The date of a first start is more than its weekday: nothing is quiet before.
    const { starts = wallInstant(from, zone, 'open') ?? undefined, ends } = draft;
    const bounds = { ...(starts !== undefined && starts > now ? { starts } : {}), ...(ends ? { ends } : {}) };
    return { ...about, repeat: { cron, zone, ...(isUntil ? { until } : { durationMin }), ...bounds } };
  }
  const start = from === '' ? now : wallInstant(from, zone, 'open');
  const end = isUntil ? wallInstant(draft.to, zone, 'close') : start && start + durationMin * 60_000;
  if (start === null || end === null) return null;
  if (from === '') return { ...about, to: end };
  return { ...about, from: start, to: end, ...(start < now - 60_000 ? { late: true } : {}) };
}

/** A window that is there, to be changed; one that comes once is shown on the wall clock of the reader. */
export function draftOf({ scope, reason, once, repeat }: MaintenanceRow, readersZone: string): WindowDraft {
  const about = { of: scope.of, target: scope.target, reason, cron: '0 22 * * TUE#2' };
  if (once) {
    const [from, to] = [wallText(once.start, readersZone), wallText(once.end, readersZone)];
    return { ...about, from, to, minutes: 'until', repeat: 'once', zone: readersZone };
  }
  const { cron = '', zone = readersZone, durationMin = null, until, starts, ends } = repeat ?? {};
  const when = { from: '', to: until ?? '', minutes: durationMin === null ? 'until' : String(durationMin) };
  return { ...about, ...when, cron, zone, repeat: 'cron', starts: starts ?? undefined, ends: ends ?? undefined };
}

/** Of a change only what differs: a new time or place needs a new approval, a new reason does not. Null: nothing, or not yet. */
export function editOf(draft: WindowDraft, before: WindowDraft, now: number): object | null {
  const [wanted, had] = [bodyOf(draft, now), bodyOf(before, now)];
  if (!wanted) return null;
  const differs = (name: string) => JSON.stringify(wanted[name]) !== JSON.stringify(had?.[name]);
  const isMoved = ['from', 'to', 'repeat'].some(differs);
  const when = isMoved ? ['from', 'to', 'repeat', 'late'] : [];
  const names = [...['scope', 'reason'].filter(differs), ...when].filter((name) => wanted[name] !== undefined);
  return names.length === 0 ? null : Object.fromEntries(names.map((name) => [name, wanted[name]]));
}
