/** Why an endpoint is in its state stands in words on its page: every reason that the collector can save has some. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Presence } from '../../../shared/presence.ts';
import * as list from '../../../shared/words/list.ts';

/** What the collector sets by itself: collector/fleet. */
const own = ['will', 'silent', 'timeout', 'collector_restarted'];

test('each language has words for every reason of a state', async () => {
  const offline = JSON.stringify(Presence).match(/"const":"([a-z_]+)"/g) ?? [];
  const said = offline.map((part) => part.slice(9, -1)).filter((one) => !['online', 'offline', 'lost'].includes(one));
  assert.ok(said.length >= 4, said.join());
  for (const [language, files] of Object.entries(list)) {
    const { cause } = (await files.more()).more as { cause: object };
    const lacking = [...said, ...own].filter((one) => !(one in cause));
    assert.equal(lacking, [], language);
  }
});

test.run();
