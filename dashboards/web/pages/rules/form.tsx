/** Changes a rule for a scope: its fields, a reason, then what it would do, and only then the change itself. */

import { useState } from 'preact/hooks';
import type { RuleEntry, RulePreview } from '../../../../shared/api.ts';
import { asProblem, useSend } from '../../net/load.ts';
import { call, type Problem } from '../../net/request.ts';
import { Callout, ProblemCallout } from '../../parts/box.tsx';
import { Form } from '../../parts/form.tsx';
import { toast } from '../../parts/toast.tsx';
import { navigate, to } from '../../router.ts';
import { carriedOver, draftOf, type Faults, faultsOf, type LevelDraft, partsOf } from '../../rules/draft.ts';
import { type Family, isSame, levelsAt, type RuleReach } from '../../rules/family.ts';
import { ruleName } from '../../words/value.ts';
import { t, wordOr } from '../../words/words.ts';
import { useFocus } from './focus.ts';
import { hasField, LevelFields, ReasonInput } from './level.tsx';
import { goesWhole, previewOf, Review, type WantedChange } from './review.tsx';
import { isThere, type ScopeNames, ScopePicker } from './scope.tsx';

interface RuleFormProps {
  family: Family;
  scope: RuleReach;
  names: ScopeNames;
  onDone: () => void;
  onCancel: () => void;
}

const isInFile = ({ owner, scope: at }: RuleEntry, scope: RuleReach) => owner === 'file' && isSame(at, scope);

/** Faults that the collector found, at their fields; faults without a field here are shown above the form. */
export function ServerFaults({ problem, known }: { problem: Problem | null; known: (place: string) => boolean }) {
  if (!problem) return null;
  const elsewhere = problem.faults.filter(({ at }) => !known(at));
  if (problem.faults.length === 0) return <ProblemCallout problem={problem} />;
  return (
    <Callout tone="critical" title={t('rules.refused')} spoken>
      <ul>
        {elsewhere.map(({ at, problem: what }) => (
          <li key={at + what} class="small">
            <code>{at}</code> {what}
          </li>
        ))}
      </ul>
    </Callout>
  );
}

export function RuleForm({ family, scope: first, names, onDone, onCancel }: RuleFormProps) {
  const [scope, setScope] = useState(first);
  const entries = levelsAt(family, scope);
  const begin = (at: RuleReach) => levelsAt(family, at).map((entry) => draftOf(entry, at));
  const [levels, setLevels] = useState<LevelDraft[]>(() => begin(first));
  const [reason, setReason] = useState('');
  const [shown, setShown] = useState<Faults>({});
  const [nothing, setNothing] = useState(false);
  const [review, setReview] = useState<{ wanted: WantedChange; preview: RulePreview } | null>(null);
  const [turn, setTurn] = useState(0);
  const { busy, problem, send } = useSend();
  // At first its first field; after an attempt the first one with a fault.
  const focused = useFocus<HTMLFormElement>(turn === 0 ? 'select, input' : '[aria-invalid]', turn);

  const choose = (next: RuleReach) => {
    const [from, to] = [begin(scope), begin(next)];
    const same = (list: LevelDraft[], { rule }: LevelDraft) => list.find((one) => one.rule.id === rule.id);
    setLevels(
      to.map((draft) => {
        const [typed, before] = [same(levels, draft), same(from, draft)];
        return typed && before ? carriedOver(typed, before, draft) : draft;
      }),
    );
    setScope(next);
  };
  const change = (level: LevelDraft) => {
    const next = levels.map((one) => (one.rule.id === level.rule.id ? level : one));
    setLevels(next);
    setNothing(false);
    // A field with a fault is checked again while it is edited.
    if (Object.keys(shown).length > 0) setShown(allFaults(next));
  };
  const allFaults = (of: readonly LevelDraft[]): Faults => ({
    ...faultsOf(of),
    ...(reason.trim() === '' ? { reason: 'rules.fault.reason' as const } : {}),
    ...(isThere(scope, names) ? {} : { scope: 'rules.fault.scope' as const }),
  });
  const submit = async () => {
    const faults = allFaults(levels);
    setShown(faults);
    setTurn(turn + 1);
    if (Object.keys(faults).length > 0) return;
    const changes = levels.flatMap((level) => {
      const parts = partsOf(level);
      return parts === null ? [] : [{ rule: level.rule.id, parts }];
    });
    setNothing(changes.length === 0);
    if (changes.length === 0) return;
    const wanted = { scope, changes };
    await send(async () => setReview({ wanted, preview: await previewOf(wanted) }));
    setTurn(turn + 2);
  };
  if (review)
    return (
      <Review
        {...{ family, reason, names, ...review }}
        action={t('rules.apply')}
        onDone={onDone}
        onBack={() => setReview(null)}
      />
    );
  const fault = (place: string) => {
    const refusal = problem?.faults.find(({ at }) => at === place);
    return shown[place] ? t(shown[place]) : refusal && t('rules.refusedValue', { problem: refusal.problem });
  };
  const isField = (place: string) =>
    levels.some(({ rule }) => place.startsWith(`${rule.id}.`) && hasField(place.slice(rule.id.length + 1)));
  return (
    <Form noValidate formRef={focused} onSubmit={submit} busy={busy} word={t('rules.toReview')} onCancel={onCancel}>
      <ServerFaults problem={problem} known={isField} />
      <div class="form-row">
        <ScopePicker value={scope} names={names} onChange={choose} error={fault('scope')} />
      </div>
      {levels.map((level) => {
        const entry = entries.find(({ rule }) => rule.id === level.rule.id);
        const title = levels.length > 1 ? ruleName(level.rule) : null;
        return (
          <LevelFields
            key={level.rule.id}
            level={level}
            title={title}
            fault={(place) => fault(`${level.rule.id}.${place}`)}
            isInFile={entry !== undefined && isInFile(entry, scope)}
            onChange={change}
          />
        );
      })}
      <ReasonInput value={reason} onInput={setReason} error={fault('reason')} />
      {nothing && <Callout tone="info" title={t('rules.nothingTyped')} spoken />}
    </Form>
  );
}

