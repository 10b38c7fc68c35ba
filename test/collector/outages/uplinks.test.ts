/** What a whole site is reached by way of: on the road, on a clock moved by hand. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Notification } from '../../../collector/notify/channel.ts';
import { headline } from '../../../collector/notify/notification-text.ts';
import { silentLog } from '../../../shared/log.ts';
import { insertEndpoint, minute, openScene, type Scene, second } from '../alerts/scene.ts';

const servers = Object.fromEntries(Array.from({ length: 8 }, (_, n) => [`s${n}`, 'server' as const]));
const places = { sberlin: 'Berlin', sosaka: 'Osaka' };

async function begun(options: Parameters<typeof openScene>[0] = {}): Promise<Scene> {
  const s = await openScene({ endpoints: servers, site: 'Berlin', places, notify: { wait: 30 * second }, ...options });
  for (const { id } of s.fleet.all()) await s.presence(id, 'online');
  return s;
}
const set = (s: Scene, site: string, ways: { parents?: string[]; groups?: string[][] }) =>
  s.alerts.dependencies.sites.set(site, { parents: [], groups: [], ...ways }, 'ana', s.now());
const told = (s: Scene) =>
  s.sent.map(({ event, rule, endpoint, members }) => {
    const names = members?.list.map((one) => one.endpoint.name).sort() ?? [];
    return `${event} ${rule.id} ${names.length > 0 ? names.join('+') : endpoint.name}`;
  });
const refusalOf = (promise: Promise<unknown>) =>
  promise.then(
    () => '',
    (thrown: Error) => thrown.message,
  );
const openTickets = async (s: Scene) => (await s.ticketRows()).filter(({ open_key }) => open_key !== null);
async function lose(s: Scene, ...ids: string[]): Promise<void> {
  for (const id of ids) await s.presence(id, 'lost', 'will');
}
async function look(s: Scene, ms: number, result: 'ok' | 'refused', watcher = 'collector'): Promise<void> {
  for (const end = s.now() + ms; s.now() < end; ) {
    await s.saw(watcher, 'router', result);
    await s.wait(10 * second);
  }
}

test('behind the router of a site nobody hears of its endpoints, nor of one that joined later', async () => {
  const s = await begun();
  await set(s, 'sberlin', { parents: ['s0'] });
  await insertEndpoint(s.state, 'late', 'server', 'Berlin');
  await s.fleet.reload('late');
  await s.presence('late', 'online');
  await insertEndpoint(s.state, 'away', 'server', 'Osaka');
  await s.fleet.reload('away');
  await s.presence('away', 'online');
  await lose(s, 's0');
  await s.wait(2 * minute);
  await lose(s, 'late', 's1', 'away');
  await s.wait(10 * minute, 5 * second);
  assert.equal(told(s), ['firing server-down s0-name', 'firing server-down away-name'], 'another site is its own news');
  const held = (await s.alertRows()).filter(({ suppressed_by }) => suppressed_by === 'inhibition');
  assert.equal(held.map(({ endpoint }) => endpoint).sort(), ['late', 's1']);

  // It moves away while it is down: from then on it is said.
  await s.move('late', 'Osaka');
  await s.wait(5 * minute, 5 * second);
  assert.ok(
    told(s).some((text) => text.includes('late-name')),
    told(s).join(),
  );
  await s.close();
});

test('without an uplink the same silences are messages', async () => {
  const s = await begun();
  await lose(s, 's0');
  await s.wait(2 * minute);
  await lose(s, 's1');
  await s.wait(10 * minute, 5 * second);
  assert.equal(told(s).length, 2);
  await s.close();
});

test('a site of eight goes dark with its router: one message, which counts those behind it; one when it is back', async () => {
  const s = await begun();
  await set(s, 'sberlin', { parents: ['s0'] });
  await lose(s, ...Object.keys(servers));
  await s.wait(20 * minute, 5 * second);
  assert.equal(told(s), ['firing server-down s0-name']);
  assert.is(s.sent[0]?.behind?.endpoints, 7);
  assert.match(headline(s.sent[0] as Notification, 'en'), /, and 7 endpoints behind it$/);
  const site = (await s.alertRows()).find(({ rule }) => rule === 'site-down');
  assert.equal([site?.state, site?.suppressed_by], ['firing', 'inhibition']);
  assert.is((await openTickets(s)).length, 1, 'one outage, one ticket');

  // After a restart as before.
  const again = await s.restart();
  await again.wait(3 * minute, 5 * second);
  assert.equal(told(again), []);
  await again.presence('s0', 'online');
  await again.wait(90 * second);
  for (const id of Object.keys(servers)) await again.presence(id, 'online');
  await again.wait(20 * minute, 5 * second);
  assert.equal(told(again), ['resolved server-down s0-name']);
  assert.equal(await openTickets(again), []);
  await again.close();
});

test('the router is back and the site is not: then the site is said', async () => {
  const s = await begun();
  await set(s, 'sberlin', { parents: ['s0'] });
  await lose(s, ...Object.keys(servers));
  await s.wait(10 * minute, 5 * second);
  await s.presence('s0', 'online');
  await s.wait(10 * minute, 5 * second);
  assert.equal(
    told(s)
      .map((text) => text.split(' ').slice(0, 2).join(' '))
      .sort(),
    ['firing server-down', 'firing site-down', 'resolved server-down'],
  );
  await s.close();
});

test('two that stay away when the site is back are said, because nobody was told of the site', async () => {
  const s = await begun({ endpoints: Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`s${n}`, 'server'])) });
  await set(s, 'sberlin', { parents: ['s0'] });
  const all = Array.from({ length: 20 }, (_, n) => `s${n}`);
  await lose(s, ...all);
  await s.wait(10 * minute, 5 * second);
  for (const id of all.slice(0, 18)) await s.presence(id, 'online');
  await s.wait(10 * minute, 5 * second);
  assert.ok(
    told(s).some((text) => /firing.*s18-name\+s19-name|update.*s18-name/.test(text)),
    told(s).join('; '),
  );
  assert.not.ok(told(s).some((text) => text.includes('site-down')));
  await s.close();
});

for (const watcher of ['collector', 's7'])
  test(`the site opened first, and the router, watched by ${watcher}, joins it: one message`, async () => {
    const s = await begun({ targets: { router: { watchers: [watcher], site: 'Berlin' } } });
    await set(s, 'sberlin', { parents: ['router'] });
    await look(s, minute, 'ok', watcher);
    await lose(s, ...Object.keys(servers).slice(0, 6));
    await look(s, minute, 'ok', watcher);
    assert.equal(told(s), ['firing site-down Berlin']);
    await look(s, 5 * minute, 'refused', watcher);
    assert.equal(told(s), ['firing site-down Berlin']);
    const router = (await s.alertRows()).find(({ rule }) => rule === 'target-down');
    assert.equal([router?.state, router?.suppressed_by.includes('site_incident')], ['firing', true]);
    assert.is((await openTickets(s)).length, 1);

    const again = await s.restart();
    await look(again, 5 * minute, 'refused', watcher);
    assert.equal(told(again), [], 'after a restart as before');
    for (const id of Object.keys(servers)) await again.presence(id, 'online');
    await look(again, 20 * minute, 'ok', watcher);
    assert.equal(told(again), ['resolved site-down Berlin']);
    assert.equal(await openTickets(again), []);
    await again.close();
  });

test('a router that the collector watches fails first: its message is the one, and the site follows', async () => {
  const s = await begun({ targets: { router: { watchers: ['collector'] } } });
  await set(s, 'sberlin', { parents: ['router'] });
  await look(s, minute, 'ok');
  await look(s, 20 * second, 'refused');
  await lose(s, ...Object.keys(servers));
  await look(s, 10 * minute, 'refused');
  assert.ok(
    told(s).every((text) => text.includes('target-down router-name')),
    told(s).join('; '),
  );
  assert.is(told(s).filter((text) => text.startsWith('firing')).length, 1);
  await s.close();
});

test('what alone watches the router is not behind it: that it is gone is said', async () => {
  const s = await begun({ targets: { router: { watchers: ['s7'], site: 'Berlin' } } });
  await set(s, 'sberlin', { parents: ['router'] });
  await look(s, minute, 'ok', 's7');
  await look(s, 30 * second, 'refused', 's7');
  await lose(s, 's7', 's1');
  await s.wait(10 * minute, 5 * second);
  assert.ok(
    told(s).some((text) => /firing server-down .*s7-name/.test(text)),
    told(s).join('; '),
  );
  assert.not.ok(
    told(s).some((text) => text.includes('s1-name')),
    told(s).join('; '),
  );
  await s.close();
});

test('of two redundant lines both have to be down', async () => {
  const s = await begun();
  await set(s, 'sberlin', { groups: [['s0', 's1']] });
  await lose(s, 's0');
  await s.wait(3 * minute, 5 * second);
  await lose(s, 's2');
  await s.wait(6 * minute, 5 * second);
  assert.ok(
    told(s).some((text) => text.includes('s2-name')),
    'one line works',
  );
  await lose(s, 's1');
  await s.wait(2 * minute, 5 * second);
  await lose(s, 's3');
  await s.wait(8 * minute, 5 * second);
  assert.not.ok(
    told(s).some((text) => text.includes('s3-name')),
    told(s).join('; '),
  );
  await s.close();
});

test('an uplink that is taken away: what was behind it is said', async () => {
  const s = await begun();
  await set(s, 'sberlin', { parents: ['s0'] });
  await lose(s, 's0');
  await s.wait(2 * minute, 5 * second);
  await lose(s, 's1');
  await s.wait(2 * minute, 5 * second);
  await set(s, 'sberlin', {});
  await s.wait(8 * minute, 5 * second);
  assert.ok(
    told(s).some((text) => text.includes('s1-name')),
    told(s).join('; '),
  );
  await s.close();
});

test('refused in words: an unknown uplink, and two sites that are behind each other', async () => {
  const s = await begun({
    sites: new Map([
      ['s6', 'Osaka'],
      ['s7', 'Osaka'],
    ]),
  });
  assert.match(await refusalOf(set(s, 'sberlin', { parents: ['nowhere'] })), /endpoint nowhere/);
  await set(s, 'sberlin', { parents: ['s6'] });
  assert.match(await refusalOf(set(s, 'sosaka', { parents: ['s1'] })), /circle: Osaka → s1-name → s6-name → Osaka/);
  assert.equal(s.alerts.dependencies.sites.waysOfSite('sosaka'), { parents: [], groups: [] });
  // Reached over the line of the other one: that is no circle.
  await set(s, 'sosaka', { parents: ['s6'] });
  await s.close();
});

test('uplinks of evenkeel.yaml, by name; what there is not is said and left out, until it is there', async () => {
  const said: string[] = [];
  const log = { ...silentLog, warn: (_: unknown, text: string) => void said.push(text) } as typeof silentLog;
  const uplinks = [
    { site: 'Berlin', parents: ['s0-name'] },
    { site: 'Osakka', parents: ['s1-name'] },
    { site: 'Osaka', parents: ['routr', 'later-name'] },
  ];
  const s = await begun({ uplinks, log });
  assert.equal(s.alerts.dependencies.sites.waysOfSite('sberlin').parents, ['s0']);
  assert.ok(s.alerts.dependencies.sites.isOfFile('sberlin'));
  assert.match(said[0] ?? '', /uplinks\[1\]\.site is "Osakka", and there is no such site; did you mean "Osaka"\?/);
  assert.match(said[1] ?? '', /uplinks\[2\] names "routr", and no endpoint or target has that name/);
  assert.is(said.length, 3);
  await lose(s, 's0');
  await s.wait(2 * minute, 5 * second);
  await lose(s, 's1');
  await s.wait(5 * minute, 5 * second);
  assert.equal(told(s), ['firing server-down s0-name']);
  await s.close();
});

test.run();
