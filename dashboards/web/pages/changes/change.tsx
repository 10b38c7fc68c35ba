/** One change: when, on which targets, how it went on each and as a whole, what happened afterwards, and its history. */

import { useState } from 'preact/hooks';
import type { ChangeDetail } from '../../../../shared/api.ts';
import { duration } from '../../../../shared/words/format.ts';
import { useLoad, useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { may } from '../../net/session.ts';
import { Box, PageHead, ProblemCallout, Ready } from '../../parts/box.tsx';
import { Crumbs } from '../../parts/crumbs.tsx';
import { EndpointLink } from '../../parts/endpoint-link.tsx';
import { Input } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { Mark } from '../../parts/mark.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Table, type TableColumn } from '../../parts/table.tsx';
import { to } from '../../router.ts';
import { endpointName } from '../../words/value.ts';
import { actorName, language, t, wordOr } from '../../words/words.ts';
import { titleOf } from '../tickets/marks.tsx';
import {
  ChangeLink,
  ChangeReasons,
  ChangeState,
  ChangeWarnings,
  changeNumber,
  changeTitle,
  say,
  TargetCounts,
} from './facts.tsx';
import { ChangeForm } from './form.tsx';
import { concernsChanges } from './list.tsx';
import { OutcomeForm } from './outcome.tsx';

type TargetLine = ChangeDetail['targets'][number];
type OpenForm = 'edit' | 'outcome' | 'cancel' | null;

const looks = { done: ['ok', 'ok'], failed: ['critical', 'critical'], not_seen: ['unknown', 'unknown'] } as const;

function targetColumns(id: number, onDone: () => void): TableColumn<TargetLine>[] {
  return [
    {
      key: 'endpoint',
      head: t('column.endpoint'),
      cell: ({ endpoint }) => (
        <>
          <EndpointLink of={endpoint} />
          <div class="quiet small">{endpoint.site}</div>
        </>
      ),
    },
    {
      key: 'result',
      head: t('change.resultLabel'),
      cell: ({ result, isStated, note }) => (
        <div>
          <Mark tone={looks[result][0]} icon={looks[result][1]}>
            {t(`change.result.${result}`)}
          </Mark>
          {isStated && <div class="quiet small">{[t('change.stated'), note].filter(Boolean).join(': ')}</div>}
        </div>
      ),
    },
    { key: 'seen', head: t('change.seenAt'), cell: ({ seenAt }) => <Moment at={seenAt} /> },
    {
      key: 'outage',
      head: t('change.outage'),
      cell: ({ outage, endpoint }) =>
        outage && (
          <a href={`${to.endpoint(endpoint.id)}?tab=presence`}>
            {wordOr('cause', outage.cause)}, <Moment at={outage.at} />,{' '}
            {duration((outage.end - outage.at) / 1000, language.value)}
          </a>
        ),
    },
    ...(may('operator')
      ? [
          {
            key: 'state',
            head: t('change.stateIt'),
            cell: (line: TargetLine) => <StateResult id={id} line={line} onDone={onDone} />,
          },
        ]
      : []),
  ];
}

const results = ['done', 'failed'] as const;

function StateResult({
  id,
  line: { endpoint, result, isStated },
  onDone,
}: {
  id: number;
  line: TargetLine;
  onDone: () => void;
}) {
  const { problem, send } = useSend();
  const set = (value: string) =>
    void send(() =>
      call(`changes/${id}/targets/${encodeURIComponent(endpoint.id)}`, {
        method: 'PUT',
        body: { result: value === '' ? null : value },
      }),
    ).then(onDone);
  return (
    <>
      <select
        class="input"
        aria-label={`${t('change.resultLabel')} ${endpointName(endpoint)}`}
        value={isStated ? result : ''}
        onChange={(event) => set(event.currentTarget.value)}
      >
        <option value="">{t('change.observe')}</option>
        {results.map((one) => (
          <option key={one} value={one}>
            {t(`change.result.${one}`)}
          </option>
        ))}
      </select>
      {problem && <ProblemCallout problem={problem} />}
    </>
  );
}

function CancelForm({ id, onDone, onCancel }: { id: number; onDone: () => void; onCancel: () => void }) {
  const [reason, setReason] = useState('');
  const { busy, problem, send } = useSend();
  const submit = async () => {
    if (await send(() => call(`changes/${id}/cancel`, { method: 'POST', body: { reason } }))) onDone();
  };
  return (
    <Box title={t('change.cancel')}>
      <Form
        problem={problem}
        onSubmit={submit}
        busy={busy}
        word={t('change.cancel')}
        end={
          <button type="button" class="button" onClick={onCancel}>
            {t('common.earlier')}
          </button>
        }
      >
        <Input label={t('change.cancelWhy')} value={reason} onInput={setReason} required maxLength={1000} />
      </Form>
    </Box>
  );
}

function Facts({ detail: { row, description, repairs } }: { detail: ChangeDetail }) {
  const facts: [string, preact.ComponentChildren][] = [
    [t('column.state'), <ChangeState key="s" row={row} />],
    [
      t('change.window'),
      <span key="w">
        <Moment at={row.from} shape="long" /> – <Moment at={row.to} shape="long" />
      </span>,
    ],
    [t('change.kindLabel'), t(`change.kind.${row.kind}`)],
  ];
  if (row.kind === 'planned')
    facts.push([
      t('change.targets'),
      row.scopes.map(({ of, name }) => `${t(`maintenance.scope.${of}`)} ${name}`).join(', '),
    ]);
  if (row.implementedAt !== null)
    facts.push([t('change.finishedAt'), <Moment key="f" at={row.implementedAt} shape="long" />]);
  if (row.stated)
    facts.push([
      t('change.stated'),
      [t(`change.outcome.${row.stated.as}`), row.stated.reason].filter(Boolean).join(': '),
    ]);
  if (row.repairOf !== null)
    facts.push([
      t('change.repairOf'),
      <a key="r" href={to.change(row.repairOf)}>
        {changeNumber(row.repairOf)}
      </a>,
    ]);
  if (repairs.length > 0)
    facts.push([
      t('change.repairs'),
      repairs.map((one) => (
        <div key={one.id}>
          <ChangeLink change={one} />
        </div>
      )),
    ]);
  return (
    <Box>
      <div class="stack">
        <dl class="facts">
          {facts.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
        {row.outcome && (
          <p>
            <ChangeReasons outcome={row.outcome} />{' '}
            {row.outcome.isProvisional && <span class="tag">{t('stability.provisional')}</span>}{' '}
            {row.outcome.isProvisional && <span class="quiet small">{t('change.provisional')}</span>}
          </p>
        )}
        {description && <p class="place-note">{description}</p>}
      </div>
    </Box>
  );
}

function History({ history }: Pick<ChangeDetail, 'history'>) {
  return (
    <Box title={t('change.history')}>
      <ol class="stack-2">
        {history.map(({ at, by, code, data }, n) => {
          const { reason, note, outcome, result, endpoint } = data as Record<string, unknown>;
          const said = [
            outcome && wordOr('change.outcome', String(outcome)),
            result && wordOr('change.result', String(result)),
            endpoint,
            reason,
            note,
          ];
          return (
            <li key={n}>
              <Moment at={at} /> · {actorName(by)}: {wordOr('change.event', code)}{' '}
              <span class="quiet">{said.filter((one) => typeof one === 'string' && one !== '').join(' · ')}</span>
            </li>
          );
        })}
      </ol>
    </Box>
  );
}

function Body({
  detail,
  form,
  close,
  reload,
}: {
  detail: ChangeDetail;
  form: OpenForm;
  close: () => void;
  reload: () => void;
}) {
  const { row, targets, incidents } = detail;
  const done = () => {
    close();
    reload();
  };
  return (
    <>
      {form === 'edit' && <ChangeForm detail={detail} onDone={done} onCancel={close} />}
      {form === 'outcome' && <OutcomeForm detail={detail} onDone={done} onCancel={close} />}
      {form === 'cancel' && <CancelForm id={row.id} onDone={done} onCancel={close} />}
      <ChangeWarnings warnings={detail.warnings} />
      <Facts detail={detail} />
      <Box title={t('change.targets')} aside={<TargetCounts row={row} />} flush>
        {targets.length > 0 && (
          <Table
            caption={t('change.targets')}
            columns={targetColumns(row.id, reload)}
            rows={targets}
            keyOf={({ endpoint }) => endpoint.id}
          />
        )}
        <p class="box-body quiet small">{targets.length > 0 ? t('change.resultHelp') : t('change.targetHelp')}</p>
      </Box>
      <div class="split">
        <Box title={t('change.incidents')}>
          {incidents.length === 0 ? (
            <p class="quiet">{t('change.noIncidents')}</p>
          ) : (
            <ul class="stack-2">
              {incidents.map(({ ticket, openedAt }) => (
                <li key={ticket.id}>
                  <a href={to.incident(ticket.id)}>
                    #{ticket.id} {titleOf(ticket)}
                  </a>{' '}
                  <span class="quiet small">
                    P{ticket.priority} · <Moment at={openedAt} />
                  </span>
                </li>
              ))}
            </ul>
          )}
        </Box>
        <History history={detail.history} />
      </div>
      {row.packages.length > 0 && (
        <Box title={`${t('change.packages')} ${say(row.packages.length)}`}>
          <p class="small">{row.packages.join(', ')}</p>
        </Box>
      )}
    </>
  );
}

function Actions({
  row,
  form,
  setForm,
}: {
  row: ChangeDetail['row'];
  form: OpenForm;
  setForm: (form: OpenForm) => void;
}) {
  if (!may('operator') || form !== null) return null;
  const isOpen = row.kind === 'planned' && (row.state === 'planned' || row.state === 'in_progress');
  const button = (which: OpenForm, word: string, main = false) => (
    <button type="button" class={main ? 'button main' : 'button'} onClick={() => setForm(which)}>
      {word}
    </button>
  );
  return (
    <>
      {row.state === 'in_progress' && button('outcome', t('change.finish'), true)}
      {row.state === 'done' && button('outcome', t('change.outcomeAgain'))}
      {isOpen && button('edit', t('change.edit'))}
      {isOpen && button('cancel', t('change.cancel'))}
    </>
  );
}

export function ChangePage({ id }: { id: number }) {
  const loaded = useLoad<ChangeDetail>(`changes/${id}`, concernsChanges, 2000);
  const [form, setForm] = useState<OpenForm>(null);
  const row = loaded.data?.row;
  const name = row ? `${changeNumber(id)} ${changeTitle(row)}` : changeNumber(id);
  return (
    <>
      <Crumbs list="changes" title={name} />
      <PageHead
        title={name}
        lead={row?.kind === 'planned' ? t('change.by', { name: actorName(row.createdBy) }) : undefined}
      >
        {row && <Actions row={row} form={form} setForm={setForm} />}
      </PageHead>
      <Ready of={loaded}>
        {(detail) => <Body detail={detail} form={form} close={() => setForm(null)} reload={loaded.reload} />}
      </Ready>
    </>
  );
}
