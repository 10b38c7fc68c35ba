/** When the endpoint was available, and the facts behind it. */
import type { Availability, EndpointDetail } from '../../../../shared/api.ts';
import { none, time } from '../../../../shared/words/format.ts';
import { now } from '../../clock.ts';
import { useLoad } from '../../net/load.ts';
import { reportZone } from '../../net/session.ts';
import { Box, Ready } from '../../parts/box.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Table } from '../../parts/table.tsx';
import { IntervalTable, StateKey, Strip, Timeline } from '../../parts/timeline.tsx';
import { search } from '../../router.ts';
import { chosenPeriod } from '../../time/period.ts';
import { language, t, wordOr } from '../../words/words.ts';
import { EndpointBudget } from '../stability/budget.tsx';
import { formatMonth } from '../stability/format.ts';

const hour = 3_600_000;

/** An agent that does not know how its machine went down reports `unknown`, which is no reason. */
function reasonOf({ kind, reason }: EndpointDetail['signals'][number]): string {
  return reason === null || (kind === 'online' && reason === 'unknown') ? none : wordOr('cause', reason);
}

function Signals({ detail }: { detail: EndpointDetail }) {
  if (detail.signals.length === 0) return <p class="quiet">{t('presence.noSignals')}</p>;
  return (
    <Table
      caption={t('presence.signals')}
      rows={detail.signals}
      keyOf={(row) => `${row.at}${row.kind}${row.session}`}
      columns={[
        { key: 'at', head: t('presence.at'), cell: (row) => <Moment at={row.at} shape="long" /> },
        { key: 'kind', head: t('presence.kind'), cell: (row) => wordOr('signal', row.kind) },
        { key: 'reason', head: t('presence.reason'), cell: (row) => reasonOf(row) },
        { key: 'session', head: t('presence.session'), cell: (row) => <code>{row.session?.slice(0, 8) ?? '—'}</code> },
        { key: 'boot', head: t('presence.boot'), cell: (row) => <code>{row.bootId?.slice(0, 8) ?? '—'}</code> },
      ]}
    />
  );
}

/** The period that a number is about, as that number counts it. */
function PresenceIn({ detail: { row }, period }: { detail: EndpointDetail; period: string }) {
  const query = new URLSearchParams({ period, class: row.kind });
  const loaded = useLoad<Availability>(`kpis/availability?${query}`);
  return (
    <Box title={formatMonth(period)} flush>
      <Ready of={loaded}>
        {({ endpoints, period: { from, to, zone } }) => {
          const own = endpoints.find(({ id }) => id === row.id);
          if (!own) return <p class="quiet box-body">{t('presence.noIntervals')}</p>;
          return (
            <div class="stack">
              <div class="box-body">
                <Strip name={row.name} intervals={own.intervals} from={from} to={to} zone={zone} />
                <StateKey />
              </div>
              <IntervalTable caption={t('stability.intervalsOf', { name: row.name })} intervals={own.intervals} />
            </div>
          );
        }}
      </Ready>
    </Box>
  );
}

export function PresenceTab({ detail }: { detail: EndpointDetail }) {
  const asked = new URLSearchParams(search.value).get('period');
  const period = asked !== null && chosenPeriod(asked, now.peek(), reportZone()) !== null ? asked : null;
  const to = detail.timeline.at(-1)?.to ?? Date.now();
  // An endpoint enrolled today would be a hairline in a week: the line begins with the first known time, at least one
  // hour long.
  const from = Math.min(detail.timeline[0]?.from ?? to, to - hour);
  return (
    <>
      {period !== null && <PresenceIn detail={detail} period={period} />}
      <Box title={t('presence.week')}>
        <div class="stack-2">
          <Timeline name={t('presence.week')} intervals={detail.timeline} from={from} to={to} />
          <div class="axis">
            <span>{time(from, language.value)}</span>
            <span>{time((from + to) / 2, language.value)}</span>
            <span>{time(to, language.value)}</span>
          </div>
          <StateKey />
        </div>
      </Box>
      <EndpointBudget id={detail.row.id} kind={detail.row.kind} />
      <Box title={t('presence.intervals')} flush>
        {detail.timeline.length === 0 ? (
          <p class="quiet box-body">{t('presence.noIntervals')}</p>
        ) : (
          <IntervalTable caption={t('presence.intervals')} intervals={detail.timeline} />
        )}
      </Box>
      <Box title={t('presence.signals')} flush aside={<span class="quiet small">{t('presence.signalsLead')}</span>}>
        <Signals detail={detail} />
      </Box>
    </>
  );
}
