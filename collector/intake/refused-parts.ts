/**
 * What was refused of a message whose rest was stored: each part with its path in the message, the reason and the value as
 * it came. Grouped by cause, and bounded: a message may have thousands of bad parts.
 */
import type { EvenkeelError } from '../../shared/errors.ts';

/** Enough to find the cause. Parts of further causes are counted and kept with the last of these. */
const causesAtMost = 20;
const partsAtMost = 20;
const sampleBytes = 4096;
/** A longer value is cut, so that at least one part fits into every sample. */
const valueCharacters = 500;

export interface RefusedPart {
  /** As in errors of the shape: `message.metrics.3.fields.name`. */
  path: string;
  reason: string;
  value: unknown;
}

export interface PartlyRefused {
  /** Why the first part was refused. */
  error: EvenkeelError;
  /** All parts; of them the first few are in `parts`. */
  count: number;
  parts: RefusedPart[];
}

export function createRefusedParts() {
  const causes = new Map<string, PartlyRefused>();
  let last: PartlyRefused | undefined;
  return {
    /** @param reasonOf called only for a part that is kept: an error is expensive */
    add(cause: string, path: string, value: unknown, reasonOf: () => EvenkeelError): void {
      let found = causes.get(cause) ?? (causes.size < causesAtMost ? undefined : last);
      if (found && found.parts.length >= partsAtMost) {
        found.count++;
        return;
      }
      const error = reasonOf();
      if (!found) {
        found = { error, count: 0, parts: [] };
        causes.set(cause, found);
        last = found;
      }
      found.count++;
      found.parts.push({ path, reason: error.message, value });
    },
    all: () => [...causes.values()],
  };
}
export type RefusedParts = ReturnType<typeof createRefusedParts>;

/** JSON of as many whole parts as fit. */
export function sampleOf(parts: readonly RefusedPart[]): Buffer {
  const kept: string[] = [];
  let size = 2;
  for (const part of parts) {
    const value = JSON.stringify(part.value);
    const cut = value.length > valueCharacters ? `${value.slice(0, valueCharacters)}…` : part.value;
    const text = JSON.stringify({ ...part, value: cut });
    size += Buffer.byteLength(text) + 1;
    if (size > sampleBytes) break;
    kept.push(text);
  }
  return Buffer.from(`[${kept.join(',')}]`);
}

/** @param row of the table `quarantine`; null where the whole message was refused */
export function refusedPartsIn(row: { parts: number | null; sample: string }) {
  if (row.parts === null) return null;
  return { count: row.parts, list: JSON.parse(Buffer.from(row.sample, 'base64').toString('utf8')) as RefusedPart[] };
}
