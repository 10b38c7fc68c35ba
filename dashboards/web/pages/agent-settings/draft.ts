/** What stands in the form, and the settings that it means. Pure. */
import type { AgentLayerSettings } from '../../../../shared/agent-layer.ts';
import { type ListKey, listKeys, personalFields } from '../../../../shared/agent-settings.ts';

/** Empty: nothing is said about it here, a wider layer decides. */
export type SettingAnswer = '' | 'yes' | 'no';

export interface CheckDraft {
  name: string;
  enabled: SettingAnswer;
  everyS: string;
}

export interface SettingsDraft {
  intervalS: string;
  checks: CheckDraft[];
  /** One entry per line. */
  lists: Record<ListKey, string>;
  privacy: Record<(typeof personalFields)[number], SettingAnswer>;
  priority: string;
}

const answerOf = (value: boolean | undefined): SettingAnswer => (value === undefined ? '' : value ? 'yes' : 'no');

export function draftOf(settings: AgentLayerSettings, priority: number): SettingsDraft {
  return {
    intervalS: settings.interval_s === undefined ? '' : String(settings.interval_s),
    checks: Object.entries(settings.checks ?? {}).map(([name, check]) => ({
      ...{ name, enabled: answerOf(check?.enabled) },
      everyS: check?.every_s === undefined ? '' : String(check.every_s),
    })),
    lists: Object.fromEntries(listKeys.map((key) => [key, (settings[key] ?? []).join('\n')])) as SettingsDraft['lists'],
    privacy: Object.fromEntries(
      personalFields.map((field) => [field, answerOf(settings.privacy?.[field])]),
    ) as SettingsDraft['privacy'],
    priority: priority === 0 ? '' : String(priority),
  };
}

const linesIn = (text: string) => text.split('\n').flatMap((line) => line.trim() || []);

export function settingsOf(draft: SettingsDraft): AgentLayerSettings {
  const checks = draft.checks.flatMap(({ name, enabled, everyS }) => {
    const said = {
      ...(enabled === '' ? {} : { enabled: enabled === 'yes' }),
      ...(everyS === '' ? {} : { every_s: Number(everyS) }),
    };
    return Object.keys(said).length === 0 ? [] : [[name, said] as const];
  });
  const privacy = personalFields.flatMap((field) => {
    const answer = draft.privacy[field];
    return answer === '' ? [] : [[field, answer === 'yes'] as const];
  });
  const lists = listKeys.flatMap((key) => {
    const entries = linesIn(draft.lists[key]);
    return entries.length === 0 ? [] : [[key, entries] as const];
  });
  return {
    ...(draft.intervalS === '' ? {} : { interval_s: Number(draft.intervalS) }),
    ...(checks.length === 0 ? {} : { checks: Object.fromEntries(checks) }),
    ...Object.fromEntries(lists),
    ...(privacy.length === 0 ? {} : { privacy: Object.fromEntries(privacy) }),
  };
}
