/**
 * Faults of a rule from any source: a settings file, a form, a script. Pure: a rule and the catalogue in, all faults
 * out. A rule that can never fire, or never end, is as wrong as an unreadable one: it would be off without an error.
 * A measurement that is not in the catalogue is a fault, because intake does not store it.
 */
import { catalogue, type Field, rangeOf, tagsOf } from '../../shared/metrics.ts';
import { namesThere } from '../../shared/nearest.ts';
import { reason } from '../../shared/reason.ts';
import { type Fault, faultsOf, type Path, shown, unknownKey, wordHint } from '../../shared/shape.ts';
import { rankOf } from './book.ts';
import { kindOf, ruleKinds } from './kinds/index.ts';
import { lossMeasurement } from './kinds/kind.ts';
import type { Condition } from './kinds/threshold.ts';
import { Rule } from './rule.ts';

type CatalogueRow = Pick<Field, 'measurement' | 'field' | 'unit' | 'kind'>;

const lost: CatalogueRow = { measurement: lossMeasurement, field: 'count', unit: 'count', kind: 'gauge' };
const fields: ReadonlyMap<string, ReadonlyMap<string, CatalogueRow>> = new Map(
  [...Map.groupBy([...catalogue, lost], (row) => row.measurement)].map(([name, rows]) => [
    name,
    new Map(rows.map((row) => [row.field, row])),
  ]),
);

const rowsOf = (measurement: unknown) => fields.get(measurement as string);

/** Untrusted input, read as far as it goes: faults of its shape are reported before. */
type Unchecked<T> = { [K in keyof T]?: unknown };
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Faults of one whole rule, by their path in it. */
export function faultsOfRule(rule: unknown): Fault[] {
  const faults = faultsOf(Rule, rule);
  const { when, notify } = (isObject(rule) ? rule : {}) as Unchecked<Rule>;
  if (isObject(when)) faults.push(...whenFaults(when, ['when']), ...notifyFaults(notify, when));
  return faults;
}

function whenFaults(when: Record<string, unknown>, path: Path): Fault[] {
  const { kind, measurement, field, tags, all, op, value, clear } = when;
  const conditions = Array.isArray(all) ? all : [];
  const own = ruleKinds.find((one) => one.kind === kind)?.faults?.(when) ?? [];
  return [
    ...own.map((fault) => ({ ...fault, path: [...path, ...fault.path] })),
    ...measurementFaults(measurement, path),
    ...fieldFaults(measurement, field, path),
    ...tagFaults(measurement, tags, path),
    ...sideFaults(op, value, clear, path),
    ...conditions.flatMap((condition, i) =>
      isObject(condition) ? conditionFaults(condition, measurement, [...path, 'all', i]) : [],
    ),
  ];
}

/** All other kinds alert: what `notify: false` would mean there is `enabled: false`, or a silence. */
function notifyFaults(notify: unknown, { kind }: Record<string, unknown>): Fault[] {
  const known = ruleKinds.find((one) => one.kind === kind);
  if (notify === undefined || !known || known.explains) return [];
  const which = ruleKinds.flatMap((one) => (one.explains ? one.kind : [])).join(', ');
  const instead = notify === false ? '; set enabled: false to switch this one off' : '';
  const problem = `belongs to rules of kind ${which}; a rule of kind ${kind} always alerts${instead}`;
  return [{ path: ['notify'], problem, why: reason('rule_always_alerts', { which, of: String(kind) }) }];
}

/** Of kinds with one limit of their own. */
function sideFaults(op: unknown, value: unknown, clear: unknown, path: Path): Fault[] {
  if (typeof value !== 'number' || typeof clear !== 'number') return [];
  const fault = clearFault(op, value, clear);
  return fault ? [{ path: [...path, 'clear'], ...fault }] : [];
}

function measurementFaults(measurement: unknown, path: Path): Fault[] {
  if (typeof measurement !== 'string' || fields.has(measurement)) return [];
  const known = [...fields.keys()];
  const hint = wordHint(measurement, known) || `; known: ${known.join(', ')}`;
  const why = reason('rule_not_measured', { name: shown(measurement), ...namesThere(measurement, known) });
  return [{ path: [...path, 'measurement'], problem: `${shown(measurement)} is not measured${hint}`, why }];
}

function fieldFaults(measurement: unknown, field: unknown, path: Path): Fault[] {
  const known = rowsOf(measurement);
  if (!known || typeof field !== 'string' || known.has(field)) return [];
  const names = [...known.keys()];
  const hint = wordHint(field, names) || `; known: ${names.join(', ')}`;
  const why = reason('rule_no_field', { name: shown(field), of: String(measurement), ...namesThere(field, names) });
  return [{ path: [...path, 'field'], problem: `${shown(field)} is not a field of ${measurement}${hint}`, why }];
}

