/**
 * What is counted in the logs of the machine: key `logs` of `checks.yaml` in the agent's folder. Never from the collector:
 * whoever may choose a pattern and see its count reads the log by asking often enough. Read by agent/settings.ts.
 */
import { posix } from 'node:path';
import { type Static, Type } from 'typebox';
import type { Fault } from '../../../shared/shape.ts';
import { closed, duration, entryName, twiceNamed } from '../../settings-parts.ts';

/** As journald numbers them, worst first. */
const priorities = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'] as const;
/** As Windows numbers them from 1. */
export const levels = ['critical', 'error', 'warning', 'information'] as const;

/** Everything here becomes one word of an argument list, or is compared by us. */
const JournalPlace = Type.Object(
  {
    unit: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9:_.\\\\@-]{1,255}$',
        want: 'the name of one unit, such as ssh.service, without * or ?',
      }),
    ),
    identifier: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9_./:@()+-][A-Za-z0-9 _./:@()+-]{0,127}$',
        want: 'what stands before the message in the journal, such as sshd or kernel',
      }),
    ),
    /** That bad or worse. */
    priority: Type.Optional(Type.Enum([...priorities])),
    messageId: Type.Optional(
      Type.String({
        pattern: '^[0-9a-f]{32}$',
        want: 'a message id of 32 digits and small letters a to f, as journalctl -o verbose shows it',
      }),
    ),
    directory: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 1024,
        want: 'the folder of a journal, such as /var/log/journal/remote',
        check: (path: string) => (posix.isAbsolute(path) ? null : 'is not an absolute path'),
      }),
    ),
  },
  closed,
);
export type JournalPlace = Static<typeof JournalPlace>;

const EventLogPlace = Type.Object(
  {
    log: Type.String({
      pattern: '^[A-Za-z0-9][A-Za-z0-9 ./_()-]{0,199}$',
      want: 'the name of an event log, such as System',
    }),
    provider: Type.Optional(
      Type.String({ pattern: '^[A-Za-z0-9 ./_()-]{1,200}$', want: 'the name of an event provider, such as disk' }),
    ),
    ids: Type.Optional(
      Type.Array(Type.Integer({ minimum: 0, maximum: 65_535 }), {
        minItems: 1,
        maxItems: 20,
        want: 'a list of event ids, such as [7, 51]',
      }),
    ),
    /** That bad or worse. */
    level: Type.Optional(Type.Enum([...levels])),
  },
  closed,
);
export type EventLogPlace = Static<typeof EventLogPlace>;

export const LogSettings = Type.Object(
  {
    name: entryName,
    journal: Type.Optional(JournalPlace),
    windows: Type.Optional(EventLogPlace),
    text: Type.Optional(Type.String({ minLength: 1, maxLength: 500, want: 'a text that stands in the message' })),
    pattern: Type.Optional(
      Type.String({ minLength: 1, maxLength: 500, want: 'a pattern (RE2) that the message fits' }),
    ),
    window: Type.Optional(duration('1m', '7d')),
    /** From so many on it is a problem; 0: never by itself, only by rules of the collector. */
    count: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 1_000_000_000,
        want: 'a whole number: from how many matches on it is a problem',
      }),
    ),
    /** Whether the newest matching line leaves the machine. */
    samples: Type.Optional(Type.Boolean()),
  },
  closed,
);
export type LogSettings = Static<typeof LogSettings>;

/** Each costs a program per round. */
export const logsAtMost = 20;
export const defaultWindow = '10m';

/**
 * What no schema can express. Total.
 * @param patternFault what is wrong with a pattern, or null; loaded only where there is one
 */
export function faultsOfLogs(logs: unknown, patternFault: ((pattern: string) => string | null) | null): Fault[] {
  const each = Array.isArray(logs) ? logs.map((one) => (one ?? {}) as Record<string, unknown>) : [];
  return [...each.flatMap((log, i) => logFaults(log, ['logs', i], patternFault)), ...twiceNamed('logs', logs)];
}

function logFaults(
  { journal, windows, text, pattern }: Record<string, unknown>,
  path: readonly (string | number)[],
  patternFault: ((pattern: string) => string | null) | null,
): Fault[] {
  const faults: Fault[] = [];
  if (journal === undefined && windows === undefined)
    faults.push({ path, problem: 'lacks a log: give "journal" (Linux) or "windows"' });
  if (journal !== undefined && windows !== undefined)
    faults.push({
      path,
      problem: 'names two logs; give "journal" or "windows", and the other one an entry of its own',
    });
  const { directory, ...chosen } = (journal ?? {}) as Record<string, unknown>;
  const { log, ...selected } = (windows ?? {}) as Record<string, unknown>;
  const narrow = Object.keys({ ...chosen, ...selected }).length > 0 || text !== undefined || pattern !== undefined;
  if (!narrow && (journal !== undefined) !== (windows !== undefined))
    faults.push({
      path,
      problem: `would count every entry of the log; narrow it by ${journal === undefined ? '"provider", "ids" or "level"' : '"unit", "identifier", "priority" or "messageId"'} there, or by "text" or "pattern" here`,
    });
  const fault = typeof pattern === 'string' && patternFault !== null ? patternFault(pattern) : null;
  if (fault !== null) faults.push({ path: [...path, 'pattern'], problem: fault });
  return faults;
}
