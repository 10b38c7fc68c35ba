/** One alert in words: its state, what was measured, who has it. */
import type { Alert } from '../../../../shared/api.ts';
import { time } from '../../../../shared/words/format.ts';
import { silence } from '../../../../shared/words/names.ts';
import { now } from '../../clock.ts';
import { useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { may } from '../../net/session.ts';
import { ProblemCallout } from '../../parts/box.tsx';
import { Mark } from '../../parts/mark.tsx';
import { Ago, Ahead, momentText } from '../../parts/moment.tsx';
import { Sentence } from '../../parts/sentence.tsx';
import { alertName, endpointName, formatMeasured } from '../../words/value.ts';
import { actorName, language, t, wordOr } from '../../words/words.ts';

const look = {
  pending: ['idle', 'never'],
  firing: [null, 'alert'],
  unknown: ['unknown', 'never'],
  resolved: ['ok', 'ok'],
} as const;

export function AlertState({ alert }: { alert: Alert }) {
  const [tone, icon] = look[alert.state];
  return (
    <>
      <Mark tone={tone ?? alert.severity} icon={icon}>
        {t(`alert.state.${alert.state}`)}
      </Mark>
      {alert.suppressedBy.map((by) => (
        <span key={by} class="tag">
          {wordOr('alert.suppressedBy', by)}
        </span>
      ))}
    </>
  );
}

/** Its name, and of other monitoring also what its sender says, as far as it fits a title. */
export function titleOf(alert: Pick<Alert, 'rule' | 'tags' | 'summary'>): string {
  const said = alert.summary?.replaceAll(/\s+/g, ' ') ?? '';
  const cut = said.length > longestTitle ? `${said.slice(0, longestTitle - 1)}…` : said;
  return cut === '' ? alertName(alert) : `${alertName(alert)}: ${cut}`;
}
const longestTitle = 120;

/** `disk.used_percent (/var)` as `/var`: what distinguishes two alerts of one name. */
export function instanceOf(alert: Pick<Alert, 'tags'>): string {
  return Object.entries(alert.tags)
    .filter(([name]) => name !== 'host' && name !== 'fstype' && name !== 'alertname')
    .map(([, value]) => value)
    .join(' · ');
}

/** The measured value; for an endpoint without reports, that fact. */
export function measuredOf(alert: Alert): string {
  // The collector says what is wrong with itself in words, and may have nothing that is measured.
  if (alert.endpoint.id === 'collector' && alert.value === null) return '';
  return alert.metric === silence ? t('alert.silent') : formatMeasured(alert).value;
}

export function limitOf(alert: Alert): string | null {
  const { limit } = formatMeasured(alert);
  return limit === null ? null : t('alert.limit', { value: limit });
}

/** A time of today as such; of another day with its day, or it reads as past. */
export function untilText(at: number): string {
  const isToday = time(at, language.value, 'date') === time(now.value, language.value, 'date');
  return t('alert.until', { at: isToday ? time(at, language.value, 'minute') : momentText(at) });
}

/** To whom it was handed over, who has not accepted; null: to nobody. */
export function Handed({ alert: { handedTo, handedUntil } }: { alert: Pick<Alert, 'handedTo' | 'handedUntil'> }) {
  if (handedTo === null) return null;
  return (
    <div>
      <Sentence
        of="alert.page.handedTo"
        values={{ name: handedTo, when: handedUntil === null ? '' : <Ahead at={handedUntil} /> }}
      />
    </div>
  );
}

/** Who has it until when, and to whom it was handed; null: nobody has. */
export function Owner({ alert }: { alert: Alert }) {
  if (alert.acknowledgedAt === null) return null;
  return (
    <span class="small quiet">
      {t('alert.acknowledgedBy', { name: actorName(alert.acknowledgedBy ?? '?') })} <Ago at={alert.acknowledgedAt} />
      {alert.acknowledgedUntil !== null && <div class="nowrap">{untilText(alert.acknowledgedUntil)}</div>}
      <Handed alert={alert} />
    </span>
  );
}

/** Reminders and escalation run again since: whoever looks must see that it was once in somebody's hands. */
export const Lapsed = ({ alert }: { alert: Alert }) =>
  alert.firstAcknowledgedAt !== null && (
    <span class="small quiet">
      {t('alert.lapsed')} <Ago at={alert.firstAcknowledgedAt} />
    </span>
  );

/** A button whose name also says, to whoever hears the page, which alert it is about. */
export function AlertButton({ alert, word, path, onDone }: AlertButtonProps) {
  const { busy, problem, send } = useSend();
  const post = () => call(`alerts/${encodeURIComponent(alert.id)}/${path}`, { method: 'POST', body: {} });
  return (
    <div class="stack-2">
      <span>
        <button type="button" class="button slim" disabled={busy} onClick={() => void send(post).then(onDone)}>
          {word}
          <span class="unseen">
            {' '}
            {alertName(alert)} {endpointName(alert.endpoint)}
          </span>
        </button>
      </span>
      {problem && <ProblemCallout problem={problem} />}
    </div>
  );
}

interface AlertButtonProps {
  alert: Alert;
  word: string;
  /** Of the address, after the alert. */
  path: 'acknowledge' | 'ticket';
  onDone: () => void;
}

/** In a list: who has it, or the button by which somebody does. */
export function Acknowledge({ alert, onDone }: { alert: Alert; onDone: () => void }) {
  if (alert.acknowledgedAt !== null) return <Owner alert={alert} />;
  if (alert.state === 'resolved' || alert.state === 'pending' || !may('operator')) return <span class="quiet">—</span>;
  return (
    <div class="stack-2">
      <AlertButton alert={alert} word={t('alert.acknowledge')} path="acknowledge" onDone={onDone} />
      <Lapsed alert={alert} />
    </div>
  );
}
