/**
 * What every kind of rule does. It is tested by being listed: conditions of it are made from its schema, and taken from
 * the default rules.
 */
import { existsSync, readFileSync } from 'node:fs';
import type { TSchema } from 'typebox';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parse, stringify } from 'yaml';
import { faultsOfRule } from '../../collector/evaluate/check.ts';
import { defaultRules } from '../../collector/evaluate/defaults.ts';
import type { When } from '../../collector/evaluate/kinds/index.ts';
import { createMemory, type RuleKind, type RuleMemory } from '../../collector/evaluate/kinds/kind.ts';
import { mergeRules } from '../../collector/evaluate/merge.ts';
import type { Endpoint } from '../../collector/fleet/fleet.ts';
import { newestOf } from '../../collector/fleet/newest.ts';
import { conditionWords } from '../../dashboards/web/rules/sentences.ts';
import { speak } from '../../dashboards/web/words/words.ts';
import { catalogue } from '../../shared/metrics.ts';
import type { Metric, Report } from '../../shared/report.ts';
import { languages } from '../../shared/words/index.ts';
import { metricName, silence } from '../../shared/words/names.ts';
import { type InProcess, openCollector } from '../support/collector.ts';

const room = new URL('../../collector/evaluate/', import.meta.url);
const noon = Date.parse('2026-11-22T12:00:00Z');
const day = 86_400_000;

/** Names that mean the same in every kind; all else is made from the schema. */
const examples: Record<string, unknown> = {
  measurement: 'disk',
  field: 'used_percent',
  value: 50,
  expr: 'disk.used_percent > 50',
};

interface Shape {
  type?: string;
  const?: unknown;
  anyOf?: readonly Shape[];
  properties?: Readonly<Record<string, Shape>>;
  required?: readonly string[];
  items?: Shape;
  minimum?: number;
}
const shapeOf = (schema: TSchema) => schema as unknown as Shape;

/** The shortest value that a schema takes. */
function exampleOf(shape: Shape, key = ''): unknown {
  if (shape.const !== undefined) return shape.const;
  if (key in examples) return examples[key];
  if (shape.anyOf) return exampleOf(shape.anyOf[0] as Shape, key);
  if (shape.type === 'array') return [exampleOf(shape.items as Shape)];
  if (shape.type !== 'object')
    return { string: 'x', boolean: false, integer: shape.minimum ?? 1, number: Math.max(60, shape.minimum ?? 0) }[
      shape.type ?? ''
    ];
  const keys = shape.required ?? [];
  return Object.fromEntries(keys.map((name) => [name, exampleOf(shape.properties?.[name] as Shape, name)]));
}

interface Place {
  path: string[];
  shape: Shape;
  required: boolean;
}

/** Each place in a value that its schema names, with the schema of what stands there. */
function placesOf(shape: Shape, value: unknown, path: string[] = []): Place[] {
  if (shape.type === 'array') return placesOf(shape.items as Shape, (value as unknown[])[0], [...path, '0']);
  return Object.entries(shape.properties ?? {}).flatMap(([key, inner]) => {
    const there = (value as Record<string, unknown>)[key];
    const here = { path: [...path, key], shape: inner, required: shape.required?.includes(key) ?? false };
    return [here, ...(there === undefined ? [] : placesOf(inner, there, here.path))];
  });
}

/** A copy with something else at a place; undefined: without it. */
function changed<T>(value: T, path: readonly string[], to: unknown): T {
  const copy = structuredClone(value) as Record<string, unknown>;
  let place = copy;
  for (const key of path.slice(0, -1)) place = place[key] as Record<string, unknown>;
  const last = path.at(-1) as string;
  if (to === undefined) delete place[last];
  else place[last] = to;
  return copy as T;
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) frozen(inner);
  return Object.freeze(value);
}

const ruleWith = (when: unknown) => ({ ...(defaultRules[0] as object), id: 'of-this-kind', name: 'x', when });
const faultsAt = (when: unknown) =>
  faultsOfRule(ruleWith(when))
    .map(({ path, problem }) => `${path.join('.')} ${problem}`)
    .join('\n');

const reportOf = (metrics: Metric[]): Report => ({ v: 1, epoch: '0'.repeat(32), seq: 1, at: noon, metrics });

/** The measurement whole, in part, without anything; with least, greatest and odd values. */
function metricsOf(name: string, tags: Record<string, string>): Metric[] {
  const fields = catalogue.filter((row) => row.measurement === name).map(({ field }) => field);
  const whole = [0, 1, 50, 100, 1e15, -1].map((value) => Object.fromEntries(fields.map((field) => [field, value])));
  const parts = fields.map((field) => ({ [field]: 1 }));
  return [{}, ...whole, ...parts].map((of) => ({ name, tags, fields: of, timestamp: noon }));
}

