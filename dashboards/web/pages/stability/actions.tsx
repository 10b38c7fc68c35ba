/** What to do next, in the order of what it wins back; each leads to where it is done, or to its evidence. */
import type { NextAction, Stability, TicketDetail } from '../../../../shared/api.ts';
import { actionGain } from '../../../../shared/words/actions.ts';
import { useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { may } from '../../net/session.ts';
import { Box, ProblemCallout } from '../../parts/box.tsx';
import { navigate, to } from '../../router.ts';
import { endpointName } from '../../words/value.ts';
import { language, t } from '../../words/words.ts';
import { titleOf } from '../tickets/marks.tsx';
import { listOf, presenceOf } from './format.ts';

function placeOf({ code, ticket, endpoint, site, kpi }: NextAction, data: Stability): string {
  const { sites, period } = data;
  if (kpi !== undefined) return listOf(data, kpi);
  if (code === 'free_disk' && endpoint) return to.endpoint(endpoint.id);
  if (code === 'confirm_impact' && ticket) return `${to.ticket(ticket.id)}?impact=confirm`;
  if (ticket) return to.incident(ticket.id);
  if (code === 'people_of_endpoint' && endpoint) return `${to.endpoint(endpoint.id)}?tab=about`;
  if (endpoint) return presenceOf(endpoint.id, period.name);
  const known = sites.find((one) => one.site?.name === site)?.site;
  return known ? `${to.site(known.id)}?edit=1` : '/sites';
}

/** A problem, beside the incident that it is about: what is done so that it does not come back. */
function OpenTicket({ action: { code, ticket, endpoint }, what }: { action: NextAction; what: string }) {
  const { busy, problem, send } = useSend();
  const about = endpoint ?? ticket?.endpoint;
  const open = () =>
    send(async () => {
      const title = t(`stability.action.${code}`, { what }).slice(0, 200);
      const body = { title, category: 'problem', ...(about ? { endpoint: about.id } : {}) };
      const made = await call<TicketDetail>('tickets', { method: 'POST', body });
      const { id } = made.row;
      if (ticket)
        await call(`tickets/${id}/links`, { method: 'POST', body: { kind: 'related', target: String(ticket.id) } });
      navigate(to.ticket(id));
    });
  if (!may('operator')) return null;
  return (
    <>
      {problem && <ProblemCallout problem={problem} />}{' '}
      <button type="button" class="button slim screen-only" disabled={busy} onClick={() => void open()}>
        {t('stability.action.ticket')}
      </button>
    </>
  );
}

export function Actions({ data }: { data: Stability }) {
  return (
    <section id="actions">
      <Box title={t('stability.actionsTitle')}>
        {data.actions.length === 0 ? (
          <p class="quiet">{t('stability.noActions')}</p>
        ) : (
          <ol class="do-next">
            {data.actions.map((action) => {
              const { code, ticket, endpoint, site } = action;
              const what = ticket
                ? `#${ticket.id} ${titleOf(ticket)}`
                : ((endpoint && endpointName(endpoint)) ?? site ?? '');
              const won = actionGain(action, language.value);
              return (
                <li key={`${code}${ticket?.id}${endpoint?.id}${site}`}>
                  <a href={placeOf(action, data)}>{t(`stability.action.${code}`, { what })}</a>
                  {won && <span class="quiet small"> {won}</span>}
                  {(code === 'follow_up' || code === 'endpoint_down') && <OpenTicket action={action} what={what} />}
                </li>
              );
            })}
          </ol>
        )}
      </Box>
    </section>
  );
}
