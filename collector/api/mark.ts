/** Where a page of a list ended: a time and an id, opaque to callers. */
import { badMark } from '../../shared/bad-mark.ts';

export function writeMark(at: number, id: string): string {
  return Buffer.from(JSON.stringify([at, id])).toString('base64url');
}

/** @throws EvenkeelError BAD_REQUEST */
export function readMark(mark: string): [at: number, id: string] {
  try {
    const [at, id] = JSON.parse(Buffer.from(mark, 'base64url').toString('utf8'));
    if (Number.isSafeInteger(at) && typeof id === 'string') return [at, id];
  } catch {
    // Falls through: the same answer for text that is no mark of ours.
  }
  throw badMark(mark);
}
