/** The drill itself, with a few kills: it ends, it counts, and what it counts holds. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { drillKills, rowsOf } from './kills.ts';
import { formatTable } from './table.ts';

const test = suite('drill of kills');
const seed = Number(process.env.EVENKEEL_TEST_SEED ?? Date.now() % 1_000_000);

test('a few kills under load: everything stored once, each breach notified', async () => {
  const said: string[] = [];
  const found = await drillKills({ count: 4, endpoints: 20, intervalMs: 250, seed, say: (line) => said.push(line) });
  const rows = rowsOf(found);
  assert.ok(
    rows.every(({ holds }) => holds !== false),
    `seed ${seed}\n${formatTable(rows)}\n${said.join('\n')}`,
  );
  assert.is(found.kills, 4);
});

test('a count that does not hold is called wrong', () => {
  const found = {
    ...{ kills: 1, inStart: 0, generated: 10, stored: 9, lost: 1, twice: 0, foreign: 0 },
    ...{ breaches: 1, unheard: 0, heardTwice: 1, heardMore: 0, otherKey: 0, alerts: 1, halfSaved: 0 },
  };
  const wrong = rowsOf(found).filter(({ holds }) => holds === false);
  assert.equal(
    wrong.map(({ what }) => what),
    ['reports stored', 'reports lost'],
  );
  assert.ok(formatTable(wrong).endsWith('WRONG'));
});

test.run();
