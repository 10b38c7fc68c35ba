/** What to do about one alert: beside its name, and on a phone where the thumb is. */

import { useState } from 'preact/hooks';
import type { Alert } from '../../../shared/api.ts';
import { useKeys } from '../keys.ts';
import { useSend } from '../net/load.ts';
import { call } from '../net/request.ts';
import { may, me } from '../net/session.ts';
import { Form } from '../parts/form.tsx';
import { PersonInput } from '../parts/person-input.tsx';
import { navigate, to } from '../router.ts';
import { actorName, t } from '../words/words.ts';
import { acknowledge, take } from './alert-acts.ts';
import { Handed, untilText } from './alert-words.tsx';
import { silenceHrefOf } from './silence-link.ts';

interface AlertActionsProps {
  alert: Alert;
  onDone: () => void;
}

const isOpen = ({ state }: Alert) => state === 'firing' || state === 'unknown';

/** On a phone it lies at the bottom of the screen. */
export function AlertActions({ alert, onDone }: AlertActionsProps) {
  const mayAct = may('operator') && isOpen(alert);
  const isFree = alert.acknowledgedAt === null || alert.handedTo === me.value?.user;
  const doAcknowledge = () => void acknowledge([alert.id], onDone);
  const doTake = () => void take([alert], [alert.id], onDone);
  useKeys(
    mayAct
      ? {
          a: ['alert.acknowledge', doAcknowledge],
          t: ['keys.take', doTake],
          s: ['alert.now.silence', () => navigate(silenceHrefOf(alert))],
        }
      : {},
  );
  if (!mayAct) return null;
  return (
    <section class="act-bar" aria-label={t('alert.page.actions')}>
      {isFree ? (
        <button type="button" class="button main wide" onClick={doAcknowledge}>
          {t('alert.acknowledge')}
        </button>
      ) : (
        <span class="wide small">
          {t('alert.page.owner', { name: actorName(alert.acknowledgedBy ?? '?') })}{' '}
          {alert.acknowledgedUntil !== null && <span class="nowrap">{untilText(alert.acknowledgedUntil)}</span>}
        </span>
      )}
      {alert.ticket === null ? (
        <button type="button" class="button" onClick={doTake}>
          {t('alert.now.take')}
        </button>
      ) : (
        <a class="button" href={to.ticket(alert.ticket)}>
          {t('alert.ticket')} #{alert.ticket}
        </a>
      )}
      <a class="button" href={silenceHrefOf(alert)}>
        {t('alert.now.silence')}
      </a>
    </section>
  );
}

/** To a person, who has a quarter of an hour to accept; or back to whoever is called next. */
export function HandOver({ alert, onDone }: AlertActionsProps) {
  const [person, setPerson] = useState('');
  const { busy, problem, send } = useSend();
  if (!may('operator') || !isOpen(alert) || alert.acknowledgedAt === null) return null;
  const post = (verb: 'hand-over' | 'withdraw', body?: object) =>
    void send(() =>
      call(`alerts/${encodeURIComponent(alert.id)}/${verb}`, { method: 'POST', ...(body ? { body } : {}) }),
    ).then((isDone) => isDone && onDone());
  const submit = () => {
    post('hand-over', { to: person.trim() });
  };
  return (
    <details class="fold">
      <summary>{t('alert.page.handOverOr')}</summary>
      <Form
        problem={problem}
        onSubmit={submit}
        busy={busy}
        word={t('alert.page.handOver')}
        lacks={person.trim() === '' && t('form.lacks.person')}
        look=""
        end={
          <button type="button" class="button" disabled={busy} onClick={() => post('withdraw')}>
            {t('alert.page.withdraw')}
          </button>
        }
      >
        <Handed alert={alert} />
        <PersonInput label={t('alert.page.handTo')} value={person} onInput={setPerson} />
        <p class="quiet small">
          {t('alert.page.handOverHow')}{' '}
          {alert.acknowledgedBy !== me.value?.user &&
            t('alert.page.withdrawOf', { name: actorName(alert.acknowledgedBy ?? '?') })}
        </p>
      </Form>
    </details>
  );
}
