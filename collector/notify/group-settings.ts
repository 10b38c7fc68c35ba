/** How alerts are grouped and how often they are said again, where nothing else is said. */
import type { GroupSettings } from './group.ts';

export interface GroupDefaults extends GroupSettings {
  by: readonly string[];
  /** Messages of an hour to one receiver; what is beyond comes as a digest. */
  hourly: number;
  /** Between two digests to one receiver, ms. */
  digest: number;
  /** For how long a person who has acknowledged or opened an alert is awake, ms. */
  awake: number;
}

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

export const groupDefaults: GroupDefaults = {
  by: ['rule', 'site'],
  wait: 30 * second,
  interval: 5 * minute,
  repeat: { critical: 4 * hour, warning: 24 * hour, info: null },
  hourly: 30,
  digest: 10 * minute,
  awake: 30 * minute,
};
