/** The unit of the collector and its drop-in for one of several, as systemd reads them. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { temporaryFolder } from '../support/processes.ts';

const test = suite('units');
const read = (name: string) => readFileSync(new URL(`../../collector/package/${name}`, import.meta.url), 'utf8');
const unit = 'evenkeel-collector.service';
const isHere = spawnSync('systemd-analyze', ['--version']).status === 0;
if (!isHere) console.log('\nSKIP systemd: systemd-analyze is not installed');

/** What systemd says of the unit with this drop-in. */
function verified(dropIn: string): string {
  const folder = temporaryFolder();
  const place = join(folder.path, unit);
  // The program is not installed here.
  writeFileSync(place, read(`linux/${unit}`).replace('/usr/bin/evenkeel-collector', '/bin/true'));
  mkdirSync(`${place}.d`);
  writeFileSync(join(`${place}.d`, 'cluster.conf'), dropIn);
  const { status, stderr, stdout } = spawnSync('systemd-analyze', ['verify', place], {
    encoding: 'utf8',
    env: { ...process.env, SYSTEMD_UNIT_PATH: `${folder.path}:` },
  });
  folder.remove();
  return `${stdout}${stderr}${status === 0 ? '' : `ended with ${status}`}`;
}

(isHere ? test : test.skip)('systemd has nothing to say of the unit and the drop-in', () => {
  assert.is(verified(read('linux/cluster.conf')), '');
  assert.match(verified('[Service]\nLoadCredentials=a:b\n'), /Unknown key\D* 'LoadCredentials'/);
});

test('the drop-in has the secrets that settings for several collectors name', () => {
  const names = [...read('linux/cluster.conf').matchAll(/^LoadCredential=([^:]+):/gm)].map(([, name]) => name);
  const [, example = ''] = /```yaml\n([^`]*cluster: [^`]*)```/.exec(read('../../README.md')) ?? [];
  assert.equal(
    names,
    [...example.matchAll(/password_file: ([\w-]+)/g)].map(([, name]) => name),
  );
  assert.is(names.length, 3);
});

test('what it shares a machine with is started before it', () => {
  const [, after = ''] = /^After=(.*)$/m.exec(read(`linux/${unit}`)) ?? [];
  for (const name of ['postgresql', 'influxdb', 'mosquitto'])
    assert.ok(after.split(' ').includes(`${name}.service`), name);
});

test.run();
