/** Targets behind what watches them, and behind the machines of their services: on the road, on a clock moved by hand. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { dependenciesIn } from '../../../collector/targets/dependencies.ts';
import type { TargetResult } from '../../../shared/target.ts';
import { minute, openScene, type Scene, second } from '../alerts/scene.ts';

const servers = { s0: 'server', s1: 'server', s2: 'server', s3: 'server', s4: 'server', s5: 'server' } as const;

async function begun(options: Parameters<typeof openScene>[0]): Promise<Scene> {
  const s = await openScene({ endpoints: servers, notify: { wait: 30 * second }, ...options });
  for (const id of Object.keys(servers)) await s.presence(id, 'online');
  return s;
}

/** Everybody looks every ten seconds, for so long. */
async function look(s: Scene, ms: number, sights: Record<string, Record<string, TargetResult>>): Promise<void> {
  for (const end = s.now() + ms; s.now() < end; ) {
    for (const [target, byWatcher] of Object.entries(sights))
      for (const [watcher, result] of Object.entries(byWatcher)) await s.saw(watcher, target, result);
    await s.wait(10 * second);
  }
}

/** Each message with whom it is about. */
const told = (s: Scene) =>
  s.sent.map(({ event, rule, endpoint, members }) => {
    const names = members?.list.map((one) => one.endpoint.name).sort() ?? [endpoint.name];
    return `${event} ${rule.id} ${names.join('+')}`;
  });
const targetAlert = async (s: Scene) => (await s.alertRows()).filter(({ rule }) => rule === 'target-down').at(-1);

test('what targets follow from: all their agents, and the machines of their services', () => {
  const targets = [
    { id: 'web', watchers: ['s0', 's1'] },
    { id: 'shop', watchers: ['collector', 's0'] },
    { id: 'alone', watchers: ['collector'] },
  ];
  const found = (...services: { parts: string[]; need: number | null }[]) =>
    Object.fromEntries(
      dependenciesIn(
        targets,
        services.map((one, n) => ({ id: `service${n}`, ...one })),
      ),
    );
  assert.equal(found(), { web: { parents: [], groups: [['s0', 's1']] } });
  const all = { parts: ['shop', 's2', 's3'], need: null };
  assert.equal(found(all).shop, { parents: ['service0', 's2', 's3'], groups: [] });
  assert.equal(found(all).service0, { parents: ['s2', 's3'], groups: [] });
  assert.equal(found({ ...all, need: 3 }), found(all), 'all of them, said as a number');
  const some = { parts: ['shop', 's2', 's3'], need: 2 };
  assert.equal(found(some).shop, { parents: ['service0'], groups: [['s2', 's3']] }, 'one of them may fail');
  assert.equal(found(some).service0, { parents: [], groups: [['s2', 's3']] });
  const any = found({ ...some, need: 1 });
  assert.equal(any.shop, { parents: ['service0'], groups: [] }, 'the service works without both machines');
  assert.is(any.service0, undefined);
  const targetsOnly = found({ parts: ['shop', 'alone'], need: null });
  assert.equal(targetsOnly.shop, { parents: ['service0'], groups: [] }, 'targets are not behind each other');
  assert.is(targetsOnly.service0, undefined, 'nor is the service behind them: it is what is said');
  assert.equal(found(all, some).shop, { parents: ['service0', 's2', 's3', 'service1'], groups: [['s2', 's3']] });
});

test('the machine of a service fails, and the website on it a moment before: one message, and none of the website', async () => {
  const s = await begun({
    targets: { shop: { watchers: ['collector'] } },
    services: [{ parts: ['shop', 's2'], need: null }],
  });
  await look(s, minute, { shop: { collector: 'ok' } });
  // Two failures make it down: its machine is only pending then, which holds the message back.
  await look(s, 10 * second, { shop: { collector: 'refused' } });
  await s.presence('s2', 'lost', 'will');
  await look(s, 10 * minute, { shop: { collector: 'refused' } });
  assert.equal(told(s), ['firing server-down s2-name']);
  const alert = await targetAlert(s);
  assert.equal([alert?.state, alert?.suppressed_by], ['firing', 'inhibition']);
  assert.equal(
    (await s.ticketRows()).map(({ rule }) => rule),
    ['server-down'],
  );

  // The machine is back, and the website is not: two minutes later it is said.
  await s.presence('s2', 'online');
  await look(s, minute, { shop: { collector: 'refused' } });
  assert.not.ok(told(s).some((text) => text.includes('target-down')));
  await look(s, 2 * minute, { shop: { collector: 'refused' } });
  assert.ok(told(s).includes('firing target-down shop-name'), told(s).join());
  await s.close();
});

