/** Settings of agents in words. */
import type { AgentLayerSettings, SettingDifference } from '../../../../shared/agent-layer.ts';
import { listKeys } from '../../../../shared/agent-settings.ts';
import { duration, none, number } from '../../../../shared/words/format.ts';
import { language, t, wordOr } from '../../words/words.ts';

type Value = SettingDifference['after'];

export const checkWord = (name: string) => wordOr('about.checkKinds', name);

/** `Interval`, `Backups: how often`, `Services: nginx`. */
export function settingName(key: SettingDifference['key'], part: string): string {
  const word = t(`agentSettings.key.${key}`);
  if (key === 'interval_s') return word;
  if (key === 'privacy') return t('agentSettings.of', { what: word, part: wordOr('agentSettings.personal', part) });
  if (key !== 'checks') return t('agentSettings.of', { what: word, part });
  const [name = '', what = ''] = part.split('.');
  return t('agentSettings.of', { what: checkWord(name), part: wordOr('agentSettings.check', what) });
}

export function settingValue(key: SettingDifference['key'], value: Value): string {
  if (value === null) return none;
  if (typeof value === 'number') return duration(value, language.value);
  if (key === 'privacy') return t(value ? 'agentSettings.sent' : 'agentSettings.heldBack');
  if (typeof value === 'boolean') return t(value ? 'agentSettings.on' : 'agentSettings.off');
  return key === 'checks' ? value : t('agentSettings.watched');
}

export const say = (n: number) => number(n, language.value);

/** One line for each part of a layer. */
export function LayerLines({ settings }: { settings: AgentLayerSettings }) {
  const { interval_s, checks = {}, privacy = {} } = settings;
  const lines: [string, string][] = [
    ...(interval_s === undefined ? [] : [[settingName('interval_s', ''), settingValue('interval_s', interval_s)]]),
    ...Object.entries(checks).flatMap(([name, check]) =>
      Object.entries(check ?? {}).map(([what, value]) => [
        settingName('checks', `${name}.${what}`),
        settingValue('checks', value),
      ]),
    ),
    ...listKeys.flatMap((key) =>
      settings[key] === undefined ? [] : [[t(`agentSettings.key.${key}`), settings[key].join(', ') || none]],
    ),
    ...Object.entries(privacy).map(([field, flag]) => [settingName('privacy', field), settingValue('privacy', flag)]),
  ] as [string, string][];
  return (
    <ul class="plain">
      {lines.map(([name, value]) => (
        <li key={name}>
          {name}: <bdi>{value}</bdi>
        </li>
      ))}
    </ul>
  );
}