const states: Pick<Endpoint, 'state' | 'stateReason'>[] = [
  ...(['online', 'unknown', 'never', 'lost', 'offline'] as const).map((state) => ({ state, stateReason: null })),
  { state: 'lost', stateReason: 'will' },
  { state: 'offline', stateReason: 'asleep' },
];

const endpointsOf = (since: number): Endpoint[] =>
  states.flatMap((state) =>
    (['server', 'workstation'] as const).flatMap((kind) =>
      [null, since].map(
        (lastSeenAt): Endpoint => ({
          ...{ id: 'e', bucket: '01', name: 'e', kind, kindWhy: [], site: null, tags: [], platform: 'linux' },
          ...{ arch: 'x64', version: null, enrolledAt: 0, retiredAt: null, session: null, bootId: null, lastSeenAt },
          ...{ intervalMs: 10_000, clockOffsetMs: 0, people: null, stateSince: since, ...state },
        }),
      ),
    ),
  );

const isNumberOrNull = (value: unknown) => value === null || Number.isFinite(value);

export function ruleKindContract(kind: RuleKind): void {
  const name = kind.kind;
  const test = suite(`rule kind ${name}`);
  const shape = shapeOf(kind.schema);
  const shortest = exampleOf(shape) as When;
  const defaults = defaultRules.map(({ when }) => when).filter((when) => when.kind === name);
  const all = [shortest, ...defaults] as never[];

  test('is a file of its name, described in the README, and decides by metrics or by presence', () => {
    assert.match(name, /^[a-z][a-z_]{1,31}$/);
    assert.ok(existsSync(new URL(`kinds/${name}.ts`, room)), `kinds/${name}.ts`);
    assert.match(readFileSync(new URL('README.md', room), 'utf8'), new RegExp(`^\\| \`${name}\``, 'm'));
    assert.is(shape.properties?.kind?.const, name, 'the schema names the kind');
    assert.ok(Boolean(kind.judge) !== Boolean(kind.judgeEndpoint), 'one of judge and judgeEndpoint');
    assert.is(
      Boolean(kind.judge),
      Boolean(kind.measurement && kind.shown),
      'judge, measurement and shown belong together',
    );
  });

  test('a condition: unknown, missing and wrong parts are refused at their place', () => {
    assert.is(faultsAt(shortest), '', 'the shortest one is good');
    assert.match(faultsAt({ ...(shortest as object), surprise: 1 }), 'when.surprise unknown key');
    for (const { path, shape: inner, required } of placesOf(shape, shortest)) {
      const last = path.at(-1) ?? '';
      if (last === 'kind') continue;
      const refused = (wrong: unknown, where = ['when', ...path].join('.')) =>
        assert.match(faultsAt(changed(shortest, path, wrong)), where, `${path.join('.')} ${wrong}`);
      if (required) refused(undefined, `lacks "${last}"`);
      if (inner.type !== 'object') refused({});
      if (inner.type === 'number' || inner.type === 'integer')
        for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, '60', null]) refused(wrong);
      if (last.endsWith('_s')) for (const wrong of [-1, 0, 1e12]) refused(wrong);
    }
  });

  test('what the catalogue does not have is refused: such a rule would be off in silence', () => {
    for (const { path } of placesOf(shape, shortest)) {
      const last = path.at(-1);
      if (last !== 'measurement' && last !== 'field') continue;
      const word = `no_such_${last}`;
      assert.match(faultsAt(changed(shortest, path, word)), `"${word}" is not`, path.join('.'));
    }
  });

  test('says what it is about and its limit: a known metric with a name in every language, a number', () => {
    for (const when of all) {
      assert.ok(Number.isFinite(kind.limit(when)), JSON.stringify(when));
      const metric = kind.metric(when);
      assert.match(metric, /^[a-z_0-9]+\.[a-z_0-9]+$/);
      for (const language of metric === silence ? [] : languages)
        assert.is.not(metricName(language, metric), metric, language);
      assert.ok(kind.measurement === undefined || metric.startsWith(`${kind.measurement(when)}.`), metric);
    }
  });

  test('has a sentence of its own, in every language', async () => {
    for (const when of all) {
      const told: string[] = [];
      for (const language of languages) {
        await speak(language);
        told.push(conditionWords({ when: when as never }));
      }
      await speak('en');
      for (const text of told) assert.match(text, /^(?!.*(undefined|NaN|\{\{|rules\.))\S/, JSON.stringify(when));
      assert.is(new Set(told).size, languages.length, told.join(' | '));
    }
  });

  test('by metrics: no data is none, never good or bad; pure; no value is not a number', () => {
    const { judge, shown, measurement } = kind;
    if (!judge || !shown || !measurement) return;
    for (const when of all) {
      const rule = frozen({ id: 'r', when });
      const tags = ((when as { tags?: Record<string, string> }).tags ?? {}) as Record<string, string>;
      for (const metric of metricsOf(measurement(when), tags).map(frozen)) {
        const report = frozen(reportOf([metric]));
        const run = (memory: RuleMemory) => {
          const status = judge(rule, metric, report, memory, noon);
          return { status, shown: shown(rule, metric, report, memory) };
        };
        const [first, again] = [run(createMemory(noon)), run(createMemory(noon))];
        assert.equal(first, again);
        assert.ok(['breach', 'hold', 'clear', 'none'].includes(first.status ?? ''), JSON.stringify([when, metric]));
        if (Object.keys(metric.fields).length === 0) assert.is(first.status, 'none', JSON.stringify(when));
        for (const value of Object.values(first.shown)) assert.ok(isNumberOrNull(value), JSON.stringify(first));
      }
    }
  });

  test('by metrics: a rule that was just changed is given the newest values of its measurement', () => {
    if (!kind.measurement) return;
    for (const when of all) {
      const name = kind.measurement(when);
      const field = catalogue.find((row) => row.measurement === name)?.field;
      if (field === undefined) continue;
      const latest = [{ metric: `${name}.${field}`, tags: {}, at: noon, value: 1 }];
      const found = newestOf(latest, [ruleWith(when) as never], noon);
      assert.equal(found, [{ name, tags: {}, fields: { [field]: 1 }, timestamp: noon }], JSON.stringify(when));
    }
  });

  test('by presence: what is not known is none; the time it names is ahead and changes the answer', () => {
    const { judgeEndpoint, note } = kind;
    if (!judgeEndpoint) return;
    for (const when of all) {
      const rule = frozen({ id: 'r', when });
      for (const since of [noon - 400 * day, noon - 3600_000, noon, noon + day])
        for (const endpoint of endpointsOf(since).map(frozen)) {
          const run = (now: number) => judgeEndpoint(rule, endpoint, createMemory(since), now);
          const answer = run(noon);
          const told = JSON.stringify([when, endpoint.state, endpoint.kind, since - noon, answer]);
          assert.equal(run(noon), answer);
          assert.ok(['breach', 'hold', 'clear', 'none'].includes(answer.status), told);
          assert.ok(isNumberOrNull(answer.value) && isNumberOrNull(answer.threshold), told);
          assert.ok(answer.value === null || answer.value >= 0, told);
          if (endpoint.state === 'unknown' || endpoint.state === 'never') assert.is(answer.status, 'none', told);
          if (answer.dueAt === null) continue;
          assert.ok(answer.dueAt > noon, told);
          const due = run(answer.dueAt);
          assert.ok(due.status !== answer.status || due.dueAt !== answer.dueAt, `nothing changes: ${told}`);
        }
      const memory = createMemory(noon);
      const nothing = frozen(reportOf([]));
      if (note) assert.is(note(rule, nothing, memory, noon), false, 'an empty report is no evidence');
    }
  });

  test('written in YAML it comes out as it went in', () => {
    for (const when of all) {
      const override = parse(stringify({ id: 'mine', name: 'Mine', when }));
      assert.equal(mergeRules(defaultRules, [override]).at(-1)?.when, when);
    }
  });

  test.run();
}

/** Of each kind one rule in evenkeel.yaml and one that a person made: the API gives both back as they were said. */
export function ruleRoundTrips(kinds: readonly RuleKind[]): void {
  const test = suite('rules of every kind over YAML and the API');
  const conditions = kinds.map(({ kind, schema }) => [kind.replaceAll('_', '-'), exampleOf(shapeOf(schema))] as const);
  let collector: InProcess;

  test.before(async () => {
    const rules = conditions.map(([kind, when]) => ({ id: `file-${kind}`, name: kind, when }));
    collector = await openCollector({ settings: stringify({ rules }) });
  });
  test.after(() => collector.close());

  test('they come back as they were said, and can be taken away again', async () => {
    const call = async (path: string, method = 'GET', body?: unknown) => {
      const answer = await collector.call(`/api/v1/${path}`, { method, as: 'admin', ...(body ? { body } : {}) });
      assert.ok(answer.status < 300, `${method} ${path}: ${answer.text}`);
      return answer.body as { items: { rule: { id: string; when: unknown }; owner: string }[] };
    };
    const scope = { of: 'all', target: '' };
    for (const [kind, when] of conditions)
      await call(`rules/people-${kind}`, 'PUT', { scope, parts: { name: kind, when }, reason: 'test' });
    const { items } = await call('rules');
    for (const owner of ['file', 'people'])
      for (const [kind, when] of conditions) {
        const found = items.find(({ rule }) => rule.id === `${owner}-${kind}`);
        assert.equal([found?.owner, found?.rule.when], [owner, when]);
      }
    for (const [kind] of conditions) await call(`rules/people-${kind}`, 'DELETE', { scope, reason: 'test' });
    assert.not.ok((await call('rules')).items.some(({ rule }) => rule.id.startsWith('people-')));
  });

  test.run();
}
