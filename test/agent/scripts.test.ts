/**
 * Everything that must be refused, with the collector in an attacker's hands: whoever holds its authority publishes whatever
 * orders they like, and only what the administrator of this machine allows is run, as it was allowed. Real files, real
 * programs; a script that ran leaves a mark.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseConfig } from '../../agent/orders.ts';
import { openScriptRunner } from '../../agent/scripts/runner.ts';
import type { Clock } from '../../shared/clock.ts';
import type { ScriptOffers, ScriptRun } from '../../shared/inventory.ts';
import { silentLog } from '../../shared/log.ts';
import { reasonsIn } from '../../shared/reason.ts';
import type { ScriptOrder } from '../../shared/report.ts';
import { formatReasons } from '../../shared/words/reasons.ts';
import { startAgent, temporaryFolder } from '../support/agent.ts';

const test = suite('scripts of a machine');
const isRoot = process.geteuid?.() === 0;
const sha = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');
const hour = 3_600_000;

interface Machine {
  path: string;
  /** What the scripts have left. */
  ran(): string[];
  script: string;
  list(more?: string, name?: string): void;
  open(): Promise<Opened>;
  clock: { wall: number; mono: number };
  earliest: { at: number };
}
interface Opened {
  offers: ScriptOffers;
  /** An order as it would be right, with these changes; taken as it comes over the wire. */
  order(change?: Partial<ScriptOrder>): ScriptOrder;
  take(...orders: ScriptOrder[]): Promise<ScriptRun[]>;
  again(): Promise<ScriptOffers>;
}

const memoryOf = (values: Map<string, unknown>) => ({
  get: (key: string) => values.get(key),
  set: (key: string, value: unknown) => void values.set(key, structuredClone(value)),
});

/** Its folder belongs to the user of the test, as that of an agent to its administrator. */
async function onMachine(work: (machine: Machine) => Promise<void>): Promise<void> {
  const folder = temporaryFolder();
  const { path } = folder;
  const script = join(path, 'bin', 'mark');
  const memory = new Map<string, unknown>();
  const clock = { wall: Date.UTC(2027, 0, 4), mono: 1e6 };
  const earliest = { at: 0 };
  let n = 0;
  mkdirSync(join(path, 'bin'), { mode: 0o755 });
  mkdirSync(join(path, 'marks'));
  const marks = join(path, 'marks', 'all');
  writeFileSync(script, `#!/bin/sh\necho "run $*" >> ${marks}\necho "said $*"\necho "to err" >&2\nexit 3\n`, {
    mode: 0o755,
  });
  const machine: Machine = {
    ...{ path, script, clock, earliest },
    ran: () => (existsSync(marks) ? readFileSync(marks, 'utf8').trim().split('\n') : []),
    list: (more = '', name = 'mark') =>
      writeFileSync(
        join(path, 'scripts.yaml'),
        `enabled: true\nscripts:\n  - { name: ${name}, title: Leave a mark, run: ${script}, sha256: ${sha(script)}, parameters: [{ name: queue, values: [hp-1, "-x; rm -rf /", "$(id)"] }]${more} }\n`,
        { mode: 0o644 },
      ),
    async open() {
      let runs: ScriptRun[] = [];
      const runner = openScriptRunner({
        ...{ data: path, file: join(path, 'scripts.yaml'), log: silentLog, memory: memoryOf(memory) },
        clock: { now: () => clock.wall, monotonic: () => clock.mono } satisfies Clock,
        earliest: () => earliest.at,
        send: (found) => {
          runs = (found.script_runs as ScriptRun[] | undefined) ?? runs;
        },
      });
      const offers = await runner.offers();
      return {
        offers,
        order: (change = {}) => ({
          id: (++n).toString(16).padStart(32, '0'),
          ...{ token: offers.token ?? '0'.repeat(32), name: 'mark', sha256: sha(script) },
          ...{ choices: { queue: 'hp-1' }, persons: ['mia'], expires: clock.wall + 600_000, ...change },
        }),
        async take(...orders) {
          clock.mono += 10_000;
          await runner.take(
            parseConfig(Buffer.from(JSON.stringify({ v: 1, scripts: orders }))).scripts as ScriptOrder[],
          );
          return runs;
        },
        again: () => runner.offers(),
      };
    },
  };
  machine.list();
  try {
    await work(machine);
  } finally {
    folder.remove();
  }
}

