/** `health`: whether the collector of these settings answers and can store, for whoever starts it again when it does not. */
import { request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import { reasonOf } from '../../shared/errors.ts';
import { runningOn } from '../data/folder.ts';
import { type Command, commonOptions, settingsFrom } from './command.ts';

const withinMs = 5000;
const everywhere = new Set(['0.0.0.0', '::', '*']);

export const command: Command = {
  options: commonOptions,
  async run(values) {
    const { config } = settingsFrom(values, 'health');
    const host = everywhere.has(config.http.host) ? '127.0.0.1' : config.http.host;
    // Port 0 is a free one, which the running collector has noted.
    const port = config.http.port || Number(new URL(runningOn(config.data)?.http ?? 'http://127.0.0.1:7460').port);
    const isTls = config.tls !== null || config.ownTls !== null;
    const url = `${isTls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}/readyz`;
    const found = await statusOf(url).catch((thrown: unknown) => reasonOf(thrown));
    if (found === 200) {
      process.stdout.write('The collector answers, and stores what it gets.\n');
      return 0;
    }
    const problem =
      found === 503
        ? `The collector at ${url} answers, and cannot store what it gets: its log says why.`
        : `No collector answers at ${url} (${found}). Start it, or name the settings that it runs with: --config, --data.`;
    process.stderr.write(`${problem}\n`);
    return 1;
  },
};

/** A certificate is for the name that others use, and nothing is told or believed here but the number. */
function statusOf(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const options = { timeout: withinMs, signal: AbortSignal.timeout(withinMs) };
    const asked = url.startsWith('https:')
      ? overHttps(url, { ...options, rejectUnauthorized: false })
      : overHttp(url, options);
    asked.on('response', (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.on('error', reject);
    asked.end();
  });
}
