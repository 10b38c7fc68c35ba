import { fail } from './errors.ts';

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * Reads a duration as people write it: `500ms`, `10s`, `2m`, `36h`, `14d`, or a bare number of seconds.
 * @param what names the setting in the error message
 * @returns milliseconds
 * @throws EvenkeelError BAD_DURATION
 */
export function parseDuration(text: string | number, what = 'duration'): number {
  if (typeof text === 'number') {
    if (Number.isFinite(text) && text >= 0) return text * 1000;
  } else {
    const match = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?\s*$/.exec(text);
    if (match) return Number(match[1]) * unitMs[(match[2] ?? 's') as keyof typeof unitMs];
  }
  throw fail('BAD_DURATION', { what, value: String(text) });
}

/** The largest unit that divides the duration evenly: 90000 → `90s`, 86400000 → `1d`. */
export function formatDuration(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    if (ms >= unitMs[unit] && ms % unitMs[unit] === 0) return `${ms / unitMs[unit]}${unit}`;
  }
  return `${ms}ms`;
}
