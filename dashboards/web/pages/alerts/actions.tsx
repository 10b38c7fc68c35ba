/** What to do about one alert: beside its name, and on a phone where the thumb is. */

import { useState } from 'preact/hooks';
import type { Alert } from '../../../../shared/api.ts';
import { useKeys } from '../../keys.ts';
import { may, me } from '../../net/session.ts';
import { to } from '../../router.ts';
import { readersZone } from '../../time/readers-zone.ts';
import { actorName, t } from '../../words/words.ts';
import { type Act, ActBar } from '../act-bar.tsx';
import { silenceHrefOf } from '../silence-link.ts';
import { endOf, type Length } from '../silences/when.ts';
import { PersonChoice } from '../tickets/person-choice.tsx';
import { acknowledge, handOver, silenceFor, take, withdraw } from './acts.tsx';
import { Handed, untilText } from './words.tsx';

interface AlertActionsProps {
  alert: Alert;
  onDone: () => void;
}

export const isFiring = ({ state }: Pick<Alert, 'state'>) => state === 'firing' || state === 'unknown';
/** Nobody has it, or it was handed to whoever looks. */
export const isFree = (alert: Alert) => alert.acknowledgedAt === null || alert.handedTo === me.value?.user;

const quickLengths = ['2h', 'morning', 'monday'] as const satisfies readonly Length[];

/** How long, in one tap; everything else is the form. */
export function silenceAct(alert: Alert, onDone: () => void): Act {
  const silence = (length: Length) =>
    void silenceFor(alert, endOf(length, '', Date.now(), readersZone()) ?? Number.NaN, onDone);
  return {
    key: 'silence',
    word: t('alert.now.silence'),
    sheet: () => (
      <>
        {quickLengths.map((length) => (
          <button key={length} type="button" class="button" onClick={() => silence(length)}>
            {t(`alert.bar.silence.${length}`)}
          </button>
        ))}
        <a class="button" href={silenceHrefOf(alert)}>
          {t('alert.bar.silence.other')}
        </a>
      </>
    ),
  };
}

export function AlertActions({ alert, onDone }: AlertActionsProps) {
  const [opened, open] = useState<string | null>(null);
  const mayAct = may('operator') && isFiring(alert);
  const done = () => {
    open(null);
    onDone();
  };
  const doAcknowledge = () => void acknowledge([alert.id], done);
  const doTake = () => void take([alert], [alert.id], done);
  useKeys(
    mayAct
      ? {
          a: ['alert.acknowledge', doAcknowledge],
          t: ['keys.take', doTake],
          s: ['alert.now.silence', () => open('silence')],
          ...(isFree(alert) ? {} : { h: ['alert.page.handOver', () => open('hand')] as const }),
        }
      : {},
  );
  if (!mayAct) return null;
  const silence = silenceAct(alert, done);
  const ticket: Act[] =
    alert.ticket === null
      ? [{ key: 'take', word: t('alert.now.take'), run: doTake }]
      : [{ key: 'ticket', word: `${t('alert.ticket')} #${alert.ticket}`, href: to.ticket(alert.ticket) }];
  const resolve: Act[] =
    alert.ticket === null
      ? []
      : [{ key: 'resolve', word: t('ticket.resolve'), href: `${to.ticket(alert.ticket)}?do=resolve` }];
  const hand: Act = {
    key: 'hand',
    word: t('alert.page.handOver'),
    sheet: () => (
      <>
        <p class="small">{t('alert.page.handOverHow')}</p>
        <PersonChoice
          without={me.value?.user ?? null}
          busy={false}
          onChoose={(name) => void handOver(alert, name, done)}
        />
      </>
    ),
  };
  const back: Act = {
    key: 'withdraw',
    word: t('alert.page.withdraw'),
    sheet: () => (
      <>
        {alert.acknowledgedBy !== me.value?.user && (
          <p class="small">{t('alert.page.withdrawOf', { name: actorName(alert.acknowledgedBy ?? '?') })}</p>
        )}
        <button type="button" class="button" onClick={() => void withdraw(alert, done)}>
          {t('alert.page.withdraw')}
        </button>
      </>
    ),
  };
  const owner = alert.acknowledgedAt !== null && (
    <span class="act-lead small">
      {t('alert.page.owner', { name: actorName(alert.acknowledgedBy ?? '?') })}{' '}
      {alert.acknowledgedUntil !== null && <span class="nowrap">{untilText(alert.acknowledgedUntil)}</span>}
      <Handed alert={alert} />
    </span>
  );
  const ack: Act = { key: 'ack', word: t('alert.acknowledge'), isMain: true, run: doAcknowledge };
  const acts = isFree(alert) ? [ack, ...ticket, silence] : [...resolve, silence, hand];
  const more = isFree(alert) ? [] : ticket;
  return (
    <ActBar
      {...{ label: t('alert.page.actions'), opened, open, acts }}
      lead={owner}
      more={alert.acknowledgedAt === null ? more : [...more, back]}
    />
  );
}
