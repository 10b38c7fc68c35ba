/** Who comes to help with what cannot wait, where they talk, and what was tried before it came here. */
import type { TicketDetail } from '../../../../shared/api.ts';
import type { SwarmAnswer } from '../../../../shared/ticket-work.ts';
import { useLoad, useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { may, me } from '../../net/session.ts';
import { Box, Callout, ProblemCallout } from '../../parts/box.tsx';
import { Moment } from '../../parts/moment.tsx';
import { actorName, t, wordOr } from '../../words/words.ts';

interface SwarmProps {
  detail: TicketDetail;
  onDone: () => void;
}

const openStates: readonly string[] = ['new', 'in_progress', 'on_hold'];
/** At and above it the monitor calls by itself. */
const swarmFrom = 2;

const severityCalls = ({ events }: TicketDetail) =>
  events.filter(({ kind, data }) => kind === 'swarm' && (data as { kind?: string }).kind === 'severity');

/** Whether several people are wanted at once: then joining stands in a box of its own. */
export const isSwarm = (detail: TicketDetail): boolean =>
  openStates.includes(detail.row.state) && (detail.row.priority <= swarmFrom || severityCalls(detail).length > 0);

/** Before the button is pressed: who is on call now. After it: whom it called. */
export function SwarmBox({ detail, onDone }: SwarmProps) {
  const { row, participants, chat } = detail;
  const calls = severityCalls(detail);
  const isShown = isSwarm(detail);
  const { data } = useLoad<SwarmAnswer>(
    isShown && may('operator') ? `tickets/${row.id}/swarm` : null,
    (change) => change.kind === 'on_call',
  );
  const { busy, problem, send } = useSend();
  const post = (path: string, body: object) =>
    void send(() => call(`tickets/${row.id}/${path}`, { method: 'POST', body })).then(onDone);
  if (!isShown) return null;
  const helping = participants.filter(({ leftAt }) => leftAt === null).map(({ person }) => person);
  const isIn = helping.includes(me.value?.user ?? '');
  const people = data?.people ?? [];
  const last = calls.at(-1);
  // What the monitor called were the channels: the people are still to be called.
  const isCalled = calls.some(({ actor }) => actor !== 'monitor');
  const called = ((last?.data ?? {}) as { people?: string[] }).people ?? [];
  return (
    <Box title={t('ticket.swarms.severity')}>
      <div class="stack-2">
        {problem && <ProblemCallout problem={problem} />}
        {last && (
          <p>
            {t('swarm.called', { by: actorName(last.actor), whom: called.join(', ') || t('swarm.channels') })}{' '}
            <span class="quiet small nowrap">
              <Moment at={last.at} />
            </span>
          </p>
        )}
        <p>{helping.length === 0 ? t('swarm.nobody') : t('swarm.helping', { names: helping.join(', ') })}</p>
        {chat !== null && (
          <p>
            <a href={chat} target="_blank" rel="noreferrer noopener">
              {t('swarm.chat')}
            </a>
          </p>
        )}
        {may('operator') && data !== null && (
          <>
            <p class="small">
              {people.length === 0
                ? t('swarm.noneOnCall')
                : t('swarm.onCall', {
                    people: people.map(({ name, schedules }) => `${name} (${schedules.join(', ')})`).join(', '),
                  })}
            </p>
            {people.some(({ isReached }) => !isReached) && (
              <p class="small quiet">
                {t('swarm.unreached', {
                  people: people.flatMap(({ name, isReached }) => (isReached ? [] : name)).join(', '),
                })}
              </p>
            )}
            <div class="form-end">
              <button
                type="button"
                class={`button slim ${isCalled ? '' : 'main'}`}
                disabled={busy}
                onClick={() => post('swarm', { kind: 'severity', people: people.map(({ name }) => name) })}
              >
                {t(isCalled ? 'swarm.callAgain' : 'swarm.call')}
              </button>
              <button
                type="button"
                class="button slim"
                disabled={busy}
                onClick={() => post(`participants/${isIn ? 'leave' : 'join'}`, isIn ? {} : { kind: 'severity' })}
              >
                {t(isIn ? 'ticket.leave' : 'ticket.join')}
              </button>
            </div>
          </>
        )}
      </div>
    </Box>
  );
}

/** Whoever gets a ticket reads first what was tried. */
export function HandedOver({ detail: { row, events } }: { detail: TicketDetail }) {
  const last = events.findLast(({ kind }) => kind === 'handed_off');
  const tried = events.findLast(({ kind, at }) => kind === 'tried' && at === last?.at);
  if (last === undefined || !openStates.includes(row.state)) return null;
  const { toTier, to } = last.data as { toTier: number; to: string | null };
  const tier = wordOr('ticket.tiers', String(toTier));
  return (
    <Callout
      tone="info"
      title={
        <>
          {t(to === null ? 'swarm.handedToTier' : 'swarm.handedTo', { by: actorName(last.actor), tier, to: to ?? '' })}{' '}
          <span class="quiet small nowrap plain">
            <Moment at={last.at} />
          </span>
        </>
      }
    >
      <div class="stack-2">
        <p>
          {t('ticket.reason')}: {last.text}
        </p>
        {tried && (
          <p class="said">
            {t('ticket.tried')}: {tried.text}
          </p>
        )}
      </div>
    </Callout>
  );
}
