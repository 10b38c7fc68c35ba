/** The bench of stores, small: what each store is sent is what it answers with, or it throws. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { measureStores, tableOf } from './stores.ts';
import { storeKinds } from './stores-servers.ts';

const test = suite('bench stores');
const missing = storeKinds.flatMap((kind) => kind.missing() ?? []);
for (const reason of missing) console.log(`\nSKIP stores: ${reason}`);

(missing.length === 0 ? test : test.skip)('each store has a row, and one that is missing is named', async () => {
  const said: string[] = [];
  const options = {
    reports: 1000,
    rounds: 1,
    hours: 0.1,
    shape: 'batched',
    say: (line: string) => void said.push(line),
  };
  const lost = {
    name: 'elsewhere',
    durable: 'no',
    missing: () => 'it is not installed',
    start: () => Promise.reject(new Error('started')),
  };
  const rows = await measureStores(options, [...storeKinds, lost]);
  assert.equal(
    rows.map(({ store }) => store),
    storeKinds.map(({ name }) => name),
  );
  assert.ok(said.includes('LEFT OUT elsewhere: it is not installed'), said.join('\n'));
  for (const row of rows) assert.ok(row.perSecond > 0 && row.bytes > 0 && row.chartMs > 0, JSON.stringify(row));
  assert.is(tableOf(rows).length, 2 + storeKinds.length);
});

test.run();
