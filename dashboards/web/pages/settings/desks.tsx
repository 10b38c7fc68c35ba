/** Ticket desks of others: how each does, how it is set, and a test of what its account may do. */
import { useState } from 'preact/hooks';
import type { DeskTrial, DeskView } from '../../../../shared/desk.ts';
import { number } from '../../../../shared/words/format.ts';
import { useLoad, useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { Box, Callout, ProblemCallout } from '../../parts/box.tsx';
import { Fact } from '../../parts/fact.tsx';
import { Ago } from '../../parts/moment.tsx';
import { language, t, wordOr } from '../../words/words.ts';
import { RemoteFault } from './remote-fault.tsx';

const lookEveryMs = 10_000;

/** Names of priorities, people and further fields, as evenkeel.yaml has them. */
function shownValue(value: unknown): string {
  if (Array.isArray(value)) return value.join(', ');
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([key, one]) => `${key} → ${shownValue(one)}`)
    .join(', ');
}

function Trial({ of }: { of: DeskTrial }) {
  const isBad = of.error !== null || of.findings.some(({ result }) => result === 'bad');
  return (
    <Callout
      tone={isBad ? 'warning' : 'ok'}
      title={t(of.error !== null ? 'desk.failed' : isBad ? 'desk.bad' : 'desk.good')}
      spoken
    >
      {of.error !== null && <RemoteFault code={of.errorCode} text={of.error} />}
      <dl class="facts">
        {of.findings.map(({ what, result, detail }, n) => (
          <Fact key={n} name={t(`desk.finding.${what}`)}>
            {t(`desk.result.${result}`)} · <span lang="en">{detail}</span>
          </Fact>
        ))}
      </dl>
      {of.example && (
        <>
          <p>{t('desk.would')}</p>
          <p>
            <strong>{of.example.title}</strong>
          </p>
          <pre class="quotation">{of.example.text}</pre>
          <p>
            {t('desk.owner')}: {of.example.assignee ?? t('desk.nobody')}
          </p>
        </>
      )}
    </Callout>
  );
}

function OneDesk({ of }: { of: DeskView }) {
  const [trial, setTrial] = useState<DeskTrial | null>(null);
  const { busy, problem, send } = useSend();
  const amount = (n: number) => number(n, language.value, 0);
  const test = () =>
    void send(async () => setTrial(await call<DeskTrial>(`desks/${of.name}/test`, { method: 'POST' })));
  return (
    <div class="stack">
      <h3>{of.name}</h3>
      {of.trouble !== null && (
        <Callout tone="warning" title={t(of.isStopped ? 'desk.stopped' : 'desk.trouble')}>
          <RemoteFault code={of.troubleCode} text={of.trouble} />
          <p>{of.troubleSince !== null && <Ago at={of.troubleSince} />}</p>
        </Callout>
      )}
      <dl class="facts">
        <Fact name={t('desk.kind')}>{of.kind}</Fact>
        {Object.entries(of.settings).map(([key, value]) => (
          <Fact key={key} name={wordOr('desk.setting', key, key)}>
            <code>{shownValue(value)}</code>
          </Fact>
        ))}
        <Fact name={t('desk.hook')}>{of.hook === null ? t('desk.polled') : <code>{of.hook}</code>}</Fact>
        <Fact name={t('desk.linked')}>{amount(of.linked)}</Fact>
        {of.waiting > 0 && <Fact name={t('desk.waiting')}>{amount(of.waiting)}</Fact>}
        {of.refused > 0 && <Fact name={t('desk.refused')}>{amount(of.refused)}</Fact>}
        {of.lastAt !== null && (
          <Fact name={t('desk.last')}>
            <Ago at={of.lastAt} />
          </Fact>
        )}
      </dl>
      {problem && <ProblemCallout problem={problem} />}
      <p>
        <button type="button" class="button" disabled={busy} onClick={test}>
          {t(busy ? 'desk.testing' : 'desk.test')}
        </button>
      </p>
      {trial && <Trial of={trial} />}
    </div>
  );
}

/** Nothing where none is set: they are set in evenkeel.yaml alone. */
export function Desks() {
  const { data } = useLoad<{ items: DeskView[] }>('desks', () => false, lookEveryMs);
  if (!data || data.items.length === 0) return null;
  return (
    <Box title={<span id="desks">{t('desk.title')}</span>}>
      <div class="stack">
        {data.items.map((one) => (
          <OneDesk key={one.name} of={one} />
        ))}
      </div>
    </Box>
  );
}
