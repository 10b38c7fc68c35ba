/**
 * What has come of join codes lately, for the page that waits: who fetched the script, and whose code was refused. In memory,
 * and bounded: it is written by whoever comes.
 */
import type { EvenkeelError } from '../../shared/errors.ts';

export interface JoinLog {
  fetched(): void;
  /** @param code id of the code; null: there is no such code */
  refused(code: string | null, address: string, why: EvenkeelError): void;
  /** Since then: refusals of this code and of unknown ones, newest first, and the last fetch. */
  since(at: number, code: string): { fetchedAt: number | null; refused: JoinRefusal[] };
}

export interface JoinRefusal {
  at: number;
  address: string;
  /** Code of the error, and its words. */
  why: string;
  message: string;
  hint: string;
  /** Nobody knows whose machine it was. */
  isUnknown: boolean;
}

const mostKept = 200;
const mostShown = 5;

export function createJoinLog(now: () => number): JoinLog {
  const kept: (Omit<JoinRefusal, 'isUnknown'> & { code: string | null })[] = [];
  let fetchedAt: number | null = null;
  return {
    fetched() {
      fetchedAt = now();
    },
    refused(code, address, why) {
      kept.push({ at: now(), code, address, why: why.code, message: why.message, hint: why.hint });
      if (kept.length > mostKept) kept.shift();
    },
    since(at, code) {
      const refused = kept
        .filter((one) => one.at >= at && (one.code === code || one.code === null))
        .slice(-mostShown)
        .reverse();
      return {
        fetchedAt: fetchedAt !== null && fetchedAt >= at ? fetchedAt : null,
        refused: refused.map(({ code: of, ...one }) => ({ ...one, isUnknown: of === null })),
      };
    },
  };
}
