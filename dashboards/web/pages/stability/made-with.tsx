/** What the numbers of a period were computed with, and the time that was left out of them: as a closed month kept it. */
import type { MadeWith } from '../../../../shared/api.ts';
import { number } from '../../../../shared/words/format.ts';
import * as words from '../../../../shared/words/stability.ts';
import { Moment } from '../../parts/moment.tsx';
import { Table } from '../../parts/table.tsx';
import { actorName, language, t } from '../../words/words.ts';

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

export const madeWithLines = (madeWith: Pick<MadeWith, 'tz' | 'calendars'>): string[] =>
  words.madeWithLines(madeWith, language.value);
