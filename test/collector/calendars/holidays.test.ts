import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { holidaysOf, regionsIn } from '../../../collector/calendars/holidays.ts';

const dates = async (region: string, year: number, language = 'en') =>
  (await holidaysOf(region, { from: year, to: year }, language)).map(({ date }) => date);

test('dates are concrete: substitutes, Easter, and those of one part of a country only', async () => {
  // 23 November 2025 is a Sunday: the Monday is free in its place.
  assert.ok((await dates('JP', 2025)).includes('2025-11-24'));
  const berlin = await dates('DE-BE', 2026);
  assert.ok(
    ['2026-03-08', '2026-04-06', '2026-12-26'].every((date) => berlin.includes(date)),
    berlin.join(),
  );
  assert.not.ok((await dates('DE-BY', 2026)).includes('2026-03-08'));
  // Shops close at 14:00, which is no holiday.
  assert.not.ok(berlin.includes('2026-12-24'));
});

test('one of several days is all of them', async () => {
  const turkey = await dates('TR', 2026);
  assert.ok(['2026-05-27', '2026-05-28', '2026-05-29', '2026-05-30'].every((date) => turkey.includes(date)));
  assert.not.ok(turkey.includes('2026-05-31'));
});

test('several years, in order, named in the language where it has names', async () => {
  const two = await holidaysOf('JP', { from: 2026, to: 2027 }, 'ja');
  assert.is(two[0]?.name, '元日');
  assert.equal(
    two,
    two.toSorted((a, b) => (a.date < b.date ? -1 : 1)),
  );
  assert.ok(two.some(({ date }) => date === '2027-01-01'));
});

test('years that are none, and a list without a day, are refused in words', async () => {
  const refusal = (region: string, from: number, to: number) =>
    holidaysOf(region, { from, to }, 'en').then(
      () => 'taken',
      (thrown) => String(thrown),
    );
  assert.match(await refusal('DE', 2027, 2026), /2027 to 2026/);
  assert.match(await refusal('DE', 2000, 2100), /2000 to 2100/);
  assert.match(await refusal('XX', 2026, 2026), /two letters such as DE/);
  assert.match(await refusal('DE-BLN', 2026, 2026), /did you mean "DE-B.+"\? There are: DE, .* and \d+ more/);
  for (const { id } of await regionsIn(null))
    assert.match(await refusal(id, 2026, 2026), /^taken$|no public holidays of ".." are known in 2026/);
});

test('an unknown region is refused, whatever it looks like', async () => {
  for (const region of ['XX', 'DE-XX', 'de', 'DE-BE-', '__proto__', 'constructor', ''])
    try {
      await holidaysOf(region, { from: 2026, to: 2026 }, 'en');
      assert.unreachable(region);
    } catch (thrown) {
      assert.match(String(thrown), /with known holidays/, region);
    }
  assert.ok((await regionsIn(null)).length > 150);
  assert.ok((await regionsIn('DE')).some(({ id, name }) => id === 'DE-BE' && name === 'Berlin'));
  assert.equal(await regionsIn('XX'), []);
});

test.run();
