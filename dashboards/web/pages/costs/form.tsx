/** One cost, entered or changed. */

import { useState } from 'preact/hooks';
import type { CostRow } from '../../../../shared/api.ts';
import { amountText, centsIn } from '../../../../shared/money.ts';
import { useBase, useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { Input, Select } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { t } from '../../words/words.ts';

export const categories = ['people', 'tools', 'facilities', 'travel', 'training', 'supplies', 'other'] as const;
const kinds = ['monthly', 'yearly', 'capital'] as const;

interface CostFormProps {
  /** Null: a new one. */
  cost: CostRow | null;
  currency: string;
  /** Such as 2026-11. */
  month: string;
  onDone: () => void;
  onCancel: () => void;
}

const draftOf = (cost: CostRow | null, currency: string, month: string) => ({
  name: cost?.name ?? '',
  category: cost?.category ?? ('people' as CostRow['category']),
  kind: cost?.kind ?? ('monthly' as CostRow['kind']),
  amount: cost ? amountText(cost.cents, currency) : '',
  from: cost?.from ?? month,
  to: cost?.to ?? '',
  months: String(cost?.months ?? 36),
});

export function CostForm({ cost, currency, month, onDone, onCancel }: CostFormProps) {
  const [draft, setDraft] = useState(() => draftOf(cost, currency, month));
  const [reason, setReason] = useState('');
  const { busy, problem, send } = useSend();
  const base = useBase('costs');
  const set = (change: Partial<typeof draft>) => setDraft((old) => ({ ...old, ...change }));
  const cents = centsIn(draft.amount, currency);
  const isAmount = cents !== null && cents >= 0;
  const address = cost ? `costs/${encodeURIComponent(cost.id)}` : 'costs';
  const submit = async () => {
    if (!isAmount) return;
    const { name, category, kind, from, to, months } = draft;
    const rest = { from, to: to === '' ? null : to, months: kind === 'capital' ? Number(months) : null, reason };
    const body = { name, category, kind, cents, ...rest };
    if (await send(() => call(address, { method: cost ? 'PATCH' : 'POST', body, base }))) onDone();
  };
  const remove = async () => {
    if (await send(() => call(address, { method: 'DELETE', body: { reason }, base }))) onDone();
  };
  return (
    <Form
      problem={problem}
      onSubmit={submit}
      busy={busy}
      word={cost ? t('common.save') : t('cost.new')}
      onCancel={onCancel}
      end={
        cost && (
          <button
            type="button"
            class="button danger"
            disabled={busy || reason.trim() === ''}
            onClick={() => void remove()}
          >
            {t('cost.remove')}
          </button>
        )
      }
    >
      <Input label={t('cost.name')} value={draft.name} onInput={(name) => set({ name })} required maxLength={512} />
      <div class="form-row">
        <Select
          label={t('cost.category')}
          value={draft.category}
          onChange={(category) => set({ category: category as CostRow['category'] })}
          options={categories.map((one) => [one, t(`cost.categories.${one}`)] as const)}
        />
        <Select
          label={t('cost.kind')}
          value={draft.kind}
          onChange={(kind) => set({ kind: kind as CostRow['kind'] })}
          options={kinds.map((one) => [one, t(`cost.kinds.${one}`)] as const)}
        />
        <Input
          label={t('cost.amount', { currency })}
          value={draft.amount}
          onInput={(amount) => set({ amount })}
          error={draft.amount !== '' && !isAmount ? t('cost.badAmount') : undefined}
          required
        />
      </div>
      <div class="form-row">
        <Input
          label={t('cost.from')}
          help={t('cost.monthHelp')}
          value={draft.from}
          onInput={(from) => set({ from })}
          required
          maxLength={7}
        />
        <Input
          label={t('cost.to')}
          help={t('cost.toHelp')}
          value={draft.to}
          onInput={(to) => set({ to })}
          maxLength={7}
        />
        {draft.kind === 'capital' && (
          <Input
            label={t('cost.months')}
            type="number"
            min="1"
            max="600"
            value={draft.months}
            onInput={(months) => set({ months })}
            required
          />
        )}
      </div>
      <Input label={t('stability.reason')} value={reason} onInput={setReason} required maxLength={500} />
    </Form>
  );
}