const codesOf = ({ reason }: ScriptRun) => (Array.isArray(reason) ? reason.map(({ code }) => code) : reason);

test('an order that is right is carried out: no shell, a fixed environment, its output and exit code come back', () =>
  onMachine(async (machine) => {
    writeFileSync(
      machine.script,
      '#!/bin/sh\nprintf "%s|" "$@"\nenv | sort\nls -l /proc/self/fd/0\npwd\nprintf "\\033[31mred password=hunter2\\n"\n',
    );
    machine.list();
    const opened = await machine.open();
    assert.equal(
      [opened.offers.off, opened.offers.list[0]?.problem, opened.offers.list[0]?.title],
      [null, null, { en: 'Leave a mark' }],
    );
    assert.not.match(JSON.stringify(opened.offers), /printf|hunter2/);
    process.env.EVENKEEL_SECRET_OF_TEST = 'seen';
    const [run] = await opened.take(opened.order({ choices: { queue: '-x; rm -rf /' } }));
    delete process.env.EVENKEEL_SECRET_OF_TEST;
    assert.equal([run?.state, run?.code, run?.reason], ['done', 0, null]);
    const output = run?.output ?? '';
    assert.ok(output.startsWith('-x; rm -rf /|'), output);
    assert.match(output, /LC_ALL=C/);
    assert.not.match(output, /EVENKEEL|NODE_|seen/);
    assert.match(output, /\/dev\/null/);
    assert.match(output, /\n\/\n/);
    assert.ok(output.includes('\\u001b[31mred'), 'a terminal would obey it');
    assert.not.match(output, /hunter2/);
  }));

/** What an attacker with the collector's authority may write; each is refused with this reason, and nothing runs. */
const wrongOrders: readonly (readonly [
  what: string,
  change: (machine: Machine, order: ScriptOrder) => Partial<ScriptOrder>,
  code: string,
])[] = [
  ['a name that is not in the list', () => ({ name: 'other' }), 'script_unlisted'],
  ['the hash of another file', () => ({ sha256: 'f'.repeat(64) }), 'script_other'],
  ['a value that is not in the list', () => ({ choices: { queue: 'hp-9' } }), 'script_value_refused'],
  [
    'a value that goes on behind one of the list',
    () => ({ choices: { queue: 'hp-1; reboot' } }),
    'script_value_refused',
  ],
  ['a value that begins one of the list', () => ({ choices: { queue: 'hp-' } }), 'script_value_refused'],
  ['a value that looks the same', () => ({ choices: { queue: 'hp-１' } }), 'script_value_refused'],
  ['no value', () => ({ choices: {} }), 'script_parameter_missing'],
  ['a further parameter', () => ({ choices: { queue: 'hp-1', extra: '--force' } }), 'script_parameter_unknown'],
  [
    'a parameter that every object has',
    () => ({ choices: { queue: 'hp-1', constructor: 'x' } }),
    'script_parameter_unknown',
  ],
  ['the token of another start', () => ({ token: 'a'.repeat(32) }), 'order_stale'],
  ['one that is over', ({ clock }) => ({ expires: clock.wall }), 'order_expired'],
  ['one that would lie in wait', ({ clock }) => ({ expires: clock.wall + 2 * hour }), 'order_too_far'],
];
for (const [what, change, code] of wrongOrders)
  test(`refused: ${what}`, () =>
    onMachine(async (machine) => {
      const opened = await machine.open();
      const [run] = await opened.take(opened.order(change(machine, opened.order())));
      assert.equal([run?.state, run && codesOf(run)], ['refused', [code]]);
      assert.equal(machine.ran(), []);
      assert.match(formatReasons('en', run?.reason ?? []), /\w{3}/);
    }));

const keygen = (...words: string[]) => execFileSync('ssh-keygen', ['-q', ...words], { stdio: 'pipe' });
const hasKeygen = spawnSync('ssh-keygen', ['-?']).error === undefined;
if (!hasKeygen && process.env.CI) throw new Error('ssh-keygen is missing; install openssh-client');
if (!hasKeygen) console.log('SKIP signed scripts: ssh-keygen is not installed');
const onSigning = hasKeygen ? test : test.skip;

interface Signing {
  /** Makes a key. @returns its public half */
  key(name: string, kind?: string): string;
  sign(key: string, space?: string): void;
  signedList(...keys: string[]): void;
}

