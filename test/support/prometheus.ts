/** The real Prometheus and its promtool from the system's packages; a server on a free port, in a folder that is thrown away. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './port.ts';
import { until } from './until.ts';

/** Why there can be none; the runner makes a failure of it on CI. */
export function prometheusMissing(): string | null {
  try {
    execFileSync('promtool', ['--version'], { stdio: 'pipe' });
    execFileSync('prometheus', ['--version'], { stdio: 'pipe' });
    return null;
  } catch {
    return 'prometheus is not installed';
  }
}

/** What `promtool check metrics` says of a page of metrics; '' where it has nothing to say. */
export function promtoolComplaints(metrics: string): string {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: metrics, encoding: 'utf8' });
  const said = `${stdout}${stderr}`.trim();
  return status === 0 ? said : said || `promtool ended with ${status}`;
}

export interface PromSample {
  metric: Record<string, string>;
  value?: [number, string];
  values?: [number, string][];
}

export interface PrometheusServer {
  url: string;
  /** An instant query. @throws Error with what the server says of it */
  query(expression: string): Promise<PromSample[]>;
  range(expression: string, start: number, end: number, step: number): Promise<PromSample[]>;
  get<T>(path: string): Promise<T>;
  freeze(): void;
  thaw(): void;
  close(): Promise<void>;
}

/** @param scrapes YAML of `scrape_configs`; none for a server that is only written to */
export async function startPrometheus(scrapes = ''): Promise<PrometheusServer> {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-prometheus-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  writeFileSync(
    join(folder, 'prometheus.yml'),
    `global: { scrape_interval: 1s }\nscrape_configs:\n${scrapes || '  []\n'}`,
  );
  const words = [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--web.enable-remote-write-receiver',
    '--log.level=warn',
  ];
  const server: ChildProcess = spawn('prometheus', words, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  server.stderr?.on('data', (chunk) => {
    said = (said + chunk).slice(-4000);
  });
  const ended = new Promise((resolve) => server.once('exit', resolve));
  const close = async () => {
    server.kill('SIGCONT');
    server.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const isReady = () =>
    fetch(`${url}/-/ready`, { signal: AbortSignal.timeout(1000) }).then(
      ({ ok }) => ok,
      () => false,
    );
  await until(isReady, 30_000, 'Prometheus to be ready').catch(async (thrown: Error) => {
    await close();
    throw new Error(`${thrown.message}\n${said}`);
  });
  const get = async <T>(path: string): Promise<T> => {
    const answer = await fetch(url + path);
    const body = (await answer.json()) as { status: string; error?: string; data: T };
    if (body.status !== 'success') throw new Error(`${path}: ${body.error}`);
    return body.data;
  };
  const asked = async (path: string, values: Record<string, string>) =>
    (await get<{ result: PromSample[] }>(`/api/v1/${path}?${new URLSearchParams(values)}`)).result;
  return {
    url,
    query: (expression) => asked('query', { query: expression }),
    range: (expression, start, end, step) =>
      asked('query_range', { query: expression, start: String(start), end: String(end), step: String(step) }),
    get,
    freeze: () => void server.kill('SIGSTOP'),
    thaw: () => void server.kill('SIGCONT'),
    close,
  };
}
