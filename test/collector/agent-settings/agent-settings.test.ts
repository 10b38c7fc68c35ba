/** Settings of agents in the collector: old agents, places that move, the settings file, a start in between. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AgentSettingsSummary, SettingsVersion } from '../../../shared/agent-layer.ts';
import { bucketOf, topicOf } from '../../../shared/topics.ts';
import { type InProcess, openCollector } from '../../support/collector.ts';
import { until } from '../../support/until.ts';
import { wired } from '../../support/wired-machine.ts';

const test = suite('settings of agents in the collector');

const send = (collector: InProcess, method: string, path: string, body?: object) =>
  collector.call(`/api/v1/${path}`, { method, as: 'admin', ...(body && { body }) });
const summary = async (collector: InProcess) =>
  (await send(collector, 'GET', 'agent-settings')).body as AgentSettingsSummary;
const versions = async (collector: InProcess) =>
  ((await send(collector, 'GET', 'agent-settings/versions')).body as { items: SettingsVersion[] }).items;
const save = (collector: InProcess, of: string, target: string, settings: object | null, reason = 'test') =>
  send(collector, 'PUT', 'agent-settings/layers', { scope: { of, target }, settings, reason });

test('what the file says is read-only, taken at a start, and gone with it; the difference is a version', async () => {
  let collector = await openCollector({ settings: 'agent_settings: [{ services: [nginx] }]\n' });
  try {
    const [of] = (await summary(collector)).layers;
    assert.equal([of?.owner, of?.settings], ['file', { services: ['nginx'] }]);
    const refused = await save(collector, 'all', '', { interval_s: 20 });
    assert.is(refused.status, 409);
    assert.match(refused.text, /stand in evenkeel\.yaml, under agent_settings/);
    assert.is((await save(collector, 'kind', 'server', { interval_s: 20 })).status, 200);
    await collector.stop();
    collector = await collector.again('agent_settings: [{ services: [nginx] }]\n');
    assert.is((await versions(collector)).length, 2, 'nothing new in the file is no version');
    await collector.stop();
    collector = await collector.again('zone: Europe/Berlin\n');
    assert.equal(
      (await summary(collector)).layers.map(({ scope, owner }) => [scope.of, owner]),
      [['kind', 'people']],
    );
    const [newest] = await versions(collector);
    assert.equal([newest?.by, newest?.changes[0]?.after], ['evenkeel.yaml', null]);
  } finally {
    await collector.close();
  }
});

test('a layer goes with its site, and ends with its group; roll-back is refused where nothing would change', async () => {
  const collector = await openCollector();
  try {
    const site = (await send(collector, 'POST', 'sites', { name: 'Osaka' })).body as { id: string };
    const group = (await send(collector, 'POST', 'groups', { name: 'Kiosks' })).body as { id: string };
    await save(collector, 'site', 'osaka', { interval_s: 20 });
    await save(collector, 'group', 'Kiosks', { interval_s: 30 });
    await send(collector, 'PATCH', `sites/${site.id}`, { name: 'Kyoto' });
    await send(collector, 'DELETE', `groups/${group.id}`);
    assert.equal(
      (await summary(collector)).layers.map(({ scope, name }) => [scope.of, name]),
      [['site', 'Kyoto']],
    );
    const all = await versions(collector);
    assert.equal(
      all.map(({ reason }) => reason),
      ['group_removed', 'site_renamed', 'test', 'test', ''],
    );
    const now = all[0]?.version;
    const same = await send(collector, 'POST', `agent-settings/versions/${now}/restore`, { reason: 'again' });
    assert.is(same.status, 409, same.text);
    const none = await send(collector, 'POST', 'agent-settings/versions/999/restore', { reason: 'again' });
    assert.is(none.status, 404, none.text);
    assert.is((await save(collector, 'site', 'Nowhere', { interval_s: 20 })).status, 404);
    assert.is((await save(collector, 'tag', 'none', null)).status, 404);
  } finally {
    await collector.close();
  }
});

test('an older agent gets interval and checks alone; a retired one is told to forget', async () => {
  const collector = await openCollector();
  const got: string[] = [];
  const { id, wire } = await wired(collector, 'old-1', {}, (_topic, payload) => void got.push(payload.toString()));
  const address = { endpoint: id, bucket: bucketOf(id) };
  const birth = { state: 'online', session: 'a'.repeat(16), boot_id: 'b', started_at: 1, previous_shutdown: 'clean' };
  try {
    const settings = { interval_s: 20, checks: { cpu: { every_s: 30 } }, services: ['nginx'] };
    await save(collector, 'all', '', settings);
    await wire.subscribe(topicOf(address, 'config'));
    const body = JSON.stringify({ ...birth, version: '0.1.0', level: 2 });
    await wire.publish(topicOf(address, 'presence'), body, { retain: true });
    await until(() => got.length > 0, 10_000, 'the settings');
    assert.equal(JSON.parse(got.at(-1) as string), { v: 1, interval_s: 20, checks: { cpu: { every_s: 30 } } });
    assert.is((await summary(collector)).counts.old, 1);
    await send(collector, 'DELETE', `endpoints/${id}`);
    await until(() => got.at(-1) === '', 10_000, 'an empty message');
  } finally {
    wire.end();
    await collector.close();
  }
});

test.run();
