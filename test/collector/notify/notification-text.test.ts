import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bodyText, headline, oneLine, valueText } from '../../../collector/notify/notification-text.ts';
import { notification } from './receiver.ts';

test('one line, in both languages', () => {
  assert.is(headline(notification, 'en'), 'Critical: web-1 – Disk nearly full (/var): 96.2%');
  assert.is(headline({ ...notification, event: 'resolved' }, 'ja'), '解消: web-1 – ディスクの空き容量が少ない (/var)');
});

test('the body says what, where, how much, since when and where to look', () => {
  const text = bodyText(
    { ...notification, endedAt: notification.startedAt + 60_000, why: 'retired' },
    'en',
    'Europe/Berlin',
  );
  assert.equal(text.split('\n'), [
    'Critical: web-1 – Disk nearly full (/var): 96.2%',
    '',
    'Endpoint: web-1 (Server)',
    'Site: Köln',
    'What: Disk nearly full [path=/var, device=/dev/sdb1]',
    'Value: 96.2% (limit 95%)',
    'Since: 2026-01-05 11:00:00 Europe/Berlin',
    'Until: 2026-01-05 11:01:00 Europe/Berlin',
    'The endpoint was retired.',
    'Ticket: #7',
    'Details: https://ek.example/tickets/7',
    '',
  ]);
  assert.match(bodyText(notification, 'ja'), /エンドポイント: web-1 \(サーバー\)/);
});

test('a name can neither write a header nor a second line', () => {
  const evil = { ...notification, endpoint: { ...notification.endpoint, name: 'x\r\nBcc: all@example\u2028y' } };
  assert.is(headline(evil, 'en').split(/[\r\n\u2028]/).length, 1);
  assert.is(bodyText(evil, 'en').split('\n').length, bodyText(notification, 'en').split('\n').length);
  assert.is(oneLine('a'.repeat(500)).length, 200);
});

test('values as people read them, in their language', () => {
  const text = (value: number | null, unit: string, metric = 'x.y') =>
    valueText({ ...notification, unit, metric }, value, 'en');
  assert.is(text(null, 'percent'), '—');
  assert.is(text(1.5 * 1024 ** 3, 'bytes'), '1.5\u00a0GiB');
  assert.is(text(90_000, 'seconds'), '1d\u00a01h');
  assert.is(text(3700, 'seconds'), '1h\u00a01m');
  assert.is(text(-6, 'seconds'), '−6s');
  assert.is(text(0, 'count'), '0');
  assert.is(text(2, 'number', 'backup.result'), 'Failed');
  assert.is(valueText({ ...notification, unit: 'number', metric: 'backup.result' }, 2, 'ja'), '失敗');
});

test('a bare number has the name of what was measured; a state is a word and has no limit', () => {
  const said = (more: Partial<typeof notification>, language: 'en' | 'ja' = 'en') =>
    bodyText({ ...notification, ...more }, language)
      .split('\n')
      .find((line) => /^(Value|値): /.test(line));
  const load = { metric: 'system.load15_per_cpu', unit: 'load', value: 2.79, threshold: 2 };
  assert.is(said(load), 'Value: Load per core, 15 min: 2.79 (limit 2)');
  assert.match(said(load, 'ja') ?? '', /^値: コア当たり負荷 15\s分: 2\.79 \(しきい値 2\)$/);
  assert.is(said({ metric: 'backup.result', unit: 'number', value: 2, threshold: 2 }), 'Value: Failed');
  assert.is(said({ metric: 'array.severity', unit: 'number', value: 2, threshold: 1 }), 'Value: Critical');
  assert.is(
    said({ metric: 'os.reboot_required', unit: 'bool', value: 1, threshold: 0 }),
    'Value: Reboot required: Yes',
  );
  const service = { metric: 'service.running', unit: 'bool', value: 0, threshold: 0 };
  assert.is(said(service), 'Value: Service runs: No', 'a bare No does not say what is not');
  const late = { metric: 'backup.age_percent', unit: 'percent', value: 382.9, threshold: 200 };
  assert.is(said(late), 'Value: Age of the last good backup relative to its schedule: 382.9% (limit 200%)');
});

