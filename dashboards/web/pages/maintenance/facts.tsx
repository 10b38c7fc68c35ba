/** Facts about a window, as the list and the form show them. */
import type { MaintenanceRow } from '../../../../shared/api.ts';
import { duration, number } from '../../../../shared/words/format.ts';
import { Callout } from '../../parts/box.tsx';
import { Moment, momentText } from '../../parts/moment.tsx';
import { readersZone } from '../../time/readers-zone.ts';
import { wallText } from '../../time/wall.ts';
import { language, t } from '../../words/words.ts';
import { rhythmOf } from './rhythm.ts';

export const say = (value: number) => number(value, language.value);

export const Covered = ({ row }: { row: MaintenanceRow }) => (
  <>
    {/* A window to come hides nothing that fires now. */}
    {row.state === 'running'
      ? t('maintenance.covers', { endpoints: say(row.endpoints), alerts: say(row.alerts) })
      : t('maintenance.coversThen', { endpoints: say(row.endpoints) })}
  </>
);

/** 1 November 2026 was a Sunday. */
const weekdayName = (weekday: number) =>
  new Intl.DateTimeFormat(language.value, { weekday: 'long', timeZone: 'UTC' }).format(Date.UTC(2026, 10, 1 + weekday));

/** When it comes again, in the zone of the recurrence, which is named. */
export function Rhythm({ cron, zone }: { cron: string; zone: string }) {
  const rhythm = rhythmOf(cron);
  if (rhythm === null)
    return (
      <span>
        {t('maintenance.rhythm.cron')} <code>{cron}</code>, {zone}
      </span>
    );
  const { time: at, of } = rhythm;
  const day = of === 'monthly' ? say(rhythm.day) : of === 'daily' ? '' : weekdayName(rhythm.weekday);
  const nth = of === 'nth' ? t(`maintenance.rhythm.nths.${rhythm.nth}`) : '';
  return <span title={cron}>{t(`maintenance.rhythm.${of}`, { day, nth, time: at, zone })}</span>;
}

/** In the zone of the recurrence, which is named. */
export function NextDates({ row, onSkip }: { row: MaintenanceRow; onSkip?: (date: string) => void }) {
  if (row.next.length === 0) return null;
  const zone = row.repeat?.zone;
  const spoken = ({ start, end }: MaintenanceRow['next'][number]) =>
    `${momentText(start, zone)} (${duration((end - start) / 1000, language.value)})`;
  return (
    <div>
      <p class="quiet">
        {t('maintenance.next')}
        {zone && ` (${zone})`}
      </p>
      <ol class="plain">
        {row.next.map((one) => (
          <li key={one.start}>
            {spoken(one)}{' '}
            {onSkip && zone && (
              <button type="button" class="link" onClick={() => onSkip(wallText(one.start, zone).slice(0, 10))}>
                {t('maintenance.skip')}
                <span class="unseen"> {spoken(one)}</span>
              </button>
            )}
          </li>
        ))}
      </ol>
      {row.repeat && row.repeat.skip.length > 0 && (
        <p class="quiet small">{t('maintenance.skipped', { dates: row.repeat.skip.join(', ') })}</p>
      )}
    </div>
  );
}

export function Warnings({ row }: { row: MaintenanceRow }) {
  return (
    <>
      {row.warnings.map((warning) => (
        <Callout key={warning} tone="warning">
          {t(`maintenance.warning.${warning === 'late' && row.askedBy !== null ? 'asked' : warning}`)}
        </Callout>
      ))}
    </>
  );
}

export function When({ row }: { row: MaintenanceRow }) {
  const [running] = row.running;
  // On the wall clock that the window goes by.
  const own = row.repeat?.zone;
  const zone = own ? { zone: own } : {};
  const named = own && own !== readersZone() && <span class="quiet"> ({own})</span>;
  if (running)
    return (
      <span>
        {t('maintenance.until')} <Moment at={running.end} {...zone} />
        {named}
      </span>
    );
  const [next] = row.next;
  if (!next)
    return row.once ? <Moment at={row.once.start} /> : <span class="quiet">{t(`maintenance.state.${row.state}`)}</span>;
  return (
    <span>
      <Moment at={next.start} {...zone} /> – <Moment at={next.end} {...zone} />
      {named}
    </span>
  );
}
