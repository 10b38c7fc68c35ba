/** What endpoints are called where there is no name but their id. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadWords } from '../../../shared/words/index.ts';
import { endpointName, hasPage } from '../../../shared/words/names.ts';

await Promise.all([loadWords('en'), loadWords('ja')]);

test('the collector is not taken for an erased endpoint: both are called by their id, and neither has a page', () => {
  const collector = { id: 'collector', name: 'collector' };
  const erased = { id: 'a1b2', name: 'a1b2' };
  assert.is(endpointName('en', collector), 'collector');
  assert.is(endpointName('en', erased), 'an erased endpoint');
  assert.is(endpointName('ja', { id: 'a1b2', name: 'vm-1' }), 'vm-1');
  assert.equal([collector, erased, { id: 'a1b2', name: 'vm-1' }].map(hasPage), [false, false, true]);
});

test.run();
