/** When the endpoint was available, and the facts behind it. */
import type { EndpointDetail } from '../../../../shared/api.ts';
import { none, time } from '../../../../shared/words/format.ts';
import { Box } from '../../parts/box.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Table } from '../../parts/table.tsx';
import { IntervalTable, StateKey, Timeline } from '../../parts/timeline.tsx';
import { language, t, wordOr } from '../../words/words.ts';
import { EndpointBudget } from '../stability/budget.tsx';

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

export function PresenceTab({ detail }: { detail: EndpointDetail }) {
  const to = detail.timeline.at(-1)?.to ?? Date.now();
  // An endpoint enrolled today would be a hairline in a week: the line begins with the first known time, at least one
  // hour long.
  const from = Math.min(detail.timeline[0]?.from ?? to, to - hour);
  return (
    <>
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
