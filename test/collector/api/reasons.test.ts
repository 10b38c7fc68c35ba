/** Whoever enters a calendar, an impact, maintenance or a change wrongly reads why in Japanese, without English in between. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Reason } from '../../../shared/reason.ts';
import { reasons as en } from '../../../shared/words/en/reasons.ts';
import { words } from '../../../shared/words/ja/first.ts';
import { reasons as ja } from '../../../shared/words/ja/reasons.ts';
import { formatReasons } from '../../../shared/words/reasons.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';

const test = suite('reasons of refusals in Japanese');
const hour = 3_600_000;
const day = 24 * hour;
const now = Date.parse('2026-11-20T10:00:00Z');
let collector: InProcess;
let [site, ticket] = ['', 0];

const made = async <Body>(path: string, body: object, method = 'POST') => {
  const answer = await collector.call(`/api/v1/${path}`, { method, as: 'admin', body });
  assert.ok(answer.status < 300, answer.text);
  return answer.body as Body;
};

test.before(async () => {
  collector = await openCollector({ clock: { now: () => now, monotonic: () => now }, settings: 'zone: Asia/Tokyo\n' });
  site = (await made<{ id: string }>('sites', { name: '大阪', people: 10 })).id;
  ticket = (await made<{ row: { id: number } }>('tickets', { title: 'メールが使えない' })).row.id;
});
test.after(() => collector.close());

/** What may stand in Latin letters: what was given, names of zones, dates and what has to be written like that. */
const given =
  /"[^"]*"|`[^`]*`|\b[A-Z][a-z]+\/[A-Za-z/_]+|\bC-\d+|\b[A-Z]{2}-[A-Z]+|\b[ms]gone\b|0 22 \* \* TUE#2|FRI#1|\bcron\b|\b(IANA|CSV|UTF-8|DE|JP|JST|UTC|ID)\b/g;
const english = (text: string) => text.replace(given, '').match(/[A-Za-z]{2,}/g) ?? [];

const scope = { of: 'site', target: '大阪' };
const office = { mon: [['09:00', '17:00']] };
const calendar = {
  name: '本社',
  zone: 'Asia/Tokyo',
  weekly: office,
  region: null,
  holidays: [],
  overrides: {},
  reason: 'x',
};
const change = { title: 'ファームウェア', description: '', scopes: [scope], from: now + day, to: now + day + hour };
const repeat = { cron: '0 22 * * TUE#2', zone: 'Asia/Tokyo', durationMin: 240 };
const part = (more: object) => ({
  start: now - 2 * hour,
  end: now - hour,
  factor: 1,
  affected: [{ site, people: 4 }],
  ...more,
});

const wrong: [path: string, bodies: object[], method?: string][] = [
  [
    'calendars',
    [
      { weekly: { mon: [['9:00', '17:00']] } },
      { weekly: { fri: [['09:00', '09:00']] } },
      { weekly: { sun: [['24:00', '09:00']] } },
      {
        weekly: {
          sat: [
            ['09:00', '13:00'],
            ['12:00', '17:00'],
          ],
        },
      },
      {
        weekly: {
          tue: [
            ['22:00', '06:00'],
            ['08:00', '09:00'],
          ],
        },
      },
      { weekly: { mon: [] } },
      { holidays: [{ date: '2026-02-30', name: '' }] },
      { holidays: [{ date: '2926-02-20', name: '' }] },
      {
        holidays: [
          { date: '2026-12-25', name: 'a' },
          { date: '2026-12-25', name: 'b' },
        ],
      },
      { overrides: { '2026-12-24': [['09:00', '12']] } },
      { region: 'XX' },
      { region: 'DE-XX' },
      { zone: 'Asia/Tokio' },
      { name: 'a\nb' },
      { name: '名'.repeat(200) },
    ].map((more) => ({ ...calendar, ...more })),
  ],
  [
    'maintenance',
    [
      {},
      { to: now - hour },
      { from: now - hour, to: now + hour },
      { from: now - 70 * day, to: now - 69 * day, late: true },
      { from: now + 400 * day, to: now + 401 * day },
      { to: now + 31 * day },
      { to: now + hour, repeat },
      { repeat: { ...repeat, zone: 'Asia/Tokio' } },
      { repeat: { ...repeat, until: '06:00' } },
      { repeat: { cron: repeat.cron, zone: repeat.zone, until: '26:00' } },
      { repeat: { ...repeat, starts: now - day } },
      { repeat: { ...repeat, ends: now - day } },
      { repeat: { ...repeat, cron: '0 0 * * *', durationMin: 1440 } },
      ...[
        '* * * * *',
        '61 * * * *',
        '0 24 * * *',
        '0 2 32 * *',
        '0 2 * 13 *',
        '0 2 * * MON#6',
        '0 2 15W * *',
        '@daily',
      ].map((cron) => ({ repeat: { ...repeat, cron } })),
      { scope: { of: 'site', target: '京都' }, to: now + hour },
      { scope: { of: 'endpoint', target: '京都' }, to: now + hour },
    ].map((more) => ({ scope, reason: '交換', ...more })),
  ],
  [
    'changes',
    [
      { title: ' \u200b ' },
      { title: 'x'.repeat(300) },
      { description: 'x'.repeat(5001) },
      { scopes: [] },
      { scopes: [{ of: 'site', target: '京都' }] },
      { to: now + day },
      { to: now + 60 * day },
      { from: now + 400 * day, to: now + 401 * day },
      { from: now - 500 * day, to: now - 499 * day },
      { repairOf: 4711 },
    ].map((more) => ({ ...change, ...more })),
  ],
  [
    'tickets/TICKET/impact',
    [
      [part({ end: now - 2 * hour })],
      [part({ start: now + hour, end: null })],
      [part({ end: now + hour })],
      [part({ start: now - 60 * day })],
      [part({ affected: [{ site, people: 11 }] })],
      [
        part({
          affected: [
            { site, people: 1 },
            { site, people: 2 },
          ],
        }),
      ],
      [
        part({
          affected: [
            { site: null, people: 1 },
            { site: null, people: 2 },
          ],
        }),
      ],
      [part({}), part({})],
      [part({ affected: [{ site: null, people: 1 }] }), part({ affected: [{ site: null, people: 1 }] })],
      [part({ affected: [{ site: 'sgone', people: 1 }] })],
    ].map((segments) => ({ segments, reason: '確認済み' })),
    'PUT',
  ],
];
const seen = new Set<string>();

