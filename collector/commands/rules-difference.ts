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

/** Whole or not at all, so that a reader never sees a half. */
export function noteRulesInForce(data: string, rules: FileRules): void {
  const path = pathsOf(data).rules;
  writeFileSync(`${path}.new`, JSON.stringify(rules), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** One line per rule and part: `+ mine`, `- old`, `~ cpu for_s: 300 → 600`. */
export function differenceOf(before: FileRules, after: FileRules): string[] {
  const [old, fresh] = [before, after].map((rules) => new Map(rules.map((rule) => [keyOf(rule), rule]))) as [
    Map<string, FileRules[number]>,
    Map<string, FileRules[number]>,
  ];
  const text = (value: unknown) => (value === undefined ? 'as built in' : JSON.stringify(value));
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
