/** Messages: how long lists are divided or cut, and that what is cut is logged. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createMessages, fitting } from '../../agent/messages.ts';
import { openSpool } from '../../agent/spool.ts';
import type { SpoolEntry } from '../../agent/spool-entry.ts';
import { systemClock } from '../../shared/clock.ts';
import { type Log, silentLog } from '../../shared/log.ts';
import { decode, Report } from '../../shared/report.ts';
import { inflate } from '../../shared/wire.ts';

test('more than 1000 metrics are several reports, all of them in order and under numbers of their own', () => {
  const spool = openSpool({ path: ':memory:', bootId: 'boot', log: silentLog });
  const offered: SpoolEntry[] = [];
  const messages = createMessages({ spool, clock: systemClock, log: silentLog, offer: (entry) => offered.push(entry) });
  const metrics = Array.from({ length: 2001 }, (_, i) => ({
    ...{ name: 'one', tags: {}, timestamp: 1 },
    fields: { value: i },
  }));
  messages.report(metrics, 10_000);
  messages.report([], 10_000);
  const reports = offered.map(({ body }) => decode<Report>(Report, body));
  assert.equal(
    reports.map((report) => [report.seq, report.metrics.length, report.interval_s]),
    [
      [1, 1000, 10],
      [2, 1000, 10],
      [3, 1, 10],
    ],
  );
  assert.equal(
    reports.flatMap((report) => report.metrics.map(({ fields }) => fields.value)),
    metrics.map(({ fields }) => fields.value),
  );
  spool.close();
});

test('a section that is too long is cut from its end, and the log has how much is left', () => {
  const spool = openSpool({ path: ':memory:', bootId: 'boot', log: silentLog });
  const warnings: object[] = [];
  const log: Log = { ...silentLog, warn: (fields: object) => warnings.push(fields) };
  const offered: SpoolEntry[] = [];
  const messages = createMessages({ spool, clock: systemClock, log, offer: (entry) => offered.push(entry) });
  const short = ['a', 'b'];
  assert.is(fitting(short), short);
  assert.is(fitting('x'.repeat(3_000_000)), 'x'.repeat(3_000_000), 'only lists can be cut');
  messages.section('software', short);
  assert.equal(warnings, []);
  const long = Array.from({ length: 40_000 }, (_, i) => `package-${i}-${'x'.repeat(50)}`);
  messages.section('software', long);
  const { data } = JSON.parse(Buffer.from(inflate((offered[1] as SpoolEntry).body)).toString());
  assert.ok(data.length < 40_000 && data.length > 20_000);
  assert.is(data[0], long[0]);
  assert.equal(warnings, [{ section: 'software', kept: data.length }]);
  spool.close();
});

test.run();
