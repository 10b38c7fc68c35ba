/** The fields of one level of a rule. */
import { measured } from '../../../../shared/words/format.ts';
import { Field, Input, Select } from '../../parts/field.tsx';
import { SeverityMark } from '../../parts/mark.tsx';
import { TextArea } from '../../parts/text-area.tsx';
import { type Amount, type AmountUnit, unitsOf } from '../../rules/amount.ts';
import {
  type ConditionDraft,
  type LevelDraft,
  type NumberPart,
  numberParts,
  unitOfNumber,
  withLimit,
} from '../../rules/draft.ts';
import { saidPlaces } from '../../rules/said.ts';
import { conditionsOf, conditionWords, signOf, subjectOf } from '../../rules/sentences.ts';
import { stateOptions } from '../../words/value.ts';
import { language, t } from '../../words/words.ts';
import { SaidFields } from './said.tsx';
import '../../look/rules.css';

interface AmountProps {
  label: string;
  value: Amount;
  units: readonly AmountUnit[];
  /** Stands beside the number where there is no unit to choose. */
  mark?: string;
  onChange: (value: Amount) => void;
  error?: string | undefined;
}

export function AmountInput({ label, value, units, mark = '', onChange, error }: AmountProps) {
  return (
    <Field label={label} error={error}>
      {(ids) => (
        <span class="amount">
          <input
            class="input"
            type="number"
            step="any"
            inputMode="decimal"
            value={value.text}
            onInput={(event) => onChange({ ...value, text: event.currentTarget.value })}
            {...ids}
          />
          {units.length > 1 ? (
            <select
              class="input"
              aria-label={t('rules.unitOf', { name: label })}
              value={value.unit}
              onChange={(event) => onChange({ ...value, unit: event.currentTarget.value as AmountUnit })}
            >
              {units.map((unit) => (
                <option key={unit} value={unit}>
                  {unitWord(unit)}
                </option>
              ))}
            </select>
          ) : (
            mark !== '' && <span class="quiet">{mark}</span>
          )}
        </span>
      )}
    </Field>
  );
}

const timeUnits: readonly AmountUnit[] = ['s', 'min', 'h', 'd'];
const unitWord = (unit: AmountUnit): string =>
  unit === 's' || unit === 'min' || unit === 'h' || unit === 'd' ? t(`rules.unit.${unit}`) : unit;

export function TimeInput(props: Omit<AmountProps, 'units'>) {
  return <AmountInput {...props} units={timeUnits} />;
}

/** What stands behind a number of this unit: `%`, `°C`. */
const markOf = (unit: ConditionDraft['unit']): string =>
  measured(1, unit, language.value)
    .replace(/[\d.,\s]+/g, '')
    .trim();

interface ValueProps {
  label: string;
  condition: Pick<ConditionDraft, 'metric' | 'unit' | 'op'>;
  value: Amount;
  onChange: (value: Amount) => void;
  error?: string | undefined;
}

/** A number with its unit, or one of the states that the numbers of a metric stand for. */
export function ValueInput({ label, condition, value, onChange, error }: ValueProps) {
  const states = stateOptions(condition.metric, condition.unit);
  if (states.length > 0 && states.some(([number]) => number === value.text))
    return (
      <Select
        label={label}
        value={value.text}
        onChange={(text) => onChange({ ...value, text })}
        options={states}
        error={error}
      />
    );
  const units = unitsOf(condition.unit);
  return <AmountInput {...{ label, value, units, onChange, error }} mark={markOf(condition.unit)} />;
}

interface NumberProps {
  name: NumberPart;
  amount: Amount;
  when: LevelDraft['rule']['when'];
  onChange: (amount: Amount) => void;
  error: string | undefined;
}

/** A number of a condition that is no limit of a list. */
function NumberInput({ name, amount, when, onChange, error }: NumberProps) {
  const unit = unitOfNumber(when, name);
  const label = name === 'clear' ? t('rules.clearAt') : t(`rules.ask.${numberParts[name]}` as 'rules.ask.per');
  if (unit === 'seconds' && name.endsWith('_s')) return <TimeInput {...{ label, onChange, error }} value={amount} />;
  if (unit === 'days')
    return <AmountInput {...{ label, onChange, error }} value={amount} units={['']} mark={t('rules.unit.d')} />;
  const condition = { metric: `${when.measurement}.${when.field}`, unit, op: '>=' as const };
  return <ValueInput {...{ label, condition, onChange, error }} value={amount} />;
}

interface LevelProps {
  level: LevelDraft;
  /** What distinguishes it; null: it is the only one. */
  title: string | null;
  /** What is wrong at a place of it: `when.all.0.clear`. */
  fault: (place: string) => string | undefined;
  /** Set in the settings file: shown, not changed. */
  isInFile: boolean;
  onChange: (level: LevelDraft) => void;
}

/** Places that have a field, so a fault there is shown there. */
export const hasField = (place: string): boolean =>
  (saidPlaces as readonly string[]).includes(place.split('.')[0] ?? '') ||
  /^(for_s|clear_for_s|severity|when\.[a-z_]+|when\.all\.\d\.(value|clear))$/.test(place);

