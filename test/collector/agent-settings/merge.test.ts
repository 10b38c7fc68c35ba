/** Layers into the settings of one endpoint, and which of them wins. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { layersOfFile } from '../../../collector/agent-settings/file.ts';
import { documentOf, inOrder, mergeLayers, type SettingLayer } from '../../../collector/agent-settings/merge.ts';
import { problemsOf, takenState } from '../../../collector/agent-settings/state.ts';
import type { AgentLayerSettings } from '../../../shared/agent-layer.ts';
import { digestOfSettings } from '../../../shared/agent-settings.ts';
import { reason } from '../../../shared/reason.ts';

const test = suite('layers of settings');

const layer = (
  of: SettingLayer['scope']['of'],
  name: string,
  settings: AgentLayerSettings,
  priority = 0,
): SettingLayer => ({ scope: { of, target: name }, name, settings, priority });

function merged(...layers: SettingLayer[]) {
  const ordered = inOrder(layers);
  const values = mergeLayers(ordered);
  return { values, document: documentOf(values, ordered) };
}

test('the most specific scalar wins, whatever the order in which layers were written', () => {
  const all = [
    layer('endpoint', 'e1', { interval_s: 5 }),
    layer('tag', 'lab', { interval_s: 10 }),
    layer('group', 'Kiosks', { interval_s: 20 }),
    layer('site', 'Osaka', { interval_s: 30 }),
    layer('kind', 'server', { interval_s: 40 }),
    layer('all', '', { interval_s: 50 }),
  ];
  for (let n = 0; n < all.length; n++) {
    const { values, document } = merged(...all.slice(n).reverse());
    assert.is(document.interval_s, 5 + (n === 0 ? 0 : n * 10 - 5));
    assert.is(values[0]?.from.scope.of, all[n]?.scope.of);
  }
});

test('maps are merged by key, and each key says where it is from', () => {
  const { values, document } = merged(
    layer('all', '', { checks: { software: { enabled: false, every_s: 7200 } }, privacy: { users: false } }),
    layer('site', 'Osaka', { checks: { software: { enabled: true }, patches: { every_s: 900 } } }),
    layer('endpoint', 'e1', { privacy: { users: true, serials: false } }),
  );
  assert.equal(document, {
    checks: { software: { enabled: true, every_s: 7200 }, patches: { every_s: 900 } },
    privacy: { users: true, serials: false },
  });
  const from = Object.fromEntries(values.map(({ key, part, from: { scope } }) => [`${key} ${part}`, scope.of]));
  assert.is(from['checks software.enabled'], 'site');
  assert.is(from['checks software.every_s'], 'all');
  assert.is(from['privacy users'], 'endpoint');
});

test('lists are all entries together; a minus takes one of a wider layer away', () => {
  const layers = [
    layer('all', '', { services: ['cron', 'ssh'], custom: ['raid'] }),
    layer('group', 'Web', { services: ['nginx', '-cron'] }),
    layer('endpoint', 'e1', { services: ['-nginx', '-none'], custom: ['-raid'] }),
  ];
  // `custom` that was emptied means none of the own checks; left out it would mean all of them.
  assert.equal(merged(...layers).document, { services: ['ssh'], custom: [] });
  assert.equal(merged(...layers.slice(0, 2)).document, { services: ['nginx', 'ssh'], custom: ['raid'] });
  assert.equal(merged(layer('endpoint', 'e1', { services: ['-x'] })).document, {});
});

test('between two tags the higher priority wins, then the later name', () => {
  const a = (priority: number) => layer('tag', 'a', { interval_s: 10 }, priority);
  const b = layer('tag', 'b', { interval_s: 20 });
  assert.is(merged(b, a(0)).document.interval_s, 20);
  assert.is(merged(b, a(1)).document.interval_s, 10);
  assert.is(merged(layer('group', 'z', { interval_s: 30 }, 1000), b).document.interval_s, 20, 'never over its scope');
});

test('the digest is of the content, not of its order', () => {
  const one = { interval_s: 5, checks: { a: { every_s: 1 }, b: { enabled: true } }, services: ['x', 'y'] };
  const other = { services: ['x', 'y'], checks: { b: { enabled: true }, a: { every_s: 1 } }, interval_s: 5 };
  assert.is(digestOfSettings(one), digestOfSettings(other));
  assert.is.not(digestOfSettings(one), digestOfSettings({ ...one, services: ['y', 'x'] }));
  assert.is(digestOfSettings({}), digestOfSettings({ checks: {}, privacy: {} }));
  assert.is.not(digestOfSettings({}), digestOfSettings({ custom: [] }));
});

test('how far an endpoint is, and why it is not', () => {
  const online = { level: 3, state: 'online' as const };
  const said = { version: 1, digest: 'a'.repeat(16), result: 'ok' as const, problems: [], remote: 'on' as const };
  const known = { ...said, lock: [], at: 0 };
  const values = mergeLayers([
    { ...{ scope: { of: 'all' as const, target: '' }, priority: 0, name: '' }, settings: { interval_s: 30 } },
  ]);
  const wanted = { digest: known.digest, values, document: { interval_s: 30 } };
  const other = { ...wanted, digest: 'b' };
  assert.is(takenState(online, known, wanted), 'taken');
  assert.is(takenState(online, known, other), 'waiting');
  assert.is(takenState({ ...online, state: 'lost' }, known, other), 'offline');
  assert.is(takenState({ ...online, state: 'never' }, undefined, other), 'offline');
  assert.is(takenState({ ...online, level: 2 }, known, wanted), 'old');
  assert.is(takenState(online, { ...known, result: 'refused' }, wanted), 'refused');
  assert.is(takenState(online, { ...known, result: 'refused', remote: 'off' }, wanted), 'locked');
  const partly = { ...known, result: 'partly' as const };
  const locked = [reason('setting_locked', { key: 'interval_s' })];
  const mixed = [...locked, reason('setting_check_unknown', { check: 'quantum' })];
  assert.is(takenState(online, { ...partly, problems: locked }, wanted), 'locked');
  assert.is(takenState(online, { ...partly, problems: mixed }, wanted), 'partly');
  // The usual interval comes to each agent, and nobody has set it: what a machine holds back of it stands against nothing.
  const unset = { digest: known.digest, values: [], document: { interval_s: 10 } };
  assert.is(takenState(online, { ...partly, problems: locked }, unset), 'taken');
  assert.equal(problemsOf({ ...partly, problems: locked }, unset), []);
  assert.is(takenState(online, { ...known, result: 'partly', remote: 'off' }, unset), 'taken');
  const checked = { ...partly, problems: [reason('setting_locked', { key: 'checks.software' })] };
  assert.is(takenState(online, checked, wanted), 'taken');
  const ofChecks = [
    {
      key: 'checks' as const,
      part: 'software.every_s',
      value: 60,
      from: { scope: { of: 'all' as const, target: '' }, name: '' },
    },
  ];
  assert.is(takenState(online, checked, { ...wanted, values: ofChecks }), 'locked');
  assert.is(
    takenState(
      online,
      { ...partly, problems: [reason('setting_locked', { key: 'custom' })] },
      { ...unset, document: { custom: [] } },
    ),
    'locked',
  );
});

test('the settings file: layers, and every fault with its place', () => {
  const good = [
    { interval_s: 30 },
    { scope: { group: 'Kiosks' }, priority: 5, services: ['nginx', '-cron'] },
    { scope: { kind: 'workstation' }, checks: { software: { every_s: 3600 } } },
  ];
  assert.equal(layersOfFile(undefined), { layers: [], faults: [] });
  assert.equal(layersOfFile(good), {
    layers: [
      { scope: { of: 'all', target: '' }, priority: 0, settings: { interval_s: 30 } },
      { scope: { of: 'group', target: 'Kiosks' }, priority: 5, settings: { services: ['nginx', '-cron'] } },
      {
        scope: { of: 'kind', target: 'workstation' },
        priority: 0,
        settings: { checks: { software: { every_s: 3600 } } },
      },
    ],
    faults: [],
  });
  const faulty: [unknown, string, RegExp][] = [
    [{ interval_s: 4 }, '0.interval_s', /^4 must be .*5/],
    [{ intervall_s: 40 }, '0.intervall_s', /did you mean "interval_s"/],
    [{ scope: { grup: 'x' } }, '0.scope', /did you mean "group"/],
    [{ scope: { kind: 'printer' } }, '0.scope.kind', /must be server or workstation/],
    [{ scope: { site: '' } }, '0.scope.site', /must name a site/],
    [{ priority: 1.5 }, '0.priority', /must be a whole number/],
    [{ custom: ['/bin/sh'] }, '0.custom.0', /must be the name of an own check/],
    [{ command: ['/bin/sh'] }, '0.command', /unknown key "command"/],
    ['all', '0', /must be a section/],
  ];
  for (const [written, place, words] of faulty) {
    const { layers, faults } = layersOfFile([written]);
    assert.equal(layers, [], JSON.stringify(written));
    assert.is(faults[0]?.path.join('.'), place);
    assert.match(faults[0]?.problem ?? '', words);
  }
  assert.match(layersOfFile([{ interval_s: 5 }, { interval_s: 6 }]).faults[0]?.problem ?? '', /given twice/);
  assert.match(layersOfFile({ interval_s: 5 }).faults[0]?.problem ?? '', /must be a list/);
});

test.run();
