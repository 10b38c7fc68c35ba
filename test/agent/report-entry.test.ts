/** The entry among the programs: it opens the page that the agent names, and says in a window why there is none. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { products } from '../../.package/products.ts';
import { temporaryFolder } from '../support/agent.ts';

const folder = fileURLToPath(new URL('../../agent/package/linux/', import.meta.url));

/** With an agent that says this, and programs that write down what they were asked. */
function run(agent: string, programs: readonly string[]) {
  const bin = temporaryFolder();
  const program = (name: string, text: string) =>
    writeFileSync(join(bin.path, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  const asked = join(bin.path, 'asked');
  program('evenkeel-agent', agent);
  for (const name of programs) program(name, `printf '%s|' ${name} "$@" > ${asked}`);
  const ended = spawnSync('/bin/sh', [join(folder, 'evenkeel-report')], { env: { PATH: bin.path }, encoding: 'utf8' });
  const found = existsSync(asked) ? readFileSync(asked, 'utf8') : '';
  bin.remove();
  return { status: ended.status, stderr: ended.stderr, asked: found };
}

const every = ['xdg-open', 'zenity', 'kdialog', 'notify-send'];
test('the page is opened', () => {
  const { asked } = run('[ "$*" = "report --page" ] && echo https://keel.example/report/abc', every);
  assert.is(asked, 'xdg-open|https://keel.example/report/abc|');
});

test('no page: why is said where it is seen, and nothing is opened', () => {
  const refused = `echo 'Refused: <b>off</b> $(id)' >&2; exit 1`;
  assert.match(run(refused, every).asked, /^zenity\|.*--no-markup\|.*--text=Refused: <b>off<\/b> \$\(id\)\|$/);
  assert.match(run(refused, ['kdialog', 'notify-send']).asked, /^kdialog\|/);
  assert.match(run(refused, ['notify-send']).asked, /^notify-send\|Evenkeel\|Refused/);
  const none = run(refused, []);
  assert.equal([none.status, none.stderr.startsWith('Refused')], [1, true]);
  assert.match(run('echo javascript:alert', every).asked, /^zenity/);
});

test('the entry runs it, in both languages, and both are in the packages', () => {
  const entry = readFileSync(join(folder, 'evenkeel-report.desktop'), 'utf8');
  for (const line of [
    /^\[Desktop Entry\]\n/,
    /^Name=.+$/m,
    /^Name\[ja\]=.+$/m,
    /^Exec=evenkeel-report$/m,
    /^Terminal=false$/m,
  ])
    assert.match(entry, line);
  const places = products.find(({ name }) => name === 'evenkeel-agent')?.linux.map(({ place }) => place) ?? [];
  assert.ok(places.includes('usr/bin/evenkeel-report'));
  assert.ok(places.includes('usr/share/applications/evenkeel-report.desktop'));
});

test.run();
