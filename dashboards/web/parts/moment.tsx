/** A moment as people say it, "12 s ago", with the exact time in the element's title and `datetime`. */

import { ago, none, time } from '../../../shared/words/format.ts';
import { now } from '../clock.ts';
import { language } from '../words/words.ts';

export function Ago({ at }: { at: number | null }) {
  if (at === null) return <span>{none}</span>;
  return (
    <time dateTime={new Date(at).toISOString()} title={time(at, language.value, 'full')}>
      {ago(at, now.value, language.value)}
    </time>
  );
}

interface MomentProps {
  at: number | null;
  /** Seconds and the zone are in the title, and in `full`. */
  shape?: 'moment' | 'date' | 'long' | 'full' | 'time';
  /** Default that of the reader. */
  zone?: string;
}

export function Moment({ at, shape = 'moment', zone }: MomentProps) {
  if (at === null) return <span>{none}</span>;
  return (
    <time dateTime={new Date(at).toISOString()} title={time(at, language.value, 'full', zone)}>
      {time(at, language.value, shape, zone)}
    </time>
  );
}
