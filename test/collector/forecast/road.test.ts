/** Forecasts of each night on the road to people: one message in seven days unless it is worse, and an end by a deletion. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Notification } from '../../../collector/notify/channel.ts';
import { bodyText } from '../../../collector/notify/notification-text.ts';
import { hour, openScene, type Reading, recorder, type Scene } from '../alerts/scene.ts';

const day = 24 * hour;
const notify = { repeat: { critical: 4 * hour, warning: day, info: null } };

/** What a night says; null: a lot was deleted. */
function night(full_in_days: number | null, before = full_in_days): Reading {
  const fields = {
    free_percent: 8,
    history_days: full_in_days === null ? 1 : 20,
    reset: full_in_days === null ? 1 : 0,
  };
  const days = full_in_days === null ? {} : { full_in_days, full_in_days_high: full_in_days + 1 };
  const earlier = before === null ? {} : { full_in_days_before: before, full_in_days_high_before: before + 1 };
  return ['disk_forecast', { ...fields, ...days, ...earlier }, { path: '/srv' }];
}

async function nights(s: Scene, ...all: Reading[]): Promise<void> {
  for (const one of all) {
    await s.say('srv', one);
    await s.wait(day, hour);
  }
}
/** Of other rules nothing is asked here: what a server must report, and does not. */
const others = ['backup-none-server', 'update-scan-missing'].map((id) => ({ id, enabled: false }));
const said = (sent: readonly Notification[]) => sent.map(({ event, severity }) => `${event} ${severity}`);
const codes = async (s: Scene) =>
  (await s.state.selectFrom('alert_events').select('code').orderBy('id').execute()).map(({ code }) => code);

test('in and out of two weeks: one message in seven days, unless it is worse; the alert itself is there', async () => {
  let s = await openScene({ notify, rules: others });
  await s.presence('srv', 'online');
  await nights(s, night(13), night(25));
  assert.equal(said(s.sent), ['firing warning', 'resolved warning']);

  await nights(s, night(13));
  assert.is(s.alerts.held('srv')[0]?.state, 'firing');
  assert.is(s.sent.length, 2);
  assert.is((await codes(s)).filter((code) => code === 'said_before').length, 1);

  const sent: Notification[] = [];
  s = await s.restart({ routes: [recorder(sent)] });
  await s.presence('srv', 'online');
  await nights(s, night(12));
  assert.equal(said(sent), [], 'also after a restart');

  await nights(s, night(2));
  assert.equal(said(sent), ['firing critical'], 'worse than all that was said');
  await nights(s, night(30), night(13), night(30), night(2));
  assert.equal(said(sent), ['firing critical', 'resolved critical']);
  await s.close();
});

test('it stands for weeks: said once in seven days, in place of the daily reminder', async () => {
  const s = await openScene({ notify, rules: others });
  await s.presence('srv', 'online');
  await nights(s, ...Array.from({ length: 16 }, () => night(13)));
  assert.equal(
    s.sent.map(({ event }) => event),
    ['firing', 'repeat', 'repeat'],
  );
  await s.close();
});

test('hidden since it was said five days before: said when the seven days have passed, and its end then, too', async () => {
  const s = await openScene({ notify, rules: others });
  await s.presence('srv', 'online');
  await nights(s, night(13), night(25), night(25), night(25), night(25), night(13));
  assert.is(s.sent.length, 2);
  await nights(s, night(13), night(13));
  assert.equal(said(s.sent), ['firing warning', 'resolved warning', 'firing warning']);
  await nights(s, night(25));
  assert.is(said(s.sent).at(-1), 'resolved warning');
  await s.close();
});

test('much was deleted: it ends with the reason, in its history, in its row and in words', async () => {
  const s = await openScene();
  await s.presence('srv', 'online');
  await nights(s, night(13), night(null, 13));
  const [row] = await s.alertRows();
  assert.equal([row?.state, row?.resolved_why], ['resolved', 'reset']);
  const event = await s.state.selectFrom('alert_events').selectAll().orderBy('id', 'desc').executeTakeFirstOrThrow();
  assert.equal([event.code, JSON.parse(event.params).reason], ['resolved', 'reset']);
  const end = s.sent.at(-1) as Notification;
  assert.equal([end.event, end.why], ['resolved', 'reset']);
  assert.match(bodyText(end, 'en'), /its history begins anew/);
  assert.match(bodyText(end, 'ja'), /履歴を取り直します/);
  await s.close();
});

test.run();
