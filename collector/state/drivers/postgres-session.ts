/**
 * The one connection to PostgreSQL, in the form of a pool for Kysely. One, because the collector's code counts on what
 * SQLite gives: transactions one after the other, each seeing all of those before, and no deadlocks. Whoever asks for it
 * while it is in use waits. It is opened when it is needed, and again after it broke; a database that is away is asked again
 * after a growing pause only, and refused at once in between, so that nobody queues up behind a dead server.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import type { Client } from 'pg';
import { EvenkeelError, fail } from '../../../shared/errors.ts';

export interface SessionOptions {
  connect(): Promise<Client>;
  /** What a new connection is told first. */
  setup: string;
  setupMs: number;
  /** A statement that takes longer counts as lost, and the connection with it: such a server may never answer. */
  deadlineMs: number;
  /** STATE_UNAVAILABLE for what passes; all else as it is. */
  faultOf(thrown: unknown): unknown;
}

export interface PostgresSession extends PostgresPool {
  deadlineMs: number;
}

const pauseMs = { least: 250, most: 5000 };
const endWithinMs = 1000;

/** Outside a transaction a change gets one of its own: without an answer, only a `commit` can be asked for afterwards. */
const changes = /^\s*(insert|update|delete|merge|with|create|alter|drop)\b/i;

type QueryResult = PostgresQueryResult<never>;

export function createSession(options: SessionOptions): PostgresSession {
  let open: Client | null = null;
  let turn: Promise<void> = Promise.resolve();
  let isEnding = false;
  let failure: { thrown: unknown; count: number; until: number } | null = null;

  async function opened(): Promise<Client> {
    if (isEnding) throw fail('STATE_UNAVAILABLE', {}, new Error('the collector is stopping'));
    if (open) return open;
    if (failure && performance.now() < failure.until) throw failure.thrown;
    try {
      const client = await options.connect();
      client.on('error', () => drop(client));
      client.on('end', () => drop(client));
      await ask(client, options.setup, [], options.setupMs);
      failure = null;
      open = client;
      return client;
    } catch (thrown) {
      const count = (failure?.count ?? 0) + 1;
      const wait = Math.min(pauseMs.least * 2 ** (count - 1), pauseMs.most);
      failure = { thrown: options.faultOf(thrown), count, until: performance.now() + wait };
      throw failure.thrown;
    }
  }

  /** Ends a connection that cannot be used any more, without waiting for the server. */
  function drop(client: Client): void {
    if (open === client) open = null;
    client.removeAllListeners('end');
    void client.end().catch(() => undefined);
  }

  /** @throws whatever went wrong, and then `client` is dropped unless the server said so in an orderly answer */
  async function ask(
    client: Client,
    text: string,
    values: readonly unknown[],
    ms = session.deadlineMs,
  ): Promise<QueryResult> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${ms / 1000} s`)), ms);
    });
    try {
      const parameters = values.map(storable);
      return (await Promise.race([client.query(text, parameters), late])) as unknown as QueryResult;
    } catch (thrown) {
      if (!isAnswer(thrown)) drop(client);
      throw thrown;
    } finally {
      clearTimeout(timer);
    }
  }

  function leaseOf(client: Client, free: () => void): PostgresPoolClient {
    /** Of the transaction under way, so that its end can be asked for. */
    let transaction: string | null = null;

    async function query(text: string, values: readonly unknown[]): Promise<QueryResult> {
      if (transaction !== null || !changes.test(text)) return one(text, values);
      await one('begin', []);
      try {
        const result = await one(text, values);
        await one('commit', []);
        return result;
      } catch (thrown) {
        await one('rollback', []).catch(() => drop(client));
        throw thrown;
      }
    }

    async function one(text: string, values: readonly unknown[]): Promise<QueryResult> {
      // With the connection the server has rolled back; a failure here would hide what had happened.
      const current = transaction;
      if (text === 'commit' || text === 'rollback') transaction = null;
      if (text === 'rollback' && open !== client) return { command: 'ROLLBACK', rowCount: 0, rows: [] };
      try {
        if (text !== 'begin') return await ask(client, text, values);
        const [, id] = (await ask(
          client,
          'begin; select pg_current_xact_id()::text as id',
          [],
        )) as unknown as QueryResult[];
        transaction = (id as unknown as { rows: { id: string }[] }).rows[0]?.id ?? null;
        return { command: 'SELECT', rowCount: 0, rows: [] };
      } catch (thrown) {
        if (text === 'commit' && current !== null && open !== client) {
          free();
          return outcomeOf(current, thrown);
        }
        throw options.faultOf(thrown);
      }
    }

    return { query: query as unknown as PostgresPoolClient['query'], release: free };
  }

  /** The connection was lost between `commit` and its answer: only the server knows whether it was done. */
  async function outcomeOf(transaction: string, thrown: unknown): Promise<QueryResult> {
    for (;;) {
      try {
        const lease = await session.connect();
        try {
          const { rows } = await lease.query<{ status: string | null }>('select pg_xact_status($1::xid8) as status', [
            transaction,
          ]);
          if (rows[0]?.status === 'committed') return { command: 'COMMIT', rowCount: 0, rows: [] };
          if (rows[0]?.status !== 'in progress') throw thrown;
        } finally {
          lease.release();
        }
      } catch (again) {
        if (isEnding || again === thrown || !(again instanceof EvenkeelError)) throw options.faultOf(thrown);
      }
      await pause(pauseMs.least);
    }
  }

  const session: PostgresSession = {
    options: {},
    deadlineMs: options.deadlineMs,
    async connect() {
      const before = turn;
      const { promise, resolve } = Promise.withResolvers<void>();
      turn = before.then(() => promise);
      await before;
      try {
        return leaseOf(await opened(), resolve);
      } catch (thrown) {
        resolve();
        throw thrown;
      }
    },
    async end() {
      isEnding = true;
      // A server that stands still must not keep the collector from ending.
      await Promise.race([open?.end(), pause(endWithinMs)]);
    },
  };
  return session;
}

/** An error that the server has answered with, after which it goes on: not FATAL, and no failure of the network. */
function isAnswer(thrown: unknown): boolean {
  const { severity } = thrown as { severity?: string };
  return severity === 'ERROR';
}

/** PostgreSQL has no text with NUL in it. NaN is NULL, as in SQLite. */
function storable(value: unknown): unknown {
  if (typeof value === 'string') return value.includes('\0') ? value.replaceAll('\0', '\ufffd') : value;
  return Number.isNaN(value) ? null : value;
}
