/**
 * An expression in CEL over the newest values of an endpoint, its tags and its inventory. Judged at each instance of the
 * first metric that it names. A value that is not there is no data, never false; what is certain without it decides.
 */

import { type Static, Type } from 'typebox';
import { reason } from '../../../shared/reason.ts';
import type { Metric, Report } from '../../../shared/report.ts';
import { compile, type Expression } from '../cel.ts';
import type { RuleKind, RuleMemory } from './kind.ts';

const text = Type.String({ minLength: 1, maxLength: 500, check: problemOf });

const When = Type.Object(
  {
    kind: Type.Literal('expression'),
    /** `disk.used_percent > 90.0 && "db" in endpoint.tags` */
    expr: text,
    /** What must hold for a firing alert to end; left out: that `expr` does not. */
    clear: Type.Optional(text),
  },
  { additionalProperties: false },
);
type ExpressionWhen = Static<typeof When>;

const compiled = new Map<string, Expression | string>();
/** More than all rules have: texts that were tried on the page are dropped with the rest. */
const compiledAtMost = 5000;

function expressionOf(expr: string): Expression | string {
  let found = compiled.get(expr);
  if (found === undefined) {
    if (compiled.size >= compiledAtMost) compiled.clear();
    found = compile(expr);
    compiled.set(expr, found);
  }
  return found;
}

function problemOf(expr: string): string | null {
  const found = expressionOf(expr);
  return typeof found === 'string' ? found : null;
}

/** Of a rule in force, which was checked. */
function of({ expr }: Pick<ExpressionWhen, 'expr'>): Expression {
  const found = expressionOf(expr);
  if (typeof found === 'string') throw new TypeError(`An expression in force cannot be read: ${expr}`);
  return found;
}

export const expression = {
  kind: 'expression',
  schema: When,
  metric: (when) => `${of(when).measurement}.${of(when).field}`,
  limit: (when) => of(when).limit ?? 1,
  measurement: (when) => of(when).measurement,
  looksAt: (when) => [
    ...of(when).measurements,
    ...(when.clear === undefined ? [] : of({ expr: when.clear }).measurements),
  ],
  faults({ expr, clear }) {
    if (typeof expr !== 'string' || typeof clear !== 'string') return [];
    const [main, end] = [expressionOf(expr), expressionOf(clear)];
    if (typeof main === 'string' || typeof end === 'string' || main.measurement === end.measurement) return [];
    return [
      {
        path: ['clear'],
        problem: `begins with ${end.measurement}; it must look at the same thing as expr: ${main.measurement}`,
        why: reason('rule_expr_other', { name: String(end.measurement), of: String(main.measurement) }),
      },
    ];
  },
  judge({ when }, metric, report, memory) {
    const holds = answer(of(when), metric, report, memory);
    if (holds === null) return 'none';
    if (holds) return 'breach';
    if (when.clear === undefined) return 'clear';
    const ends = answer(of({ expr: when.clear }), metric, report, memory);
    return ends === null ? 'none' : ends ? 'clear' : 'hold';
  },
  shown({ when }, metric) {
    const { field, limit } = of(when);
    return { value: metric.fields[field] ?? null, threshold: limit };
  },
} as const satisfies RuleKind<ExpressionWhen>;

/** null: a value that decides is not there. */
function answer(
  { run, measurement, measurements }: Expression,
  metric: Metric,
  report: Report,
  memory: RuleMemory,
): boolean | null {
  const context: Record<string, unknown> = { instance: metric.tags, [measurement]: metric.fields };
  for (const name of measurements)
    if (name !== measurement) context[name] = fieldsOf(name, report) ?? memory.view?.latest(name) ?? {};
  context.endpoint = memory.view?.endpoint() ?? {};
  context.inventory = memory.view?.inventory() ?? {};
  try {
    const value: unknown = run(context);
    return typeof value === 'boolean' ? value : null;
  } catch {
    // A key that is missing, a division by zero: no data.
    return null;
  }
}

function fieldsOf(name: string, report: Report): Readonly<Record<string, number>> | undefined {
  for (const metric of report.metrics) if (metric.name === name) return metric.fields;
  return undefined;
}
