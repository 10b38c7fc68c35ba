import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { offeredBefore } from '../../dashboards/web/pages/stability/offered.ts';

test('only periods that ended after the first report are offered for a comparison', () => {
  const since = Date.parse('2026-09-20T10:00:00Z');
  assert.equal(offeredBefore('2026-11', since), ['2026-10', '2026-09']);
  assert.equal(offeredBefore('2026-W40', since), ['2026-W39', '2026-W38']);
  assert.is(offeredBefore('2026-11', undefined).length, 13, 'reports of older versions do not say it');
});

test.run();
