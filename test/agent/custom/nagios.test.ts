/** The plugin guidelines, line by line, and JSON answers. */

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseJsonAnswer } from '../../../agent/checks/custom/json.ts';
import { parsePerformance, parsePlugin, parseRange, upperLimit } from '../../../agent/checks/custom/nagios.ts';
import { answerOf, itemOf, metricsOf } from '../../../agent/checks/custom/result.ts';
import { quotation, reason } from '../../../shared/reason.ts';

const range = (from: number, to: number, inside = false) => ({ from, to, inside });

test('ranges as in the table of the guidelines', () => {
  assert.equal(
    ['10', '10:', '~:10', '10:20', '@10:20'].map((text) => parseRange(text)),
    [range(0, 10), range(10, Infinity), range(-Infinity, 10), range(10, 20), range(10, 20, true)],
  );
  for (const text of ['', '@', 'x', '20:10', '1:2:3']) assert.is(parseRange(text), null, text);
});

test('only a range that alerts above something has a line to draw', () => {
  assert.equal(
    ['10', '10:', '~:10', '10:20', '@10:20'].map((text) => upperLimit(parseRange(text))),
    [10, null, 10, 20, 10],
  );
  assert.is(upperLimit(null), null);
});

test('performance data: quotes, units, unknown, missing fields', () => {
  const data = parsePerformance(
    "time=12.5ms;100;200;0;  'a b'=5% 'it''s'=1c /=1MB;2;3;0;4 q=U;1;2 w=-1.5e2 x=;5 load1=0,25 temp=31C",
  );
  assert.equal(
    data.map(({ label, value, unit }) => [label, value, unit]),
    [
      ['time', 0.0125, 's'],
      ['a b', 5, '%'],
      ["it's", 1, 'c'],
      ['/', 1_048_576, 'B'],
      ['q', null, ''],
      ['w', -150, ''],
      ['load1', 0.25, ''],
      ['temp', 31, 'C'],
    ],
  );
  assert.equal(
    [upperLimit(data[0]?.warn ?? null), upperLimit(data[3]?.crit ?? null), data[3]?.max],
    [0.1, 3_145_728, 4_194_304],
  );
});

test('the three parts of an answer, and exit codes', () => {
  const answer = parsePlugin('DISK OK - free | /=1\n/ 15 GB\n/boot 68 MB | /boot=2\n/home=3\n', '', 0);
  assert.equal(answer.reasons, quotation('DISK OK - free\n/ 15 GB\n/boot 68 MB'));
  assert.equal(
    answer.performance.map(({ label, value }) => [label, value]),
    [
      ['/', 1],
      ['/boot', 2],
      ['/home', 3],
    ],
  );
  assert.equal(
    [0, 1, 2, 3, 4, 127, null].map((code) => parsePlugin('x', '', code).status),
    [0, 1, 2, 3, 3, 3, 3],
  );
  assert.equal(parsePlugin('', 'no such option', 3).reasons, quotation('no such option'));
  assert.equal(parsePlugin('', '', 0).reasons, [reason('no_output')]);
});

test('JSON answers: ours, and anything with numbers', () => {
  const own = parseJsonAnswer(
    '{"status":"warning","message":"late","metrics":{"queue":{"value":5,"warn":"4","crit":"10"},"age":7}}',
    '',
    0,
  );
  assert.is(own.status, 1);
  assert.equal(
    own.performance.map(({ label, value, warn }) => [label, value, upperLimit(warn)]),
    [
      ['queue', 5, 4],
      ['age', 7, null],
    ],
  );
  const any = parseJsonAnswer('{"up":true,"list":[{"n":1}],"deep":{"x":{"y":2}},"name":"z"}', '', 2);
  assert.is(any.status, 2);
  assert.equal(
    any.performance.map(({ label, value }) => [label, value]),
    [
      ['up', 1],
      ['list.0.n', 1],
      ['deep.x.y', 2],
    ],
  );
  assert.is(parseJsonAnswer('oops', '', 0).status, 3);
  assert.is(parseJsonAnswer('{}', '', 9).status, 3);
});

test('what had to be ended is unknown, and is reported', () => {
  const base = { code: null, signal: 'SIGKILL', stdout: 'OK | a=1', stderr: '', ms: 1 };
  assert.equal(
    [
      answerOf({ ...base, ended: 'timeout' }, 'nagios', 2000).status,
      answerOf({ ...base, ended: 'flood' }, 'nagios', 1).status,
      answerOf({ ...base, ended: null }, 'nagios', 1).status,
    ],
    [3, 3, 3],
  );
  assert.equal(answerOf({ ...base, ended: 'timeout' }, 'nagios', 2000).reasons, [
    reason('check_too_slow', { limit_s: 2 }),
  ]);
});

test('metrics and item: bounded, unknown values left out', () => {
  const labels = Array.from({ length: 80 }, (_, index) => `l${index}=${index}`).join(' ');
  const answer = parsePlugin(`bad | u=U ${labels}`, '', 2);
  const metrics = metricsOf('mine', answer, 5);
  assert.equal(metrics[0], { name: 'custom', tags: { check: 'mine' }, fields: { status: 2 }, timestamp: 5 });
  assert.is(
    metrics.some((metric) => metric.tags.label === 'u'),
    false,
  );
  assert.ok(metrics.length <= 51);
  assert.is(itemOf('mine', answer, 5).status, 'critical');
});

test('what the real check_ping, check_icmp and check_disk print comes out in base units', () => {
  const text = `rta=0.336000ms;100.000000;500.000000;0.000000 pl=0%;20;60;0; rtmax=54us;;;; /=24980MiB;1:2;@3:4;0;258000`;
  const [rta, loss, most, disk] = parsePerformance(text);
  assert.equal([rta?.value, rta?.unit, rta?.warn?.to, rta?.crit?.to], [0.000336, 's', 0.1, 0.5]);
  assert.equal([loss?.unit, loss?.warn?.to, loss?.max], ['%', 20, null]);
  assert.equal([most?.value, most?.warn], [0.000054, null]);
  assert.equal([disk?.value, disk?.warn?.from, disk?.crit?.inside], [24980 * 1024 ** 2, 1024 ** 2, true]);
});

test.run();
