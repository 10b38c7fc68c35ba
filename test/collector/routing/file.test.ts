import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readRouting } from '../../../collector/routing/file.ts';
import { parseSettingsFile } from '../../../shared/settings-file.ts';

/** What a person reads about this file. */
function said(text: string): string[] {
  const source = parseSettingsFile(text, 'evenkeel.yaml');
  return source.describe(readRouting(source.value as object).faults);
}

const good = `
schedules:
  - name: primary
    zone: Europe/Berlin
    layers:
      - name: main
        users: [ann, bob]
        rotation: { unit: week, every: 1, start: 2026-03-02T09:00 }
        holidays: [2026-12-25]
    fallback: channel:ops
    overrides:
      - { from: 2026-12-24T09:00, to: 2026-12-26T09:00, user: cat, replace: ann }
policies:
  - name: servers
    steps:
      - { targets: [schedule:primary], wait: 5m }
      - { targets: [person:ann, channel:ops] }
    repeat: 1
routes:
  receivers: [channel:ops]
  repeat: { critical: 4h }
  children:
    - name: berlin
      match: ['site="berlin"', severity=critical]
      when: { zone: Europe/Berlin, days: [mon, tue], start: "09:00", end: "17:00" }
      receivers: [policy:servers]
people:
  - name: ann
    ways: [{ channel: mail, address: ann@example.org }]
    quiet: { zone: Europe/Berlin, start: "22:00", end: "07:00" }
`;

test('a file as the README has it is read whole', () => {
  assert.equal(said(good), []);
  const { documents } = readRouting(parseSettingsFile(good, 'f').value as object);
  assert.is(documents.overrides[0]?.from, Date.parse('2026-12-24T08:00:00Z'));
  assert.equal(
    [...documents.schedules.keys(), ...documents.policies.keys(), ...documents.people.keys()],
    [...['primary', 'servers', 'ann']],
  );
});

const faults: [string, string, RegExp][] = [
  [
    'users: [ann, bob]',
    'users: []',
    /^evenkeel\.yaml:7:9: schedules\.primary\.layers\.main\.users: The layer "main" has nobody/,
  ],
  ['targets: [schedule:primary]', 'targets: [schedule:primry]', /no schedule "primry"; there is only: primary/],
  ['targets: [person:ann, channel:ops]', 'targets: [policy:servers]', /"policy:servers" is no receiver/],
  [
    'receivers: [policy:servers]',
    'receivers: [policy:server]',
    /no escalation policy "server"; there is only: servers/,
  ],
  ['  receivers: [channel:ops]\n', '', /no receivers at their root/],
  ['zone: Europe/Berlin\n    layers', 'zone: Berlin\n    layers', /zone/],
  ['fallback: channel:ops', 'fallback: schedule:primary', /in a circle: primary → primary/],
  ['unit: week', 'unit: wek', /did you mean "week"/],
  ['wait: 5m', 'wait: 5s', /"5s" is not a duration from 1m to/],
  ['wait: 5m', 'wait: soon', /"soon" is not a duration/],
  ['site="berlin"', 'site~"berlin"', /not understood/],
  ['children:', 'childrn:', /did you mean "children"/],
  ['name: berlin', 'nam: berlin', /did you mean "name"/],
  ['end: "17:00"', 'end: "25:00"', /"25:00" is not a time of day/],
  ['to: 2026-12-26T09:00', 'to: 2026-12-23T09:00', /is not after/],
  ['repeat: { critical: 4h }', 'repeat: { critical: 1m }', /"1m" is not a duration from 5m to/],
  ['repeat: { critical: 4h }', 'interval: 5h\n  repeat: { critical: 4h }', /"4h" is not a duration from 5h to/],
  [
    'receivers: [policy:servers]',
    'receivers: [policy:servers]\n      interval: 5h',
    /"5h" is not a duration from 0ms to 4h/,
  ],
  [
    'repeat: { critical: 4h }\n  children:\n    - name: berlin',
    'interval: 10m\n  children:\n    - name: berlin\n      repeat: { warning: 6m }',
    /"6m" is not a duration from 10m to/,
  ],
  [
    '    overrides:\n',
    '    overrides:\n      - { from: 2026-12-25T09:00, to: 2026-12-27T09:00, user: dan }\n',
    /"dan" has an override from/,
  ],
  [
    '  - name: servers',
    '  - name: servers\n    steps: [{ targets: [channel:a] }]\n  - name: servers',
    /"servers" is given twice/,
  ],
];
for (const [from, to, words] of faults)
  test(`refused: ${to.trim()}`, () => {
    assert.ok(good.includes(from));
    const lines = said(good.replace(from, to));
    assert.ok(
      lines.some((line) => words.test(line)),
      lines.join('\n'),
    );
  });

test('sections that are no lists are faults, not crashes', () => {
  assert.is(said('schedules: 1\npolicies: x\nroutes: []\npeople: { a: b }').length, 4);
});

test.run();
