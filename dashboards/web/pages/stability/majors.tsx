/** The major incidents of a period: how long, whom they hit, what they cost, and what is known of the cause. */
import type { Stability } from '../../../../shared/api.ts';
import { duration, none, number } from '../../../../shared/words/format.ts';
import { Box } from '../../parts/box.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Table } from '../../parts/table.tsx';
import { to } from '../../router.ts';
import { language, t } from '../../words/words.ts';
import { ChangeLink } from '../changes/facts.tsx';
import { Priority, titleOf } from '../tickets/marks.tsx';
import { formatHours, formatPoints, listOf } from './format.ts';

type Major = NonNullable<Stability['majors']>[number];

/** What was written when it was resolved may be long: the page of the incident has it whole. */
const longest = 160;
const clipped = (text: string) => (text.length > longest ? `${text.slice(0, longest)}…` : text);

function Cause({ change, said }: Pick<Major, 'change' | 'said'>) {
  if (change === null && said === null) return <span class="quiet">{t('stability.majors.noCause')}</span>;
  return (
    <>
      {change && <ChangeLink change={change} />}
      {said !== null && <div>{clipped(said)}</div>}
    </>
  );
}

export function Majors({ data }: { data: Stability }) {
  const { majors, period, asOf } = data;
  // Reports made by older versions have none.
  if (majors === undefined) return null;
  const title = t('stability.part.major_incidents');
  return (
    <section id="majors">
      <Box
        title={<a href={listOf(data, 'major_incidents')}>{title}</a>}
        aside={<span class="quiet small">{t('stability.items', { n: number(majors.length, language.value) })}</span>}
        flush
      >
        {majors.length === 0 ? (
          <p class="box-body quiet">{t('stability.majors.none')}</p>
        ) : (
          <Table
            caption={title}
            rows={majors}
            keyOf={({ ticket }) => ticket.id}
            columns={[
              {
                key: 'incident',
                head: t('page.incident'),
                cell: ({ ticket }) => (
                  <>
                    <a class="strong" href={to.incident(ticket.id)}>
                      #{ticket.id} {titleOf(ticket)}
                    </a>{' '}
                    <Priority value={ticket.priority} />
                  </>
                ),
              },
              { key: 'site', head: t('page.site'), cell: ({ site }) => site ?? t('stability.noSite') },
              {
                key: 'length',
                head: t('stability.majors.length'),
                right: true,
                cell: ({ from, to: end }) => (
                  <>
                    <span class="nowrap">{duration(((end ?? asOf) - from) / 1000, language.value)}</span>
                    <div class="quiet small">
                      {end === null ? t('impact.lasts') : <Moment at={from} shape="moment" zone={period.zone} />}
                    </div>
                  </>
                ),
              },
              {
                key: 'people',
                head: t('impact.people'),
                right: true,
                cell: ({ people }) => number(people, language.value),
              },
              {
                key: 'hours',
                head: t('stability.column.hours'),
                right: true,
                cell: ({ lost, unconfirmed, people }) => (
                  <>
                    <span class="nowrap">{people === null && lost === 0 ? none : formatHours(lost)}</span>
                    {unconfirmed > 0 && (
                      <div class="quiet small">
                        {t('stability.plusUnconfirmed', { hours: formatHours(unconfirmed) })}
                      </div>
                    )}
                  </>
                ),
              },
              {
                key: 'points',
                head: t('stability.column.points'),
                right: true,
                cell: ({ points }) => <span class="nowrap">{points > 0 ? formatPoints(-points) : none}</span>,
              },
              { key: 'cause', head: t('stability.column.cause'), cell: (major) => <Cause {...major} /> },
            ]}
          />
        )}
      </Box>
    </section>
  );
}