for (const [path, bodies, method = 'POST'] of wrong)
  test(`what is wrong with ${path} has a reason in Japanese`, async () => {
    for (const body of bodies) await refused(path.replace('TICKET', String(ticket)), body, method);
  });

async function refused(path: string, body: object | undefined, method = 'POST', as: 'admin' | 'operator' = 'admin') {
  const answer = await collector.call(`/api/v1/${path}`, { method, as, ...(body ? { body } : {}) });
  assert.ok(answer.status >= 400 && answer.status < 500, answer.text);
  const { code, why = [] } = answer.body as { code: string; why?: Reason[] };
  assert.ok(words.problem[code as keyof typeof words.problem], code);
  const told = formatReasons('ja', why);
  assert.match(told, /[ぁ-んァ-ヶ一-龠]/, `${answer.text} has no reason that a page can put into Japanese`);
  assert.equal(english(told), [], told);
  for (const one of why) seen.add(one.code);
}

test('what cannot be done at this time has a reason in Japanese', async () => {
  const { id } = await made<{ id: string }>('calendars', calendar);
  await refused('calendars', calendar);
  await made(`sites/${site}`, { calendars: { working: id } }, 'PATCH');
  await refused(`calendars/${id}`, undefined, 'DELETE');
  await refused('holidays?region=DE&from=2030&to=2020', undefined, 'GET');
  const window = (await made<{ id: string }>('maintenance', { scope, reason: '交換', from: now + hour, to: now + day }))
    .id;
  for (const act of ['approve', 'end']) await refused(`maintenance/${window}/${act}`, undefined);
  await refused(`maintenance/${window}/extend`, { until: now + 2 * day });
  await refused(`maintenance/${window}/skip`, { date: '2026-12-01' });
  const running = (await made<{ id: string }>('maintenance', { scope, reason: '交換', to: now + hour })).id;
  await refused(`maintenance/${running}/extend`, { until: now + 1 });
  await refused(`maintenance/${running}/extend`, { until: now + 60 * day });
  await refused(`maintenance/${running}/cancel`, undefined);
  await refused(`maintenance/${running}`, { to: now + 2 * hour }, 'PATCH');
  const again = (await made<{ id: string }>('maintenance', { scope, reason: '交換', repeat })).id;
  await refused(`maintenance/${again}/skip`, { date: '2026-12-25' });
  await refused('maintenance/mgone', undefined, 'GET');
  const planned = (await made<{ row: { id: number } }>('changes', change)).row.id;
  await refused(`changes/${planned}/outcome`, { outcome: 'success' });
  await refused(`changes/${planned}`, { repairOf: planned }, 'PATCH');
  await made(`changes/${planned}/cancel`, { reason: 'x' });
  await refused(`changes/${planned}/cancel`, { reason: 'x' });
  await refused(`changes/${planned}/outcome`, { outcome: 'success' });
  const over = (await made<{ row: { id: number } }>('changes', { ...change, from: now - 2 * hour, to: now - hour })).row
    .id;
  await refused(`changes/${over}/outcome`, { outcome: 'success', at: now - day });
  await refused(`changes/${over}/outcome`, { outcome: 'success', at: now + day });
  await refused(`changes/${over}/outcome`, { outcome: 'success', rolledBack: true });
  await refused(`changes/${over}`, { to: now + hour }, 'PATCH');
});

/** Groups of codes by their first word: no page meets one of them in English. */
const groups =
  /^(calendar|change|cron|csv|entry|impact|maintenance|zone)_|^name_(blank|disturbing|long|none|unknown|unseen)$|^not_there$/;

test('no word for a refusal is English in Japanese, and most of them were met above', () => {
  const codes = Object.keys(en).filter((code) => groups.test(code));
  assert.ok(codes.length > 100, String(codes.length));
  for (const code of codes) {
    const text = ja[code as keyof typeof ja].replaceAll(/\{\{\w+\}\}/g, '');
    const spelled = /evenkeel\.yaml|unlimited|kind|calendar|yes|Excel|late: true|EUR|JPY|ZIP|\d[\dT:Z-]+|C-12/g;
    assert.equal(english(text.replace(given, '').replace(spelled, '')), [], `${code}: ${text}`);
  }
  assert.ok(seen.size > 55, `only ${seen.size} were met`);
});

test('these rooms refuse nothing without a code for its reason', () => {
  const root = fileURLToPath(new URL('../../../collector/', import.meta.url));
  const files = ['calendars', 'changes', 'impact', 'maintenance'].flatMap((room) =>
    readdirSync(`${root}${room}`).flatMap((name) => (name.endsWith('.ts') ? [`${room}/${name}`] : [])),
  );
  assert.ok(files.length > 30);
  for (const file of files)
    for (const [, code] of readFileSync(`${root}${file}`, 'utf8').matchAll(/\bfail\(\s*'([A-Z_]+)'/g))
      assert.is(
        code,
        'NOT_FOUND',
        `${file}: throw refusal('${code}', reason(…)), so that pages have it in their language`,
      );
});

test.run();
