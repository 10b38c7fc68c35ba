/** Machines that wait for a person: compare the check word, then let them in or refuse them. */

import { useState } from 'preact/hooks';
import type { Applicant } from '../../../../shared/applicant.ts';
import { useLoad, useSend } from '../../net/load.ts';
import { call, type Page } from '../../net/request.ts';
import { may } from '../../net/session.ts';
import { Box, ProblemCallout } from '../../parts/box.tsx';
import { Input } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { Mark } from '../../parts/mark.tsx';
import { Ago } from '../../parts/moment.tsx';
import { Table } from '../../parts/table.tsx';
import { actorName, t } from '../../words/words.ts';

const lookMs = 3000;

function Decide({ one, onDone }: { one: Applicant; onDone: () => void }) {
  const { busy, problem, send } = useSend();
  const [reason, setReason] = useState<string | null>(null);
  if (one.state !== 'waiting')
    return (
      <div>
        <Mark tone={one.state === 'approved' ? 'ok' : 'idle'} icon={one.state === 'approved' ? 'online' : 'offline'}>
          {t(`waiting.state.${one.state}`)}
        </Mark>
        <p class="quiet small">{[actorName(one.decidedBy ?? ''), one.reason].filter(Boolean).join(' · ')}</p>
      </div>
    );
  if (!may('admin')) return <span class="quiet">{t('waiting.adminOnly')}</span>;
  const answer = (act: 'approve' | 'refuse', body?: object) =>
    void send(() =>
      call(`applicants/${encodeURIComponent(one.id)}/${act}`, { method: 'POST', ...(body && { body }) }),
    ).then(onDone);
  return (
    <div class="stack">
      {problem && <ProblemCallout problem={problem} />}
      {reason === null ? (
        <div class="row">
          <button type="button" class="button main slim" disabled={busy} onClick={() => answer('approve')}>
            {t('waiting.approve')}
            <span class="unseen"> {one.hostname}</span>
          </button>
          <button type="button" class="button slim" disabled={busy} onClick={() => setReason('')}>
            {t('waiting.refuse')}
            <span class="unseen"> {one.hostname}</span>
          </button>
        </div>
      ) : (
        <Form
          class="stack"
          busy={busy}
          onSubmit={() => answer('refuse', { reason })}
          word={t('waiting.refuse')}
          lacks={reason.trim() === '' && t('form.lacks.reason')}
          look="danger slim"
          onCancel={() => setReason(null)}
        >
          <Input
            label={t('waiting.reason')}
            value={reason}
            onInput={setReason}
            maxLength={500}
            help={t('waiting.reasonHelp')}
            required
          />
        </Form>
      )}
    </div>
  );
}

/** Of the parts that the machine has: hashes, so a person compares them only where two look alike. */
const fingerprintIn = ({ fingerprint }: Applicant) =>
  Object.entries(fingerprint ?? {}).flatMap(([part, value]) =>
    typeof value === 'string' ? [`${part} ${value}`] : (value ?? []).map((mac) => `mac ${mac}`),
  );

/** Nothing where nobody waits. */
const codeOf = ({ copyOf, label }: Applicant) =>
  copyOf === null ? actorName(label) || t('add.noLabel') : t('waiting.copyOf', { name: copyOf });

export function WaitingMachines() {
  const loaded = useLoad<Page<Applicant>>('applicants', ({ kind }) => kind === 'applicant', lookMs);
  const items = loaded.data?.items ?? [];
  if (loaded.problem) return <ProblemCallout problem={loaded.problem} retry={loaded.reload} />;
  if (items.length === 0) return null;
  return (
    <Box title={t('waiting.title')} flush>
      <p class="box-body">{t('waiting.lead')}</p>
      <Table
        caption={t('waiting.title')}
        rows={items}
        keyOf={({ id }) => id}
        columns={[
          {
            key: 'name',
            head: t('waiting.machine'),
            cell: (one) => (
              <div>
                {one.hostname}
                <p class="quiet small">
                  {one.address} · {one.platform} {one.arch} · {t(`kind.${one.kind}`)}
                </p>
              </div>
            ),
          },
          { key: 'word', head: t('waiting.checkWord'), cell: (one) => <code>{one.checkWord}</code> },
          { key: 'code', head: t('waiting.code'), cell: codeOf },
          {
            key: 'asked',
            head: t('waiting.asks'),
            cell: (one) => (
              <div>
                <Ago at={one.askedAt} />
                <p class="quiet small">
                  {t('waiting.lately')} <Ago at={one.lastAt} />
                </p>
              </div>
            ),
          },
          {
            key: 'fingerprint',
            head: t('waiting.fingerprint'),
            cell: (one) => {
              const parts = fingerprintIn(one);
              return parts.length === 0 ? (
                '—'
              ) : (
                <details class="fold">
                  <summary>{parts[0]}</summary>
                  <ul class="small">
                    {parts.slice(1).map((part) => (
                      <li key={part}>{part}</li>
                    ))}
                  </ul>
                </details>
              );
            },
          },
          {
            key: 'act',
            acts: true,
            head: t('add.act'),
            bare: true,
            cell: (one) => <Decide one={one} onDone={loaded.reload} />,
          },
        ]}
      />
    </Box>
  );
}
