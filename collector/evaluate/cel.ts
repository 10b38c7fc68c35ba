/**
 * Expressions of rules in CEL: what may stand in one, what it looks at, and its verdict. Measurements are variables with
 * their fields; `endpoint`, `instance` and `inventory` say the rest. An expression has no loops but over short lists, no
 * patterns and no calls outside, so that its cost is bounded when it is saved.
 */
import { type ASTNode, Environment, type ParseResult } from '@marcbachmann/cel-js';
import { catalogue } from '../../shared/metrics.ts';
import { nearest } from '../../shared/nearest.ts';
import { quoted } from '../../shared/safe-text.ts';

export interface Expression {
  run: ParseResult;
  /** The measurement of the first metric: it is judged for each instance of that. */
  measurement: string;
  field: string;
  /** All measurements that it looks at. */
  measurements: ReadonlySet<string>;
  /** The number that the first metric is compared with, to be shown as the limit; null: none. */
  limit: number | null;
}

const fields: ReadonlyMap<string, readonly string[]> = new Map(
  [...Map.groupBy(catalogue, ({ measurement }) => measurement)].map(([name, rows]) => [
    name,
    rows.map(({ field }) => field),
  ]),
);
const metricNames = catalogue.map(({ measurement, field }) => `${measurement}.${field}`);

const others: Readonly<Record<string, readonly string[]>> = {
  endpoint: ['id', 'name', 'site', 'kind', 'platform', 'version', 'tags', 'groups'],
  inventory: ['os', 'reboot_required', 'pending_updates', 'backup_jobs'],
};
/** Text, lists and what is asked of them; patterns are not, because one could run without end. */
const functions = new Set([
  ...['size', 'has', 'exists', 'exists_one', 'all', 'filter', 'startsWith', 'endsWith', 'contains'],
  ...['lowerAscii', 'upperAscii', 'trim', 'double', 'int', 'string'],
]);
const overLists = new Set(['exists', 'exists_one', 'all', 'filter']);
const constants = {
  ...{ KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 },
  ...{ minute: 60, hour: 3600, day: 86_400 },
};

const longest = 500;
const limits = { maxAstNodes: 200, maxDepth: 30, maxListElements: 50, maxMapEntries: 0, maxCallArguments: 3 };

const environment = createEnvironment();

function createEnvironment(): Environment {
  const env = new Environment({ homogeneousAggregateLiterals: true, limits });
  for (const name of fields.keys()) env.registerVariable(name, 'map<string, double>');
  env.registerVariable('instance', 'map<string, string>');
  for (const name of Object.keys(others)) env.registerVariable(name, 'map<string, dyn>');
  for (const [name, value] of Object.entries(constants)) env.registerConstant(name, 'double', value);
  // `disk.free * 2`: people write whole numbers, metrics are none.
  const calculate: Readonly<Record<string, (a: number, b: number) => number>> = {
    '+': (a, b) => a + b,
    '-': (a, b) => a - b,
    '*': (a, b) => a * b,
    '/': (a, b) => a / b,
  };
  for (const [op, work] of Object.entries(calculate)) {
    env.registerOperator(`double ${op} int`, (a: number, b: bigint) => work(a, Number(b)));
    env.registerOperator(`int ${op} double`, (a: bigint, b: number) => work(Number(a), b));
  }
  return env;
}

/** The expression, or what is wrong with it, reading on after its place. */
export function compile(text: string): Expression | string {
  if (text.length > longest) return `is ${text.length} characters long; at most ${longest} are allowed`;
  let run: ParseResult;
  try {
    run = environment.parse(text);
  } catch (thrown) {
    return syntaxProblem(text, thrown);
  }
  const found = walk(run.ast, text);
  if (typeof found === 'string') return found;
  const { valid, type, error } = run.check();
  if (!valid) return syntaxProblem(text, error);
  if (type !== 'bool' && type !== 'dyn')
    return `comes to a value of the type ${type}; it must say yes or no, such as cpu.usage_active > 90`;
  const [first] = found.metrics;
  if (!first) return 'names no metric, so that it would never be judged; name one, such as cpu.usage_active';
  const [measurement = '', field = ''] = first.split('.');
  return {
    ...{ run, measurement, field, limit: limitOf(run.ast, first) },
    measurements: new Set(found.metrics.map((name) => name.slice(0, name.indexOf('.')))),
  };
}

function syntaxProblem(text: string, thrown: unknown): string {
  const { summary, range, message } = thrown as { summary?: string; range?: { start: number }; message?: string };
  const at = range ? placeIn(text, range.start) : '';
  return `cannot be read${at}: ${(summary ?? message ?? String(thrown)).replace('Unexpected token: EOF', 'it ends too early')}`;
}

const placeIn = (text: string, start: number) => {
  const lines = text.slice(0, start).split('\n');
  const line = lines.length > 1 ? `line ${lines.length}, ` : '';
  return ` at ${line}character ${(lines.at(-1)?.length ?? 0) + 1}`;
};

