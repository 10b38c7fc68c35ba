/**
 * Why something is as it is: a code and its values. Agents send these in place of sentences, so that each person reads
 * them in their own language (`words/en/reasons.ts` and its like, one entry per code). What another program printed is a
 * value as well: it stays as it was printed, and is shown as a quotation.
 *
 * The name of a value determines how its number is shown: `…_at` is a time and `…_on` a day (ms since 1970, UTC), `…_s`
 * a duration in seconds, `…_bytes` and `…_percent` are those; every other one is a plain number.
 */

import type { Reason, Reasons } from './inventory.ts';
import { withoutSecrets } from './secrets.ts';
import type { reasons } from './words/en/reasons.ts';

export type { Reason, Reasons } from './inventory.ts';

/** A code that has no word fails the build, and so does one whose word wants a value that is not given. */
export type ReasonCode = keyof typeof reasons;
type NamesIn<Text> = Text extends `${string}{{${infer Name}}}${infer Rest}` ? Name | NamesIn<Rest> : never;
type ValuesOf<Code extends ReasonCode> = { readonly [Name in NamesIn<(typeof reasons)[Code]>]: string | number | null };

/** Longest text that a value may be, and most reasons in a list: what the schema in inventory.ts takes. */
const maxText = 2000;
export const maxReasons = 20;

/** What is not known is shown as such. */
const shownAs = (value: string | number | null) =>
  typeof value === 'string' ? clip(value, maxText) : value === null || !Number.isFinite(value) ? '?' : value;

export function reason<Code extends ReasonCode>(
  code: Code,
  ...[values]: [NamesIn<(typeof reasons)[Code]>] extends [never] ? [] : [ValuesOf<Code>]
): Reason {
  if (values === undefined) return { code };
  return {
    code,
    params: Object.fromEntries(
      Object.entries<string | number | null>(values).map(([name, value]) => [name, shownAs(value)]),
    ),
  };
}

/** The message of a program without the secrets in it, before it is cut; no reason where there was none. */
export const quotation = (text: string | null | undefined): Reason[] =>
  text ? [reason('said', { text: withoutSecrets(text) })] : [];

/** Always as a list: agents before 0.2 sent one sentence. */
export function reasonsIn(reasons: Reasons | null | undefined): Reason[] {
  if (typeof reasons === 'string') return reasons === '' ? [] : [reason('verbatim', { text: reasons })];
  return reasons ?? [];
}

/** The reasons that there are, as one list; null when there are none. */
export function joinReasons(...parts: readonly (readonly Reason[] | Reason | null)[]): Reason[] | null {
  const all = parts.flatMap((part) => part ?? []);
  return all.length === 0 ? null : all.slice(0, maxReasons);
}

/** For logs, which show codes: `not_installed (program: lvs), said (text: …)`. */
export const reasonsInLog = (reasons: readonly Reason[]): string =>
  reasons
    .map(({ code, params = {} }) => {
      const values = Object.entries(params).map(([name, value]) => `${name}: ${value}`);
      return values.length === 0 ? code : `${code} (${values.join(', ')})`;
    })
    .join(', ');

/** A failure that carries its reasons. */
export class ReasonedError extends Error {
  readonly reasons: readonly Reason[];
  constructor(...reasons: readonly Reason[]) {
    super(reasonsInLog(reasons));
    this.name = 'ReasonedError';
    this.reasons = reasons;
  }
}

/** Of anything that was thrown. By its fields: an error that came out of another copy of this module means the same. */
export function reasonsOf(thrown: unknown): Reason[] {
  const {
    reasons,
    code,
    path,
    message = String(thrown),
  } = (thrown ?? {}) as Partial<ReasonedError & NodeJS.ErrnoException>;
  if (Array.isArray(reasons)) return reasons.slice(0, maxReasons);
  if (typeof code === 'string' && typeof path === 'string') return [reason('not_readable', { path, error: code })];
  // Whatever has a field of that name can be thrown.
  return quotation(String(message));
}

/** At most `max` characters, cut in the middle: a long text begins with what failed and ends with why. */
export function clip(text: string, max: number): string {
  if (text.length <= max) return text;
  const head = Math.ceil((max - 1) / 2);
  return `${text.slice(0, head)}…${text.slice(text.length - (max - 1 - head))}`;
}
