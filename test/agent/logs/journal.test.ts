/** A real journal, read on and on: nothing twice, nothing left out, and said plainly where something is not known. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { RunProgram } from '../../../agent/checks/check.ts';
import { parseJournal } from '../../../agent/checks/logs/journal.ts';
import { logs } from '../../../agent/checks/logs.ts';
import { run } from '../../../agent/run.ts';
import type { HealthItem } from '../../../shared/inventory.ts';
import { reasonsIn } from '../../../shared/reason.ts';
import { type TrialContext, trialContext } from '../../support/check-context.ts';
import { journalMissing, type Line, makeJournal } from '../../support/journal.ts';
import { temporaryFolder } from '../../support/processes.ts';

const test = suite('logs of journald');
const minute = 60_000;
const folder = temporaryFolder();
let made = 0;
test.after(() => folder.remove());
if (journalMissing !== null) {
  assert.is(process.env.CI, undefined, journalMissing);
  console.log(`SKIP a real journal: ${journalMissing}`);
}

/** A folder of an agent with a journal and its settings. */
function machine(settings: (directory: string) => string, change: Partial<TrialContext> = {}) {
  const data = join(folder.path, `agent-${made++}`);
  mkdirSync(data);
  const journal = makeJournal(join(data, 'journal'));
  const configure = (text: string) => writeFileSync(join(data, 'checks.yaml'), text, { mode: 0o600 });
  configure(settings(journal.directory));
  const context = trialContext({ data, platform: 'linux', ...change });
  let check = logs();
  const read = async () => {
    const { metrics = [], sections = {} } = await check.run(context);
    const items = (sections.health ?? []) as HealthItem[];
    const of = (name: string) => metrics.find(({ tags }) => tags.log === name)?.fields;
    const codes = (name: string) =>
      reasonsIn(items.find((item) => item.name === name)?.summary).map(({ code }) => code);
    return { metrics, items, of, codes, status: (name: string) => items.find((item) => item.name === name)?.status };
  };
  /** A new process: only what is on disk is known. */
  const restart = () => {
    check = logs();
  };
  return { journal, context, read, restart, configure };
}

const ssh = (directory: string, more = '') =>
  `logs:\n  - { name: ssh, journal: { unit: ssh.service, directory: ${directory} }, text: Failed password, window: 10m, count: 3${more} }\n`;
const line = (at: number, message: string, more: Partial<Line> = {}): Line => ({
  at,
  message,
  unit: 'ssh.service',
  ...more,
});
const failed = (at: number, more: Partial<Line> = {}) =>
  line(at, 'Failed password for root from 203.0.113.9 port 52233', more);

/** Tests need the real thing; where it is missing, it was said above. */
const real = (name: string, body: () => Promise<void>) => (journalMissing === null ? test(name, body) : undefined);

real(
  'the last window counts at once; then each entry once, also over restarts and beside entries of other units',
  async () => {
    const { journal, read, restart, context } = machine(ssh);
    const now = Date.now();
    journal.write(failed(now - 60 * minute), failed(now - 5 * minute), line(now - 4 * minute, 'Accepted password'));
    let seen = await read();
    assert.is(seen.of('ssh')?.matches, 1, 'an hour ago is not within ten minutes');
    assert.is(seen.of('ssh')?.complete, 1);
    assert.is(seen.of('ssh')?.over, 0);
    assert.is(seen.status('ssh'), 'ok');
    assert.ok(Math.abs((seen.of('ssh')?.newest_age_s as number) - 300) <= 5);
    seen = await read();
    assert.is(seen.of('ssh')?.total, 1, 'not twice');
    // The place that is remembered is that of another unit's entry: the next one must not be left out.
    journal.write(line(now - 3 * minute, 'x', { unit: 'cron.service' }), failed(now - 2 * minute));
    restart();
    seen = await read();
    assert.is(seen.of('ssh')?.total, 2, 'not left out');
    journal.write(failed(now - 1000), line(now - 900, 'Failed password', { unit: 'nginx.service' }));
    restart();
    seen = await read();
    assert.equal(seen.of('ssh'), {
      matches: 3,
      total: 3,
      complete: 1,
      over: 1,
      newest_age_s: seen.of('ssh')?.newest_age_s,
    });
    assert.is(seen.status('ssh'), 'warning');
    assert.equal(seen.codes('ssh'), ['log_matches', 'log_over']);
    context.shift = 11 * minute;
    seen = await read();
    assert.is(seen.of('ssh')?.matches, 0, 'the window has passed');
    assert.is(seen.of('ssh')?.total, 3);
  },
);