/** Which metrics it names, in their order; or what it must not hold. */
function walk(ast: ASTNode, text: string): { metrics: string[] } | string {
  const metrics: string[] = [];
  let problem: string | null = null;
  const refuse = (node: ASTNode, why: string) => {
    problem ??= `${placeIn(text, node.range.start).trim()} ${why}`;
  };
  const visit = (node: ASTNode, names: readonly string[], inList: boolean): void => {
    if (problem !== null) return;
    switch (node.op) {
      case 'value':
        return;
      case 'id':
        if (names.includes(node.args) || node.args in constants) return;
        refuse(node, wholeName(node.args));
        return;
      case '.': {
        const [of, key] = node.args;
        if (of.op !== 'id' || names.includes(of.args)) {
          visit(of, names, inList);
          return;
        }
        const fault = nameFault(of.args, key);
        if (fault) {
          refuse(node, fault);
          return;
        }
        if (fields.has(of.args) && !metrics.includes(`${of.args}.${key}`)) metrics.push(`${of.args}.${key}`);
        return;
      }
      case 'call':
      case 'rcall': {
        const name = node.args[0];
        if (!functions.has(name)) {
          refuse(node, functionFault(name));
          return;
        }
        const receiver = node.op === 'rcall' ? [node.args[1]] : [];
        const given = node.op === 'rcall' ? node.args[2] : node.args[1];
        for (const one of receiver) visit(one, names, inList);
        if (!overLists.has(name)) {
          for (const one of given) visit(one, names, inList);
          return;
        }
        if (inList) {
          refuse(node, `has ${name}() inside of another; lists may be looked through once`);
          return;
        }
        const [variable, body] = given;
        const own = variable?.op === 'id' ? [...names, variable.args] : names;
        if (body) visit(body, own, true);
        return;
      }
      case 'list':
        for (const one of node.args) visit(one, names, inList);
        return;
      case 'map':
      case '.?':
      case '[?]':
        refuse(node, 'has a map or an optional field, which rules do not need');
        return;
      case '!_':
      case '-_':
        visit(node.args, names, inList);
        return;
      default:
        for (const one of node.args) visit(one, names, inList);
    }
  };
  visit(ast, [], false);
  return problem ?? { metrics };
}

function wholeName(name: string): string {
  const known = fields.get(name);
  if (known)
    return `names the whole of ${name}; name one of its fields: ${known
      .slice(0, 6)
      .map((one) => `${name}.${one}`)
      .join(', ')}`;
  return (
    nameFault(name, '') ??
    `names the whole of ${name}; name one of ${(others[name] ?? ['path']).map((one) => `${name}.${one}`).join(', ')}`
  );
}

function nameFault(name: string, key: string): string | null {
  const known = fields.get(name) ?? others[name];
  if (known?.includes(key) || name === 'instance') return null;
  const wanted = key === '' ? name : `${name}.${key}`;
  if (known && key === '') return null;
  const candidates = [
    ...metricNames,
    ...Object.entries(others).flatMap(([one, keys]) => keys.map((k) => `${one}.${k}`)),
  ];
  const guess =
    nearest(wanted, candidates) ??
    nearest(name, [...fields.keys(), ...Object.keys(others), 'instance']) ??
    (known ? nearest(key, known) : undefined);
  const hint = guess
    ? `did you mean ${guess}?`
    : known
      ? `known: ${known.join(', ')}`
      : 'metrics are named like disk.used_percent';
  return `names ${quoted(wanted)}, which is not known; ${hint}`;
}

function functionFault(name: string): string {
  if (name === 'matches')
    return 'has matches(): a pattern may run without end; take startsWith(), endsWith() or contains()';
  const guess = nearest(name, [...functions]);
  return `has ${name}(), which rules do not have; ${guess ? `did you mean ${guess}()?` : `known: ${[...functions].join(', ')}`}`;
}

const comparisons: ReadonlySet<string> = new Set(['>', '>=', '<', '<=', '==']);

/** The first `metric op number` of the metric. */
function limitOf(node: ASTNode, metric: string): number | null {
  if (comparisons.has(node.op)) {
    const [a, b] = node.args as [ASTNode, ASTNode];
    const number = nameOf(a) === metric ? numberOf(b) : nameOf(b) === metric ? numberOf(a) : null;
    if (number !== null) return number;
  }
  const children = Array.isArray(node.args) ? (node.args as unknown[]).flat() : [node.args];
  for (const child of children) {
    const found =
      typeof child === 'object' && child !== null && 'op' in child ? limitOf(child as ASTNode, metric) : null;
    if (found !== null) return found;
  }
  return null;
}

const nameOf = (node: ASTNode) =>
  node.op === '.' && node.args[0].op === 'id' ? `${node.args[0].args}.${node.args[1]}` : '';

function numberOf(node: ASTNode): number | null {
  if (node.op === 'value')
    return typeof node.args === 'number' || typeof node.args === 'bigint' ? Number(node.args) : null;
  if (node.op === 'id') return (constants as Record<string, number>)[node.args] ?? null;
  if (node.op !== '*') return null;
  const [a, b] = [numberOf(node.args[0]), numberOf(node.args[1])];
  return a === null || b === null ? null : a * b;
}