export function LevelFields({ level, title, fault, isInFile, onChange }: LevelProps) {
  const set = (change: Partial<LevelDraft>) => onChange({ ...level, ...change });
  const setCondition = (n: number, next: ConditionDraft) =>
    set({ conditions: level.conditions.map((one, i) => (i === n ? next : one)) });
  const written = conditionsOf(level.rule);
  const numbers = Object.entries(level.numbers) as [NumberPart, Amount][];
  return (
    <fieldset class="level" disabled={isInFile}>
      <legend>
        <SeverityMark severity={level.severity} chip /> {title}
      </legend>
      {isInFile && <p class="small">{t('rules.inFileLevel')}</p>}
      {(numbers.length > 0 || level.expressions.expr !== undefined) && (
        <p class="small quiet">{conditionWords(level.rule)}</p>
      )}
      <div class="form-row">
        {numbers.map(([name, amount]) => (
          <NumberInput
            key={name}
            {...{ name, amount }}
            when={level.rule.when}
            onChange={(next) => set({ numbers: { ...level.numbers, [name]: next } })}
            error={fault(`when.${name}`)}
          />
        ))}
        {(Object.keys(level.expressions) as ('expr' | 'clear')[]).map((name) => (
          <TextArea
            key={name}
            label={t(name === 'expr' ? 'rules.ask.expr' : 'rules.ask.clearExpr')}
            value={level.expressions[name] ?? ''}
            onInput={(text) => set({ expressions: { ...level.expressions, [name]: text } })}
            error={fault(`when.${name}`)}
          />
        ))}
      </div>
      {level.conditions.map((condition, n) => {
        const subject = written[n] ? subjectOf(written[n], level.rule.when.measurement) : condition.metric;
        return (
          <div class="form-row" key={condition.metric + String(n)}>
            <ValueInput
              label={`${subject} ${signOf(condition.op)}`}
              condition={condition}
              value={condition.value}
              onChange={(value) => setCondition(n, withLimit(condition, value))}
              error={fault(`when.all.${n}.value`)}
            />
            {condition.op !== '=' && (
              <ValueInput
                label={t('rules.clearAt')}
                condition={condition}
                value={condition.clear}
                onChange={(clear) => setCondition(n, { ...condition, clear, clearFollows: false })}
                error={fault(`when.all.${n}.clear`)}
              />
            )}
          </div>
        );
      })}
      <div class="form-row">
        <TimeInput
          label={t('rules.part.for_s')}
          value={level.forS}
          onChange={(forS) => set({ forS })}
          error={fault('for_s')}
        />
        <TimeInput
          label={t('rules.part.clear_for_s')}
          value={level.clearForS}
          onChange={(clearForS) => set({ clearForS })}
          error={fault('clear_for_s')}
        />
        <Select
          label={t('rules.part.enabled')}
          value={level.enabled ? 'on' : 'off'}
          onChange={(value) => set({ enabled: value === 'on' })}
          options={(['on', 'off'] as const).map((one) => [one, t(`rules.${one}`)] as const)}
        />
        {level.notify !== null && (
          <Select
            label={t('rules.part.notify')}
            value={level.notify ? 'on' : 'off'}
            onChange={(value) => set({ notify: value === 'on' })}
            options={(['off', 'on'] as const).map((one) => [one, t(`rules.notify.${one}`)] as const)}
          />
        )}
        <Select
          label={t('rules.part.severity')}
          value={level.severity}
          onChange={(severity) => set({ severity: severity as LevelDraft['severity'] })}
          options={(['info', 'warning', 'critical'] as const).map((one) => [one, t(`severity.${one}`)] as const)}
          error={fault('severity')}
        />
        <Select
          label={t('rules.part.ticket')}
          value={level.ticket}
          onChange={(ticket) => set({ ticket: ticket as LevelDraft['ticket'] })}
          options={(['open', 'propose', 'off'] as const).map((one) => [one, t(`rules.ticket.${one}`)] as const)}
        />
        <Select
          label={t('rules.part.urgency')}
          value={level.urgency}
          onChange={(urgency) => set({ urgency })}
          options={(['1', '2', '3'] as const).map((one) => [one, t(`ticket.urgencies.${one}`)] as const)}
        />
        {level.conditions.length > 0 && (
          <Select
            label={t('rules.part.no_data')}
            value={level.noData}
            onChange={(noData) => set({ noData: noData as LevelDraft['noData'] })}
            options={(['keep', 'ignore', 'alert'] as const).map((one) => [one, t(`rules.noData.${one}`)] as const)}
          />
        )}
      </div>
      <SaidFields said={level} fault={fault} onChange={set} />
    </fieldset>
  );
}

export function ReasonInput({
  value,
  onInput,
  error,
}: {
  value: string;
  onInput: (text: string) => void;
  error?: string | undefined;
}) {
  return (
    <Input
      label={t('rules.reason')}
      value={value}
      onInput={onInput}
      maxLength={500}
      autocomplete="off"
      help={t('rules.reasonHelp')}
      error={error}
    />
  );
}
