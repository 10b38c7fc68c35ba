/** One ticket: what happened, what was done, and what can be done now. */

import { useState } from 'preact/hooks';
import type { TicketDetail } from '../../../shared/api.ts';
import { duration, none } from '../../../shared/words/format.ts';
import { useLoad, useSend } from '../net/load.ts';
import { call } from '../net/request.ts';
import { may } from '../net/session.ts';
import { Box, PageHead, ProblemCallout, Ready } from '../parts/box.tsx';
import { Ago, Moment } from '../parts/moment.tsx';
import { to } from '../router.ts';
import { language, t } from '../words/words.ts';
import { AlertFacts, Evidence } from './alert-evidence.tsx';
import { ImpactBox } from './incident/impact.tsx';
import { Actions } from './ticket-actions.tsx';
import { DueFacts } from './ticket-due.tsx';
import { Story } from './ticket-story.tsx';
import { Company, RatingBox } from './ticket-work.tsx';
import { Priority, sourceOf, TicketState, titleOf } from './tickets.tsx';

function Facts({ detail }: { detail: TicketDetail }) {
  const { row } = detail;
  const length = ((row.resolvedAt ?? Date.now()) - row.openedAt) / 1000;
  return (
    <Box>
      <dl class="facts side-facts">
        <div>
          <dt>{t('column.state')}</dt>
          <dd>
            <TicketState state={row.state} />
          </dd>
        </div>
        <div>
          <dt>{t('ticket.priority')}</dt>
          <dd>
            <Priority value={row.priority} />
          </dd>
        </div>
        <DueFacts row={row} />
        <div>
          <dt>{t('ticket.assignee')}</dt>
          <dd>{row.assignee ?? t('ticket.nobody')}</dd>
        </div>
        <div>
          <dt>{t('column.endpoint')}</dt>
          <dd>{row.endpoint ? <a href={to.endpoint(row.endpoint.id)}>{row.endpoint.name}</a> : none}</dd>
        </div>
        <div>
          <dt>{t('ticket.opened')}</dt>
          <dd>
            <Moment at={row.openedAt} />
          </dd>
        </div>
        <div>
          <dt>{row.resolvedAt === null ? t('ticket.openFor') : t('ticket.took')}</dt>
          <dd>{duration(length, language.value)}</dd>
        </div>
        <div>
          <dt>{t('ticket.restored')}</dt>
          <dd>
            <Moment at={row.restoredAt} />
          </dd>
        </div>
        <div>
          <dt>{t('ticket.fires')}</dt>
          <dd>{row.fires}</dd>
        </div>
        {detail.follows !== null && (
          <div>
            <dt>{t('ticket.follows')}</dt>
            <dd>
              <a href={to.ticket(detail.follows)}>#{detail.follows}</a>
            </dd>
          </div>
        )}
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
  const [token, setToken] = useState<string | null>(null);
  const { problem, send } = useSend();
  const renew = () =>
    void send(async () => {
      const made = await call<TicketDetail>(`tickets/${id}/rating-link`, { method: 'POST', body: {} });
      setToken(made.ratingToken);
    });
  return (
    <>
      <p class="small">
        <a href="/tickets">{t('page.tickets')}</a> <span class="quiet">› #{id}</span>
      </p>
      <PageHead
        title={row ? titleOf(row) : `#${id}`}
        lead={
          row && (
            <>
              {t(`ticket.source.${sourceOf(row)}`)} · {t('ticket.updated')} <Ago at={row.updatedAt} />
            </>
          )
        }
      />
      {problem && <ProblemCallout problem={problem} />}
      <Ready of={loaded} lines={8}>
        {(detail) => (
          <div class="split">
            <div class="stack">
              {detail.alert && detail.row.endpoint && <Evidence alert={detail.alert} />}
              <ImpactBox ticket={id} from={detail.row.openedAt} />
              <Box title={t('ticket.story')} aside={<a href={to.incident(id)}>{t('incident.axis')}</a>}>
                <Story detail={detail} />
              </Box>
            </div>
            <div class="stack">
              <Facts detail={detail} />
              {may('operator') && <Actions detail={detail} onDone={loaded.reload} onToken={setToken} />}
              <RatingBox detail={detail} token={token} onRenew={may('operator') ? renew : null} />
              <Company detail={detail} />
              {detail.alert && <AlertFacts alert={detail.alert} />}
            </div>
          </div>
        )}
      </Ready>
    </>
  );
}
