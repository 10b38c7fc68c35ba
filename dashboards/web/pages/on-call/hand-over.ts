/** When a new rotation begins. Pure. */
import { wallText } from '../../time/wall.ts';

/** 10 h and not 9: in the night when clocks are put back, midnight is 10 h before 09:00. */
const nineAndOneHour = 10 * 3_600_000;

/** A 09:00 that is past in `zone`, in the form of a date field: a rotation that began later would have nobody on call until then. */
export const lastHandOver = (now: number, zone: string): string =>
  `${wallText(now - nineAndOneHour, zone).slice(0, 11)}09:00`;
