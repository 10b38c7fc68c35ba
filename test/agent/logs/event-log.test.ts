/**
 * The Windows event log in the forms in which wevtutil prints it, by a program in its place that keeps such a log: it
 * understands the queries that we send. It has not run on Windows.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { RunProgram, RunResult } from '../../../agent/checks/check.ts';
import { parseLogInfo, queryOf } from '../../../agent/checks/logs/event-log.ts';
import type { LogSettings } from '../../../agent/checks/logs/settings.ts';
import { logs } from '../../../agent/checks/logs.ts';
import type { HealthItem } from '../../../shared/inventory.ts';
import { reasonsIn } from '../../../shared/reason.ts';
import { trialContext } from '../../support/check-context.ts';
import { temporaryFolder } from '../../support/processes.ts';

const test = suite('logs of Windows');
const folder = temporaryFolder();
test.after(() => folder.remove());
let made = 0;

interface Event {
  record: number;
  at: number;
  id: number;
  provider: string;
  level: number;
  message: string;
}

/** An event as `wevtutil qe … /f:RenderedXml` prints it; without its message as with /f:xml. */
const xml = ({ record, at, id, provider, level, message }: Event, rendered: boolean) =>
  `<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='${provider}'/>` +
  `<EventID Qualifiers='49156'>${id}</EventID><Level>${level}</Level><Task>0</Task><Keywords>0x80000000000000</Keywords>` +
  `<TimeCreated SystemTime='${new Date(at).toISOString().replace('Z', '4567Z')}'/><EventRecordID>${record}</EventRecordID>` +
  `<Channel>System</Channel><Computer>WS-7.example.test</Computer><Security/></System><EventData><Data>\\Device\\Harddisk0\\DR0</Data></EventData>` +
  `${rendered ? `<RenderingInfo Culture='en-US'><Message>${message}</Message><Level>Error</Level></RenderingInfo>` : ''}</Event>\r\n`;

/** A log of one machine, and wevtutil over it. Events before `oldest` were overwritten. */
function eventLog() {
  const log = { events: [] as Event[], oldest: 1, asked: [] as (readonly string[])[] };
  const result = (stdout: string, change: Partial<RunResult> = {}): RunResult => ({
    ...{ code: 0, signal: null, stdout, stderr: '', ended: null, ms: 1 },
    ...change,
  });
  const run: RunProgram = async (file, args, limits) => {
    assert.is(file, 'wevtutil.exe');
    log.asked.push(args);
    const kept = log.events.filter(({ record }) => record >= log.oldest);
    if (args[1] !== 'System')
      return result('', {
        code: 15007,
        stderr: 'Failed to open the log. The specified channel could not be found.\r\n',
      });
    if (args[0] === 'gli') {
      const oldest = kept[0]?.record ?? 0;
      return result(
        `creationTime: 2020-10-06T16:57:38.617Z\r\nfileSize: 69632\r\nattributes: 32\r\nnumberOfLogRecords: ${kept.length}\r\noldestRecordNumber: ${oldest}\r\n`,
      );
    }
    const query = args[2] as string;
    const after = Number(/EventRecordID > (\d+)/.exec(query)?.[1] ?? 0);
    const span = Number(/timediff\(@SystemTime\) <= (\d+)/.exec(query)?.[1] ?? Number.POSITIVE_INFINITY);
    const ids = [...query.matchAll(/EventID=(\d+)/g)].map(([, id]) => Number(id));
    const most = Number(/^\/c:(\d+)$/.exec(args[5] as string)?.[1]);
    const found = kept
      .filter(
        ({ record, at, id }) => record > after && Date.now() - at <= span && (ids.length === 0 || ids.includes(id)),
      )
      .slice(0, most);
    const text = found.map((event) => xml(event, args[3] === '/f:RenderedXml')).join('');
    if (text.length > (limits.maxBytes ?? 0))
      return result(text.slice(0, limits.maxBytes), { code: null, signal: 'SIGKILL', ended: 'flood' });
    return result(text);
  };
  const add = (at: number, change: Partial<Event> = {}) =>
    log.events.push({
      ...{ record: (log.events.at(-1)?.record ?? 0) + 1, at, id: 7, provider: 'disk', level: 2 },
      ...{ message: 'The device, \\Device\\Harddisk0\\DR0, has a bad block.' },
      ...change,
    });
  return { log, run, add };
}

function machine(settings: string, run: RunProgram) {
  const data = join(folder.path, `agent-${made++}`);
  mkdirSync(data);
  writeFileSync(join(data, 'checks.yaml'), settings, { mode: 0o600 });
  const context = trialContext({ data, platform: 'win32', run });
  let check = logs();
  return {
    context,
    restart: () => {
      check = logs();
    },
    async read() {
      const { metrics = [], sections = {} } = await check.run(context);
      const [item] = (sections.health ?? []) as HealthItem[];
      const codes = reasonsIn(item?.summary).map(({ code }) => code);
      return { fields: metrics[0]?.fields, status: item?.status, codes };
    },
  };
}

const disk = 'logs: [{ name: disk, windows: { log: System, provider: disk, ids: [7, 51], level: error } }]\n';

