import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bodyText, formatValue, headline, oneLine } from '../../../collector/notify/notice.ts';
import { notice } from './receiver.ts';

test('one line, in both languages', () => {
  assert.is(headline(notice, 'en'), 'Critical: web-1 – Disk nearly full (/var): 96.2 %');
  assert.is(headline({ ...notice, event: 'resolved' }, 'ja'), '解消: web-1 – ディスクの空き容量が少ない (/var)');
});

test('the body says what, where, how much, since when and where to look', () => {
  const text = bodyText({ ...notice, endedAt: notice.startedAt + 60_000, why: 'retired' }, 'en', 'Europe/Berlin');
  assert.equal(text.split('\n'), [
    'Critical: web-1 – Disk nearly full (/var): 96.2 %',
    '',
    'Endpoint: web-1 (server)',
    'Site: Köln',
    'What: Disk nearly full [path=/var, device=/dev/sdb1]',
    'Value: 96.2 % (limit 95 %)',
    'Since: 2026-01-05 11:00:00 Europe/Berlin',
    'Until: 2026-01-05 11:01:00 Europe/Berlin',
    'The endpoint was retired.',
    'Ticket: #7',
    'Details: https://ek.example/tickets/7',
    '',
  ]);
  assert.match(bodyText(notice, 'ja'), /エンドポイント: web-1 \(サーバー\)/);
});

test('a name can neither write a header nor a second line', () => {
  const evil = { ...notice, endpoint: { ...notice.endpoint, name: 'x\r\nBcc: all@example\u2028y' } };
  assert.is(headline(evil, 'en').split(/[\r\n\u2028]/).length, 1);
  assert.is(bodyText(evil, 'en').split('\n').length, bodyText(notice, 'en').split('\n').length);
  assert.is(oneLine('a'.repeat(500)).length, 200);
});

test('values as people read them', () => {
  assert.is(formatValue(null, 'percent'), '—');
  assert.is(formatValue(1.5 * 1024 ** 3, 'bytes'), '1.5 GiB');
  assert.is(formatValue(90_000, 'seconds'), '1 d 1 h');
  assert.is(formatValue(3700, 'seconds'), '1 h 1 min');
  assert.is(formatValue(-6, 'seconds'), '-6 s');
  assert.is(formatValue(0, 'count'), '0');
});

test.run();