real('no match yet: the place is the end of the log as it was, and no entry after it is left out', async () => {
  const { journal, read, restart } = machine(ssh);
  const now = Date.now();
  journal.write(line(now - 60 * minute, 'old', { unit: 'cron.service' }));
  assert.is((await read()).of('ssh')?.total, 0);
  for (let i = 5; i > 0; i--) {
    journal.write(failed(now - i * 1000));
    restart();
    assert.is((await read()).of('ssh')?.total, 6 - i);
  }
});

real('killed between reading and remembering: the next process counts the same entries, once', async () => {
  const { journal, read, restart, context } = machine(ssh);
  journal.write(failed(Date.now() - minute));
  await read();
  const { set } = context.memory;
  context.memory.set = () => {};
  journal.write(failed(Date.now() - 1000));
  assert.is((await read()).of('ssh')?.total, 2);
  context.memory.set = set;
  restart();
  assert.is((await read()).of('ssh')?.total, 2);
});

real('after a gap: entries of hours are no burst, a burst is shown for one window', async () => {
  const { journal, read, restart, context } = machine(ssh);
  const now = Date.now();
  journal.write(failed(now));
  await read();
  context.shift = 5 * 60 * minute;
  // One each half an hour; then three in a row, three hours before the agent is there again.
  for (let i = 1; i <= 3; i++) journal.write(failed(now + i * 30 * minute));
  journal.write(...[0, 1, 2, 3].map((i) => failed(now + 2 * 60 * minute + i * minute)));
  restart();
  let seen = await read();
  assert.is(seen.of('ssh')?.matches, 4, 'the largest of any window');
  assert.is(seen.of('ssh')?.total, 8);
  assert.is(seen.of('ssh')?.complete, 1, 'nothing was deleted');
  context.shift += 9 * minute;
  assert.is((await read()).of('ssh')?.matches, 4);
  context.shift += 2 * minute;
  seen = await read();
  assert.is(seen.of('ssh')?.matches, 0);
});

real('entries deleted before they were read: said, and the count is not called complete for one window', async () => {
  const { journal, read, restart, context } = machine(ssh);
  journal.write(failed(Date.now() - minute));
  await read();
  journal.vacuum();
  context.shift = 60 * minute;
  journal.write(failed(Date.now() + 59 * minute));
  restart();
  let seen = await read();
  assert.is(seen.of('ssh')?.complete, 0);
  assert.is(seen.of('ssh')?.total, 2, 'what is there is counted');
  assert.is(seen.status('ssh'), 'unknown');
  assert.equal(seen.codes('ssh'), ['log_matches', 'log_gap']);
  context.shift += 11 * minute;
  seen = await read();
  assert.is(seen.of('ssh')?.complete, 1);
  assert.is(seen.status('ssh'), 'ok');
});

real('a flood: bounded work per round, every entry once, and what is too much is given up and said', async () => {
  const { journal, read, context } = machine(
    (directory) =>
      `logs:\n  - { name: all, journal: { identifier: test, directory: ${directory} }, pattern: "entry [0-9]+ of", window: 10m }\n`,
  );
  const now = Date.now();
  journal.write(line(now - 9 * minute, 'before'));
  assert.is((await read()).of('all')?.total, 0);
  const many = 60_000;
  journal.write(...Array.from({ length: many }, (_, i) => line(now - 8 * minute + i, `entry ${i} of the flood`)));
  const totals: number[] = [];
  for (let round = 0; round < 30 && totals.at(-1) !== many; round++) {
    const seen = await read();
    totals.push(seen.of('all')?.total as number);
    if (totals.at(-1) !== many) assert.is(seen.of('all')?.complete, 0, 'behind');
    if (totals.at(-1) !== many) assert.ok(seen.codes('all').includes(round === 0 ? 'log_behind' : 'log_matches'));
  }
  assert.ok(totals.length >= 2 && totals.length <= 8, `${totals}`);
  assert.is(totals.at(-1), many, 'each once');
  assert.is((await read()).of('all')?.complete, 1);
  assert.ok(JSON.stringify(context.memory.get('logs')).length < 3000, 'what is remembered is small');
});

