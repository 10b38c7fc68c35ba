/** A new rule: what it waits for, what it says, and where it holds. */

import { useState } from 'preact/hooks';
import type { RulePreview } from '../../../../shared/api.ts';
import { useSend } from '../../net/load.ts';
import { Input, Select } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { navigate, search, to } from '../../router.ts';
import { everywhere, reachIn } from '../../rules/family.ts';
import { changesOf, type FreshRule, faultsOfFresh, fieldAt, freshFrom, idFrom } from '../../rules/fresh.ts';
import { metricTitle } from '../../words/value.ts';
import { t } from '../../words/words.ts';
import { ConditionFields } from './condition.tsx';
import { useFocus } from './focus.ts';
import { ServerFaults } from './form.tsx';
import { ReasonInput, TimeInput } from './level.tsx';
import { previewOf, Review, type WantedChange } from './review.tsx';
import { SaidFields } from './said.tsx';
import { isThere, type ScopeNames, ScopePicker } from './scope.tsx';

/** Of a value in a chart, with the name of its metric; else empty. */
function startOf(taken: readonly string[]): FreshRule {
  const rule = freshFrom(new URLSearchParams(search.value));
  const name = rule.metric && metricTitle(rule.metric);
  return name ? { ...rule, name, id: idFrom(name, taken) } : rule;
}

interface NewProps {
  names: ScopeNames;
  taken: readonly string[];
  onCancel: () => void;
}

export function NewRule({ names, taken, onCancel }: NewProps) {
  const [rule, setRule] = useState<FreshRule>(() => startOf(taken));
  const [scope, setScope] = useState(() => reachIn(search.value) ?? everywhere);
  const [reason, setReason] = useState('');
  const [isShown, setShown] = useState(false);
  const [review, setReview] = useState<{ wanted: WantedChange; preview: RulePreview } | null>(null);
  const [turn, setTurn] = useState(0);
  /** As it was refused: its id may be another one by now. */
  const [sent, setSent] = useState<FreshRule | null>(null);
  const { busy, problem, send } = useSend();
  const focused = useFocus<HTMLFormElement>(turn === 0 ? 'input' : '[aria-invalid]', turn);
  const set = (change: Partial<FreshRule>) => setRule({ ...rule, ...change });
  const faults = faultsOfFresh(rule, taken);
  const fault = (name: keyof FreshRule) => {
    if (isShown && faults[name]) return t(faults[name]);
    const refusal = problem?.faults.find(({ at }) => fieldAt(sent ?? rule, at) === name);
    return refusal && t('rules.refusedValue', { problem: refusal.problem });
  };
  const isReady = Object.keys(faults).length === 0 && reason.trim() !== '' && isThere(scope, names);
  const submit = async () => {
    setShown(true);
    setTurn(turn + 1);
    if (!isReady) return;
    const wanted = { scope, changes: changesOf(rule) };
    setSent(rule);
    await send(async () => setReview({ wanted, preview: await previewOf(wanted) }));
    setTurn(turn + 2);
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
  return (
    <Form noValidate formRef={focused} onSubmit={submit} busy={busy} word={t('rules.toReview')} onCancel={onCancel}>
      <ServerFaults problem={problem} known={(at) => fieldAt(sent ?? rule, at) !== undefined} />
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
      <ConditionFields rule={rule} fault={fault} onChange={setRule} />
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
    </Form>
  );
}
