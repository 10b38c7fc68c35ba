/** What is done with the ticked endpoints: chosen, shown endpoint by endpoint, then done; and taken back where that is possible. */

import { useEffect, useState } from 'preact/hooks';
import type { GroupRow } from '../../../../shared/api.ts';
import type { BulkAct, BulkEditOutcome, BulkLine } from '../../../../shared/bulk.ts';
import { none, number } from '../../../../shared/words/format.ts';
import type { Ticked } from '../../fleet/tick.ts';
import { useLoad, useSend } from '../../net/load.ts';
import { call, type Page } from '../../net/request.ts';
import { may } from '../../net/session.ts';
import { Callout, ProblemCallout } from '../../parts/box.tsx';
import { Input, Select } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { SiteInput } from '../../parts/site-input.tsx';
import { Table } from '../../parts/table.tsx';
import { Toast, toast } from '../../parts/toast.tsx';
import { to } from '../../router.ts';
import { formatReasons } from '../../words/reason.ts';
import { language, t } from '../../words/words.ts';

const n = (value: number) => number(value, language.value);
/** More lines than this nobody compares by eye. */
const linesShown = 100;
const needsReason: ReadonlySet<BulkAct> = new Set(['retire', 'take_back', 'rotate', 're_enrol']);

const acts = (): BulkAct[] => [
  ...(['site', 'add_tags', 'remove_tags', 'add_group', 'remove_group', 'kind'] as const),
  ...(may('admin') ? (['rotate', 're_enrol', 'retire'] as const) : []),
];
const tagsOf = (text: string) => [...new Set(text.split(/[,\s、]+/).filter(Boolean))];

/** What the API takes for what was typed; undefined: nothing yet. */
function wantedIn(act: BulkAct, text: string): string | string[] | null | undefined {
  if (act === 'site') return text.trim() === '' ? null : text;
  if (needsReason.has(act)) return null;
  if (act === 'add_tags' || act === 'remove_tags') return text.trim() === '' ? undefined : tagsOf(text);
  return text === '' ? undefined : text;
}

interface BulkValueProps {
  act: BulkAct;
  value: string;
  onInput: (value: string) => void;
}

function GroupSelect({ value, onInput }: Omit<BulkValueProps, 'act'>) {
  const { data } = useLoad<Page<GroupRow>>('groups');
  const options = (data?.items ?? []).map(({ id, name }) => [id, name] as const);
  return (
    <Select
      label={t('filter.name.group')}
      value={value}
      onChange={onInput}
      options={[['', t('bulk.choose')], ...options]}
      required
    />
  );
}

function Value({ act, value, onInput }: BulkValueProps) {
  if (act === 'site') return <SiteInput value={value} onInput={onInput} />;
  if (act === 'add_group' || act === 'remove_group') return <GroupSelect value={value} onInput={onInput} />;
  if (act === 'kind')
    return (
      <Select
        label={t('filter.name.kind')}
        value={value}
        onChange={onInput}
        options={[
          ['', t('bulk.choose')],
          ...(['server', 'workstation'] as const).map((one) => [one, t(`kind.${one}`)] as const),
        ]}
        required
      />
    );
  if (needsReason.has(act)) return null;
  return <Input label={t('endpoint.tags')} value={value} onInput={onInput} help={t('endpoint.tagsHelp')} required />;
}

const kindWord = (act: BulkAct, text: string | null) =>
  text === null || text === '' ? none : act === 'kind' ? t(`kind.${text as 'server'}`) : text;

/** What is refused first: it is what nobody expects. */
function Lines({ act, lines }: { act: BulkAct; lines: readonly BulkLine[] }) {
  const order = ['refused', 'change', 'same'];
  const sorted = [...lines].sort((a, b) => order.indexOf(a.does) - order.indexOf(b.does));
  return (
    <>
      <Table
        caption={t('bulk.lines')}
        rows={sorted.slice(0, linesShown)}
        keyOf={({ id }) => id}
        columns={[
          { key: 'name', head: t('column.endpoint'), cell: ({ id, name }) => <a href={to.endpoint(id)}>{name}</a> },
          { key: 'does', head: t('csv.what'), cell: ({ does }) => t(`bulk.does.${does}`) },
          ...(needsReason.has(act)
            ? []
            : [
                {
                  key: 'before',
                  head: t('csv.before'),
                  cell: ({ before }: BulkLine) => kindWord(act, before),
                },
                { key: 'after', head: t('csv.after'), cell: ({ after }: BulkLine) => kindWord(act, after) },
              ]),
          {
            key: 'why',
            head: t(act === 'retire' ? 'bulk.uses' : 'csv.why'),
            cell: ({ why }) => (why.length === 0 ? none : formatReasons(why)),
          },
        ]}
      />
      {sorted.length > linesShown && <p class="quiet small">{t('csv.more', { n: n(sorted.length - linesShown) })}</p>}
    </>
  );
}

