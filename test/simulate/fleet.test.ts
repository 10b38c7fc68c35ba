/** The simulated fleet sends what real agents send: held against the catalogue, the rules, and an agent on this machine. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { attempt } from '../../agent/attempt.ts';
import { createChecks } from '../../agent/checks/index.ts';
import { defaultRules } from '../../collector/evaluate/defaults.ts';
import { sections as shapes } from '../../shared/inventory.ts';
import { fieldOf, rangeOf, tagsOf } from '../../shared/metrics.ts';
import { check, type Metric } from '../../shared/report.ts';
import { trialContext } from '../support/check-context.ts';
import { createMeasuring } from './agent.ts';
import { type Machine, makeMachine } from './machine.ts';
import { troubleKinds } from './troubles.ts';

const test = suite('what a simulated fleet sends');
const minute = 60_000;
const day = 24 * 60 * minute;
const startAt = Date.parse('2026-01-05T00:00:00Z');

interface Sent {
  metrics: Metric[];
  sections: [section: string, data: unknown][];
}

/** Two days of a machine, hour by hour; a trouble begins in the second one. */
async function twoDaysOf(machine: Machine): Promise<Sent> {
  let now = startAt;
  const sent: Sent = { metrics: [], sections: [] };
  const measuring = createMeasuring({
    machine,
    clock: { now: () => now, monotonic: () => now },
    waiting: () => 0,
    send: (section, data) => void sent.sections.push([section, data]),
  });
  for (; now < startAt + 2 * day; now += 60 * minute) sent.metrics.push(...(await measuring.measure()).metrics);
  return sent;
}

const machines = Array.from({ length: 30 }, (_, n) => ({ ...makeMachine(3, n, startAt), troubles: [] }));
const oneOfEach = [...new Map(machines.map((machine) => [`${machine.kind} ${machine.os.platform}`, machine])).values()];
assert.is(oneOfEach.length, 4);
const troubled = troubleKinds.flatMap((kind) =>
  oneOfEach.map((machine) => ({ ...machine, troubles: [{ kind, from: startAt + day }] })),
);
const fleet = await Promise.all([...machines, ...troubled].map(twoDaysOf));
const metrics = fleet.flatMap((sent) => sent.metrics);

/** Names of fields and of tags by measurement. */
function namesOf(list: readonly Metric[]) {
  const names = new Map<string, { fields: Set<string>; tags: Set<string> }>();
  for (const { name, fields, tags } of list) {
    const known = names.get(name) ?? { fields: new Set<string>(), tags: new Set<string>() };
    names.set(name, known);
    for (const field of Object.keys(fields)) known.fields.add(field);
    for (const tag of Object.keys(tags)) known.tags.add(tag);
  }
  return names;
}
const simulated = namesOf(metrics);

test('every metric is in the catalogue, with its tags and within its range', () => {
  const wrong = new Set<string>();
  for (const { name, fields, tags } of metrics) {
    for (const [field, value] of Object.entries(fields)) {
      const row = fieldOf(`${name}.${field}`);
      const [low, high] = row ? rangeOf(row) : [0, -1];
      if (value < low || value > high) wrong.add(`${name}.${field} ${row ? value : 'is not in the catalogue'}`);
    }
    for (const [tag, value] of Object.entries(tags)) {
      const values = tagsOf[name]?.[tag];
      if (values === undefined || (values !== null && !values.includes(value))) wrong.add(`${name}{${tag}=${value}}`);
    }
  }
  assert.equal([...wrong], []);
});

test('every section has its shape', () => {
  const seen = new Set<string>();
  for (const { sections } of fleet)
    for (const [section, data] of sections) {
      seen.add(section);
      check(shapes[section as keyof typeof shapes], JSON.parse(JSON.stringify(data)));
    }
  assert.equal([...seen].sort(), ['backups', 'checks', 'health', 'host', 'os', 'patches', 'software']);
});

/** Made by the collector. */
const derived = new Set([
  // Of what is watched from outside, which no machine reports of itself.
  'target.down',
  'target.service_down',
  'target.time_ms',
  'target.certificate_days',
  'target_ups.on_battery',
  'loss.count',
  'identity.machines',
  'intake.held_percent',
  'backup.size_percent',
  'backup.verify_result',
  'backup.verified_age_s',
  'backup.age_percent',
  'backup.overdue_s',
]);

test('the fleet has every value that a default rule reads', () => {
  const read = defaultRules.flatMap(({ when }) => {
    if (when.kind === 'threshold')
      return when.all.map(({ measurement = when.measurement, field }) => `${measurement}.${field}`);
    return when.kind === 'missing' ? [`${when.measurement}.${when.field}`] : [];
  });
  const missing = read.filter((name) => {
    const [measurement = '', field = ''] = name.split('.');
    return !derived.has(name) && !simulated.get(measurement)?.fields.has(field);
  });
  assert.equal([...new Set(missing)], []);
  assert.ok(read.length > 50);
});

test('a healthy machine is healthy in its inventory and its metrics alike, a faulty one in neither', async () => {
  const bad = (sent: Sent) => ({
    health: sent.sections.some(
      ([name, data]) => name === 'health' && (data as { status: string }[]).some(({ status }) => status !== 'ok'),
    ),
    severity: sent.metrics.some(({ fields, tags }) => (fields.severity ?? 0) > 0 && tags.name !== undefined),
  });
  for (const sent of fleet.slice(0, machines.length)) assert.equal(bad(sent), { health: false, severity: false });
  const server = machines.find(({ kind, os }) => kind === 'server' && os.platform === 'linux') as Machine;
  for (const kind of ['smart', 'smart-blind', 'disk-vanished', 'array-degraded', 'array-not-started'] as const) {
    const sent = await twoDaysOf({ ...server, troubles: [{ kind, from: startAt + day }] });
    assert.equal(bad(sent), { health: true, severity: true }, kind);
  }
});

test('whatever an agent on this machine reports, the simulated one reports, too, with the same tags', async () => {
  const data = mkdtempSync(join(tmpdir(), 'evenkeel-once-'));
  const main = fileURLToPath(new URL('../../agent/main.ts', import.meta.url));
  const { stdout } = spawnSync(process.execPath, [main, 'once', '--data', data], { encoding: 'utf8' });
  rmSync(data, { recursive: true });
  const context = trialContext();
  const heavy = createChecks().filter((one) => one.heavy);
  const found = await Promise.all(heavy.map((one) => attempt(one, context, 60_000)));
  const more = found.flatMap((outcome) => (outcome.status === 'ok' ? (outcome.findings.metrics ?? []) : []));
  const real = namesOf([...(JSON.parse(stdout).metrics as Metric[]), ...more]);
  assert.ok(real.size >= 6, [...real.keys()].join(' '));
  for (const [name, { fields, tags }] of real) {
    const ours = simulated.get(name);
    assert.equal(
      [...fields].filter((field) => !ours?.fields.has(field)),
      [],
      `fields of ${name}`,
    );
    assert.equal([...tags].sort(), [...(ours?.tags ?? [])].sort(), `tags of ${name}`);
    assert.equal(
      [...tags].filter((tag) => tagsOf[name]?.[tag] === undefined),
      [],
      `tags of ${name} in the catalogue`,
    );
  }
});

test('a fleet as `npm run simulate` makes it: most machines have no trouble, and some have one', () => {
  const made = Array.from({ length: 72 }, (_, n) => makeMachine(1, n, startAt));
  const bad = made.filter(({ troubles }) => troubles.length > 0).length;
  assert.ok(bad >= 3 && bad <= 18, `${bad} of 72`);
});

test.run();