test('a worse level has the name of its milder one', () => {
  const rule = { id: 'disk-space-critical', level_of: 'disk-space' };
  assert.is(headline({ ...notification, rule }, 'en'), headline(notification, 'en'));
});

test('a rule that people made has its own name, whole or per language; one that is gone is called by its id', () => {
  const headlineOf = (rule: typeof notification.rule, language: 'en' | 'ja') =>
    headline({ ...notification, rule }, language);
  assert.match(headlineOf({ id: 'mine', name: 'Room too hot' }, 'ja'), /Room too hot \(/);
  assert.match(headlineOf({ id: 'mine', name: { en: 'Room too hot', ja: '室温が高い' } }, 'ja'), /室温が高い \(/);
  assert.match(headlineOf({ id: 'mine', name: { en: 'Room too hot' } }, 'ja'), /Room too hot \(/);
  assert.match(headlineOf({ id: 'mine' }, 'en'), / mine \(/);
});

test('the end of a silence says what it was, in the reader’s language', () => {
  const over = {
    ...notification,
    event: 'resolved' as const,
    endedAt: notification.startedAt + 60_000,
    why: 'agent_ended',
  };
  assert.match(bodyText(over, 'en'), /^The agent ended, the machine ran on$/m);
  assert.match(bodyText(over, 'ja'), /^エージェントの終了 \(マシンは稼働\)$/m);
});

test('a rule speaks in the language of the reader, other monitoring in its own words, and a brace of theirs is a brace', () => {
  const texts = { summary: 'Disk of {host}: {value|unit}', description: 'Ask {site}.\nThen wait.' };
  assert.match(bodyText({ ...notification, texts }, 'en'), 'Disk of web-1: 96.2%\nAsk Köln.\nThen wait.\n');
  const said = { summary: 'Postgres {{host}} down\r\nBcc: x', description: '' };
  assert.match(bodyText({ ...notification, said, texts }, 'en'), '\nPostgres {{host}} down  Bcc: x\n');
});

test('several alerts of the collector say which they are, and one endpoint is one', () => {
  const endpoint = { id: 'collector', name: 'collector', kind: 'collector', site: null };
  const list = ['night', 'day'].map((schedule) => {
    const of = { alert: schedule, key: schedule, rule: { id: 'schedule-gap' }, severity: 'warning' as const, endpoint };
    return { ...of, metric: 'x.y', tags: { schedule }, value: null, threshold: null, unit: '', since: 0 };
  });
  const members = { count: 2, endpoints: 1, names: ['collector'], list, resolvedCount: 0, resolved: [] };
  const about = { ...notification, rule: { id: 'schedule-gap' }, endpoint, members, tags: {}, value: null };
  const text = bodyText(about, 'en');
  for (const part of ['(night)', '(day)', ': 1 endpoint (collector)']) assert.match(text, part);
  const channel = { ...about, members: null, rule: { id: 'channel-failed' }, tags: { channel: 'phone' } };
  assert.match(headline(channel, 'en'), '(phone)');
  const gap = { ...about, members: null, metric: 'collector.schedule-gap', tags: { schedule: 'night' }, unit: '' };
  const said = bodyText({ ...gap, value: Date.parse('2026-11-29T22:00:00Z') }, 'en', 'Europe/Berlin');
  assert.match(said, '(night): 2026-11-29 22:00:00 UTC');
  assert.match(said, 'Nobody is on call from: 2026-11-29 23:00:00 Europe/Berlin\n');
  assert.match(said, 'Add an override');
  const site = { id: '', name: 'Berlin', kind: 'site', site: 'Berlin' };
  const ofSite = bodyText({ ...about, endpoint: site }, 'en');
  assert.equal([ofSite.includes('Endpoint: Berlin'), ofSite.includes('Site: Berlin')], [false, true]);
});

test.run();
