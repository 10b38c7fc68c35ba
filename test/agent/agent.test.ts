/** The agent's own process: the whole road to a broker, kill -9, a second one on the same folder, sleep, its words. */

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { spoolPath } from '../../agent/agent.ts';
import { describe } from '../../agent/commands/doctor.ts';
import { remedyFor } from '../../agent/commands/doctor-remedy.ts';
import { ask, controlPath, openControlSocket } from '../../agent/control-socket.ts';
import { readBootId, reasonFromJobs } from '../../agent/platform/boot.ts';
import { openSpool } from '../../agent/spool.ts';
import { silentLog } from '../../shared/log.ts';
import { fieldOf } from '../../shared/metrics.ts';
import { quotation, reason, reasonsOf } from '../../shared/reason.ts';
import { check, Report } from '../../shared/report.ts';
import { enrolledFolder, startAgent, temporaryFolder } from '../support/agent.ts';
import { startBroker, until } from '../support/broker.ts';

const settings = (folder: string, seconds: number) =>
  writeFileSync(join(folder, 'agent.settings.json'), JSON.stringify({ v: 1, interval_s: seconds }));

test('run: birth, readings, inventory, goodbye; everything is in the catalogue', async () => {
  const broker = await startBroker();
  const folder = enrolledFolder(broker.port);
  const agent = startAgent(['run', '--data', folder.path]);
  try {
    await until('birth', () => broker.presences[0], 30_000);
    const first = await until('the first report', () => broker.kept.find((message) => message.leaf === 'report'));
    const { leaf: _, endpoint: __, ...report } = first as unknown as Record<string, unknown>;
    check(Report, report);
    await until('the host section', () =>
      broker.kept.find((message) => 'section' in message && message.section === 'host'),
    );
    const metrics = () => broker.kept.flatMap((message) => ('metrics' in message ? message.metrics : []));
    await until('CPU use', () => metrics().some((metric) => metric.name === 'cpu'));
    for (const metric of metrics())
      for (const field of Object.keys(metric.fields))
        assert.ok(fieldOf(`${metric.name}.${field}`), `${metric.name}.${field} is not in the catalogue`);
    const second = await startAgent(['run', '--data', folder.path]).finished;
    assert.is(second.code, 1);
    assert.match(second.stderr, /Another agent runs/);
    const sleeping = await startAgent(['sleep', '--data', folder.path]).finished;
    assert.is(sleeping.code, 0, sleeping.stderr);
    assert.equal(broker.presences.at(-1)?.presence, {
      state: 'offline',
      session: broker.presences[0]?.presence.session,
      reason: 'sleep',
    });
    assert.is((await startAgent(['wake', '--data', folder.path]).finished).code, 0);
    await until('birth again', () => broker.presences.at(-1)?.presence.state === 'online');
    agent.child.kill('SIGTERM');
    const ended = await agent.finished;
    assert.is(ended.code, 0);
    const last = broker.presences.at(-1)?.presence;
    assert.is(last?.state === 'offline' ? last.reason : last?.state, 'stop');
    assert.is((await startAgent(['sleep', '--data', folder.path]).finished).code, 1, 'nobody to tell');
  } finally {
    agent.child.kill('SIGKILL');
    await broker.down();
    folder.remove();
  }
});

test('kill -9, again and again: the will tells it, and every number is stored or still in the spool', async () => {
  const broker = await startBroker();
  const folder = enrolledFolder(broker.port);
  settings(folder.path, 0.5);
  try {
    for (let round = 0; round < 4; round++) {
      const births = broker.presences.filter((one) => one.presence.state === 'online').length;
      const agent = startAgent(['run', '--data', folder.path]);
      await until(
        'birth',
        () => broker.presences.filter((one) => one.presence.state === 'online').length > births,
        30_000,
      );
      // Some rounds end while the collector is away, so that the spool holds something.
      if (round % 2 === 1) {
        await new Promise((resolve) => setTimeout(resolve, 1000));
        await broker.down();
      }
      await new Promise((resolve) => setTimeout(resolve, 1500 + 1000 * Math.random()));
      agent.child.kill('SIGKILL');
      await agent.finished;
      if (round % 2 === 1) await broker.up();
      else await until('the will', () => broker.presences.at(-1)?.presence.state === 'lost');
    }
    const last = startAgent(['run', '--data', folder.path]);
    await until('the last birth', () => broker.presences.at(-1)?.presence.state === 'online', 30_000);
    const online = broker.presences.at(-1)?.presence;
    assert.is(online?.state === 'online' ? online.previous_shutdown : null, 'unclean');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    last.child.kill('SIGTERM');
    await last.finished;
    const spool = openSpool({ path: spoolPath(folder.path), bootId: readBootId(), log: silentLog });
    const { epoch, seq } = spool.state();
    const stored = new Set(broker.kept.filter((message) => message.epoch === epoch).map((message) => message.seq));
    const waiting = new Set(spool.after(null, 10_000).map((entry) => entry.seq));
    spool.close();
    const missing = Array.from({ length: seq }, (_, i) => i + 1).filter((n) => !stored.has(n) && !waiting.has(n));
    assert.equal(missing, []);
    console.log(
      `\nFIGURE agent: 4 kills, ${seq} numbers, ${stored.size} stored, ${waiting.size} waiting, ${missing.length} missing`,
    );
  } finally {
    await broker.down();
    folder.remove();
  }
});

