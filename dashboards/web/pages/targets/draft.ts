/** A target as it is typed. Pure. */

import { type TargetKindName, targetFields, targetIntervalS, targetTimeoutS } from '../../../../shared/target.ts';
import type { TargetRow } from '../../../../shared/target-api.ts';

export interface TargetDraft {
  name: string;
  kind: TargetKindName;
  settings: Readonly<Record<string, string | boolean>>;
  intervalS: string;
  timeoutS: string;
  site: string;
  watchers: readonly string[];
  /** Empty: most of them. */
  need: string;
  enabled: boolean;
}

export function draftOf(target: TargetRow | null, kind: TargetKindName = target?.kind ?? 'http'): TargetDraft {
  const given = target?.settings ?? {};
  const settings = Object.entries(targetFields[kind]).map(([name, { type, standard }]) => {
    const value = given[name] ?? (type === 'flag' || type === 'choice' ? standard : undefined);
    return [name, type === 'flag' ? value === true : value === undefined ? '' : String(value)] as const;
  });
  return {
    ...{ name: target?.name ?? '', kind, settings: Object.fromEntries(settings), site: target?.site ?? '' },
    intervalS: String(target?.intervalS ?? targetIntervalS.standard),
    timeoutS: String(target?.timeoutS ?? targetTimeoutS.standard),
    watchers: target?.watchers ?? ['collector'],
    need: target?.need == null ? '' : String(target.need),
    enabled: target?.enabled ?? true,
  };
}

/** As they are sent: numbers as numbers, and without what is empty, so that secrets that are kept stay. */
export function settingsOf({ kind, settings }: Pick<TargetDraft, 'kind' | 'settings'>) {
  const fields = targetFields[kind];
  const entries = Object.entries(settings).flatMap(([name, value]): [string, string | number | boolean][] => {
    if (value === '') return [];
    return [[name, fields[name]?.type === 'number' ? Number(value) : value]];
  });
  return Object.fromEntries(entries);
}
