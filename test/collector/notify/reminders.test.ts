/** When it is said again, with routes that are asked at each sending, as they are in a collector. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { LiveAlert } from '../../../collector/alerts/alert.ts';
import { groupDefaults } from '../../../collector/notify/group-settings.ts';
import { createGroups } from '../../../collector/notify/groups.ts';

const minute = 60_000;
const hour = 60 * minute;

function groupsWith(wait: number) {
  const receivers = {
    route: () => [{ receiver: 'channel:ops', path: 'root', action: 'now', settings: {} }],
    reach: () => [{ channel: 'ops', recipient: null, user: null, heldUntil: null }],
    policy: () => null,
    standsIn: () => null,
    whoIs: () => (text: string) => [text],
  };
  return createGroups({
    receivers: receivers as never,
    labelsOf: () => ({}),
    settings: { ...groupDefaults, wait },
  } as never);
}

const about = {
  ...{ id: 'id-a', key: 'a', family: 'disk-space', endpoint: 'srv', tags: {}, state: 'firing' },
  rule: { id: 'disk-space', severity: 'critical' },
} as unknown as LiveAlert;
const news = {
  ...{ about, severity: 'critical' as const, fires: true, isUnknown: false, flaps: false, owner: null, why: null },
};

test('exactly every four hours, whatever the wait of its group is', () => {
  for (const wait of [30_000, 5 * minute]) {
    const groups = groupsWith(wait);
    groups.set('a', news, 0, { isChange: true });
    const said = [...groups.take(13 * hour)].map(({ event, at }) => `${event} ${at - wait}`);
    assert.equal(said, ['firing 0', `repeat ${4 * hour}`, `repeat ${8 * hour}`, `repeat ${12 * hour}`]);
  }
});

test('overdue after what is not a maintenance: once, after the wait; news at once', () => {
  for (const kind of ['inhibition', 'hold', 'site_incident']) {
    const groups = groupsWith(30_000);
    groups.set('a', news, 0, { isChange: true });
    [...groups.take(minute)];
    groups.suppress('a', kind, hour);
    assert.equal([...groups.take(6 * hour)], []);
    groups.release('a', kind, 6 * hour, 'reminders');
    assert.equal(
      [...groups.take(7 * hour)].map(({ event, at }) => [event, at]),
      [['repeat', 6 * hour + 30_000]],
      kind,
    );
  }
  const groups = groupsWith(30_000);
  groups.set('a', news, 0, { isChange: true });
  groups.suppress('a', 'inhibition', 1000);
  groups.release('a', 'inhibition', hour, 'reminders');
  assert.equal(
    [...groups.take(2 * hour)].map(({ event, at }) => [event, at]),
    [['firing', hour]],
  );
});

test.run();
