/** A new rule: a metric of the catalogue, a limit with its unit, and where it holds. */
import { useState } from 'preact/hooks';
import type { RulePreview } from '../../../../shared/api.ts';
import { fieldOf } from '../../../../shared/metrics.ts';
import { useSend } from '../../net/load.ts';
import { Field, Input, Select } from '../../parts/field.tsx';
import { navigate, to } from '../../router.ts';
import { everywhere } from '../../rules/family.ts';
import {
  changesOf,
  type FreshRule,
  faultsOfFresh,
  freshRule,
  hasWorse,
  idFrom,
  measurements,
  withMetric,
} from '../../rules/fresh.ts';
import { signOf } from '../../rules/sentences.ts';
import { metricName, metricTitle } from '../../words/value.ts';
import { t } from '../../words/words.ts';
import { useFocus } from './focus.ts';
import { ServerFaults } from './form.tsx';
import { ReasonInput, TimeInput, ValueInput } from './level.tsx';
import { previewOf, Review, type WantedChange } from './review.tsx';
import { SaidFields } from './said.tsx';
import { isThere, type ScopeNames, ScopePicker } from './scope.tsx';

function MetricSelect({
  value,
  onChange,
  error,
}: {
  value: string;
  onChange: (metric: string) => void;
  error?: string | undefined;
}) {
  return (
    <Field label={t('rules.metric')} error={error}>
      {(ids) => (
        <select class="input" value={value} onChange={(event) => onChange(event.currentTarget.value)} {...ids}>
          <option value="">{t('common.choose')}</option>
          {[...measurements].map(([measurement, fields]) => (
            <optgroup key={measurement} label={measurement}>
              {fields.map((one) => (
                <option key={one.field} value={`${measurement}.${one.field}`}>
                  {metricTitle(`${measurement}.${one.field}`)}
                </option>
              ))}
            </optgroup>
          ))}
        </select>
      )}
    </Field>
  );
}

interface NewProps {
  names: ScopeNames;
  taken: readonly string[];
  onCancel: () => void;
}

export function NewRule({ names, taken, onCancel }: NewProps) {
  const [rule, setRule] = useState<FreshRule>(freshRule);
  const [scope, setScope] = useState(everywhere);
  const [reason, setReason] = useState('');
  const [isShown, setShown] = useState(false);
  const [review, setReview] = useState<{ wanted: WantedChange; preview: RulePreview } | null>(null);
  const [turn, setTurn] = useState(0);
  const { busy, problem, send } = useSend();
  const focused = useFocus<HTMLFormElement>(turn === 0 ? 'input' : '[aria-invalid]', turn);
  const set = (change: Partial<FreshRule>) => setRule({ ...rule, ...change });
  const faults = faultsOfFresh(rule, taken);
  const fault = (name: keyof FreshRule) => (isShown && faults[name] ? t(faults[name]) : undefined);
  const isReady = Object.keys(faults).length === 0 && reason.trim() !== '' && isThere(scope, names);
  const submit = async (event: Event) => {
    event.preventDefault();
    setShown(true);
    setTurn(turn + 1);
    if (!isReady) return;
    const wanted = { scope, changes: changesOf(rule) };
    await send(async () => setReview({ wanted, preview: await previewOf(wanted) }));
  };
  if (review)
    return (
      <Review
        {...{ reason, names, ...review }}
        family={null}
        action={t('rules.create')}
        onDone={() => navigate(to.rule(rule.id))}
        onBack={() => setReview(null)}
      />
    );
  const field = fieldOf(rule.metric);
  const condition = { metric: rule.metric, unit: field?.unit ?? ('number' as const), op: rule.op };
  const isCounter = field?.kind === 'counter';
  const operators = (['>=', '>', '<=', '<', '='] as const).map((op) => [op, signOf(op)] as const);
  return (
    <form class="form" noValidate ref={focused} onSubmit={(event) => void submit(event)}>
      <ServerFaults problem={problem} known={() => false} />
      <div class="form-row">
        <Input
          label={t('rules.part.name')}
          value={rule.name}
          onInput={(name) => set({ name, ...(rule.ownId ? {} : { id: idFrom(name, taken) }) })}
          maxLength={120}
          autocomplete="off"
          error={fault('name')}
        />
        <Input
          label={t('rules.id')}
          value={rule.id}
          onInput={(id) => set({ id, ownId: true })}
          maxLength={55}
          autocomplete="off"
          help={t('rules.idHelp')}
          error={fault('id')}
        />
      </div>
      <div class="form-row">
        <MetricSelect
          value={rule.metric}
          onChange={(metric) => setRule(withMetric(rule, metric))}
          error={fault('metric')}
        />
        <Select
          label={t('rules.comparison')}
          value={rule.op}
          onChange={(op) => set({ op: op as FreshRule['op'] })}
          options={operators}
          help={isCounter ? t('rules.counterHelp', { name: metricName(rule.metric) }) : undefined}
        />
        <ValueInput
          label={t('rules.limit')}
          condition={condition}
          value={rule.limit}
          onChange={(limit) => set({ limit })}
          error={fault('limit')}
        />
        {rule.op !== '=' && !isCounter && (
          <ValueInput
            label={t('rules.clearAt')}
            condition={condition}
            value={rule.clear}
            onChange={(clear) => set({ clear })}
            error={fault('clear')}
          />
        )}
        {hasWorse(rule) && (
          <ValueInput
            label={t('rules.criticalAt')}
            condition={condition}
            value={rule.critical}
            onChange={(critical) => set({ critical })}
            error={fault('critical')}
          />
        )}
      </div>
      <div class="form-row">
        <TimeInput
          label={t('rules.part.for_s')}
          value={rule.forS}
          onChange={(forS) => set({ forS })}
          error={fault('forS')}
        />
        <Select
          label={t('rules.part.severity')}
          value={rule.severity}
          onChange={(severity) => set({ severity: severity as FreshRule['severity'] })}
          options={(['info', 'warning', 'critical'] as const).map((one) => [one, t(`severity.${one}`)] as const)}
        />
        <Select
          label={t('rules.part.ticket')}
          value={rule.ticket}
          onChange={(ticket) => set({ ticket: ticket as FreshRule['ticket'] })}
          options={(['open', 'propose', 'off'] as const).map((one) => [one, t(`rules.ticket.${one}`)] as const)}
        />
        <Select
          label={t('rules.part.urgency')}
          value={rule.urgency}
          onChange={(urgency) => set({ urgency })}
          options={(['1', '2', '3'] as const).map((one) => [one, t(`ticket.urgencies.${one}`)] as const)}
        />
      </div>
      <SaidFields said={rule} fault={fault} onChange={set} />
      <div class="form-row">
        <ScopePicker
          value={scope}
          names={names}
          onChange={setScope}
          error={isShown && !isThere(scope, names) ? t('rules.fault.scope') : undefined}
        />
      </div>
      <ReasonInput
        value={reason}
        onInput={setReason}
        error={isShown && reason.trim() === '' ? t('rules.fault.reason') : undefined}
      />
      <div class="form-end">
        <button type="submit" class="button main" disabled={busy}>
          {busy ? t('common.working') : t('rules.toReview')}
        </button>
        <button type="button" class="button" onClick={onCancel}>
          {t('common.cancel')}
        </button>
      </div>
    </form>
  );
}
