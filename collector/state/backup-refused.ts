/** Why a copy was not made. */
import { EvenkeelError } from '../../shared/errors.ts';
import type { Reason } from '../../shared/reason.ts';
import { formatReasons } from '../../shared/words/reasons.ts';

/** @param why @param todo what to do now; both as codes, for readers of every language */
export function backupRefused(what: string, why: Reason, todo: Reason, thrown?: unknown): EvenkeelError {
  const values = { what, reason: formatReasons('en', [why]), todo: `${formatReasons('en', [todo])}.` };
  return new EvenkeelError('BACKUP_REFUSED', values, thrown, [], [why, todo]);
}
