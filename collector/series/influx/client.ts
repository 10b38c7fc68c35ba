/**
 * InfluxDB through its package, without the package's faults: a body that stalls leaves its calls pending for ever, and
 * one failure makes it refuse every call for seconds. So each call has a deadline of ours that drops the socket, and a
 * connection that has failed is not used again.
 */
import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import type { InfluxDB, IPoint } from 'influx';
import { reasonOf } from '../../../shared/errors.ts';

export interface InfluxSettings {
  /** Where InfluxDB answers, such as http://127.0.0.1:8086. */
  url: string;
  database: string;
  username?: string;
  password?: string;
  /** Instead of them: of InfluxDB 2 and 3. */
  token?: string;
}

/** Where points are: of InfluxDB 2 and 3 the database alone, which is a bucket there. */
export interface InfluxPlace {
  database: string;
  policy?: string;
}

/**
 * `lines`: it has read the lines and refuses some. `large`: a smaller request may fit. `denied`: the user may not.
 * `missing`: no such database or policy. `unknown`: it has no such statement. `away`: anything else, where only a retry
 * may help.
 */
export type InfluxRefusal = 'lines' | 'large' | 'denied' | 'missing' | 'unknown' | 'away' | 'failing';

export class InfluxError extends Error {
  readonly kind: InfluxRefusal;
  constructor(kind: InfluxRefusal, message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}

/** One series of an answer; `columns[0]` is `time` in ms. */
export interface ResultSeries {
  name: string;
  tags?: Record<string, string>;
  columns: string[];
  values: (string | number | boolean | null)[][];
}

export interface InfluxClient {
  /** Resolves when InfluxDB has them on its disk. @throws InfluxError */
  write(points: IPoint[], place: InfluxPlace): Promise<void>;
  /**
   * One list of series for each statement, in which measurements stand without their place. Values from outside go into
   * `placeholders`. @throws InfluxError
   */
  query(
    statements: readonly string[],
    place: InfluxPlace,
    placeholders?: Record<string, string>,
  ): Promise<ResultSeries[][]>;
  close(): void;
}

interface InfluxConnection {
  influx: InfluxDB;
  agent: Agent;
}

/** InfluxDB 2 documents the one, 3 the other. */
type TokenScheme = 'Token' | 'Bearer';

/** Left out, the package logs in as root, over a token as well. */
const nobody = { username: null } as unknown as { username: string };

/** @param deadlineMs per call, whatever it waits for */
export async function openClient(settings: InfluxSettings, deadlineMs: number): Promise<InfluxClient> {
  // Loaded only where it is configured.
  const { InfluxDB } = (await import('influx')).default;
  const url = new URL(settings.url);
  const idle: InfluxConnection[] = [];
  const used = new Set<InfluxConnection>();
  let closed = false;
  let scheme: TokenScheme = 'Token';

  const connect = (): InfluxConnection => {
    const secure = url.protocol === 'https:';
    const agent = secure ? new TlsAgent({ keepAlive: true }) : new Agent({ keepAlive: true });
    const { username, password, token } = settings;
    const headers = token === undefined ? {} : { headers: { authorization: `${scheme} ${token}` } };
    const influx = new InfluxDB({
      hosts: [
        {
          host: url.hostname,
          port: Number(url.port) || (secure ? 443 : 80),
          path: url.pathname,
          protocol: secure ? 'https' : 'http',
          options: { agent, ...headers },
        },
      ],
      database: settings.database,
      ...(username === undefined ? nobody : { username, password: password ?? '' }),
      pool: { requestTimeout: deadlineMs, maxRetries: 0 },
    });
    return { influx, agent };
  };

  const callOnce = async <T>(work: (influx: InfluxDB) => Promise<T>): Promise<T> => {
    if (closed) throw new InfluxError('away', 'the collector is stopping');
    const connection = idle.pop() ?? connect();
    used.add(connection);
    const deadline = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => deadline.reject(new InfluxError('away', `no answer within ${deadlineMs} ms`)),
      deadlineMs,
    );
    try {
      const result = await Promise.race([work(connection.influx), deadline.promise]);
      idle.push(connection);
      return result;
    } catch (thrown) {
      connection.agent.destroy();
      throw thrown instanceof InfluxError ? thrown : errorOf(thrown);
    } finally {
      clearTimeout(timer);
      used.delete(connection);
    }
  };
  const call = async <T>(work: (influx: InfluxDB) => Promise<T>): Promise<T> => {
    try {
      return await callOnce(work);
    } catch (thrown) {
      const isRefused = thrown instanceof InfluxError && thrown.kind === 'denied' && settings.token !== undefined;
      if (!isRefused) throw thrown;
      scheme = scheme === 'Token' ? 'Bearer' : 'Token';
      for (const { agent } of idle.splice(0)) agent.destroy();
      return await callOnce(work);
    }
  };

