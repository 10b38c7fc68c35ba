/** What files of rules would change against what the collector of this data folder has put in force from them. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { pathsOf } from '../data/folder.ts';
import type { Config } from '../settings/settings.ts';

export type FileRules = Config['rules'];

const keyOf = ({ id, scope }: { id: string; scope?: unknown }) =>
  scope === undefined || scope === 'all'
    ? id
    : `${id} (${Object.entries(scope as object)
        .flat()
        .join(' ')})`;

/** Null: no collector has run with this data folder. */
export function rulesInForce(data: string): FileRules | null {
  const { rules } = pathsOf(data);
  return existsSync(rules) ? (JSON.parse(readFileSync(rules, 'utf8')) as FileRules) : null;
}

/** Settings of agents in the form of rules, so that their differences are told the same way. */
const asRules = (layers: Config['agentSettings']): FileRules =>
  layers.map(({ scope: { of, target }, priority, settings }) => ({
    ...{ id: 'agent_settings', scope: of === 'all' ? 'all' : { [of]: target } },
    ...(priority === 0 ? {} : { priority }),
    ...settings,
  }));

/** What the file would change of the settings of agents. Null: no collector has run with this data folder. */
export function agentSettingsDifference({ data, agentSettings }: Config): string[] | null {
  const { agentSettings: path } = pathsOf(data);
  if (!existsSync(path)) return null;
  return differenceOf(JSON.parse(readFileSync(path, 'utf8')) as FileRules, asRules(agentSettings), 'not set');
}

export function noteAgentSettings(data: string, layers: Config['agentSettings']): void {
  note(pathsOf(data).agentSettings, asRules(layers));
}

/** Whole or not at all, so that a reader never sees a half. */
export function noteRulesInForce(data: string, rules: FileRules): void {
  note(pathsOf(data).rules, rules);
}

function note(path: string, rules: FileRules): void {
  writeFileSync(`${path}.new`, JSON.stringify(rules), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** One line per rule and part: `+ mine`, `- old`, `~ cpu for_s: 300 → 600`. */
export function differenceOf(before: FileRules, after: FileRules, absent = 'as built in'): string[] {
  const [old, fresh] = [before, after].map((rules) => new Map(rules.map((rule) => [keyOf(rule), rule]))) as [
    Map<string, FileRules[number]>,
    Map<string, FileRules[number]>,
  ];
  const text = (value: unknown) => (value === undefined ? absent : JSON.stringify(value));
  return [...new Set([...old.keys(), ...fresh.keys()])].flatMap((key): string[] => {
    const [was, is] = [old.get(key), fresh.get(key)];
    if (!is) return [`- ${key}`];
    if (!was)
      return [
        `+ ${key}`,
        ...Object.entries(is).flatMap(([part, value]) =>
          part === 'id' || part === 'scope' ? [] : [`    ${part}: ${text(value)}`],
        ),
      ];
    const parts = [...new Set([...Object.keys(was), ...Object.keys(is)])];
    return parts.flatMap((part) =>
      text(was[part]) === text(is[part]) ? [] : [`~ ${key}  ${part}: ${text(was[part])} → ${text(is[part])}`],
    );
  });
}
