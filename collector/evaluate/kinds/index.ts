/** The kinds of rules. To add one: a file beside this one, and a line here. */
import { type Static, Type } from 'typebox';
import { absence } from './absence.ts';
import { baseline } from './baseline.ts';
import { change } from './change.ts';
import { expression } from './expression.ts';
import { forecast } from './forecast.ts';
import type { RuleKind } from './kind.ts';
import { missing } from './missing.ts';
import { rate } from './rate.ts';
import { runaway } from './runaway.ts';
import { threshold } from './threshold.ts';

const list = [threshold, absence, missing, rate, change, expression, forecast, runaway, baseline] as const;

/** The condition of a rule, of any kind. */
export type When = Static<(typeof list)[number]['schema']>;
export const When = Type.Unsafe<When>(Type.Union(list.map(({ schema }) => schema)));

export const ruleKinds: readonly RuleKind[] = list;
const byName = new Map(ruleKinds.map((kind) => [kind.kind, kind]));

/** The kind of a condition; its functions take conditions of that kind only, which the schema has checked. */
export const kindOf = (when: When): RuleKind => byName.get(when.kind) as RuleKind;

/** It must see each sample once: the newest one a second time would change its result. */
export const remembers = ({ when }: { when: When }): boolean => kindOf(when).remembers?.(when as never) ?? false;