  return {
    write: (points, place) => call((influx) => influx.writePoints(points, optionsOf(place))),
    query: (statements, place, placeholders = {}) =>
      call(async (influx) => {
        const options = { ...optionsOf(place), method: 'POST', placeholders } as const;
        return resultsOf(await influx.queryRaw(statements.join('; '), options));
      }),
    close() {
      closed = true;
      for (const { agent } of [...idle, ...used]) agent.destroy();
    },
  };
}

const optionsOf = ({ database, policy }: InfluxPlace) =>
  ({ precision: 'ms', database, ...(policy === undefined ? {} : { retentionPolicy: policy }) }) as const;

/** Errors of a query may come in an answer with status 200. */
function resultsOf(answer: {
  results?: { error?: string; series?: (Omit<ResultSeries, 'values'> & Partial<ResultSeries>)[] }[];
}): ResultSeries[][] {
  const results = answer.results ?? [];
  const errors = results.flatMap(({ error }) => error ?? []);
  // Statements beside the one that failed carry an error, too, without information.
  const error = errors.find((text) => text !== 'not executed') ?? errors[0];
  if (error !== undefined) throw new InfluxError(kindOf(200, error), error);
  return results.map(({ series }) => {
    // A list without an entry, such as of the databases of a new server, has no values at all.
    return (series ?? []).map((one) => ({ ...one, values: one.values ?? [] }));
  });
}

function errorOf(thrown: unknown): InfluxError {
  const status = (thrown as { res?: { statusCode?: number } }).res?.statusCode;
  const reason = reasonOf(thrown);
  if (status === 413) return new InfluxError('large', reason, thrown);
  // The package discards the text of a server error.
  if ((thrown as Error).constructor.name === 'ServiceNotAvailableError')
    return new InfluxError(
      'failing',
      `it answers with a server error (${reason || '5xx'}); its own log says why`,
      thrown,
    );
  if (status === undefined) return new InfluxError('away', plainly(thrown, reason), thrown);
  const body = reason.slice(reason.indexOf('{'));
  try {
    // InfluxDB 2 writes `{"code": …, "message": …}` where 1 and 3 write `{"error": …}`.
    const answer = JSON.parse(body) as { error?: unknown; code?: unknown; message?: unknown };
    const error = answer.error ?? (typeof answer.code === 'string' ? answer.message : undefined);
    if (typeof error === 'string') return new InfluxError(kindOf(status, error), error, thrown);
  } catch {
    // Such an answer, for example from a proxy, is not InfluxDB's: no line is discarded for it.
  }
  return new InfluxError(status === 401 || status === 403 ? 'denied' : 'away', reason, thrown);
}

/** Replaces errors that mean nothing to the person who has configured the address. */
function plainly(thrown: unknown, reason: string): string {
  if (thrown instanceof SyntaxError) return `what answers there is not InfluxDB: ${reason}`;
  if (/wrong version number/.test(reason)) return 'it speaks plain HTTP there, not TLS; write http: if that is meant';
  return reason;
}

function kindOf(status: number, error: string): InfluxRefusal {
  if (status === 401 || status === 403 || /authoriz|privilege/i.test(error)) return 'denied';
  if (/not implemented|(not|un)supported/i.test(error)) return 'unknown';
  if (status === 404 || /(database|retention policy|mapping|bucket) not found|no dbrp mapping/.test(error))
    return 'missing';
  return status === 400 || status === 422 ? 'lines' : 'away';
}