interface TakeBackProps extends RuleFormProps {
  /** `Reset to default`, `Remove exception` */
  action: string;
}

/** Removes the overrides within a scope: a reason, a preview, and the change. */
export function TakeBack({ family, scope, names, action, onDone, onCancel }: TakeBackProps) {
  const [reason, setReason] = useState('');
  const [isBlank, setBlank] = useState(false);
  const [preview, setPreview] = useState<RulePreview | null>(null);
  const { busy, problem, send } = useSend();
  const focused = useFocus<HTMLFormElement>('input');
  const overrides = family.entries.filter((entry) => entry.owner === 'people' && isSame(entry.scope, scope));
  const isWhole = preview !== null && goesWhole(family, preview);
  const wanted: WantedChange = { scope, changes: overrides.map(({ rule }) => ({ rule: rule.id, parts: null })) };
  const removed = () => {
    const changes = overrides.map(({ rule, overrides: parts }) => ({ rule: rule.id, parts }));
    const undone = () =>
      call('rules/changes', { method: 'POST', body: { scope, changes, reason: t('rules.removedBack') } });
    navigate('/rules');
    toast(t('rules.removed', { name: ruleName(overrides[0]?.rule ?? { id: family.id }) }), () => {
      void undone().then(
        () => navigate(to.rule(family.id)),
        (thrown) => {
          const { code, message } = asProblem(thrown);
          toast(wordOr('problem', `${code}.message`, message));
        },
      );
    });
  };
  if (preview)
    return (
      <Review
        {...{ family, wanted, reason, preview, names }}
        action={isWhole ? t('rules.delete') : action}
        onDone={isWhole ? removed : onDone}
        onBack={() => setPreview(null)}
      />
    );
  const submit = async () => {
    setBlank(reason.trim() === '');
    if (reason.trim() !== '') await send(async () => setPreview(await previewOf(wanted)));
  };
  return (
    <Form noValidate formRef={focused} onSubmit={submit} busy={busy} word={t('rules.toReview')} onCancel={onCancel}>
      <ServerFaults problem={problem} known={() => false} />
      <ReasonInput value={reason} onInput={setReason} error={isBlank ? t('rules.fault.reason') : undefined} />
    </Form>
  );
}