real('more entries than can be read for ten rounds: the rest is left out, and said', async () => {
  // A program that prints one entry and is then ended for its flood, as often as it is asked.
  let asked = 0;
  const flooding: RunProgram = async (file, args, limits) => {
    if (!args.some((word) => word.startsWith('--cursor='))) return run(file, args, limits);
    const entry = {
      __CURSOR: `s=1;i=${asked++}`,
      __REALTIME_TIMESTAMP: `${Date.now() * 1000}`,
      MESSAGE: 'Failed password',
    };
    return {
      code: null,
      signal: 'SIGKILL',
      stdout: `${JSON.stringify(entry)}\n{"__CUR`,
      stderr: '',
      ended: 'flood',
      ms: 1,
    };
  };
  const { journal, read } = machine(ssh, { run: flooding });
  journal.write(line(Date.now() - minute, 'x'));
  const codes: string[][] = [];
  for (let round = 0; round < 12; round++) {
    const seen = await read();
    codes.push(seen.codes('ssh'));
    assert.is(seen.of('ssh')?.complete, round === 0 ? 1 : 0);
  }
  assert.is(asked, 11 * 5, 'five parts a round');
});

real('which entries: unit, identifier, priority and message id, each alone and together', async () => {
  const id = 'b07a249cd024414a82dd00cd181378ff';
  const entry = (name: string, place: string) => (directory: string) =>
    `  - { name: ${name}, journal: { ${place}, directory: ${directory} } }\n`;
  const parts = [
    entry('unit', 'unit: a.service'),
    entry('identifier', 'identifier: kernel'),
    entry('priority', 'priority: warning'),
    entry('id', `messageId: ${id}`),
    entry('both', 'unit: a.service, priority: err'),
  ];
  const { journal, read } = machine((directory) => `logs:\n${parts.map((part) => part(directory)).join('')}`);
  const now = Date.now();
  journal.write(
    { at: now - 5000, message: 'one', unit: 'a.service', priority: 3 },
    { at: now - 4000, message: 'two', unit: 'a.service', priority: 6 },
    { at: now - 3000, message: 'three', identifier: 'kernel', priority: 4 },
    { at: now - 2000, message: 'four', unit: 'b.service', priority: 5, messageId: id },
  );
  const seen = await read();
  const counts = ['unit', 'identifier', 'priority', 'id', 'both'].map((name) => seen.of(name)?.matches);
  assert.equal(counts, [2, 1, 2, 1, 1]);
});

real('a sample leaves only where it is asked for: one line, short, without secrets and what nobody sees', async () => {
  const { journal, read, configure } = machine(ssh);
  const message = `Failed password \u202Efor\u200b root token=abcdef123456 \u001b[31m${'x'.repeat(500)}`;
  journal.write(line(Date.now() - 1000, message));
  assert.not.match(JSON.stringify(await read()), /abcdef|root/);
  configure(ssh(journal.directory, ', samples: true'));
  journal.write(line(Date.now() - 500, message));
  await read();
  const { items } = await (async () => {
    const { journal: other, read: again } = machine((directory) => ssh(directory, ', samples: true'));
    other.write(line(Date.now() - 1000, message));
    return again();
  })();
  const said = reasonsIn(items[0]?.summary).find(({ code }) => code === 'said')?.params?.text as string;
  assert.ok(said.startsWith('Failed password'), said);
  assert.ok(said.length <= 200, `${said.length}`);
  assert.not.match(said, /abcdef|\p{Cc}|\p{Cf}/u);
});

real('changed settings begin anew; a removed entry is forgotten', async () => {
  const { journal, read, configure, context } = machine(ssh);
  journal.write(failed(Date.now() - 5000), line(Date.now() - 4000, 'Invalid user'));
  assert.is((await read()).of('ssh')?.total, 1);
  configure(ssh(journal.directory).replace('count: 3', 'count: 1'));
  assert.is((await read()).of('ssh')?.over, 1, 'another count is no other log');
  configure(ssh(journal.directory).replace('Failed password', 'Invalid'));
  journal.write(line(Date.now() - 3000, 'Invalid user'));
  assert.is((await read()).of('ssh')?.total, 2);
  configure(ssh(journal.directory).replace('name: ssh', 'name: other'));
  const seen = await read();
  assert.equal(
    seen.items.map(({ name }) => name),
    ['other'],
  );
  assert.equal(Object.keys((context.memory.get('logs') as { logs: object }).logs), ['other']);
});

