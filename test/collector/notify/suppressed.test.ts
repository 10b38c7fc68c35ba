/** A message that waits in the outbox is looked at again when it can be sent: what is suppressed by then is not said. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createChannelHealth } from '../../../collector/notify/health.ts';
import type { ChannelRoute } from '../../../collector/notify/route.ts';
import { fail } from '../../../shared/errors.ts';
import { silentLog } from '../../../shared/log.ts';
import { full, hour, minute, openScene, roomy } from '../alerts/scene.ts';

/** Fires while its channel is down; then a silence begins, and the channel is there again. */
async function silenced() {
  let isDown = true;
  const heard: string[] = [];
  const people: ChannelRoute = {
    ...{ name: 'people', severities: ['warning', 'critical'] },
    channel: {
      kind: 'recorder',
      async send({ event }) {
        if (isDown) throw fail('CHANNEL_FAILED', { channel: 'people', reason: 'it is down' });
        heard.push(event);
      },
    },
  };
  const s = await openScene({
    routes: [people],
    rules: ['disk-space', 'disk-space-critical'].map((id) => ({ id, for_s: 0, clear_for_s: 0 })),
  });
  await s.presence('srv', 'online');
  await s.keepSaying(2 * minute, 'srv', full);
  assert.is(heard.length, 0);
  const end = s.now() + 2 * hour;
  await s.alerts.silences.create({ matchers: ['endpoint="srv"'], reason: 'known', end }, 'ana');
  await s.keepSaying(minute, 'srv', full);
  isDown = false;
  await s.keepSaying(hour, 'srv', full);
  return { s, heard, people };
}

test('what waited while a silence began is not sent inside it, and once after it', async () => {
  const { s, heard, people } = await silenced();
  assert.equal(heard, []);
  const clock = { now: s.now, monotonic: s.now };
  const health = createChannelHealth({ state: s.state, clock, routes: [people], log: silentLog });
  await health.look();
  assert.equal(health.failing(), [], 'the channel is not at fault');
  await s.keepSaying(hour + 5 * minute, 'srv', full);
  assert.equal(heard, ['firing']);
  await s.keepSaying(2 * minute, 'srv', roomy);
  assert.equal(heard, ['firing', 'resolved']);
  await s.close();
});

test.run();