/** A script that is signed, in a folder that anybody may write. */
const withSigned = (work: (machine: Machine, signing: Signing) => Promise<void>) => () =>
  onMachine(async (machine) => {
    const { path, script } = machine;
    chmodSync(join(path, 'bin'), 0o777);
    chmodSync(script, 0o666);
    await work(machine, {
      key(name, kind = 'ed25519') {
        keygen('-t', kind, '-N', '', '-C', name, '-f', join(path, name));
        return readFileSync(join(path, `${name}.pub`), 'utf8').trim();
      },
      sign(key, space = 'mark@evenkeel') {
        rmSync(`${script}.sig`, { force: true });
        keygen('-Y', 'sign', '-f', join(path, key), '-n', space, script);
      },
      signedList: (...keys) =>
        writeFileSync(
          join(path, 'scripts.yaml'),
          `enabled: true\nscripts:\n  - { name: mark, title: Leave a mark, run: ${script}, signed_by: ${JSON.stringify(keys)}, parameters: [{ name: queue, values: [hp-1] }] }\n`,
          { mode: 0o644 },
        ),
    });
  });

onSigning(
  'signed by a key of the list: run whoever owns it, in a new version as well, and nothing of it is left behind',
  withSigned(async (machine, { key, sign, signedList }) => {
    signedList(key('other'), key('mia'));
    sign('mia');
    const opened = await machine.open();
    assert.equal([opened.offers.list[0]?.problem, opened.offers.list[0]?.sha256], [null, sha(machine.script)]);
    const [run] = await opened.take(opened.order());
    assert.equal([run?.state, run?.code, run?.output], ['done', 3, 'said hp-1\nto err\n']);
    writeFileSync(machine.script, `${readFileSync(machine.script, 'utf8')}# two\n`);
    sign('mia');
    assert.is((await opened.again()).list[0]?.sha256, sha(machine.script));
    await opened.take(opened.order());
    assert.equal(machine.ran(), ['run hp-1', 'run hp-1']);
    assert.equal(
      readdirSync(machine.path).filter((name) => name.startsWith('script-')),
      [],
    );
  }),
);

const wrongSignatures: readonly (readonly [
  what: string,
  harm: (machine: Machine, signing: Signing) => void,
  code: string,
])[] = [
  ['it is not signed', ({ script }) => rmSync(`${script}.sig`), 'script_unsigned'],
  [
    'it was changed since',
    ({ script }) => writeFileSync(script, '#!/bin/sh\ntouch /tmp/evil\n'),
    'script_signature_wrong',
  ],
  [
    'signed by a key that the list does not name',
    (_, { key, sign }) => {
      key('eve');
      sign('eve');
    },
    'script_signer_unknown',
  ],
  ['signed for another script', (_, { sign }) => sign('mia', 'other@evenkeel'), 'script_signature_wrong'],
  [
    'signed by a key of another kind',
    (_, { key, sign }) => {
      key('old', 'rsa');
      sign('old');
    },
    'script_signature_form',
  ],
  [
    'its signature is cut',
    ({ script }) => writeFileSync(`${script}.sig`, '-----BEGIN SSH SIGNATURE-----\n'),
    'script_signature_form',
  ],
  [
    'its signature has one other bit',
    ({ script }) => {
      const lines = readFileSync(`${script}.sig`, 'utf8').split('\n');
      const bytes = Buffer.from(lines.slice(1, -2).join(''), 'base64');
      bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
      writeFileSync(`${script}.sig`, [lines[0], bytes.toString('base64'), lines.at(-2), ''].join('\n'));
    },
    'script_signature_wrong',
  ],
  [
    'its signature is a link',
    ({ script, path }) => {
      rmSync(`${script}.sig`);
      symlinkSync(join(path, 'mia.pub'), `${script}.sig`);
    },
    'script_link',
  ],
];
for (const [what, harm, code] of wrongSignatures)
  onSigning(
    `refused: ${what}`,
    withSigned(async (machine, signing) => {
      signing.signedList(signing.key('mia'));
      signing.sign('mia');
      const opened = await machine.open();
      const order = opened.order();
      harm(machine, signing);
      const [offer] = (await opened.again()).list;
      assert.is(reasonsIn(offer?.problem)[0]?.code, code);
      assert.match(formatReasons('ja', offer?.problem ?? []), /署名|鍵|リンク/);
      // Neither the order of before, nor one that names what is there now.
      for (const sha256 of [order.sha256, sha(machine.script), offer?.sha256 ?? '']) {
        const [run] = (await opened.take(opened.order({ sha256 }))).slice(-1);
        assert.is(run?.state, 'refused');
      }
      assert.equal(machine.ran(), []);
    }),
  );

