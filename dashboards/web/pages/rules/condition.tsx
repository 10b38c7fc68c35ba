/** What a new rule waits for: its kind, and the fields that this kind asks for. */
import { type ComponentChildren, Fragment } from 'preact';
import { fieldOf, tagsOf } from '../../../../shared/metrics.ts';
import { Field, Input, Select } from '../../parts/field.tsx';
import { TextArea } from '../../parts/text-area.tsx';
import {
  type ConditionPart,
  type FreshKind,
  type FreshRule,
  freshKinds,
  hasWorse,
  measurementOf,
  measurements,
  unitOf,
  withKind,
  withMetric,
} from '../../rules/fresh.ts';
import { signOf } from '../../rules/sentences.ts';
import { metricName, metricTitle } from '../../words/value.ts';
import { t } from '../../words/words.ts';
import { AmountInput, TimeInput, ValueInput } from './level.tsx';

interface MetricSelectProps {
  value: string;
  onChange: (metric: string) => void;
  error: string | undefined;
}

function MetricSelect({ value, onChange, error }: MetricSelectProps) {
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

interface ConditionProps {
  rule: FreshRule;
  fault: (name: keyof FreshRule) => string | undefined;
  onChange: (rule: FreshRule) => void;
}

const kinds = Object.keys(freshKinds) as FreshKind[];
const allOps = ['>=', '>', '<=', '<', '='] as const;

export function ConditionFields({ rule, fault, onChange }: ConditionProps) {
  const set = (change: Partial<FreshRule>) => onChange({ ...rule, ...change });
  const { kind, metric, op } = rule;
  const isCounter = fieldOf(metric)?.kind === 'counter';
  const condition = { metric: kind === 'log' ? 'log.total' : metric, unit: unitOf(rule), op };
  const ops = allOps.filter((one) => one !== '=' || kind === 'threshold');
  const value = (name: 'limit' | 'clear' | 'critical' | 'by', label: string) => (
    <ValueInput
      label={label}
      condition={condition}
      value={rule[name]}
      onChange={(amount) => set({ [name]: amount })}
      error={fault(name)}
    />
  );
  const span = (name: 'per' | 'over' | 'after' | 'hold' | 'within') => (
    <TimeInput
      label={t(`rules.ask.${name}`)}
      value={rule[name]}
      onChange={(amount) => set({ [name]: amount })}
      error={fault(name)}
    />
  );
  const fields: Record<ConditionPart, () => ComponentChildren> = {
    metric: () => (
      <MetricSelect value={metric} onChange={(next) => onChange(withMetric(rule, next))} error={fault('metric')} />
    ),
    tags: () => {
      const known = Object.keys(tagsOf[measurementOf(rule)] ?? {});
      return (
        known.length > 0 && (
          <Input
            label={t('rules.ask.tags')}
            value={rule.tags}
            onInput={(tags) => set({ tags })}
            maxLength={300}
            autocomplete="off"
            help={t('rules.ask.tagsHelp', { example: `${known[0]}=…`, names: known.join(', ') })}
            error={fault('tags')}
          />
        )
      );
    },
    op: () => (
      <Select
        label={t('rules.comparison')}
        value={op}
        onChange={(next) => set({ op: next as FreshRule['op'] })}
        options={ops.map((one) => [one, signOf(one)] as const)}
        help={isCounter && kind === 'threshold' ? t('rules.counterHelp', { name: metricName(metric) }) : undefined}
        error={fault('op')}
      />
    ),
    limit: () =>
      value('limit', t(kind === 'log' ? 'rules.ask.count' : kind === 'rate' ? 'rules.ask.rate' : 'rules.limit')),
    clear: () => op !== '=' && !(isCounter && kind === 'threshold') && value('clear', t('rules.clearAt')),
    critical: () => hasWorse(rule) && value('critical', t('rules.criticalAt')),
    per: () => span('per'),
    over: () => span('over'),
    after: () => span('after'),
    hold: () => span('hold'),
    within: () => span('within'),
    to: () => (
      <Select
        label={t('rules.ask.to')}
        value={rule.to}
        onChange={(to) => set({ to: to as FreshRule['to'] })}
        options={(['both', 'more', 'less'] as const).map((one) => [one, t(`rules.ask.toWhere.${one}`)] as const)}
      />
    ),
    by: () => value('by', t('rules.ask.by')),
    days: () => (
      <AmountInput
        label={t('rules.ask.days')}
        value={rule.days}
        units={['']}
        mark={t('rules.unit.d')}
        onChange={(days) => set({ days })}
        error={fault('days')}
      />
    ),
    side: () => (
      <Select
        label={t('rules.ask.side')}
        value={rule.side}
        onChange={(side) => set({ side: side as FreshRule['side'] })}
        options={(['both', 'above', 'below'] as const).map((one) => [one, t(`rules.ask.sides.${one}`)] as const)}
      />
    ),
    notify: () => (
      <Select
        label={t('rules.part.notify')}
        value={rule.notify ? 'on' : 'off'}
        onChange={(next) => set({ notify: next === 'on' })}
        options={(['on', 'off'] as const).map((one) => [one, t(`rules.notify.${one}`)] as const)}
      />
    ),
    expr: () => (
      <TextArea
        label={t('rules.ask.expr')}
        value={rule.expr}
        onInput={(expr) => set({ expr })}
        help={t('rules.ask.exprHelp', { example: expressionExample })}
        error={fault('expr')}
      />
    ),
    clearExpr: () => (
      <TextArea
        label={t('rules.ask.clearExpr')}
        value={rule.clearExpr}
        onInput={(clearExpr) => set({ clearExpr })}
        error={fault('clearExpr')}
      />
    ),
    log: () => (
      <Input
        label={t('rules.ask.log')}
        value={rule.log}
        onInput={(log) => set({ log })}
        maxLength={120}
        autocomplete="off"
        help={t('rules.ask.logHelp')}
        error={fault('log')}
      />
    ),
  };
  return (
    <>
      <div class="form-row">
        <Select
          label={t('rules.ask.kind')}
          value={kind}
          onChange={(next) => onChange(withKind(rule, next as FreshKind))}
          options={kinds.map((one) => [one, t(`rules.ask.kinds.${one}`)] as const)}
          help={t(`rules.ask.kindHelp.${kind}`)}
        />
      </div>
      <div class="form-row">
        {freshKinds[kind].map((part) => (
          <Fragment key={part}>{fields[part]()}</Fragment>
        ))}
      </div>
    </>
  );
}

const expressionExample = 'disk.used_percent > 80.0 && "db" in endpoint.tags';
