/** A plan for a change, new or changed: what, why, on which targets and when; with what it would reach. */

import { useState } from 'preact/hooks';
import type { ChangeDetail, ChangePreview } from '../../../../shared/api.ts';
import { choiceWord, fleetFilters } from '../../fleet/filters.ts';
import { useFleet } from '../../fleet/store.ts';
import { useBase, useSend } from '../../net/load.ts';
import { usePreview } from '../../net/preview.ts';
import { call } from '../../net/request.ts';
import { Box } from '../../parts/box.tsx';
import { Input, Select } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { Icon } from '../../parts/icon.tsx';
import { TextArea } from '../../parts/text-area.tsx';
import { search } from '../../router.ts';
import { instantIn, localText } from '../../time/local.ts';
import { t } from '../../words/words.ts';
import { ChangeWarnings, say } from './facts.tsx';

const kinds = ['site', 'group', 'tag', 'endpoint'] as const;
type PlanScope = Pick<ChangeDetail['row']['scopes'][number], 'of' | 'target'>;

interface ChangeDraft {
  title: string;
  description: string;
  scopes: PlanScope[];
  from: string;
  to: string;
  repairOf: string;
}

function blank(): ChangeDraft {
  const params = new URLSearchParams(search.value);
  const of = kinds.find((one) => one === params.get('of')) ?? 'endpoint';
  const target = params.get('target');
  return {
    ...{ title: '', description: '', from: '', to: '', repairOf: params.get('repairs') ?? '' },
    scopes: target === null ? [] : [{ of, target }],
  };
}

const draftOf = ({ row, description }: ChangeDetail): ChangeDraft => ({
  ...{ title: row.title, description, from: localText(row.from).slice(0, 16), to: localText(row.to).slice(0, 16) },
  scopes: row.scopes.map(({ of, target }) => ({ of, target })),
  repairOf: row.repairOf === null ? '' : `C-${row.repairOf}`,
});

/** The body of the request; null while something is missing. */
function bodyOf({ title, description, scopes, from, to, repairOf }: ChangeDraft): object | null {
  const [start, end] = [instantIn(from, null), instantIn(to, null)];
  if (start === null || end === null || scopes.length === 0) return null;
  const [, number] = /^\s*(?:C-)?(\d{1,15})\s*$/i.exec(repairOf) ?? [];
  return { title, description, scopes, from: start, to: end, repairOf: number === undefined ? null : Number(number) };
}

function choicesOf(of: PlanScope['of'], fleet: ReturnType<typeof useFleet>): [string, string][] {
  if (of === 'endpoint') return [...(fleet?.values() ?? [])].map(({ id, name }) => [id, name]);
  const choices = fleetFilters.value?.data?.filters.find(({ name }) => name === of)?.choices ?? [];
  return choices.filter(({ value }) => value !== '').map((choice) => [choice.value, choiceWord(of, choice)]);
}

function Targets({ scopes, onChange }: { scopes: PlanScope[]; onChange: (scopes: PlanScope[]) => void }) {
  const [of, setOf] = useState<PlanScope['of']>('site');
  const fleet = useFleet();
  const nameOf = (scope: PlanScope) =>
    choicesOf(scope.of, fleet).find(([value]) => value === scope.target)?.[1] ?? scope.target;
  const known = choicesOf(of, fleet).sort((a, b) => a[1].localeCompare(b[1], 'en', { numeric: true }));
  const add = (target: string) => {
    if (target !== '' && !scopes.some((one) => one.of === of && one.target === target))
      onChange([...scopes, { of, target }]);
  };
  return (
    <fieldset class="part-fields">
      <legend>{t('change.targets')}</legend>
      <ul class="row">
        {scopes.map((scope) => (
          <li key={`${scope.of} ${scope.target}`} class="tag">
            {t(`maintenance.scope.${scope.of}`)}: {nameOf(scope)}{' '}
            <button
              type="button"
              class="link"
              aria-label={t('change.remove', { name: nameOf(scope) })}
              onClick={() => onChange(scopes.filter((one) => one !== scope))}
            >
              <Icon name="close" />
            </button>
          </li>
        ))}
      </ul>
      <div class="form-row">
        <Select
          label={t('maintenance.what')}
          value={of}
          onChange={(next) => setOf(next as PlanScope['of'])}
          options={kinds.map((one) => [one, t(`maintenance.scope.${one}`)] as const)}
        />
        <Select
          label={t('change.add')}
          value=""
          onChange={add}
          options={[['', t('common.choose')], ...known]}
          help={t('change.targetHelp')}
        />
      </div>
    </fieldset>
  );
}

interface ChangeFormProps {
  /** Without: a new one. */
  detail?: ChangeDetail;
  onDone: (id: number) => void;
  onCancel: () => void;
}

export function ChangeForm({ detail, onDone, onCancel }: ChangeFormProps) {
  const [draft, setDraft] = useState(() => (detail ? draftOf(detail) : blank()));
  const set = (part: Partial<ChangeDraft>) => setDraft((old) => ({ ...old, ...part }));
  const { preview, problem: fault } = usePreview<ChangePreview>('changes/preview', () => {
    const body = bodyOf(draft) as { scopes: PlanScope[]; from: number; to: number } | null;
    return body && { scopes: body.scopes, from: body.from, to: body.to, ...(detail ? { except: detail.row.id } : {}) };
  }, [draft.scopes, draft.from, draft.to]);
  const { busy, problem, send } = useSend();
  const base = useBase(detail ? `changes/${detail.row.id}` : 'changes');
  const submit = async () => {
    const body = bodyOf(draft);
    // The collector says what is missing of a plan without targets.
    const sent = body ?? { ...draft, from: instantIn(draft.from, null), to: instantIn(draft.to, null), repairOf: null };
    const [address, method] = detail ? [`changes/${detail.row.id}`, 'PATCH' as const] : ['changes', 'POST' as const];
    await send(async () => onDone((await call<ChangeDetail>(address, { method, body: sent, base })).row.id));
  };
  const shown = problem ?? fault;
  return (
    <Box title={t(detail ? 'change.edit' : 'change.new')}>
      <Form
        problem={shown}
        onSubmit={submit}
        busy={busy}
        word={t(detail ? 'change.move' : 'change.save')}
        onCancel={onCancel}
      >
        <Input
          label={t('change.title')}
          value={draft.title}
          onInput={(title) => set({ title })}
          required
          maxLength={200}
        />
        <Targets scopes={draft.scopes} onChange={(scopes) => set({ scopes })} />
        <div class="form-row">
          <Input
            label={t('change.from')}
            type="datetime-local"
            value={draft.from}
            onInput={(from) => set({ from })}
            required
          />
          <Input
            label={t('change.to')}
            type="datetime-local"
            value={draft.to}
            onInput={(to) => set({ to })}
            required
            help={t('change.windowHelp')}
          />
          <Input
            label={t('change.repairOf')}
            value={draft.repairOf}
            onInput={(repairOf) => set({ repairOf })}
            maxLength={20}
            help={t('change.repairHelp')}
          />
        </div>
        <TextArea
          label={t('change.description')}
          value={draft.description}
          onInput={(description) => set({ description })}
          maxLength={5000}
        />
        <div aria-live="polite" class="stack-2">
          {preview && (
            <>
              <p class="strong">{t('change.reaches', { n: say(preview.endpoints) })}</p>
              <ChangeWarnings warnings={preview.warnings} />
            </>
          )}
        </div>
      </Form>
    </Box>
  );
}