test('a list whose entry has neither a digest nor keys, or both, is refused', () =>
  onMachine(async (machine) => {
    const file = join(machine.path, 'scripts.yaml');
    const text = readFileSync(file, 'utf8');
    const key = `ssh-ed25519 ${'A'.repeat(68)} mia`;
    for (const wrong of [
      text.replace(/sha256: \w+, /, ''),
      text.replace('sha256:', `signed_by: ["${key}"], sha256:`),
      text.replace(/sha256: \w+/, 'signed_by: ["ssh-rsa AAAA mia"]'),
    ]) {
      writeFileSync(file, wrong);
      assert.is(reasonsIn((await machine.open()).offers.off)[0]?.code, 'scripts_file_refused', wrong);
    }
  }));

/** What a person at the machine may have done to file and list since. */
const wrongFiles: readonly (readonly [
  what: string,
  harm: (machine: Machine) => void,
  code: string,
  needsRoot?: true,
])[] = [
  ['the file was changed', ({ script }) => writeFileSync(script, '#!/bin/sh\ntouch /tmp/evil\n'), 'script_changed'],
  ['others may write the file', ({ script }) => chmodSync(script, 0o757), 'script_untrusted'],
  ['its group may write the file', ({ script }) => chmodSync(script, 0o775), 'script_mode'],
  ['others may write its folder', ({ path }) => chmodSync(join(path, 'bin'), 0o777), 'script_untrusted'],
  [
    'it is a link',
    ({ path, script, list }) => {
      writeFileSync(join(path, 'bin', 'real'), readFileSync(script), { mode: 0o755 });
      rmSync(script);
      symlinkSync(join(path, 'bin', 'real'), script);
      list();
    },
    'script_link',
  ],
  [
    'it is a folder',
    ({ script }) => {
      rmSync(script);
      mkdirSync(script, { mode: 0o755 });
    },
    'script_no_file',
  ],
  ['it is gone', ({ script }) => rmSync(script), 'script_missing'],
  ['it cannot be executed', ({ script }) => chmodSync(script, 0o644), 'script_not_executable'],
  ['it takes the rights of its owner', ({ script }) => chmodSync(script, 0o4755), 'script_rights'],
  ['it was taken from the list', ({ list }) => list('', 'another'), 'script_unlisted'],
  ['the list is gone', ({ path }) => rmSync(join(path, 'scripts.yaml')), 'no_scripts_file'],
  [
    'the list says no',
    ({ path }) => {
      const file = join(path, 'scripts.yaml');
      writeFileSync(file, readFileSync(file, 'utf8').replace('enabled: true', 'enabled: false'));
    },
    'scripts_off_here',
  ],
  [
    'the list does not say yes',
    ({ path }) => {
      const file = join(path, 'scripts.yaml');
      writeFileSync(file, readFileSync(file, 'utf8').replace('enabled: true\n', ''));
    },
    'scripts_file_refused',
  ],
  ['others may write the list', ({ path }) => chmodSync(join(path, 'scripts.yaml'), 0o666), 'scripts_file_refused'],
  ['the list has one fault anywhere', ({ list }) => list(', command: [sh, -c, reboot]'), 'scripts_file_refused'],
  ['it needs two persons, and one is named', ({ list }) => list(', two_persons: true'), 'script_two_persons'],
  ['the file belongs to somebody else', ({ script }) => chownSync(script, 54_321, 54_321), 'script_untrusted', true],
  [
    'its folder belongs to somebody else',
    ({ path }) => chownSync(join(path, 'bin'), 54_321, 54_321),
    'script_untrusted',
    true,
  ],
  [
    'the list belongs to somebody else',
    ({ path }) => chownSync(join(path, 'scripts.yaml'), 54_321, 54_321),
    'scripts_file_refused',
    true,
  ],
];
for (const [what, harm, code, needsRoot] of wrongFiles) {
  if (needsRoot && !isRoot) {
    console.log(`SKIP ${what}: only root can give a file to somebody else`);
    continue;
  }
  test(`refused: ${what}`, () =>
    onMachine(async (machine) => {
      const opened = await machine.open();
      const order = opened.order();
      harm(machine);
      const [run] = await opened.take(order);
      assert.equal([run?.state, run && codesOf(run)], ['refused', [code]], JSON.stringify(run));
      assert.equal(machine.ran(), []);
      // And the button says so before anybody presses it.
      const { off, list } = await opened.again();
      if (code !== 'script_two_persons' && code !== 'script_unlisted')
        assert.ok(off ?? list[0]?.problem, 'still offered');
    }));
}

