/** The msi, with a small file in the place of the program: its tables, and the same bytes at every time. Windows has not run it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readPlan } from '../../.package/config.ts';
import { msi } from '../../.package/forms/msi.ts';
import { withoutTimes } from '../../.package/forms/msi-tables.ts';
import { temporaryFolder } from '../support/processes.ts';

const test = suite('msi');
const folder = temporaryFolder();
test.after(() => folder.remove());

const missing = ['wixl', 'msibuild', 'msiinfo'].filter((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status);

function build(name: string): string {
  const [work, out] = [join(folder.path, name), join(folder.path, `${name}-out`)];
  for (const one of [work, out]) mkdirSync(one);
  const program = join(work, 'program');
  writeFileSync(program, 'a program');
  const plan = { ...readPlan(fileURLToPath(new URL('../../', import.meta.url))), out, epoch: 1_700_000_001 };
  const product = plan.programs.find((one) => one.name === 'evenkeel-agent')?.product;
  const target = plan.targets.find((one) => one.name === 'win-x64');
  assert.ok(product && target);
  const payload = [{ path: 'evenkeel-agent.exe', mode: 0o755, from: program }];
  return msi.build({ plan, product, target, payload, thirdParty: 'x', work, quick: true });
}

if (missing.length > 0) {
  assert.is(process.env.CI, undefined, `on CI the msi is tried; missing: ${missing.join(', ')}`);
  test.skip(`the msi (missing: ${missing.join(', ')})`, () => {});
} else {
  const table = (path: string, name: string) =>
    execFileSync('msiinfo', ['export', path, name], { encoding: 'utf8' })
      .trim()
      .split(/\r?\n/)
      .slice(3)
      .map((line) => line.split('\t'));

  test('two builds are the same bytes, with the time of the commit', async () => {
    const first = build('first');
    // Its times are whole seconds.
    await wait(1100);
    const second = build('second');
    assert.ok(readFileSync(first).equals(readFileSync(second)));
    const summary = execFileSync('msiinfo', ['suminfo', first], { encoding: 'utf8', env: { TZ: 'UTC' } });
    assert.match(summary, /^Created: Tue Nov 14 22:13:21 2023$/m);
    assert.match(summary, /^Last saved: Tue Nov 14 22:13:21 2023$/m);
    assert.match(
      summary,
      /^Revision number \(UUID\): \{[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-8[0-9A-F]{3}-[0-9A-F]{12}\}$/m,
    );
  });

  test('it enrols with the code of a file or a property after its files are there and before its service starts', () => {
    const path = build('tables');
    const steps = table(path, 'InstallExecuteSequence');
    const at = (name: string) => Number(steps.find(([action]) => action === name)?.[2]);
    const order = [
      'CreateFolders',
      'InstallFiles',
      'LockData',
      'EnrollByFile',
      'EnrollByCode',
      'InstallServices',
      'StartServices',
    ];
    assert.equal(
      order.map(at),
      order.map(at).toSorted((a, b) => a - b),
    );
    assert.is(steps.find(([action]) => action === 'EnrollByCode')?.[1], 'JOINCODE AND NOT JOINCODEFILE AND NOT REMOVE');
    const actions = new Map(
      table(path, 'CustomAction').map(([name, type, source, target]) => [name, { type, source, target }]),
    );
    // 0xc00: later, as SYSTEM; 0x2000: its target is not logged.
    assert.equal(actions.get('EnrollByFile'), {
      type: String(18 | 0xc00),
      source: 'AgentFile',
      target: 'enroll --if-needed --file "[JOINCODEFILE]"',
    });
    assert.is(actions.get('EnrollByCode')?.type, String(18 | 0xc00 | 0x2000));
    assert.match(
      actions.get('LockData')?.target ?? '',
      '/inheritance:r /grant:r *S-1-5-18:(OI)(CI)F *S-1-5-32-544:(OI)(CI)F',
    );
    const properties = new Map(table(path, 'Property') as [string, string][]);
    assert.is(properties.get('MsiHiddenProperties'), 'JOINCODE');
    assert.ok(
      ['JOINCODE', 'JOINCODEFILE'].every((name) => properties.get('SecureCustomProperties')?.split(';').includes(name)),
    );
    assert.equal(table(path, 'ServiceInstall')[0]?.slice(1, 3), ['EvenkeelAgent', 'Evenkeel agent']);
    assert.equal(
      table(path, 'File')
        .map(([, , name]) => name?.split('|').at(-1))
        .sort(),
      ['LICENSE', 'THIRD-PARTY.txt', 'evenkeel-agent.exe', 'shawl-legal.txt', 'shawl.exe'],
    );
  });
}

test('a file without a summary is refused, not half changed', () => {
  const file = Buffer.alloc(4096);
  assert.throws(() => withoutTimes(file, 'x', 0), /no summary/);
  assert.ok(file.equals(Buffer.alloc(4096)));
});

test.run();
