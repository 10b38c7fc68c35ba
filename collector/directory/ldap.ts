/**
 * People of a directory server: shown first, done with a reason, and from then on read again by the clock. What cannot be
 * read changes nothing; whoever is there no more is marked as left, and no row is removed.
 */
import { createHash } from 'node:crypto';
import { schedule as cron, type ScheduledTask } from 'node-cron';
import type { Clock } from '../../shared/clock.ts';
import type { LdapOutcome, LdapView } from '../../shared/directory.ts';
import { EvenkeelError, fail, reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { State, StateTransaction } from '../state/database.ts';
import { knownPeople, writePeople } from './directory.ts';
import { type LdapPeople, peopleOfLdap } from './ldap-people.ts';
import { type LdapRead, readLdapServer } from './ldap-session.ts';
import type { LdapPlace } from './ldap-settings.ts';
import { directoryNames } from './names.ts';

export interface LdapDirectory {
  /** Null: none is set. */
  view(): Promise<LdapView | null>;
  /**
   * What it would do; with an author it is done.
   * @throws EvenkeelError LDAP_FAILED, LDAP_CHANGED where it is not what `digest` is of, NOT_FOUND where none is set
   */
  read(author: { by: string; digest: string } | null): Promise<LdapOutcome>;
  /** As the clock does it: only once a person has looked, and not where many are missing. */
  refresh(): Promise<void>;
  start(): void;
  stop(): Promise<void>;
}

export interface LdapDirectoryParts {
  place: LdapPlace | null;
  state: State;
  clock: Clock;
  log: Log;
  /** Of the cron fields. */
  zone: string;
}

/** What is kept of it, under one key of the settings. */
interface LdapMemory extends Pick<LdapView, 'asOf' | 'triedAt' | 'why' | 'missing' | 'skipped'> {
  /** Of the place that a person has looked at: another base or filter is another directory. */
  seen: string | null;
}

const key = 'ldap';
const nothing: LdapMemory = { seen: null, asOf: null, triedAt: null, why: [], missing: 0, skipped: 0 };
/** Fewer than these are missing on any day. */
const goneAlways = 5;
const [linesShown, machinesShown] = [500, 200];

const digestOf = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex');
const placeDigest = ({ bind, ca: _, refresh: _r, atMost: _a, timeoutMs: _t, ...place }: LdapPlace): string =>
  digestOf({ ...place, bind: bind?.name ?? null });

async function memoryOf(db: State | StateTransaction): Promise<LdapMemory> {
  const row = await db.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst();
  return row ? { ...nothing, ...(JSON.parse(row.value) as LdapMemory) } : nothing;
}

async function remember(db: State | StateTransaction, change: Partial<LdapMemory>): Promise<void> {
  const value = JSON.stringify({ ...(await memoryOf(db)), ...change });
  await db
    .insertInto('settings')
    .values({ key, value })
    .onConflict((clash) => clash.column('key').doUpdateSet({ value }))
    .execute();
}

const off: LdapDirectory = {
  view: async () => null,
  read: async () => Promise.reject(fail('NOT_FOUND', { what: 'directory server', id: 'ldap' })),
  refresh: async () => undefined,
  start() {},
  stop: async () => undefined,
};

export function createLdapDirectory({ place, state, clock, log, zone }: LdapDirectoryParts): LdapDirectory {
  if (place === null) return off;
  const of = place;
  const stopped = new AbortController();
  let task: ScheduledTask | undefined;
  /** One look at a time. */
  let running: Promise<unknown> = Promise.resolve();
  const seen = placeDigest(of);

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const run = running.then(work);
    running = run.catch(() => undefined);
    return run;
  }

  async function fetched(): Promise<LdapRead> {
    try {
      return await readLdapServer(of, stopped.signal);
    } catch (thrown) {
      const why = thrown instanceof EvenkeelError ? [...thrown.why] : [];
      if (!stopped.signal.aborted) await remember(state, { triedAt: clock.now(), why });
      throw thrown;
    }
  }

  const found = async (db: StateTransaction, read: LdapRead) =>
    peopleOfLdap(read, of, await knownPeople(db), await directoryNames(db));

  async function apply(db: StateTransaction, { changes, notes }: LdapPeople, by: string): Promise<void> {
    const at = clock.now();
    await writePeople(db, changes, { by, at });
    await remember(db, { seen, asOf: at, triedAt: at, why: [], missing: 0, skipped: notes.length });
  }

  async function look(author: { by: string; digest: string } | null): Promise<LdapOutcome> {
    const read = await fetched();
    return state.transaction().execute(async (db) => {
      const people = await found(db, read);
      const outcome = outcomeOf(read, people, clock.now());
      if (author === null) return outcome;
      if (author.digest !== outcome.digest) throw fail('LDAP_CHANGED', { url: of.url });
      await apply(db, people, author.by);
      return { ...outcome, applied: true };
    });
  }

  async function refresh(): Promise<void> {
    if (stopped.signal.aborted || (await memoryOf(state)).seen !== seen) return;
    try {
      const read = await fetched();
      await state.transaction().execute(async (db) => {
        const people = await found(db, read);
        const { gone, before, changes } = people;
        const about = { url: of.url, gone, before };
        if (gone > Math.max(goneAlways, (before * of.goneAtMostPercent) / 100)) {
          log.warn(about, 'Many people are missing on the directory server; nothing was changed');
          return remember(db, { triedAt: clock.now(), why: [], missing: gone });
        }
        await apply(db, people, key);
        if (changes.length > 0)
          log.info({ ...about, changed: changes.length }, 'People of the directory server changed');
      });
    } catch (thrown) {
      if (!stopped.signal.aborted)
        log.warn({ url: of.url, reason: reasonOf(thrown) }, 'The people of the directory server could not be read');
    }
  }

  return {
    async view() {
      const { url, bind, base, filter, refresh: when } = of;
      const { seen: last, ...memory } = await memoryOf(state);
      const rows = state.selectFrom('directory_people').where('source', '=', 'ldap').where('left_at', 'is', null);
      const { n } = await rows.select(({ fn }) => fn.countAll<number>().as('n')).executeTakeFirstOrThrow();
      return {
        ...{ url, bind: bind?.name ?? null, base, filter, refresh: when, ...memory, people: Number(n) },
        state: last !== seen ? 'unseen' : memory.missing > 0 ? 'held' : 'kept',
      };
    },
    read: (author) => inTurn(() => look(author)),
    refresh: () => inTurn(refresh),
    start() {
      task = cron(of.refresh, () => void inTurn(refresh), { timezone: zone, noOverlap: true });
      // What was due while it was off.
      void inTurn(refresh);
    },
    async stop() {
      stopped.abort();
      await task?.destroy();
      await running;
    },
  };
}

function outcomeOf({ people, referrals }: LdapRead, found: LdapPeople, at: number): LdapOutcome {
  const { changes, lines, notes, gone, unknownMachines } = found;
  const moved = lines.filter(({ does }) => does !== 'same');
  const count = (does: string) => lines.filter((line) => line.does === does).length;
  return {
    ...{ applied: false, at, digest: digestOf(changes), entries: people.length, referrals, notes },
    counts: { add: count('add'), change: count('change') - gone, same: count('same'), gone },
    lines: moved.slice(0, linesShown),
    machines: unknownMachines?.slice(0, machinesShown) ?? null,
    moreMachines: Math.max(0, (unknownMachines?.length ?? 0) - machinesShown),
  };
}