test('a file that is exchanged while it is looked at: what was verified is what runs', () =>
  onMachine(async (machine) => {
    const opened = await machine.open();
    // The rename comes after the descriptor was opened and read, before the program begins.
    const taking = opened.take(opened.order());
    const evil = join(machine.path, 'bin', 'evil');
    writeFileSync(evil, '#!/bin/sh\necho evil >> /dev/null\nexit 66\n', { mode: 0o755 });
    rmSync(machine.script);
    writeFileSync(machine.script, readFileSync(evil), { mode: 0o755 });
    const [run] = await taking;
    assert.equal([run?.state, run?.code], ['done', 3]);
    assert.equal(machine.ran(), ['run hp-1']);
  }));

test('an order runs once: sent again, after a restart, with the folder put back, and with the clock set back', () =>
  onMachine(async (machine) => {
    const first = await machine.open();
    const order = first.order();
    assert.equal(
      (await first.take(order)).map(({ state }) => state),
      ['done'],
    );
    assert.equal((await first.take(order, { ...order })).length, 1, 'nothing is said of it again');
    const second = await machine.open();
    await second.take(order);
    // Another id, as an attacker would write it: the token is that of before.
    const [, replayed] = await second.take({ ...order, id: 'b'.repeat(32) });
    assert.equal(replayed && codesOf(replayed), ['order_stale']);
    machine.clock.wall -= 24 * hour;
    const [, , early] = await second.take(second.order({ expires: machine.clock.wall + 24 * hour }));
    assert.equal(early && codesOf(early), ['order_too_far']);
    assert.is(machine.ran().length, 1);
  }));

test('the clock of the collector counts where that of the machine stands still', () =>
  onMachine(async (machine) => {
    const opened = await machine.open();
    machine.earliest.at = machine.clock.wall + hour;
    const [run] = await opened.take(opened.order());
    assert.equal(run && codesOf(run), ['order_expired']);
    assert.equal(machine.ran(), []);
  }));

test('one at a time, with a pause; a hundred orders in an hour are enough', () =>
  onMachine(async (machine) => {
    const opened = await machine.open();
    const runs = await opened.take(opened.order(), opened.order(), opened.order());
    assert.equal(runs.map(({ state }) => state).sort(), ['done', 'refused', 'refused']);
    assert.equal(new Set(runs.filter(({ state }) => state === 'refused').flatMap(codesOf)), new Set(['order_busy']));
    machine.clock.mono -= 9000;
    assert.equal((await opened.take(opened.order())).flatMap(codesOf).at(-1), 'order_pause');
    for (let n = 0; n < 60; n++) await opened.take(...Array.from({ length: 4 }, () => opened.order({ name: 'other' })));
    const last = opened.order();
    const after = await opened.take(last);
    assert.not.ok(
      after.some(({ id }) => id === last.id),
      'beyond the limit nothing is looked at',
    );
    assert.is(machine.ran().length, 1);
    machine.clock.mono += hour;
    assert.is((await opened.take(opened.order())).at(-1)?.state, 'done');
  }));

test('what hangs is ended with all that it has started; what prints much is cut and goes on', () =>
  onMachine(async (machine) => {
    const child = join(machine.path, 'marks', 'child');
    writeFileSync(machine.script, `#!/bin/sh\nsleep 600 &\necho $! > ${child}\nwait\n`);
    machine.list(', limit: 1s');
    const opened = await machine.open();
    const [slow] = await opened.take(opened.order());
    assert.equal([slow?.state, slow && codesOf(slow), slow?.signal], ['done', ['script_too_slow'], 'SIGKILL']);
    const pid = readFileSync(child, 'utf8').trim();
    const isGone = () =>
      !existsSync(`/proc/${pid}`) || /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
    for (let n = 0; n < 100 && !isGone(); n++) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.ok(isGone(), 'its child goes on');
    writeFileSync(machine.script, '#!/bin/sh\nhead -c 1000000 /dev/zero | tr "\\0" x\necho end > /dev/null\nexit 7\n');
    machine.list();
    const [, loud] = await opened.take(opened.order());
    assert.equal([loud?.state, loud?.code, loud?.cut], ['done', 7, true]);
    assert.ok((loud?.output.length ?? 0) <= 16_384);
  }));

