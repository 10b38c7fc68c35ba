/** Silences over HTTP: what is refused says why and what to do, and nothing of it is applied. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { SilenceMade, SilencePreview, SilenceRow, SilenceSummary } from '../../../shared/silence.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';

const test = suite('silences');
let collector: InProcess;
const hour = 3_600_000;

interface Refusal {
  code: string;
  message: string;
  hint: string;
}

const send = <T>(path: string, body?: unknown, method = 'POST') =>
  collector.call(`/api/v1/silences${path}`, {
    ...{ method, as: 'operator' as const },
    ...(body === undefined ? {} : { body }),
  }) as Promise<{ status: number; body: T; text: string }>;
const read = async <T>(path = '') =>
  (await collector.call(`/api/v1/silences${path}`, { as: 'viewer' })).body as unknown as T;

test.before(async () => {
  collector = await openCollector();
});
test.after(() => collector.close());

const site = ['site="Osaka"'];
const wish = (more: object = {}) => ({ matchers: site, reason: 'New switch', ...more });
const now = () => Date.now();

const bad: [what: string, body: () => object, code: string, words: RegExp][] = [
  ['no matcher', () => wish({ matchers: [] }), 'BAD_REQUEST', /matchers/],
  ['an empty matcher', () => wish({ matchers: [''] }), 'BAD_REQUEST', /matchers/],
  ['a word alone', () => wish({ matchers: ['Osaka'] }), 'BAD_MATCHER', /"Osaka" is not understood/],
  ['a value that is empty', () => wish({ matchers: ['site=""'] }), 'BAD_SILENCE', /nearly every alert/],
  ['a pattern of everything', () => wish({ matchers: ['site=~".*"', 'host!="x"'] }), 'BAD_SILENCE', /site="Osaka"/],
  ['a pattern that is none', () => wish({ matchers: ['site=~"("'] }), 'BAD_MATCHER', /missing closing \)/],
  ['a pattern that only others know', () => wish({ matchers: ['site=~"(?<=x)y"'] }), 'BAD_MATCHER', /not understood/],
  ['no reason', () => ({ matchers: site }), 'BAD_REQUEST', /reason/],
  ['a reason of spaces', () => wish({ reason: '  ' }), 'BAD_REQUEST', /reason/],
  ['an end before the start', () => wish({ start: now() + 2 * hour, end: now() + hour }), 'BAD_SILENCE', /not after/],
  ['an end that is past', () => wish({ end: now() - hour }), 'BAD_SILENCE', /not after|past/],
  ['a start that is past', () => wish({ start: now() - hour, end: now() + hour }), 'BAD_SILENCE', /start .* is past/],
  ['31 days', () => wish({ end: now() + 31 * 24 * hour }), 'BAD_SILENCE', /30 days/],
  ['a start before 1970', () => wish({ start: Date.UTC(1900, 0) }), 'BAD_SILENCE', /start 1900-01-01.* is past/],
  ['in two years', () => wish({ start: now() + 800 * 24 * hour }), 'BAD_SILENCE', /a year away/],
  ['a field that is not known', () => wish({ forever: true }), 'BAD_REQUEST', /./],
];
for (const [what, body, code, words] of bad)
  test(`refused: ${what}`, async () => {
    const answer = await send<Refusal>('', body());
    assert.is(answer.status, 400, answer.text);
    assert.is(answer.body.code, code, answer.text);
    assert.match(answer.body.message, words);
    assert.ok(answer.body.hint.length > 10);
    assert.equal((await read<{ items: unknown[] }>()).items, [], 'nothing was entered');
  });

test('entered, it says what it hides; its end is two hours away where nothing else is said', async () => {
  const preview = await send<SilencePreview>('/preview', { matchers: ['site = Osaka', ' rule=~"disk-.*"'] });
  const warnings = [{ code: 'matcher_no_value', params: { label: 'site', value: '"Osaka"', there: 'names_none' } }];
  assert.equal(preview.body, {
    ...{ matchers: ['site="Osaka"', 'rule=~"disk-.*"'], alerts: 0, hides: [], of: 0 },
    warnings,
  });
  const slips = await send<SilencePreview>('/preview', {
    matchers: ['severity=critcal', 'sit="Osaka"', 'rule!="nothing"', 'path="/var"', 'colour=red', 'rule=disk-spac'],
  });
  assert.equal(
    slips.body.warnings.map(({ code, params = {} }) => [code, params.meant]),
    [
      ['matcher_impossible_meant', 'critical'],
      ['matcher_no_label', 'site'],
      ['matcher_no_label', undefined],
      ['matcher_no_value', 'disk-space'],
    ],
  );
  const { body, status } = await send<SilenceMade>('', wish());
  assert.equal(body.warnings, warnings, 'whoever enters it by a script reads no preview');
  assert.is(status, 201);
  assert.equal([body.state, body.end - body.start, body.alerts], ['active', 2 * hour, 0]);
  assert.equal(await read<SilenceSummary>('/summary'), { active: 1, pending: 0, alerts: 0 });
  const longer = await send<SilenceRow>(`/${body.id}`, { end: body.end + hour }, 'PATCH');
  assert.is(longer.body.end, body.end + hour);
  const begun = await send<Refusal>(`/${body.id}`, { matchers: ['site="Berlin"'] }, 'PATCH');
  assert.equal([begun.status, begun.body.code], [409, 'CONFLICT']);
  assert.match(begun.body.message, /It has begun.*enter another/);
  const ended = await send<SilenceRow>(`/${body.id}/end`);
  assert.equal([ended.body.state, ended.status], ['over', 200]);
  const again = await send<Refusal>(`/${body.id}/end`);
  assert.equal([again.status, again.body.code], [409, 'CONFLICT']);
  assert.equal(
    (await read<{ items: SilenceRow[] }>('?past=true')).items.map(({ id }) => id),
    [body.id],
  );
  const missing = await send<Refusal>('/nothing/end');
  assert.equal([missing.status, missing.body.code], [404, 'NOT_FOUND']);
});

test('before it begins everything of it can be changed; taken back, it never begins', async () => {
  const { body } = await send<SilenceRow>('', wish({ start: now() + hour }));
  assert.is(body.state, 'pending');
  const changed = await send<SilenceRow>(
    `/${body.id}`,
    { matchers: ['host="db1"'], start: now() + 2 * hour, end: now() + 3 * hour, reason: 'Another' },
    'PATCH',
  );
  assert.equal([changed.body.matchers, changed.body.reason], [['host="db1"'], 'Another']);
  assert.is((await send<SilenceRow>(`/${body.id}/end`)).body.state, 'over');
});

test('who entered and ended it stands in the audit log', async () => {
  const log = (await collector.call('/api/v1/audit?object=silence', { as: 'admin' })).body as unknown as {
    items: { object: string; action: string }[];
  };
  const actions = log.items.filter(({ object }) => object === 'silence').map(({ action }) => action);
  assert.ok(
    ['add', 'change', 'end'].every((action) => actions.includes(action)),
    actions.join(),
  );
});

test.run();