function tagFaults(measurement: unknown, tags: unknown, path: Path): Fault[] {
  if (!isObject(tags) || !rowsOf(measurement)) return [];
  const known = tagsOf[measurement as string] ?? {};
  return Object.entries(tags).flatMap(([name, value]): Fault[] => {
    const values = Object.hasOwn(known, name) ? known[name] : undefined;
    if (values === undefined) {
      const fault = unknownKey([...path, 'tags'], name, Object.keys(known));
      const [names, of] = [Object.keys(known), { name: shown(name), of: String(measurement) }];
      const why =
        names.length === 0 ? reason('rule_no_tags', of) : reason('rule_no_tag', { ...of, ...namesThere(name, names) });
      return [{ ...fault, problem: `${measurement} has no tag ${fault.problem.replace('unknown key ', '')}`, why }];
    }
    if (values === null || typeof value !== 'string' || values.includes(value)) return [];
    const hint = wordHint(value, values);
    const problem = `${shown(value)} is not one of ${values.join(', ')}${hint}`;
    const why = reason('shape_word', { value: shown(value), ...namesThere(value, values) });
    return [{ path: [...path, 'tags', name], problem, why }];
  });
}

function conditionFaults(condition: Unchecked<Condition>, outer: unknown, path: Path): Fault[] {
  const { field, measurement = outer, tags, growth, mean_s } = condition;
  const faults = [...fieldFaults(measurement, field, path), ...tagFaults(measurement, tags, path)];
  if (measurement !== outer) faults.push(...measurementFaults(measurement, path));
  else if (tags !== undefined)
    faults.push({
      path: [...path, 'tags'],
      problem: 'stand beside `measurement` only; for this one write them beside `all`',
      why: reason('rule_tags_beside'),
    });
  if (growth === true && mean_s !== undefined)
    faults.push({
      path: [...path, 'mean_s'],
      problem: 'has no effect together with `growth`; leave one of them out',
      why: reason('rule_mean_growth'),
    });
  const row = rowsOf(measurement)?.get(field as string);
  return row ? [...faults, ...limitFaults(condition, row, path)] : faults;
}

function limitFaults({ op, value, clear, growth }: Unchecked<Condition>, row: CatalogueRow, path: Path): Fault[] {
  const faults: Fault[] = [];
  const name = `${row.measurement}.${row.field}`;
  const [low, high] = growth === true ? [0, Number.POSITIVE_INFINITY] : rangeOf(row);
  if (growth === true && row.kind !== 'counter')
    faults.push({
      path: [...path, 'growth'],
      problem: `is for counters; ${name} is a value that goes up and down`,
      why: reason('rule_growth', { metric: name }),
    });
  if (typeof value !== 'number') return faults;
  const isBounded = Number.isFinite(low) || Number.isFinite(high);
  const words = isBounded ? `: ${name} is ${span(low, high)}` : '';
  const range = isBounded ? { metric: name, range: Number.isFinite(high) ? `${low}–${high}` : `≥ ${low}` } : null;
  // Between two codes, or between yes and no, no value exists.
  const isCode = row.unit !== 'percent' && Number.isFinite(high) && !Number.isInteger(value);
  const reach = op === '=' && isCode ? 'never' : reachOf(op, value, low, high);
  if (reach !== 'sometimes' && range)
    faults.push({
      path: [...path, 'value'],
      problem: `${value} ${reach === 'never' ? 'can never be reached' : 'holds for every value'}${words}`,
      why: reason(reach === 'never' ? 'rule_never' : 'rule_always', { value, ...range }),
    });
  if (typeof clear !== 'number') return faults;
  const side = clearFault(op, value, clear);
  if (side) faults.push({ path: [...path, 'clear'], ...side });
  else if (range && reachOf(op, clear, low, high) === 'always')
    faults.push({
      path: [...path, 'clear'],
      problem: `${clear} can never be reached, so the alert would never end${words}`,
      why: reason('rule_never_ends', { value: clear, ...range }),
    });
  return faults;
}

const span = (low: number, high: number) => (Number.isFinite(high) ? `${low} to ${high}` : `${low} or more`);

/** Whether a value between `low` and `high` can pass the limit, and whether one can keep within it. */
function reachOf(op: unknown, limit: number, low: number, high: number): 'never' | 'always' | 'sometimes' {
  switch (op) {
    case '>':
      return limit >= high ? 'never' : limit < low ? 'always' : 'sometimes';
    case '>=':
      return limit > high ? 'never' : limit <= low ? 'always' : 'sometimes';
    case '<':
      return limit <= low ? 'never' : limit > high ? 'always' : 'sometimes';
    case '<=':
      return limit < low ? 'never' : limit >= high ? 'always' : 'sometimes';
    case '=':
      return limit < low || limit > high ? 'never' : 'sometimes';
    default:
      return 'sometimes';
  }
}