const counts = ({ change, same, refused }: BulkEditOutcome) => ({
  change: n(change),
  same: n(same),
  refused: n(refused),
});

async function takeBack(undo: NonNullable<BulkEditOutcome['undo']>): Promise<void> {
  try {
    for (const { reason, ...one } of undo)
      await call('endpoints/bulk', { method: 'POST', body: { ...one, reason: reason || t('common.undo') } });
    toast(t('bulk.undone'));
  } catch {
    toast(t('bulk.notUndone'));
  }
}

export interface BulkProps {
  ticked: Ticked;
  /** What the filters find. */
  total: number;
  /** As the API takes them. */
  filter: Readonly<Record<string, string>>;
  onClear: () => void;
}

export function Bulk({ ticked, total, filter, onClear }: BulkProps) {
  const [act, setAct] = useState<BulkAct>('site');
  const [value, setValue] = useState('');
  const [reason, setReason] = useState('');
  const [outcome, setOutcome] = useState<BulkEditOutcome | null>(null);
  const { busy, problem, send } = useSend();
  const wanted = wantedIn(act, value);
  const chosen = `${act} ${value}`;
  /** For what a refusal was: chosen otherwise, it says nothing any more. */
  const [asked, setAsked] = useState('');
  // What was shown is done, and nothing else.
  useEffect(() => setOutcome(null), [ticked]);
  const isWaiting = outcome !== null && !outcome.applied;
  const which = ticked.isAll ? { filter } : { ids: [...ticked.ids] };
  const show = () => {
    setAsked(chosen);
    const body = { ...which, act, value: wanted };
    void send(async () => setOutcome(await call<BulkEditOutcome>('endpoints/bulk/preview', { method: 'POST', body })));
  };
  const go = () => {
    const ids = outcome?.lines.filter(({ does }) => does === 'change').map(({ id }) => id);
    const body = { ids, act, value: wanted, ...(reason.trim() === '' ? {} : { reason }) };
    void send(async () => {
      const done = await call<BulkEditOutcome>('endpoints/bulk', { method: 'POST', body });
      const { undo } = done;
      toast(t('bulk.done', counts(done)), undo && (() => void takeBack(undo)));
      setReason('');
      if (done.refused === 0) onClear();
      else setOutcome(done);
    });
  };
  const count = ticked.isAll ? total : ticked.ids.size;
  if (count === 0) return <Toast />;
  return (
    <>
      <section class="bulk" aria-label={t('bulk.title')}>
        <span class="strong" role="status">
          {t('bulk.selected', { n: n(count) })}
        </span>
        <button type="button" class="link" data-clear onClick={onClear}>
          {t('keys.clear')}
        </button>
        <Form
          class="form bulk-form"
          onSubmit={show}
          busy={busy}
          word={t('bulk.show')}
          lacks={wanted === undefined && t('form.lacks.value')}
          look={isWaiting ? '' : 'main'}
        >
          <div class="form-row">
            <Select
              label={t('bulk.act')}
              value={act}
              onChange={(next) => {
                setAct(next as BulkAct);
                setValue('');
                setOutcome(null);
              }}
              options={acts().map((one) => [one, t(`bulk.acts.${one as 'site'}`)] as const)}
            />
            <Value
              act={act}
              value={value}
              onInput={(next) => {
                setValue(next);
                setOutcome(null);
              }}
            />
          </div>
        </Form>
        {problem && asked === chosen && <ProblemCallout problem={problem} />}
        {outcome && (
          <div class="stack bulk-form">
            <p role="status" class="strong">
              {t(outcome.applied ? 'bulk.done' : 'bulk.would', counts(outcome))}
            </p>
            <Lines act={act} lines={outcome.lines} />
            {isWaiting && outcome.change > 0 && (
              <Form
                onSubmit={go}
                busy={busy}
                word={t(`bulk.go.${act}`, { n: n(outcome.change) })}
                look={act === 'retire' ? 'danger' : 'main'}
                onCancel={() => setOutcome(null)}
              >
                {needsReason.has(act) && <Callout tone="warning">{t(`bulk.leads.${act as 'retire'}`)}</Callout>}
                <Input
                  label={needsReason.has(act) ? t('stability.reason') : t('bulk.reason')}
                  value={reason}
                  onInput={setReason}
                  required={needsReason.has(act)}
                  maxLength={500}
                />
              </Form>
            )}
          </div>
        )}
      </section>
      <Toast />
    </>
  );
}
