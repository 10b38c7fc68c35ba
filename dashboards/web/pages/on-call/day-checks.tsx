/** Some days of the week; none means every day. */
import { type Weekday, weekdays } from '../../../../shared/calendar.ts';
import { Checks } from '../../parts/checks.tsx';
import { language, t } from '../../words/words.ts';

/** 1 January 2024 was a Monday. */
const dayName = (n: number) =>
  new Intl.DateTimeFormat(language.value, { weekday: 'short', timeZone: 'UTC' }).format(Date.UTC(2024, 0, 1 + n));

export const daysText = (days: readonly Weekday[]): string =>
  days.map((day) => dayName(weekdays.indexOf(day))).join(' ');

interface DayChecksProps {
  chosen: readonly Weekday[];
  onChoose: (days: Weekday[]) => void;
}

export const DayChecks = ({ chosen, onChoose }: DayChecksProps) => (
  <Checks
    label={t('onCall.days')}
    options={weekdays.map((day, n) => [day, dayName(n)] as const)}
    chosen={chosen}
    onChoose={onChoose}
  />
);
