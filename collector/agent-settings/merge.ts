/**
 * The settings of one endpoint out of all layers that reach it: all < kind < site < group < tag < endpoint. Scalars: the
 * most specific; maps by key; lists: all entries together, `-name` takes one away. Pure.
 */
import type { AgentLayerSettings, SettingDifference, SettingValue } from '../../shared/agent-layer.ts';
import {
  type AgentSettingsDocument,
  type ListKey,
  listKeys,
  namesAtMost,
  type PersonalField,
  type SettingKey,
} from '../../shared/agent-settings.ts';
import { type Scope, weightOf } from '../evaluate/scope.ts';

export interface SettingLayer {
  scope: Scope;
  /** As people call it: decides between layers of one kind. */
  name: string;
  priority: number;
  settings: AgentLayerSettings;
}

export interface MergedValue extends Omit<SettingValue, 'from'> {
  from: Pick<SettingLayer, 'scope' | 'name'>;
}

/** What an endpoint is to have; `values` are those that layers set. */
export interface WantedSettings {
  values: MergedValue[];
  document: AgentSettingsDocument;
  digest: string;
}

/** From the widest to the most specific; between equals the higher priority is later, then the later name. */
export const inOrder = <T extends SettingLayer>(layers: readonly T[]): T[] =>
  [...layers].sort(
    (a, b) =>
      weightOf(a.scope) - weightOf(b.scope) ||
      a.priority - b.priority ||
      (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );

/** @param layers those that reach the endpoint, in order */
export function mergeLayers(layers: readonly SettingLayer[]): MergedValue[] {
  const values = new Map<string, MergedValue>();
  const put = (key: SettingKey, part: string, value: MergedValue['value'] | undefined, from: SettingLayer) => {
    if (value !== undefined)
      values.set(`${key} ${part}`, { key, part, value, from: { scope: from.scope, name: from.name } });
  };
  for (const layer of layers) {
    const { interval_s, checks = {}, privacy = {} } = layer.settings;
    put('interval_s', '', interval_s, layer);
    for (const [name, { enabled, every_s } = {}] of Object.entries(checks)) {
      put('checks', `${name}.enabled`, enabled, layer);
      put('checks', `${name}.every_s`, every_s, layer);
    }
    for (const [field, flag] of Object.entries(privacy)) put('privacy', field, flag, layer);
    for (const key of listKeys)
      for (const entry of layer.settings[key] ?? []) {
        if (entry.startsWith('-')) values.delete(`${key} ${entry.slice(1)}`);
        else put(key, entry, entry, layer);
      }
  }
  return [...values.values()];
}

/** What is sent. A list that some layer gives and others have emptied is empty, not left out: `custom` would mean all. */
export function documentOf(values: readonly MergedValue[], layers: readonly SettingLayer[]): AgentSettingsDocument {
  const document: AgentSettingsDocument = {};
  for (const key of listKeys) {
    const entries = values.filter((one) => one.key === key).map(({ part }) => part);
    if (entries.length > 0 || (key === 'custom' && layers.some(({ settings }) => settings.custom !== undefined)))
      document[key satisfies ListKey] = entries.slice(0, namesAtMost).sort();
  }
  for (const { key, part, value } of values) {
    if (key === 'interval_s') document.interval_s = value as number;
    if (key === 'privacy') document.privacy = { ...document.privacy, [part as PersonalField]: value as boolean };
    if (key !== 'checks') continue;
    const [name = '', what = ''] = part.split('.');
    document.checks = { ...document.checks, [name]: { ...document.checks?.[name], [what]: value } };
  }
  return document;
}

export function differencesOf(before: readonly MergedValue[], after: readonly MergedValue[]): SettingDifference[] {
  const was = new Map(before.map((one) => [`${one.key} ${one.part}`, one]));
  const is = new Map(after.map((one) => [`${one.key} ${one.part}`, one]));
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((id) => {
    const [old, now] = [was.get(id), is.get(id)];
    const { key, part } = (now ?? old) as MergedValue;
    return old?.value === now?.value ? [] : [{ key, part, before: old?.value ?? null, after: now?.value ?? null }];
  });
}
