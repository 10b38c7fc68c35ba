/** The mailbox whose messages become tickets: how it does, what was put aside and why, and a test that changes nothing. */
import { useState } from 'preact/hooks';
import type { MailInView, MailTrial } from '../../../../shared/mail-in.ts';
import { number } from '../../../../shared/words/format.ts';
import { useLoad, useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { Box, Callout, ProblemCallout } from '../../parts/box.tsx';
import { Dots } from '../../parts/dots.tsx';
import { Fact } from '../../parts/fact.tsx';
import { Ago } from '../../parts/moment.tsx';
import { language, t } from '../../words/words.ts';

const lookEveryMs = 10_000;
const amount = (n: number) => number(n, language.value, 0);

const Said = ({ text }: { text: string | null }) =>
  text === null ? null : (
    <p class="small">
      {t('mailIn.said')}: <code lang="en">{text}</code>
    </p>
  );

function Trial({ of: { trouble, said, messages, folders, hasIdle } }: { of: MailTrial }) {
  return (
    <Callout
      tone={trouble === null ? 'ok' : 'warning'}
      title={t(trouble === null ? 'mailIn.good' : 'mailIn.bad')}
      spoken
    >
      {trouble !== null && <p>{t(`mailIn.trouble.${trouble}`)}</p>}
      <Said text={said} />
      {trouble === null && (
        <dl class="facts">
          <Fact name={t('mailIn.messages')}>{messages === null ? '' : amount(messages)}</Fact>
          <Fact name={t('mailIn.folders')}>
            <Dots of={folders.map(({ name, isThere }) => t(isThere ? 'mailIn.there' : 'mailIn.notThere', { name }))} />
          </Fact>
          <Fact name="IDLE">{t(hasIdle ? 'mailIn.idle' : 'mailIn.polled')}</Fact>
        </dl>
      )}
    </Callout>
  );
}

function Aside({ of, folder }: { of: MailInView['aside']; folder: string }) {
  return (
    <>
      <h3>{t('mailIn.aside')}</h3>
      <p class="small quiet">{t('mailIn.asideLead', { folder })}</p>
      <ul class="stack-2">
        {of.map(({ at, sender, subject, why }, n) => (
          <li key={n}>
            <p>
              <strong>{subject || t('mailIn.noSubject')}</strong>
            </p>
            <p class="small quiet">
              <Dots of={[sender ?? '?', t(`mailIn.reason.${why}`), <Ago at={at} />]} />
            </p>
          </li>
        ))}
      </ul>
    </>
  );
}

function Mailbox({ of }: { of: MailInView }) {
  const [trial, setTrial] = useState<MailTrial | null>(null);
  const { busy, problem, send } = useSend();
  const test = () => void send(async () => setTrial(await call<MailTrial>('mail-in/test', { method: 'POST' })));
  const set = of.settings as Record<string, string | number>;
  const { user, host, port, address, folder, moveTo, asideTo } = set;
  const { maxMb: mb = '', perSender: sender = '', perHour: all = '', answers = '' } = set;
  return (
    <div class="stack">
      {of.trouble !== null && (
        <Callout tone="warning" title={t(`mailIn.trouble.${of.trouble}`)}>
          <Said text={of.said} />
          <p>{of.troubleSince !== null && <Ago at={of.troubleSince} />}</p>
        </Callout>
      )}
      {!of.canAnswer && <Callout tone="warning" title={t('mailIn.noChannel')} />}
      <dl class="facts">
        <Fact name={t('column.state')}>{t(`mailIn.state.${of.state}`)}</Fact>
        <Fact name={t('mailIn.mailbox')}>
          <code>{`${user}@${host}:${port}`}</code>
        </Fact>
        <Fact name={t('mailIn.address')}>
          <code>{address}</code>
        </Fact>
        <Fact name={t('mailIn.folders')}>
          <code>{folder}</code> → <code>{moveTo}</code>, <code>{asideTo}</code>
        </Fact>
        <Fact name={t('mailIn.limits')}>{t('mailIn.limitsAre', { mb, sender, all, answers })}</Fact>
        <Fact name={t('mailIn.checked')}>{of.checkedAt === null ? '—' : <Ago at={of.checkedAt} />}</Fact>
        <Fact name={t('mailIn.last')}>
          {of.lastMessageAt === null ? t('mailIn.never') : <Ago at={of.lastMessageAt} />}
        </Fact>
        <Fact name={t('mailIn.day')}>{t('mailIn.dayIs', of.counts)}</Fact>
        {of.waiting > 0 && <Fact name={t('mailIn.wait')}>{amount(of.waiting)}</Fact>}
      </dl>
      {of.aside.length > 0 && <Aside of={of.aside} folder={String(asideTo)} />}
      {problem && <ProblemCallout problem={problem} />}
      <p>
        <button type="button" class="button" disabled={busy} onClick={test}>
          {t(busy ? 'mailIn.testing' : 'mailIn.test')}
        </button>
      </p>
      {trial && <Trial of={trial} />}
    </div>
  );
}

/** Nothing where none is set: it is set in evenkeel.yaml alone. */
export function MailInBox() {
  const { data } = useLoad<{ mailbox: MailInView | null }>('mail-in', () => false, lookEveryMs);
  if (!data?.mailbox) return null;
  return (
    <Box title={<span id="mail_in">{t('mailIn.title')}</span>}>
      <Mailbox of={data.mailbox} />
    </Box>
  );
}