test('without the service the same failure is two messages', async () => {
  const s = await begun({ targets: { shop: { watchers: ['collector'] } } });
  await look(s, minute, { shop: { collector: 'ok' } });
  await look(s, 20 * second, { shop: { collector: 'refused' } });
  await s.presence('s2', 'lost', 'will');
  await look(s, 5 * minute, { shop: { collector: 'refused' } });
  assert.equal(told(s).sort(), ['firing server-down s2-name', 'firing target-down shop-name']);
  await s.close();
});

test('a service is made while both are down: from then on the website follows; taken apart, it is said', async () => {
  const s = await begun({ targets: { shop: { watchers: ['collector'] } } });
  await look(s, minute, { shop: { collector: 'ok' } });
  await s.presence('s2', 'lost', 'will');
  await look(s, 2 * minute, { shop: { collector: 'ok' } });
  s.setServices([{ parts: ['shop', 's2'], need: null }]);
  await look(s, 5 * minute, { shop: { collector: 'refused' } });
  assert.equal(told(s), ['firing server-down s2-name']);
  assert.is((await targetAlert(s))?.suppressed_by, 'inhibition');
  s.setServices([]);
  await look(s, 3 * minute, { shop: { collector: 'refused' } });
  assert.equal(told(s), ['firing server-down s2-name', 'firing target-down shop-name']);
  await s.close();
});

test('one of two agents fails: the other one still says that the switch is down', async () => {
  const s = await begun({ targets: { switch: { watchers: ['s0', 's1'] } } });
  await look(s, minute, { switch: { s0: 'ok', s1: 'ok' } });
  await s.presence('s0', 'lost', 'will');
  await look(s, 5 * minute, { switch: { s1: 'refused' } });
  assert.equal(told(s).sort(), ['firing server-down s0-name', 'firing target-down switch-name']);
  await s.close();
});

test('a switch fails, and a moment later both agents that watch it are gone: of it nothing is said', async () => {
  const s = await begun({ targets: { switch: { watchers: ['s0', 's1'] } } });
  await look(s, minute, { switch: { s0: 'ok', s1: 'ok' } });
  await look(s, 20 * second, { switch: { s0: 'refused', s1: 'refused' } });
  assert.is((await targetAlert(s))?.state, 'firing');
  await s.presence('s0', 'lost', 'will');
  await s.presence('s1', 'lost', 'will');
  await s.wait(10 * minute);
  assert.equal(told(s), ['firing server-down s0-name+s1-name']);
  assert.is((await targetAlert(s))?.suppressed_by, 'inhibition');

  // After a restart as before.
  const again = await s.restart();
  await again.wait(5 * minute);
  assert.equal(told(again), []);
  assert.is((await targetAlert(again))?.suppressed_by, 'inhibition');
  // The agents return and see it: the alert ends without a word, as it began.
  await again.presence('s0', 'online');
  await again.presence('s1', 'online');
  await look(again, 5 * minute, { switch: { s0: 'ok', s1: 'ok' } });
  assert.not.ok(
    told(again).some((text) => text.includes('target-down')),
    told(again).join(),
  );
  await again.close();
});

test('an agent is reached by way of the switch that it watches: no circle of silence, one message', async () => {
  const s = await begun({ targets: { switch: { watchers: ['s0'] } } });
  await s.alerts.dependencies.set('s0', { parents: ['switch'], groups: [] }, 'ana', s.now());
  await look(s, minute, { switch: { s0: 'ok' } });
  await look(s, 20 * second, { switch: { s0: 'refused' } });
  await s.presence('s0', 'lost', 'will');
  await s.wait(10 * minute);
  const messages = told(s);
  assert.equal(messages, ['firing server-down s0-name']);
  await s.close();
});

test.run();
