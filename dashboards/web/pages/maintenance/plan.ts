/** What the form holds, and the request that is made of it. Pure. */
export const repeats = ['once', 'daily', 'weekly', 'monthly', 'cron'] as const;
export const scopes = ['site', 'group', 'tag', 'endpoint'] as const;

export interface WindowDraft {
  of: (typeof scopes)[number];
  target: string;
  reason: string;
  /** `2026-11-27T22:00` on the wall clock; empty: now. */
  from: string;
  minutes: string;
  repeat: (typeof repeats)[number];
  cron: string;
  zone: string;
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
export function bodyOf(draft: WindowDraft, now: number): object | null {
  const { of, target, from, zone, repeat } = draft;
  const reason = draft.reason.trim();
  const durationMin = Number(draft.minutes);
  if (target === '' || reason === '') return null;
  const about = { scope: { of, target }, reason };
  if (repeat !== 'once') {
    const cron = cronOf(draft);
    return cron === null ? null : { ...about, repeat: { cron, zone, durationMin } };
  }
  if (from === '') return { ...about, to: now + durationMin * 60_000 };
  const start = new Date(from).getTime();
  if (!Number.isFinite(start)) return null;
  return { ...about, from: start, to: start + durationMin * 60_000, ...(start < now - 60_000 ? { late: true } : {}) };
}