function clearFault(op: unknown, value: number, clear: number): Pick<Fault, 'problem' | 'why'> | null {
  if (op === '=') return { problem: 'has no meaning with "="; leave it out', why: reason('rule_clear_equal') };
  const isUp = op === '>' || op === '>=';
  if (isUp ? clear <= value : clear >= value) return null;
  return {
    problem: `${clear} is on the wrong side of the limit ${value}: with "${op}" it must be ${value} or ${isUp ? 'less' : 'more'}`,
    why: reason(isUp ? 'rule_clear_less' : 'rule_clear_more', { clear, limit: value, op: String(op) }),
  };
}

const measurementOf = (when: Rule['when']) => kindOf(when).measurement?.(when as never);
const metricOf = (when: Rule['when']) => kindOf(when).metric(when as never);

/** Levels make one alert, which has one metric. */
const isOfSameMetric = (a: Rule['when'], b: Rule['when']) =>
  (a.kind === b.kind || metricOf(a) === metricOf(b)) &&
  measurementOf(a) !== undefined &&
  measurementOf(a) === measurementOf(b);

function coverFaults({ covered_by, when }: Rule, all: ReadonlyMap<string, Rule>): Fault[] {
  return (covered_by ?? []).flatMap((id, i): Fault[] => {
    const other = all.get(id);
    const path = ['covered_by', i];
    const name = shown(id);
    if (!other) return [noRule(path, id, all)];
    if (other.level_of !== undefined) {
      const why = reason('rule_names_worse', { name, mildest: other.level_of });
      return [{ path, problem: `names ${name}, a worse level; name the mildest: ${other.level_of}`, why }];
    }
    if (other.covered_by?.length) {
      const by = other.covered_by.join(', ');
      return [
        {
          path,
          problem: `names ${name}, which is itself covered by ${by}`,
          why: reason('rule_names_covered', { name, by }),
        },
      ];
    }
    if (measurementOf(when) !== undefined && measurementOf(when) === measurementOf(other.when)) return [];
    return [looksElsewhere(path, name)];
  });
}

const looksElsewhere = (path: Path, name: string): Fault => ({
  path,
  problem: `names ${name}, which looks at another measurement`,
  why: reason('rule_names_other', { name }),
});

function noRule(path: Path, id: string, all: ReadonlyMap<string, Rule>): Fault {
  const known = [...all.keys()];
  const why = reason('rule_names_none', { name: shown(id), ...namesThere(id, known) });
  return { path, problem: `names ${shown(id)}, which is no rule${wordHint(id, known)}`, why };
}

/** Faults of a rule in relation to others: the level that it belongs to, and the rules that cover it. */
export function faultsOfLevel(rule: Rule, all: ReadonlyMap<string, Rule>): Fault[] {
  const faults = coverFaults(rule, all);
  if (rule.level_of === undefined || !rule.enabled) return faults;
  const milder = all.get(rule.level_of);
  const path = ['level_of'];
  const named = shown(rule.level_of);
  if (!milder) return [...faults, noRule(path, rule.level_of, all)];
  if (milder.level_of !== undefined) {
    const why = reason('rule_names_worse', { name: named, mildest: milder.level_of });
    return [...faults, { path, problem: `names ${named}, which is itself a worse level; name the mildest`, why }];
  }
  if (!isOfSameMetric(rule.when, milder.when)) return [...faults, looksElsewhere(path, named)];
  if (rankOf[rule.severity] <= rankOf[milder.severity])
    faults.push({
      path: ['severity'],
      problem: `"${rule.severity}" is not worse than that of ${milder.id}, which is "${milder.severity}"`,
      why: reason('rule_not_worse', { given: rule.severity, of: milder.id, there_is: milder.severity }),
    });
  if (milder.applies !== 'all' && rule.applies !== milder.applies)
    faults.push({
      path: ['applies'],
      problem: `"${rule.applies}" is not that of ${milder.id}, which is "${milder.applies}"`,
      why: reason('rule_not_that', { given: rule.applies, of: milder.id, there_is: milder.applies }),
    });
  const others = 'all' in milder.when ? milder.when.all : [];
  for (const [i, { field, op, value }] of ('all' in rule.when ? rule.when.all : []).entries()) {
    const other = others.find((one) => one.field === field && one.op[0] === op[0] && op !== '=');
    if (!other || (op[0] === '>' ? value >= other.value : value <= other.value)) continue;
    const problem = `lets ${rule.id} begin at ${value}, before ${milder.id} at ${other.value}; a worse level needs a worse limit`;
    const values = { name: rule.id, value, of: milder.id, other: other.value };
    faults.push({ path: ['when', 'all', i, 'value'], problem, why: reason('rule_begins_before', values) });
  }
  return faults;
}
