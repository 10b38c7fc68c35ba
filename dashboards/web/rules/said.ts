/** What a rule says about its alerts, while it is edited: summary, description, runbook and labels as texts. Pure. */
import { labelLength, labelName, labelsAtMost, ownLabels, runbookPattern } from '../../../shared/rule-parts.ts';
import { templateProblem } from '../../../shared/words/rule-texts.ts';
import type { Key } from '../words/words.ts';
import type { WebRule } from './family.ts';

export interface SaidDraft {
  summary: string;
  description: string;
  runbook: string;
  /** `team=storage`, one in each line. */
  labels: string;
}
export const saidPlaces = ['summary', 'description', 'runbook', 'labels'] as const;

export const nothingSaid: SaidDraft = { summary: '', description: '', runbook: '', labels: '' };

type Said = Pick<WebRule, (typeof saidPlaces)[number]>;

export const saidOf = ({ summary = '', description = '', runbook = '', labels = {} }: Said): SaidDraft => ({
  ...{ summary, description, runbook },
  labels: labelWords(labels, '\n'),
});

export const labelWords = (labels: Readonly<Record<string, unknown>>, between: string): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(between);

const labelLines = (text: string): string[][] =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [name = '', ...value] = line.split('=');
      return [name.trim(), value.join('=').trim()];
    });

export function saidFaults(said: SaidDraft): Partial<Record<keyof SaidDraft, Key>> {
  const faults: Partial<Record<keyof SaidDraft, Key>> = {};
  for (const name of ['summary', 'description'] as const)
    if (templateProblem(said[name])) faults[name] = 'rules.fault.template';
  if (!new RegExp(runbookPattern).test(said.runbook.trim())) faults.runbook = 'rules.fault.runbook';
  const labels = labelFault(labelLines(said.labels));
  if (labels) faults.labels = labels;
  return faults;
}

function labelFault(lines: readonly string[][]): Key | null {
  if (lines.some(([name = '']) => ownLabels.includes(name))) return 'rules.fault.labelOwn';
  const isWrong = ([name = '', value = '']: string[]) =>
    !labelName.test(name) || value === '' || value.length > labelLength;
  if (lines.some(isWrong)) return 'rules.fault.label';
  const isTwice = new Set(lines.map(([name]) => name)).size < lines.length;
  return isTwice || lines.length > labelsAtMost ? 'rules.fault.labels' : null;
}

/** The parts that differ from the rule; an empty one takes away what a rule further out says. */
export function saidParts(said: SaidDraft, rule: Said): Partial<Said> {
  const before = saidOf(rule);
  const changed = saidPlaces.filter((name) => said[name] !== before[name]);
  return Object.fromEntries(
    changed.map((name) => [name, name === 'labels' ? Object.fromEntries(labelLines(said.labels)) : said[name].trim()]),
  );
}
