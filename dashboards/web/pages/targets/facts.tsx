/** What the list and the page of a target both say. */
import type { ServiceRow, TargetRow, TargetSight } from '../../../../shared/target-api.ts';
import { number } from '../../../../shared/words/format.ts';
import type { IconName } from '../../parts/icon.tsx';
import { Mark, type Tone } from '../../parts/mark.tsx';
import { language, t } from '../../words/words.ts';

const tones: Record<TargetRow['state'], Tone> = {
  ...{ up: 'ok', down: 'critical', unknown: 'unknown', never: 'unknown', off: 'idle' },
};
const icons: Record<TargetRow['state'], IconName> = {
  ...{ up: 'ok', down: 'critical', unknown: 'unknown', never: 'never', off: 'never' },
};

export function WatchedMark({ state }: { state: TargetRow['state'] }) {
  return (
    <Mark tone={tones[state]} icon={icons[state]}>
      {t(`target.state.${state}`)}
    </Mark>
  );
}

export const format = (value: number) => number(value, language.value);
export const watcherName = ({ watcher: { id, name } }: TargetSight) =>
  id === 'collector' ? t('target.collector') : name;

export function seenBy({ isThere, tooOld, result, fields }: TargetSight): string {
  if (!isThere) return t('target.cutOff');
  if (tooOld) return t('target.tooOld');
  if (result === null) return t('target.notYet');
  const status = fields.status_code !== undefined && result === 'wrong_status' ? ` (${fields.status_code})` : '';
  return `${t(`target.result.${result}`)}${status}`;
}

export const needOf = ({ need, parts }: ServiceRow) =>
  need === null || need === parts.length
    ? t('service.all')
    : need === 1
      ? t('service.any')
      : t('service.some', { n: format(need), all: format(parts.length) });