test('the agent ended while a script ran: the next start says that nobody knows how it ended', () =>
  onMachine(async (machine) => {
    writeFileSync(machine.script, '#!/bin/sh\nsleep 1\n');
    machine.list();
    const first = await machine.open();
    const taking = first.take(first.order());
    const second = await machine.open();
    const found = await second.take(second.order({ name: 'other' }));
    assert.equal(
      found.map(({ state }) => state),
      ['lost', 'refused'],
    );
    assert.equal(found[0] && codesOf(found[0]), ['script_lost']);
    await taking;
  }));

test('the terminal says which would run, and why another would not', () =>
  onMachine(async ({ path, script }) => {
    const say = () => startAgent(['scripts', '--data', path]).finished;
    const fine = await say();
    assert.equal([fine.code, fine.stderr], [0, '']);
    assert.match(fine.stdout, /^mark +queue: hp-1 \| -x; rm -rf \/ \| \$\(id\); ended after 60 s$/m);
    writeFileSync(script, 'other');
    const changed = await say();
    assert.is(changed.code, 1);
    assert.match(changed.stdout, /^mark +NOT RUN: .*was changed: its SHA-256 is [0-9a-f]{64}/m);
    rmSync(join(path, 'scripts.yaml'));
    const none = await say();
    assert.is(none.code, 0);
    assert.match(none.stdout, /no scripts\.yaml on this machine/);
  }));

test('whatever is ordered, only what the list allows is run, with values of its lists', () =>
  onMachine(async (machine) => {
    const opened = await machine.open();
    let right = 0;
    const some = <T>(good: T, ...bad: T[]) =>
      fc.oneof({ weight: 8, arbitrary: fc.constant(good) }, fc.constantFrom(good, ...bad));
    const text = fc.string({ maxLength: 40 });
    const choices = fc.oneof(
      { weight: 6, arbitrary: fc.record({ queue: fc.oneof(fc.constantFrom('hp-1', '$(id)'), text) }) },
      fc.dictionary(fc.oneof(fc.constantFrom('queue', '__proto__', 'constructor', 'x'), text), text, { maxKeys: 3 }),
    );
    const orders = fc.record({
      name: some('mark', 'other', '../mark', 'mark\u0000', '/bin/sh'),
      sha256: some(sha(machine.script), 'f'.repeat(64), ''),
      token: some(opened.offers.token as string, '0'.repeat(32)),
      persons: some(['mia'], ['mia', 'mio'], [], ['']),
      choices,
      ahead: some(600_000, -1, 10 * hour),
    });
    await fc.assert(
      fc.asyncProperty(orders, async ({ ahead, ...rest }) => {
        machine.clock.mono += hour;
        const before = machine.ran().length;
        const order = opened.order({ ...rest, expires: machine.clock.wall + ahead } as Partial<ScriptOrder>);
        await opened.take(order).catch((thrown: { code?: string }) => assert.is(thrown.code, 'BAD_SHAPE'));
        const value = order.choices.queue;
        const isRight =
          [order.name === 'mark', order.sha256 === sha(machine.script), order.token === opened.offers.token].every(
            Boolean,
          ) &&
          ahead === 600_000 &&
          order.persons.length > 0 &&
          order.persons.every((one) => one !== '') &&
          Object.keys(order.choices).join() === 'queue' &&
          ['hp-1', '-x; rm -rf /', '$(id)'].includes(value as string);
        if (isRight) right += 1;
        assert.is(machine.ran().length - before, isRight ? 1 : 0, JSON.stringify(order));
        if (isRight) assert.is(machine.ran().at(-1), `run ${value}`);
      }),
      { numRuns: 400 },
    );
    assert.ok(right > 20, `only ${right} were right`);
  }));

test.run();
