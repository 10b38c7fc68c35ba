/**
 * Loaded into a real collector by `node --import`: ends its process with SIGKILL at one statement of its state, before or
 * after it ran. Where is read from the file named by KILL_AT (`point` and a text, one a line): there is no kill without it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { isMainThread } from 'node:worker_threads';

export const killPoints = [
  'nothing of the batch written',
  'alert written, not committed',
  'all written, not committed',
  'committed, not announced',
  'attempt not counted',
  'marked',
  'attempt counted, not sent',
  'answered, not marked',
] as const;
/** Of the month, or of the site, that stands in the file. */
export const closePoints = ['month computed, not kept', 'month kept'] as const;
export type KillPoint = (typeof killPoints)[number];
type Point = KillPoint | (typeof closePoints)[number];

const file = process.env.KILL_AT;
if (file && isMainThread) watch(file);

function watch(file: string): void {
  /** The transaction that is open is about the text of the file. */
  let isOurs = false;
  /** A change has a transaction of its own on PostgreSQL. */
  let isOpen = false;
  let isMonth = false;

  function pointsAt(text: string, parameters: readonly unknown[], about: string): { before?: Point; after?: Point } {
    if (/^begin/i.test(text)) {
      isOurs = false;
      isMonth = false;
      isOpen = true;
    }
    if (/^commit/i.test(text)) isOpen = false;
    if (/^commit/i.test(text) && isMonth) return { after: 'month kept' };
    if (/^insert into "?closed_months"?/i.test(text) && parameters.includes(about)) {
      isMonth = true;
      return { before: 'month computed, not kept', ...(isOpen ? {} : { after: 'month kept' }) };
    }
    if (/^commit/i.test(text) && isOurs)
      return { before: 'all written, not committed', after: 'committed, not announced' };
    if (/^update "?deliveries"? set .*\battempts\b/i.test(text))
      return { before: 'attempt not counted', after: 'attempt counted, not sent' };
    if (/^update "?deliveries"? set .*\bstate\b.* where/i.test(text))
      return { before: 'answered, not marked', after: 'marked' };
    if (!parameters.some((value) => String(value).includes(about))) return {};
    const isFirst = !isOurs;
    isOurs = true;
    return {
      ...(isFirst ? { before: 'nothing of the batch written' } : {}),
      ...(/^insert into "?alerts"?/i.test(text) ? { after: 'alert written, not committed' } : {}),
    };
  }

  let wanted = '';

  function pointNow(text: string, parameters: readonly unknown[]): ReturnType<typeof pointsAt> {
    if (!existsSync(file)) return {};
    const [point = '', about = ''] = readFileSync(file, 'utf8').split('\n');
    wanted = point;
    return pointsAt(text, parameters, about);
  }

  function kill(point: Point | undefined): void {
    if (point !== undefined && point === wanted) process.kill(process.pid, 'SIGKILL');
  }

  function around<T>(text: string, parameters: readonly unknown[], run: () => T): T {
    const { before, after } = pointNow(text, parameters);
    kill(before);
    const result = run();
    kill(after);
    return result;
  }

  const { prepare } = DatabaseSync.prototype;
  DatabaseSync.prototype.prepare = function (text) {
    const statement = prepare.call(this, text);
    for (const method of ['run', 'all', 'get'] as const) {
      const call = statement[method].bind(statement) as (...parameters: unknown[]) => never;
      statement[method] = (...parameters: unknown[]) => around(text, parameters, () => call(...parameters));
    }
    return statement;
  };
  // Loaded by the collector only where it is needed, and so here.
  if (process.env.EVENKEEL_STATE) void watchPostgres();

  async function watchPostgres(): Promise<void> {
    const { Client } = await import('pg');
    const query = Client.prototype.query as (text: string, parameters?: unknown[]) => Promise<unknown>;
    Client.prototype.query = async function (this: unknown, text: string, parameters?: unknown[]) {
      const { before, after } = pointNow(text, parameters ?? []);
      kill(before);
      const result = await query.call(this, text, parameters);
      kill(after);
      return result;
    } as never;
  }
}
