/** A rule is data: when a metric of an endpoint needs a person's attention. Defaults: defaults.ts (a table). */
import { type Static, Type } from 'typebox';
import {
  descriptionLength,
  labelLength,
  labelName,
  labelsAtMost,
  ownLabels,
  runbookLength,
  runbookPattern,
  summaryLength,
} from '../../shared/rule-parts.ts';
import { controlClass, oneLinePattern } from '../../shared/safe-text.ts';
import { languages } from '../../shared/words/index.ts';
import type { NamedRule } from '../../shared/words/names.ts';
import { type RuleTemplates, templateProblem } from '../../shared/words/rule-texts.ts';
import { When } from './kinds/index.ts';
import { seconds } from './kinds/kind.ts';

const closed = { additionalProperties: false } as const;
const ownText = Type.String({
  maxLength: labelLength,
  pattern: oneLinePattern,
  want: 'a text of at most 120 characters, on one line',
});
const inLanguages = Type.Object(Object.fromEntries(languages.map((code) => [code, Type.Optional(ownText)])), closed);

const Labels = Type.Record(Type.String(), ownText, {
  want: 'labels such as { team: storage }',
  check: (labels: Record<string, unknown>) => labelProblem(Object.keys(labels)),
});

function labelProblem(names: readonly string[]): string | null {
  const own = names.find((name) => ownLabels.includes(name));
  if (own) return `must not set "${own}", which every alert has; take another name`;
  const bad = names.find((name) => !labelName.test(name));
  if (bad !== undefined)
    return `has a label ${JSON.stringify(bad.slice(0, 64))}; names are of small letters, digits and _, such as team`;
  return names.length > labelsAtMost ? `has ${names.length} labels; at most ${labelsAtMost} are allowed` : null;
}

const template = (maxLength: number, pattern: string, want: string) =>
  Type.String({ maxLength, pattern, want, check: (text: string) => templateProblem(text) });

/** What a rule says about its alerts. */
const texts = {
  labels: Type.Optional(Labels),
  summary: Type.Optional(template(summaryLength, oneLinePattern, 'a text of at most 200 characters, on one line')),
  description: Type.Optional(template(descriptionLength, `^[^${controlClass}]*$`, 'a text of at most 2000 characters')),
  /** Where it stands what to do. */
  runbook: Type.Optional(
    Type.String({
      maxLength: runbookLength,
      pattern: runbookPattern,
      want: 'an address that begins with https://, http:// or /knowledge/',
    }),
  ),
};

export const Rule = Type.Object(
  {
    id: Type.String({
      pattern: '^[a-z][a-z0-9-]{1,63}$',
      want: 'a name of small letters, digits and -, such as disk-full',
    }),
    /** A name given by a person; the built-in ones have theirs in shared/words. */
    name: Type.Optional(Type.Union([ownText, Type.Unsafe<Record<string, string>>(inLanguages)])),
    enabled: Type.Boolean(),
    /** The milder rule that this one is the worse level of: both make one alert, whose severity follows the worse. */
    level_of: Type.Optional(Type.String()),
    /** Rules on the same instance that include this one: while one of them has an alert, this one does not begin. */
    covered_by: Type.Optional(Type.Array(Type.String(), { maxItems: 8 })),
    /** Of a kind that explains: whether it alerts as well. */
    notify: Type.Optional(Type.Boolean()),
    severity: Type.Union([Type.Literal('info'), Type.Literal('warning'), Type.Literal('critical')]),
    applies: Type.Union([Type.Literal('all'), Type.Literal('server'), Type.Literal('workstation')]),
    /** What must hold, by a kind of rules: kinds/. */
    when: When,
    /** Seconds that it must hold before the alert fires. */
    for_s: seconds(0),
    /** Seconds that it must be clear before the alert is resolved. */
    clear_for_s: seconds(0),
    /** Seconds without a value, the endpoint being online, after which the thing is taken to be gone. Default 26 h. */
    gone_s: Type.Optional(seconds(1)),
    /** Seconds that a sample counts. Default 2.5 of the intervals at which the series has come. */
    stale_after_s: Type.Optional(seconds(1)),
    /** Missing samples of a present endpoint: nothing (keep, default), the end (ignore), a breach (alert). */
    no_data: Type.Optional(Type.Union([Type.Literal('keep'), Type.Literal('ignore'), Type.Literal('alert')])),
    /** Propose: a person opens it with one click. */
    ticket: Type.Union([Type.Literal('off'), Type.Literal('propose'), Type.Literal('open')]),
    urgency: Type.Integer({ minimum: 1, maximum: 3 }),
    ...texts,
  },
  closed,
);
export type Rule = Static<typeof Rule>;

/** What of a rule says how it is called; it is kept when the rule is removed. */
export type RuleCalled = Partial<Pick<Rule, 'name' | 'level_of'>>;

/** The facts for a rule's name: a worse level that was not renamed follows the milder one. Of one that is gone and had none, only the id. */
export function namedRule(id: string, find: (id: string) => RuleCalled | undefined): NamedRule {
  const { level_of, name = level_of && find(level_of)?.name } = find(id) ?? {};
  return { id, ...(level_of && { level_of }), ...(name && { name }) };
}

/** What a rule says about its alerts, as it is written: filled in by shared/words/rule-texts.ts. */
export function templatesOf(rule: Rule | undefined): RuleTemplates {
  const { summary, description, runbook } = rule ?? {};
  return {
    ...(summary !== undefined && { summary }),
    ...(description !== undefined && { description }),
    ...(runbook !== undefined && { runbook }),
  };
}
