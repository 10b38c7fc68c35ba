/** A silence: alerts that fit all its matchers are not notified of from its start to before its end. */
import type { Matcher } from '../alerts/matcher.ts';

export interface Silence {
  id: string;
  matchers: readonly Matcher[];
  reason: string;
  /** ms UTC, [start, end). */
  start: number;
  end: number;
  createdAt: number;
  createdBy: string;
  updatedAt: number;
  updatedBy: string;
}

/** What enters the step: a new one, or one as it is to be from now on. */
export interface SilenceWish {
  silence: Silence;
}

/** What it leaves to be saved. */
export type UnsavedSilence =
  | { type: 'silence'; silence: Silence }
  /** It hides an alert, from then on or until then. */
  | { type: 'hides'; silence: string; alert: string; from: number }
  | { type: 'shows'; silence: string; alert: string; to: number };

export type SilenceState = 'pending' | 'active' | 'over';

export const stateAt = ({ start, end }: Pick<Silence, 'start' | 'end'>, at: number): SilenceState =>
  end <= at || end <= start ? 'over' : start <= at ? 'active' : 'pending';
