/** What systemd hears of the collector, through a program in the place of systemd's own. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createWatchdog } from '../../collector/package/watchdog.ts';
import { runCollector, temporaryFolder, until } from '../support/processes.ts';

const test = suite('watchdog');
const folder = temporaryFolder();
const heard = join(folder.path, 'heard');
test.after(() => folder.remove());

writeFileSync(join(folder.path, 'systemd-notify'), `#!/bin/sh\necho "$NOTIFY_SOCKET $*" >> ${heard}\n`, {
  mode: 0o755,
});
const env = { PATH: `${folder.path}:/usr/bin:/bin`, NOTIFY_SOCKET: '/run/systemd/notify', WATCHDOG_USEC: '180000000' };
const said = () => (existsSync(heard) ? readFileSync(heard, 'utf8') : '');

test('the collector says that it is ready when it is, and that it stops', async () => {
  const words = ['start', '--data', join(folder.path, 'data'), '--http-port', '0', '--mqtt-port', '0'];
  const collector = runCollector(words, env);
  try {
    await until(() => said() !== '', 30_000, 'the first word');
    assert.is(said(), '/run/systemd/notify READY=1\n');
    // By another pipe: it may be read a moment later.
    await until(() => collector.stdout().includes('Stop it with'), 5000, 'the words for people');
    const well = await runCollector(['health', '--data', join(folder.path, 'data')], { EVENKEEL_HTTP_PORT: '0' }).ended;
    assert.is(well.code, 0, well.stderr);
    assert.is(well.stdout, 'The collector answers, and stores what it gets.\n');
    collector.child.kill('SIGTERM');
    assert.is((await collector.ended).code, 0);
    await until(() => said().includes('STOPPING'), 5000, 'the last word');
    assert.is(said(), '/run/systemd/notify READY=1\n/run/systemd/notify STOPPING=1\n');
  } finally {
    collector.child.kill('SIGKILL');
  }
});

test('health says where no collector answers, and what to do', async () => {
  const { code, stderr } = await runCollector(['health', '--data', folder.path], { EVENKEEL_HTTP_PORT: '1' }).ended;
  assert.is(code, 1);
  assert.match(
    stderr,
    /^No collector answers at http:\/\/127\.0\.0\.1:1\/readyz \(.*ECONNREFUSED.*\)\. Start it, or name/,
  );
});

test('what cannot be told is in the log, and nothing is told where nobody listens', async () => {
  const lines: object[] = [];
  const log = { warn: (values: object) => void lines.push(values) };
  createWatchdog(log, { PATH: folder.path }).ready();
  createWatchdog(log, { PATH: '/nowhere', NOTIFY_SOCKET: '/x' }).ready();
  await until(() => lines.length > 0, 5000, 'the warning');
  assert.equal(lines, [{ reason: 'spawn systemd-notify ENOENT', words: ['READY=1'] }]);
});

test.run();
