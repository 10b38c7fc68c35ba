/**
 * Documents of all kinds, taken as the agent takes them, under Node's permission model: no program may be started, and
 * nothing written but in the folder. Whatever is refused by it is counted. Called as a process by test/agent/remote.test.ts.
 */
import { certificates } from '../../agent/checks/health/certificates.ts';
import { parseConfig, versionIn } from '../../agent/orders.ts';
import { createRemoteSettings } from '../../agent/remote.ts';
import { EvenkeelError } from '../../shared/errors.ts';
import { silentLog } from '../../shared/log.ts';
import { randomFrom } from './random.ts';

const [data = '', count = '0'] = process.argv.slice(2);
const next = randomFrom(2026);
const random = () => next(65_536) / 65_536;
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
const tally = { taken: 0, refused: 0, denied: 0 };

const nasty = [
  '; touch /tmp/x',
  '$(reboot)',
  '`id`',
  '../../etc/passwd',
  '/etc/passwd',
  '-rf',
  '\u0000',
  '/bin/sh -c id',
];
const leaf = () =>
  pick<unknown>([null, true, -1, 0, 5, 1e9, '', 'nginx', '/etc/ssl/certs', ...nasty, [], {}, ['/etc']]);
const values: Record<string, () => unknown> = {
  v: () => pick([1, 1, 1, 1, 1, 1, 1, 2, '1']),
  version: () => pick([1, 7, 7, 7, 0, '7']),
  interval_s: () => pick([10, 10, 60, 0.1, 1e6, 'x']),
  checks: () =>
    pick<unknown>([{ cpu: { every_s: 5 } }, { software: { enabled: false } }, { cpu: { command: '/bin/sh' } }, leaf()]),
  services: () => [pick(['nginx', 'cron', ...nasty])],
  certificates: () => [
    pick(['/etc/ssl/certs', '/etc/passwd', '/proc/self/environ', '/dev/zero', '/var/lib/dpkg', ...nasty]),
  ],
  custom: () => [pick(['raid', ...nasty])],
  privacy: () => pick<unknown>([{ users: false }, { users: 'no' }, leaf()]),
  command: leaf,
  env: leaf,
  exec: leaf,
  ['__proto__']: leaf,
};

function document(): Buffer {
  const keys = Object.keys(values).filter((key) => key === 'v' || random() < 0.25);
  const text = JSON.stringify(Object.fromEntries(keys.map((key) => [key, (values[key] as () => unknown)()])));
  if (random() < 0.9) return Buffer.from(text);
  const bytes = Buffer.from(text);
  if (bytes.length > 0) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
  return bytes.subarray(0, Math.floor(random() * (bytes.length + 1)));
}

const context = {
  ...{ data, root: '', platform: process.platform, log: silentLog },
  clock: { now: () => Date.now(), monotonic: () => performance.now() },
  memory: { get: () => undefined, set: () => undefined },
  run: () => Promise.reject(new Error('a program was started')),
};

const local = {
  config: null,
  allow: [],
  way: 'auto' as const,
  faults: [],
  remote: { settings: 'on' as const, lock: [], updates: 'off' as const },
};
const remote = createRemoteSettings({ data, local, checks: ['cpu', 'software'], log: silentLog });
const isDenied = (thrown: unknown) =>
  (thrown as { code?: string }).code === 'ERR_ACCESS_DENIED' || String(thrown).includes('a program was started');

for (let n = 0; n < Number(count); n++) {
  const bytes = document();
  try {
    remote.take(parseConfig(bytes));
    tally.taken += 1;
    // What reads what settings name.
    if (n % 10 === 0) await certificates.read(context).catch((thrown: unknown) => isDenied(thrown) && tally.denied++);
  } catch (thrown) {
    if (!(thrown instanceof EvenkeelError)) throw thrown;
    remote.refuse(versionIn(bytes), thrown.message);
    tally.refused += 1;
  }
  if (remote.applied().problems.some((one) => JSON.stringify(one).includes('ERR_ACCESS_DENIED'))) tally.denied += 1;
}
process.stdout.write(JSON.stringify(tally));
