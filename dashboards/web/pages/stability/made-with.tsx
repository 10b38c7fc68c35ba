/** What the numbers of a period were computed with, and the time that was left out of them: as a closed month kept it. */
import type { MadeWith } from '../../../../shared/api.ts';
import { number } from '../../../../shared/words/format.ts';
import { Moment } from '../../parts/moment.tsx';
import { Table } from '../../parts/table.tsx';
import { aboutLanguage, actorName, language, t } from '../../words/words.ts';

type ExclusionsOf = Pick<MadeWith, 'exclusions' | 'otherExclusions'>;

export function Exclusions({ madeWith, zone }: { madeWith: ExclusionsOf; zone: string }) {
  const { exclusions, otherExclusions } = madeWith;
  if (exclusions.length === 0) return <p class="small quiet">{t('report.noExclusions')}</p>;
  return (
    <>
      <Table
        caption={t('report.exclusions')}
        rows={exclusions}
        keyOf={({ scope, name, from }) => `${scope} ${name} ${from}`}
        columns={[
          { key: 'what', head: t('report.of'), cell: ({ name }) => name },
          {
            key: 'from',
            head: t('interval.from'),
            cell: ({ from }) => <Moment at={from} shape="moment" zone={zone} />,
          },
          { key: 'to', head: t('interval.to'), cell: ({ to }) => <Moment at={to} shape="moment" zone={zone} /> },
          { key: 'reason', head: t('stability.reason'), cell: ({ reason }) => reason },
          {
            key: 'by',
            head: t('report.by'),
            cell: ({ by, enteredAt, late, approvedBy }) => (
              <>
                {actorName(by)}
                {enteredAt !== undefined && (
                  <div class="quiet">
                    <Moment at={enteredAt} shape="moment" zone={zone} />
                  </div>
                )}
                {approvedBy !== null && <div class="quiet">{t('report.approvedBy', { name: approvedBy })}</div>}
                {late && approvedBy === null && <div class="quiet">{t('report.notApproved')}</div>}
              </>
            ),
          },
        ]}
      />
      {otherExclusions > 0 && (
        <p class="small">{t('report.otherExclusions', { n: number(otherExclusions, language.value) })}</p>
      )}
    </>
  );
}

/** Versions of the time zones and of the calendars. */
export function madeWithLines({ tz, calendars }: Pick<MadeWith, 'tz' | 'calendars'>): string[] {
  const zones = t('report.tz', { version: tz });
  if (calendars === null) return [zones, t('report.calendarsNotKept')];
  if (calendars.length === 0) return [zones, t('report.noCalendars')];
  const lines = calendars.map(({ site, use, name, version }) =>
    t('report.calendar', { site, name, n: version, use: t(`report.use.${use as 'service'}`) }),
  );
  return [zones, lines.join(aboutLanguage(language.value).separator)];
}