test('each record once, also over a restart; other events move the place on', async () => {
  const { log, run, add } = eventLog();
  const { read, restart } = machine(disk, run);
  const now = Date.now();
  add(now - 3_600_000);
  add(now - 60_000);
  let seen = await read();
  assert.is(seen.fields?.matches, 1);
  assert.is(seen.fields?.complete, 1);
  assert.is(seen.status, 'warning');
  assert.equal(log.asked.at(-1)?.slice(0, 2), ['qe', 'System']);
  assert.equal(log.asked.at(-1)?.slice(3), ['/f:xml', '/rd:false', '/c:500']);
  add(now - 1000, { id: 51 });
  for (let i = 0; i < 20; i++) add(now - 900, { id: 1, provider: 'Other' });
  restart();
  assert.is((await read()).fields?.total, 2);
  // All that was read is overwritten: nothing is lost.
  log.oldest = (log.events.at(-1)?.record ?? 0) + 1;
  add(now);
  restart();
  seen = await read();
  assert.is(seen.fields?.total, 3);
  assert.is(seen.fields?.complete, 1);
});

test('overwritten before it was read, or begun anew: said, and what is there is counted', async () => {
  const { log, run, add } = eventLog();
  const { read, context } = machine(disk, run);
  const now = Date.now();
  add(now - 1000);
  await read();
  for (let i = 0; i < 5; i++) add(now);
  log.oldest = 4;
  let seen = await read();
  assert.is(seen.fields?.total, 4);
  assert.is(seen.fields?.complete, 0);
  assert.ok(seen.codes.includes('log_gap'));
  context.shift = 11 * 60_000;
  assert.is((await read()).fields?.complete, 1);
  log.events = [];
  log.oldest = 1;
  add(now + context.shift);
  seen = await read();
  assert.is(seen.fields?.total, 5, 'record 1 again');
  assert.ok(seen.codes.includes('log_gap'));
  log.events = [];
  seen = await read();
  assert.is(seen.fields?.total, 5, 'an empty log');
});

test('a flood: part after part, each event once', async () => {
  const { run, add } = eventLog();
  const { read } = machine(
    disk.replace('level: error', 'level: error }, text: "bad block", count: 0, window: "1h"').replace('} }]', '}]'),
    run,
  );
  const now = Date.now();
  for (let i = 0; i < 6000; i++) add(now - 6000 + i, i % 2 === 0 ? {} : { message: 'something else' });
  const totals: number[] = [];
  for (let round = 0; round < 10 && totals.at(-1) !== 3000; round++) {
    const { fields } = await read();
    totals.push(fields?.total as number);
    assert.is(fields?.over, undefined, 'a count of 0 never is a problem by itself');
  }
  assert.equal(totals, [1250, 2500, 3000]);
});

test('no such log, no right to read it, a program that is refused: unknown, with what to do', async () => {
  const { run } = eventLog();
  const none = machine('logs: [{ name: a, windows: { log: Sytem, level: error } }]\n', run);
  assert.equal((await none.read()).codes, ['no_event_log']);
  const denied: RunProgram = async () => ({
    ...{ code: 5, signal: null, stdout: '', ended: null, ms: 1 },
    stderr: 'Failed to open the log information.\r\nアクセスが拒否されました。\r\n',
  });
  const seen = await machine('logs: [{ name: a, windows: { log: Security, ids: [4625] } }]\n', denied).read();
  assert.equal(seen.codes, ['event_log_no_rights', 'said']);
  assert.equal(seen.fields, { complete: 0 });
  const garbage: RunProgram = async () => ({ code: 0, signal: null, stdout: 'x', stderr: '', ended: null, ms: 1 });
  assert.is((await machine(disk, garbage).read()).status, 'unknown');
});

test('queries, and information about a log as it is printed', () => {
  const of = (windows: LogSettings['windows']) => ({ name: 'a', windows }) as LogSettings;
  const from = { after: '41', end: '50' };
  assert.is(
    queryOf(of({ log: 'System', provider: 'disk', ids: [7, 51], level: 'error' }), from, 0),
    "*[System[Provider[@Name='disk'] and (EventID=7 or EventID=51) and (Level=1 or Level=2) and EventRecordID > 41]]",
  );
  assert.is(
    queryOf(of({ log: 'System', level: 'information' }), { since: 1000, end: '1' }, 61_000),
    '*[System[(Level=1 or Level=2 or Level=3 or Level=4 or Level=0) and TimeCreated[timediff(@SystemTime) <= 60000]]]',
  );
  const printed =
    'creationTime: 2020-10-06T16:57:38.617Z\r\nlastAccessTime: 2022-10-26T19:05:21.533Z\r\nlastWriteTime: 2022-10-26T19:05:21.533Z\r\nfileSize: 11603968\r\nattributes: 32\r\nnumberOfLogRecords: 9496\r\noldestRecordNumber: 1\r\n';
  assert.equal(parseLogInfo(printed), { oldest: 1, newest: 9496 });
  assert.equal(parseLogInfo('numberOfLogRecords: 0\r\noldestRecordNumber: 0\r\n'), { oldest: 0, newest: 0 });
  assert.is(parseLogInfo('numberOfLogRecords: 12\r\n'), null);
});

test.run();
