/** The real VictoriaMetrics from the system's packages, on a free port, in a folder that is thrown away. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './port.ts';
import { until } from './until.ts';

const program = 'victoria-metrics';

/** Why there can be none; the runner makes a failure of it on CI. */
export const victoriaMissing = (): string | null =>
  spawnSync(program, ['--version']).status === 0 ? null : `${program} is not installed`;

export interface VictoriaServer {
  url: string;
  folder: string;
  pid(): number;
  close(): Promise<void>;
}

export async function startVictoria(): Promise<VictoriaServer> {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-victoria-'));
  const url = `http://127.0.0.1:${await freePort()}`;
  const words = {
    storageDataPath: folder,
    httpListenAddr: url.slice('http://'.length),
    retentionPeriod: '100y',
    loggerLevel: 'ERROR',
    // Else an instant query looks 30 s into the past.
    'search.latencyOffset': '0s',
  };
  const server = spawn(
    program,
    Object.entries(words).map(([name, value]) => `-${name}=${value}`),
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  server.stderr.on('data', (chunk) => {
    said = (said + chunk).slice(-4000);
  });
  const ended = new Promise((resolve) => server.once('exit', resolve));
  const close = async () => {
    server.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const answers = () =>
    fetch(`${url}/health`, { signal: AbortSignal.timeout(1000) }).then(
      ({ ok }) => ok,
      () => false,
    );
  await until(answers, 30_000, 'VictoriaMetrics to answer').catch(async (thrown: Error) => {
    await close();
    throw new Error(`${thrown.message}\n${said}`);
  });
  return { url, folder, pid: () => server.pid ?? 0, close };
}