real('what cannot be read is unknown, with the reason: rights, nothing there, a damaged file, no program', async () => {
  const { journal, read, restart } = machine(ssh);
  assert.equal((await read()).codes('ssh'), ['journal_empty']);
  journal.write(failed(Date.now() - 1000));
  assert.is((await read()).of('ssh')?.total, 1);
  writeFileSync(join(journal.directory, 'bad.journal'), 'x'.repeat(100));
  restart();
  const damaged = await read();
  assert.is(damaged.codes('ssh')[0], 'journal_unreadable');
  assert.equal(damaged.of('ssh'), { complete: 0 }, 'no count');
  const none = machine((directory) => ssh(`${directory}/none`));
  assert.is((await none.read()).status('ssh'), 'unknown');
  const without = machine(ssh, { run: (file, ...rest) => run(`${file}-not-there`, ...rest) });
  assert.equal((await without.read()).codes('ssh'), ['not_installed']);
  const mac = machine(ssh, { platform: 'darwin' });
  assert.equal((await mac.read()).codes('ssh'), ['log_other_system']);
});

/** journalctl as nobody, who may read one file of two: with JSON it says nothing about the other one. */
real('a user who does not see all messages: unknown, though journalctl ends well', async () => {
  if (process.getuid?.() !== 0) return console.log('\nSKIP as another user: only root may become one');
  const asNobody: RunProgram = (file, args, limits) =>
    run('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', file, ...args], limits);
  const { journal, read } = machine(ssh, { run: asNobody });
  chmodSync(folder.path, 0o755);
  journal.write(failed(Date.now() - 2000));
  chmodSync(join(journal.directory, 'log-1.journal'), 0o644);
  assert.is((await read()).of('ssh')?.matches, 1);
  const other = machine(ssh, { run: asNobody });
  other.journal.write(failed(Date.now() - 2000));
  chmodSync(join(other.journal.directory, 'log-1.journal'), 0o640);
  const seen = await other.read();
  assert.equal(seen.codes('ssh'), ['journal_no_rights']);
  assert.equal(seen.of('ssh'), { complete: 0 });
});

test('a unit that neither systemd nor the journal knows is unknown; one that systemd knows is a quiet one', async () => {
  const answer = (file: string, args: readonly string[], load: string) => {
    const entry = '{"__CURSOR":"s=1;i=1","__REALTIME_TIMESTAMP":"1795871245887244"}\n';
    if (file === 'systemctl') return `LoadState=${load}\n`;
    return args.includes('--unit=sssh') || args.includes('--output=short') ? '' : entry;
  };
  const settings = () => 'logs: [{ name: a, journal: { unit: sssh } }]\n';
  for (const [load, codes] of [
    ['not-found', ['unit_unknown']],
    ['loaded', ['log_none']],
  ] as const) {
    const fake: RunProgram = async (file, args) => ({
      ...{ code: 0, signal: null, stderr: '', ended: null, ms: 1 },
      stdout: answer(file, args, load),
    });
    assert.equal((await machine(settings, { run: fake }).read()).codes('a'), codes);
  }
});

test('entries as journalctl prints them: bytes, twice, too long, cut off, no entry', () => {
  const at = '"__REALTIME_TIMESTAMP":"1795871245887244"';
  const lines = [
    `{"__CURSOR":"a",${at},"MESSAGE":"plain"}`,
    `{"__CURSOR":"b",${at},"MESSAGE":[226,130,172]}`,
    `{"__CURSOR":"c",${at},"MESSAGE":["x","y"]}`,
    `{"__CURSOR":"d",${at},"MESSAGE":null}`,
    `{"__CURSOR":"e",${at}}`,
    `{"__CURSOR":"f",${at},"MESS`,
  ];
  const { entries, strange } = parseJournal(lines.join('\n'));
  assert.is(parseJournal(`${lines[0]}\n-- Reboot --\n`).strange, '-- Reboot --');
  assert.equal(
    entries.map(({ text }) => text),
    ['plain', '€', 'x\ny', null, ''],
  );
  assert.is(entries[0]?.at, 1795871245887.244);
  assert.is(strange, null);
});

test.run();
