/** One ticket: what happened, what was done, and what can be done now. */

import { useEffect, useRef } from 'preact/hooks';
import type { TicketDetail } from '../../../../shared/api.ts';
import { duration, none, number } from '../../../../shared/words/format.ts';
import { useLoad, useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { may } from '../../net/session.ts';
import { Box, PageHead, ProblemCallout, Ready } from '../../parts/box.tsx';
import { Crumbs } from '../../parts/crumbs.tsx';
import { Dots } from '../../parts/dots.tsx';
import { EndpointLink } from '../../parts/endpoint-link.tsx';
import { Fact } from '../../parts/fact.tsx';
import { Ago, Moment } from '../../parts/moment.tsx';
import { Toast } from '../../parts/toast.tsx';
import { search, to } from '../../router.ts';
import { OutsideBox } from '../../rules/rule-texts.tsx';
import { language, t } from '../../words/words.ts';
import { AlertFacts, Evidence } from '../alerts/evidence.tsx';
import { ImpactBox } from '../incident/impact.tsx';
import { HelpBox } from '../knowledge/help.tsx';
import { RemoteLinks } from '../remote-links.tsx';
import { ScriptsBox } from '../scripts/box.tsx';
import { Actions } from './actions.tsx';
import { Attachments } from './attachments.tsx';
import { TicketBar } from './bar.tsx';
import { DeskFacts } from './desks.tsx';
import { Due, DueFacts } from './due.tsx';
import { Priority, sourceOf, Tags, TicketState, titleOf } from './marks.tsx';
import { useTicketRun } from './run.ts';
import { Story } from './story.tsx';
import { HandedOver, SwarmBox } from './swarm.tsx';
import { WatchersBox } from './watchers.tsx';
import { Company, RatingBox } from './work.tsx';

/** Nothing is changed in it any more. */
const ended = new Set(['closed', 'cancelled']);

function Facts({ detail }: { detail: TicketDetail }) {
  const { row } = detail;
  const cancelledAt = detail.events.findLast(({ to: state }) => state === 'cancelled')?.at;
  const endedAt = row.resolvedAt ?? (row.state === 'cancelled' ? (cancelledAt ?? row.updatedAt) : null);
  const length = ((endedAt ?? Date.now()) - row.openedAt) / 1000;
  return (
    <Box>
      <dl class="facts side-facts">
        <Fact name={t('column.state')}>
          <TicketState state={row.state} />
        </Fact>
        <Fact name={t('ticket.priority')}>
          <Priority value={row.priority} />
        </Fact>
        <DueFacts row={row} />
        {row.tags.length > 0 && (
          <Fact name={t('ticket.tags')}>
            <Tags of={row.tags} />
          </Fact>
        )}
        <Fact name={t('ticket.assignee')}>{row.assignee ?? t('ticket.nobody')}</Fact>
        <Fact name={t('column.endpoint')}>
          {row.endpoint ? <EndpointLink of={row.endpoint} /> : none}
          {row.endpoint && <RemoteLinks endpoint={row.endpoint.id} ticket={row.id} />}
        </Fact>
        <Fact name={t('ticket.opened')}>
          <Moment at={row.openedAt} />
        </Fact>
        <Fact name={endedAt === null ? t('ticket.openFor') : t('ticket.took')}>{duration(length, language.value)}</Fact>
        {/* Of what a person asked for there is no alert that fires and ends. */}
        {row.kind !== 'person' && (
          <>
            <Fact name={t('ticket.restored')}>
              <Moment at={row.restoredAt} />
            </Fact>
            <Fact name={t('ticket.fires')}>{number(row.fires, language.value)}</Fact>
          </>
        )}
        {detail.follows !== null && (
          <Fact name={t('ticket.follows')}>
            <a href={to.ticket(detail.follows)}>#{detail.follows}</a>
          </Fact>
        )}
        <DeskFacts links={detail.desks} />
      </dl>
    </Box>
  );
}

export function TicketPage({ id }: { id: number }) {
  const loaded = useLoad<TicketDetail>(
    `tickets/${id}`,
    (change) => (change.kind === 'ticket' && change.ticket === id) || change.kind === 'alert',
  );
  const row = loaded.data?.row;
  const work = useTicketRun(id, loaded.reload);
  const { token, setToken } = work;
  const { busy, problem: own, send } = useSend();
  const problem = own ?? work.problem;
  const refused = useRef<HTMLDivElement>(null);
  // The button that was pressed may be far below.
  useEffect(() => {
    if (problem) refused.current?.scrollIntoView({ block: 'center' });
  }, [problem]);
  const unlink = (link: number) =>
    void send(() => call(`tickets/${id}/links/${link}`, { method: 'DELETE' })).then(loaded.reload);
  const renew = () =>
    void send(async () => {
      const made = await call<TicketDetail>(`tickets/${id}/rating-link`, { method: 'POST', body: {} });
      setToken(made.ratingToken);
    });
  return (
    <>
      <Crumbs list="tickets" title={row ? `#${id} ${titleOf(row)}` : `#${id}`} here={`#${id}`} />
      <PageHead
        title={row ? titleOf(row) : `#${id}`}
        lead={
          row && (
            <Dots
              of={[
                <TicketState state={row.state} />,
                <Priority value={row.priority} />,
                row.assignee ?? t('ticket.nobody'),
                row.dueAt !== null && <Due row={row} />,
                t(`ticket.source.${sourceOf(row)}`),
                <>
                  {t('ticket.updated')} <Ago at={row.updatedAt} />
                </>,
              ]}
            />
          )
        }
      >
        {loaded.data && <TicketBar key={id} detail={loaded.data} work={work} onDone={loaded.reload} />}
      </PageHead>
      <div ref={refused}>{problem && <ProblemCallout problem={problem} />}</div>
      <Ready of={loaded} lines={8}>
        {(detail) => (
          <div class="split story-first">
            <div class="stack">
              <HandedOver detail={detail} />
              {detail.said && <OutsideBox said={detail.said} />}
              {detail.alert && detail.row.endpoint && <Evidence alert={detail.alert} />}
              <Box title={t('ticket.story')} aside={<a href={to.incident(id)}>{t('incident.axis')}</a>}>
                <Story detail={detail} />
              </Box>
              {may('operator') && <Actions detail={detail} work={work} />}
              {detail.row.endpoint && (
                <ScriptsBox
                  endpoint={detail.row.endpoint}
                  ticket={id}
                  isOver={ended.has(detail.row.state)}
                  wanted={new URLSearchParams(search.value).get('script')}
                />
              )}
              <Attachments ticket={id} isEnded={ended.has(detail.row.state)} />
              <HelpBox of="tickets" id={id} ticket={id} isSolved={detail.row.resolvedAt !== null} />
              <ImpactBox ticket={id} from={detail.row.openedAt} />
            </div>
            <div class="stack">
              <Facts detail={detail} />
              <SwarmBox detail={detail} onDone={loaded.reload} />

              <RatingBox detail={detail} token={token} onRenew={may('operator') ? renew : null} />
              <Company
                detail={detail}
                onUnlink={may('operator') && !ended.has(detail.row.state) ? unlink : null}
                busy={busy}
              />
              <WatchersBox detail={detail} onDone={loaded.reload} />
              {detail.alert && <AlertFacts alert={detail.alert} />}
            </div>
          </div>
        )}
      </Ready>
      <Toast />
    </>
  );
}
