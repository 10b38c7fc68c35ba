/** Who and what can be notified, as choices: nobody has to know how a receiver is written, or what there is. */
import type { ReceiverChoices } from '../../../../shared/receivers.ts';
import { useLoad } from '../../net/load.ts';
import { Field } from '../../parts/field.tsx';
import { t } from '../../words/words.ts';
import { kindName } from '../channels/kind-name.ts';
import '../../look/rules.css';

export const receiverKinds = ['person', 'schedule', 'policy', 'channel'] as const;
export type PickKind = (typeof receiverKinds)[number];
/** What may stand in for a schedule or at the end of a policy. */
export const withoutPolicies: readonly PickKind[] = ['person', 'schedule', 'channel'];

export const useReceivers = (): ReceiverChoices | null => useLoad<ReceiverChoices>('on-call/receivers').data;

/** `person:ada` as people say it. */
export function receiverWord(receiver: string): string {
  const [kind = '', ...rest] = receiver.split(':');
  const known = receiverKinds.find((one) => one === kind);
  return known ? t(`onCall.receiver.${known}`, { name: rest.join(':') }) : receiver;
}
export const receiverWords = (list: readonly string[]): string => list.map(receiverWord).join(', ');

type ChoiceGroup = readonly [label: string, options: readonly (readonly [value: string, word: string])[]];

function groupsOf(known: ReceiverChoices, kinds: readonly PickKind[]): ChoiceGroup[] {
  const names: Record<PickKind, readonly (readonly [name: string, word: string])[]> = {
    person: known.people.map((name) => [name, name]),
    schedule: known.schedules.map((name) => [name, name]),
    policy: known.policies.map((name) => [name, name]),
    channel: known.channels.map(({ name, kind }) => [name, `${name} · ${kindName(kind)}`]),
  };
  return kinds
    .map(
      (kind): ChoiceGroup => [t(`onCall.kinds.${kind}`), names[kind].map(([name, word]) => [`${kind}:${name}`, word])],
    )
    .filter(([, options]) => options.length > 0);
}

/** Users alone are written without their kind. */
const usersOf = (known: ReceiverChoices): ChoiceGroup[] => [
  [t('onCall.kinds.person'), known.people.map((name) => [name, name])],
];

const Options = ({ groups }: { groups: readonly ChoiceGroup[] }) => (
  <>
    {groups.map(([label, options]) => (
      <optgroup key={label} label={label}>
        {options.map(([value, word]) => (
          <option key={value} value={value}>
            {word}
          </option>
        ))}
      </optgroup>
    ))}
  </>
);

interface PicksProps {
  label: string;
  value: readonly string[];
  onChange: (value: string[]) => void;
  known: ReceiverChoices | null;
  /** Null: users, by their names alone. */
  kinds: readonly PickKind[] | null;
  help?: string;
  error?: string | undefined;
  required?: boolean;
}

/** Some of them, in their order: what is chosen, and a list to choose one more from. */
export function Picks({ label, value, onChange, known, kinds, help, error, required = false }: PicksProps) {
  const groups = known ? (kinds ? groupsOf(known, kinds) : usersOf(known)) : [];
  const isThere = (one: string) => !known || groups.some(([, options]) => options.some(([other]) => other === one));
  const move = (n: number) => {
    const next = [...value];
    next.splice(n - 1, 0, ...next.splice(n, 1));
    onChange(next);
  };
  const nameOf = (one: string) => (kinds ? receiverWord(one) : one);
  return (
    <div class="picks">
      <Field label={label} help={help} error={error}>
        {(ids) => (
          <select
            class="input"
            value=""
            required={required && value.length === 0}
            onChange={(event) => {
              const one = event.currentTarget.value;
              event.currentTarget.value = '';
              if (one !== '' && !value.includes(one)) onChange([...value, one]);
            }}
            {...ids}
          >
            <option value="">{t('onCall.choose')}</option>
            <Options groups={groups} />
          </select>
        )}
      </Field>
      {value.length > 0 && (
        <ol class="plain" aria-label={label}>
          {value.map((one, n) => (
            <li key={one}>
              <span class="strong">{nameOf(one)}</span>
              {!isThere(one) && <span class="fault">{t('onCall.notThere')}</span>}
              {n > 0 && (
                <button type="button" class="link" onClick={() => move(n)}>
                  {t('onCall.earlier')}
                  <span class="unseen"> {nameOf(one)}</span>
                </button>
              )}
              <button type="button" class="link" onClick={() => onChange(value.filter((_, i) => i !== n))}>
                {t('onCall.remove')}
                <span class="unseen"> {nameOf(one)}</span>
              </button>
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}

interface OneReceiverProps extends Omit<PicksProps, 'value' | 'onChange' | 'kinds'> {
  value: string;
  onChange: (value: string) => void;
  kinds: readonly PickKind[];
}

/** One of them, or nobody. */
export function OneReceiver({ label, value, onChange, known, kinds, help, error, required }: OneReceiverProps) {
  const groups = known ? groupsOf(known, kinds) : [];
  const isThere = groups.some(([, options]) => options.some(([one]) => one === value));
  return (
    <Field label={label} help={help} error={error}>
      {(ids) => (
        <select
          class="input"
          value={value}
          required={required}
          onChange={(event) => onChange(event.currentTarget.value)}
          {...ids}
        >
          <option value="">{required ? t('common.choose') : t('onCall.nobody')}</option>
          {value !== '' && !isThere && (
            <option value={value}>
              {receiverWord(value)}
              {known && ` · ${t('onCall.notThere')}`}
            </option>
          )}
          <Options groups={groups} />
        </select>
      )}
    </Field>
  );
}
