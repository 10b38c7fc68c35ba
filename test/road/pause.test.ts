/**
 * The collector's process stands still for longer than a report may be late (a snapshot, a live migration), and goes on:
 * the reports that piled up keep the times at which they were made.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { SeriesResult } from '../../collector/series/series.ts';
import { encode } from '../../shared/report.ts';
import { topicOf } from '../../shared/topics.ts';
import { enroll, makeCode } from '../simulate/enroll.ts';
import { makeMachine } from '../simulate/machine.ts';
import { openWire } from '../simulate/wire.ts';
import { startCollector, temporaryFolder, until } from '../support/processes.ts';
import { epochOf, makeReport } from '../support/station.ts';

const stoppedMs = 36_000;
const everyMs = 1000;

const test = suite('a collector that stands still');

test('36 s under SIGSTOP: no report is re-dated, of a right clock and of one that is two minutes ahead', async () => {
  const folder = temporaryFolder();
  const collector = await startCollector(folder.path);
  const code = await makeCode(collector.http, collector.token, 2);
  const endpoints = await Promise.all(
    [0, 120_000].map(async (offset, n) => {
      const credential = await enroll(code, makeMachine(3, n));
      const { hostname: host, port } = new URL(credential.mqtt.url);
      const wire = openWire({ host, port: Number(port), clientId: credential.endpoint, password: credential.secret });
      assert.is(await wire.connected, 0);
      const made: number[] = [];
      const send = () => {
        made.push(Date.now());
        const report = makeReport(epochOf(n + 1), made.length, Date.now() + offset, { interval_s: everyMs / 1000 });
        void wire.publish(topicOf(credential, 'report'), encode(report));
      };
      return { credential, wire, made, send, offset };
    }),
  );
  const timer = setInterval(() => {
    for (const endpoint of endpoints) endpoint.send();
  }, everyMs);
  try {
    await pause(4000);
    collector.child.kill('SIGSTOP');
    await pause(stoppedMs);
    collector.child.kill('SIGCONT');
    await pause(3000);
    clearInterval(timer);
    for (const { credential, made, offset } of endpoints) {
      const [from, to] = [(made[0] as number) - 2000, (made.at(-1) as number) + 2000];
      const query = new URLSearchParams({
        metric: 'cpu.usage_active',
        agg: 'count',
        step: '2s',
        from: new Date(from).toISOString(),
        to: new Date(to).toISOString(),
      });
      const points = async () => {
        const answer = await collector.get<SeriesResult>(`/api/v1/endpoints/${credential.endpoint}/series?${query}`);
        return answer.series[0]?.points.map(([, count]) => count ?? 0) ?? [];
      };
      const stored = async () => (await points()).reduce((sum, count) => sum + count, 0);
      await until(
        async () => (await stored()) === made.length,
        10_000,
        `${made.length} samples, of clock +${offset} ms`,
      );
      const most = Math.max(...(await points()));
      assert.ok(most <= 4, `${most} samples within 2 s, of clock +${offset} ms: some were re-dated`);
    }
    const metrics = await (
      await fetch(`${collector.http}/metrics`, { headers: { authorization: `Bearer ${collector.token}` } })
    ).text();
    const corrected = Number(/corrected_times_total (\d+)/.exec(metrics)?.[1]);
    assert.is(corrected, endpoints[1]?.made.length, 'only those of the wrong clock were moved');
    console.log(
      `\nFIGURE pause: ${stoppedMs / 1000} s under SIGSTOP, ${endpoints[0]?.made.length} reports of each endpoint, ` +
        `${corrected - (endpoints[1]?.made.length ?? 0)} re-dated`,
    );
  } finally {
    clearInterval(timer);
    for (const { wire } of endpoints) wire.cut();
    collector.child.kill('SIGCONT');
    collector.child.kill('SIGTERM');
    await collector.ended;
    folder.remove();
  }
});

test.run();