test('once prints one whole report; commands and flags that do not exist are refused kindly', async () => {
  const folder = temporaryFolder();
  try {
    const once = await startAgent(['once', '--data', folder.path]).finished;
    assert.is(once.code, 0, once.stderr);
    const report = check<Report>(Report, JSON.parse(once.stdout));
    assert.ok(report.metrics.some((metric) => metric.name === 'mem'));
    for (const [words, code, text] of [
      [['fly'], 2, /no command "fly"/],
      [['constructor'], 2, /no command/],
      [['once', '--fast'], 2, /--fast/],
      [['once', 'more'], 2, /unexpected argument/],
      [['run', '--data', folder.path], 1, /not enrolled/],
      [[], 2, /^$/],
    ] as [string[], number, RegExp][]) {
      const done = await startAgent(words).finished;
      assert.is(done.code, code, words.join(' '));
      assert.match(done.stderr, text);
      assert.not.match(done.stderr, /\n\s+at /);
    }
    assert.match((await startAgent(['--help']).finished).stdout, /enroll +\[CODE/);
  } finally {
    folder.remove();
  }
});

test('doctor tells of each check and of the road', async () => {
  const folder = temporaryFolder();
  mkdirSync(folder.path, { recursive: true });
  try {
    const { stdout } = await startAgent(['doctor', '--data', folder.path]).finished;
    for (const text of [/enrolment +none/, /^cpu +ok/m, /^memory +ok/m, /reads:/, /found:/]) assert.match(stdout, text);
  } finally {
    folder.remove();
  }
  const lines = describe(
    { name: 'x', reads: 'a file' },
    { status: 'failed', reasons: reasonsOf(new Error('EACCES: permission denied')), ms: 3 },
    60_000,
  );
  assert.match(lines.join('\n'), /FAILED[\s\S]*a file[\s\S]*permission[\s\S]*to do: /);
  assert.match(String(remedyFor([reason('not_installed', { program: 'smartctl' })])), /install smartmontools/);
  assert.is(remedyFor(quotation('the moon is full')), null);
});

test('why we are stopped, in the words of systemd; and where the door is', () => {
  assert.is(reasonFromJobs(''), 'stop');
  assert.is(reasonFromJobs('12 evenkeel-agent.service stop running'), 'stop');
  assert.is(reasonFromJobs('1 reboot.target start waiting\n2 x.service stop running'), 'restart');
  assert.is(reasonFromJobs('1 poweroff.target start waiting'), 'shutdown');
  assert.match(controlPath('/data', 'linux'), /^\/data\/agent\.sock$/);
  const deep = `/${'long/'.repeat(40)}`;
  assert.is(controlPath(deep, 'linux', 7), '/proc/self/fd/7/agent.sock');
  // Not where anybody may take the name.
  const elsewhere = controlPath(deep, 'darwin');
  assert.ok(elsewhere.startsWith(homedir()) && elsewhere.length < 104, elsewhere);
  assert.match(controlPath('/data', 'win32'), /pipe/);
});

test('a folder too deep for a socket path: found by the next agent, whatever lies in the folder of temporary files', async () => {
  const top = temporaryFolder();
  const data = join(top.path, 'deep/'.repeat(25), 'data');
  mkdirSync(data, { recursive: true });
  const answer = async (word: string) => ({ word });
  try {
    assert.is(await ask(data, 'status'), null);
    const server = await openControlSocket(data, answer);
    assert.equal(await ask(data, 'status'), { word: 'status' });
    assert.ok(existsSync(join(data, 'agent.sock')));
    await new Promise((done) => server.close(done));
    assert.not(existsSync(join(data, 'agent.sock')));
    assert.is(await ask(data, 'status'), null);
    // What a killed agent left is replaced.
    writeFileSync(join(data, 'agent.sock'), '');
    const next = await openControlSocket(data, answer);
    assert.equal(await ask(data, 'wake'), { word: 'wake' });
    await new Promise((done) => next.close(done));
  } finally {
    top.remove();
  }
});

test.run();
