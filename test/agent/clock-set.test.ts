/** A clock that is set is no sleep: what is said, what is due, and which times what waits gets. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createAgent } from '../../agent/agent.ts';
import { forgetfulMemory } from '../../agent/memory.ts';
import { createGaps } from '../../agent/platform/gap.ts';
import { createSections } from '../../agent/sections.ts';
import { openSpool } from '../../agent/spool.ts';
import type { Log } from '../../shared/log.ts';
import { silentLog } from '../../shared/log.ts';
import type { Report } from '../../shared/report.ts';
import { inflate } from '../../shared/wire.ts';
import { enrolledFolder, temporaryFolder } from '../support/agent.ts';
import { startBroker } from '../support/broker.ts';
import { until } from '../support/processes.ts';

const hourMs = 3_600_000;

test('by the clocks of Linux: sleep, a set clock, both, and one set back', async () => {
  const system = { platform: 'linux' as const, root: '/nowhere', run: () => Promise.reject(new Error('none')) };
  const explain = async (asleepMs: number, jumpMs: number) => {
    let total = 0;
    const gaps = createGaps(system, () => total);
    total = asleepMs;
    const { sleptMs, setMs } = await gaps.explain({ jumpMs, lateMs: 0 }, 0);
    return [sleptMs / hourMs, setMs / hourMs];
  };
  assert.equal(await explain(hourMs, hourMs), [1, 0]);
  assert.equal(await explain(0, hourMs), [0, 1]);
  assert.equal(await explain(hourMs, 3 * hourMs), [1, 2]);
  assert.equal(await explain(0, -hourMs), [0, -1]);
});

test('spool: only what was never sent, and before the clock was set, gets other times', async () => {
  const folder = temporaryFolder();
  const options = { path: `${folder.path}/spool.db`, bootId: 'b', log: silentLog };
  const put = (spool: ReturnType<typeof openSpool>, at: number) =>
    spool.put('report', at, ({ epoch, seq }) => ({
      v: 1,
      epoch,
      seq,
      at,
      metrics: [{ name: 'cpu', tags: {}, fields: {}, timestamp: at - 5 }],
    }));
  const before = openSpool(options);
  put(before, 1000);
  before.close();
  const spool = openSpool(options);
  const sent = put(spool, 2000);
  put(spool, 3000);
  const last = put(spool, 4000);
  const later = put(spool, 9000);
  spool.redate(last, () => sent, 500);
  const read = () =>
    spool.after(null, 10).map(({ at, body }) => {
      const message = JSON.parse(Buffer.from(inflate(body)).toString('utf8')) as Report;
      return [at, message.at, message.metrics[0]?.timestamp];
    });
  assert.equal(read(), [
    [1000, 1000, 995],
    [2000, 2000, 1995],
    [3500, 3500, 3495],
    [4500, 4500, 4495],
    [later.at, 9000, 8995],
  ]);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(read()[2], [3500, 3500, 3495], 'once');
  spool.close();
  folder.remove();
});

test('sections: sent again daily also after a clock was set back by a year', () => {
  let now = 1e12;
  const sent: string[] = [];
  const clock = { now: () => now, monotonic: () => now };
  const sections = createSections({ memory: forgetfulMemory(), clock, send: (section) => void sent.push(section) });
  sections.offer('host', { host: {} });
  now -= 365 * 24 * hourMs;
  sections.daily();
  sections.daily();
  assert.equal(sent, ['host', 'host']);
});

/** An agent whose wall clock is a day ahead and without a collector; then the clock is put right, and the collector comes. */
test('a clock put right before the first connection: said as that, and what waited arrives with right times', async () => {
  if (process.platform !== 'linux') return console.log('SKIP clocks: only those of Linux tell sleep from a set clock');
  const broker = await startBroker();
  const folder = enrolledFolder(broker.port);
  await broker.down();
  let ahead = 24 * hourMs;
  const clock = { now: () => Date.now() + ahead, monotonic: () => Number(process.hrtime.bigint()) / 1e6 };
  const lines: string[] = [];
  const say = (fields: object, text: string) => void lines.push(`${text} ${JSON.stringify(fields)}`);
  const log: Log = { debug: say, info: say, warn: say, error: say };
  const started = Date.now();
  const agent = createAgent({ data: folder.path, log, clock });
  await agent.start();
  try {
    await until(() => agent.state().spool.seq >= 3, 30_000, 'reports by the wrong clock');
    ahead = 0;
    await until(() => lines.some((line) => /set back/.test(line)), 30_000, 'the step to be noticed');
    assert.match(lines.join('\n'), /The clock of this machine was set back \{"seconds":86[34]\d\d\}/);
    assert.not.match(lines.join('\n'), /slept/);
    await broker.up();
    await until(() => broker.kept.length > 3 && agent.state().spool.entries === 0, 60_000, 'all to arrive');
    const reports = broker.kept.filter((kept): kept is typeof kept & Report => 'metrics' in kept);
    const times = reports.flatMap(({ at, metrics }) => [at, ...metrics.map(({ timestamp }) => timestamp)]);
    assert.ok(Math.min(...times) > started - 60_000, `oldest ${new Date(Math.min(...times)).toISOString()}`);
    assert.ok(Math.max(...times) <= Date.now() + 1000, `newest ${new Date(Math.max(...times)).toISOString()}`);
  } finally {
    await agent.stop('stop');
    await broker.down();
    folder.remove();
  }
});

test.run();
