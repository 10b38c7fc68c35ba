/** A moment as people say it, "12 s ago", with the exact time in the element's title and `datetime`. */

import { ago, ahead, none, time } from '../../../shared/words/format.ts';
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

/** Of what is to come: `in 4 min`. */
export const Ahead = ({ at }: { at: number }) => (
  <time dateTime={new Date(at).toISOString()} title={time(at, language.value, 'full')}>
    {ahead(at, now.value, language.value)}
  </time>
);

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
      {shape === 'moment' ? momentText(at, zone) : time(at, language.value, shape, zone)}
    </time>
  );
}

/** With the year where it is not this one: 28 March may be the next or the last. */
export function momentText(at: number, zone?: string): string {
  const year = (when: number) => new Date(when).getFullYear();
  return time(at, language.value, year(at) === year(now.value) ? 'moment' : 'long', zone);
}
