/**
 * The one connection to PostgreSQL, in the form of a pool for Kysely. One, because the collector's code relies on what
 * SQLite gives: transactions one after the other, each seeing all of those before, and no deadlocks. Callers wait while
 * it is in use. It is opened when it is needed, and again after it broke. While the database is away, it is tried again
 * only after a growing pause; calls in between fail at once, so that none queue up behind a dead server.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import { type Client, escapeLiteral } from 'pg';
import { EvenkeelError, fail } from '../../../shared/errors.ts';
import type { Fence } from './postgres-address.ts';

export interface SessionOptions {
  connect(): Promise<Client>;
  /** The statements that set up a new connection. */
  setup: string;
  setupMs: number;
  /** A statement that takes longer counts as lost, and so does its connection: such a server may never answer. */
  deadlineMs: number;
  /** The lease without which nothing may be changed: another works on the database now. */
  fence?: Fence | null;
  /** STATE_UNAVAILABLE for errors that pass; all others unchanged. */
  faultOf(thrown: unknown): unknown;
}

export interface PostgresSession extends PostgresPool {
  deadlineMs: number;
}

const pauseMs = { least: 250, most: 5000 };
const endWithinMs = 1000;

/** Outside a transaction a change gets one of its own: after a lost answer only a `commit` can be checked. */
const changes = /^\s*(insert|update|delete|merge|with|create|alter|drop)\b/i;

type QueryResult = PostgresQueryResult<never>;

export function createSession(options: SessionOptions): PostgresSession {
  const begin = `begin; select pg_current_xact_id()::text as id${options.fence ? `; ${heldBy(options.fence)}` : ''}`;
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

  /** @throws whatever went wrong; `client` is dropped first unless the server has answered with a regular error */
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
    /** The id of the transaction in progress, so that its outcome can be checked. */
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
      // The server has rolled back with the end of the connection; a failure here would hide the first error.
      const current = transaction;
      if (text === 'commit' || text === 'rollback') transaction = null;
      if (text === 'rollback' && open !== client) return { command: 'ROLLBACK', rowCount: 0, rows: [] };
      try {
        if (text !== 'begin') return await ask(client, text, values);
        const [, id, lease] = (await ask(client, begin, [])) as unknown as QueryResult[];
        if (lease && lease.rows.length === 0) {
          await ask(client, 'rollback', []);
          throw fail('STATE_UNAVAILABLE', {}, new Error('another collector has taken over what this one did'));
        }
        transaction = (id as unknown as { rows: { id: string }[] }).rows[0]?.id ?? null;
        return { command: 'SELECT', rowCount: 0, rows: [] };
      } catch (thrown) {
        if (text === 'commit' && current !== null && open !== client) {
          free();
          return outcomeOf(current, thrown);
        }
        throw thrown instanceof EvenkeelError ? thrown : options.faultOf(thrown);
      }
    }

    return { query: query as unknown as PostgresPoolClient['query'], release: free };
  }

  /** The connection was lost between `commit` and its answer: asks the server whether it was committed. */
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
      // A server that hangs must not keep the collector from ending.
      await Promise.race([open?.end(), pause(endWithinMs)]);
    },
  };
  return session;
}

/** Until the transaction ends nobody else can take the lease. */
const heldBy = ({ item, holder, token }: Fence) =>
  `select from leases where item = ${escapeLiteral(item)} and holder = ${escapeLiteral(holder)} and token = ${Number(token)} for share`;

/** An error answered by the server, after which the connection goes on: not FATAL, and no failure of the network. */
function isAnswer(thrown: unknown): boolean {
  const { severity } = thrown as { severity?: string };
  return severity === 'ERROR';
}

/** PostgreSQL has no text with NUL in it. NaN is stored as NULL, as in SQLite. */
function storable(value: unknown): unknown {
  if (typeof value === 'string') return value.includes('\0') ? value.replaceAll('\0', '\ufffd') : value;
  return Number.isNaN(value) ? null : value;
}
