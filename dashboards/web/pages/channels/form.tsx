/** One channel: its kind and what that asks for, or one address that holds all of it. Secrets are written, never shown. */

import { useState } from 'preact/hooks';
import type { ChannelField, ChannelKind, ChannelRow } from '../../../../shared/channel.ts';
import { aboutLanguage, languages } from '../../../../shared/words/index.ts';
import { useBase, useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { Box } from '../../parts/box.tsx';
import { Checks } from '../../parts/checks.tsx';
import { Field, Input, Select } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { t, wordOr } from '../../words/words.ts';
import { kindName } from './kind-name.ts';

const levels = ['critical', 'warning', 'info'] as const;
type Severity = (typeof levels)[number];

const fieldName = (name: string) => wordOr('channels.field', name, name);

interface ChannelFormProps {
  /** Null: a new one. */
  row: ChannelRow | null;
  kinds: readonly ChannelKind[];
  onDone: (saved: ChannelRow) => void;
  onCancel: () => void;
}

const textOf = (value: unknown) => (Array.isArray(value) ? value.join('\n') : value === undefined ? '' : String(value));

/** As the API takes it; undefined: not given. */
function valueIn({ type }: ChannelField, text: string): unknown {
  if (text.trim() === '') return undefined;
  if (type === 'number') return Number(text);
  if (type === 'flag') return text === 'true';
  if (type === 'list') return text.split('\n').filter((line) => line.trim() !== '');
  return text;
}

/** Languages have names; other choices are words of the vendor. */
const choiceName = (field: string, choice: string) => {
  const language = languages.find((code) => field === 'language' && code === choice);
  return language ? aboutLanguage(language).name : choice;
};

interface FieldInputProps {
  field: ChannelField;
  kind: ChannelKind;
  value: string;
  isSet: boolean;
  onInput: (value: string) => void;
}

function FieldInput({ field, kind, value, isSet, onInput }: FieldInputProps) {
  const { name, type, isSecret, isRequired, choices } = field;
  const label = isRequired ? fieldName(name) : t('channels.optional', { name: fieldName(name) });
  const form = name === 'url' ? t('channels.orForm', { form: kind.form }) : '';
  const help = [isSecret && isSet ? t('channels.isSet') : '', form].filter((one) => one !== '').join(' ');
  const isNeeded = isRequired && !isSet;
  if (type === 'choice')
    return (
      <Select
        label={label}
        value={value}
        onChange={onInput}
        required={isNeeded}
        options={[['', t('channels.usual')], ...choices.map((one) => [one, choiceName(name, one)] as const)]}
      />
    );
  if (type === 'flag')
    return (
      <Select
        label={label}
        value={value}
        onChange={onInput}
        options={[
          ['', t('channels.usual')],
          ['true', t('common.yes')],
          ['false', t('common.no')],
        ]}
      />
    );
  if (type === 'list' || type === 'long')
    return (
      <Field label={label} help={type === 'list' ? `${t('channels.onePerLine')} ${help}` : help}>
        {(ids) => (
          <textarea
            class="input"
            rows={3}
            required={isNeeded}
            value={value}
            onInput={(event) => onInput(event.currentTarget.value)}
            {...ids}
          />
        )}
      </Field>
    );
  return (
    <Input
      label={label}
      value={value}
      onInput={onInput}
      help={help}
      required={isNeeded}
      autocomplete="off"
      type={type === 'number' ? 'number' : isSecret && name !== 'url' ? 'password' : 'text'}
    />
  );
}

export function ChannelForm({ row, kinds, onDone, onCancel }: ChannelFormProps) {
  const [name, setName] = useState(row?.id ?? '');
  const [kindChosen, setKind] = useState(row?.kind ?? '');
  const [address, setAddress] = useState('');
  const [texts, setTexts] = useState<Record<string, string>>(
    Object.fromEntries(Object.entries(row?.settings ?? {}).map(([key, value]) => [key, textOf(value)])),
  );
  const [severities, setSeverities] = useState<Severity[]>(row?.severities ?? ['critical', 'warning']);
  const { busy, problem, send } = useSend();
  const base = useBase('channels');
  const kind = kinds.find((one) => one.kind === kindChosen);

  const submit = async () => {
    const entries = (kind?.fields ?? []).map((field) => [field.name, valueIn(field, texts[field.name] ?? '')]);
    const settings = kind ? Object.fromEntries(entries.filter(([, value]) => value !== undefined)) : { url: address };
    const body = row ? { severities, settings } : { name, ...(kind ? { kind: kind.kind } : {}), severities, settings };
    await send(async () => {
      const way = row ? `channels/${encodeURIComponent(row.id)}` : 'channels';
      onDone(await call<ChannelRow>(way, { method: row ? 'PATCH' : 'POST', body, base }));
    });
  };

  return (
    <Box title={row ? t('channels.editOf', { name: row.id }) : t('channels.add')}>
      <Form
        problem={problem}
        onSubmit={submit}
        busy={busy}
        word={t('common.save')}
        lacks={severities.length === 0 && t('form.lacks.severity')}
        onCancel={onCancel}
      >
        {!row && (
          <div class="form-row">
            <Input
              label={t('channels.name')}
              value={name}
              onInput={setName}
              help={t('channels.nameHelp')}
              required
              maxLength={32}
              autocomplete="off"
            />
            <Select
              label={t('channels.kindLabel')}
              value={kindChosen}
              onChange={setKind}
              options={[['', t('channels.asAddress')], ...kinds.map((one) => [one.kind, kindName(one.kind)] as const)]}
            />
          </div>
        )}
        {!kind && (
          <Input
            label={t('channels.address')}
            value={address}
            onInput={setAddress}
            help={t('channels.addressHelp')}
            required
            autocomplete="off"
          />
        )}
        {kind && (
          <div class="form-row">
            {kind.fields.map((field) => (
              <FieldInput
                key={field.name}
                field={field}
                kind={kind}
                value={texts[field.name] ?? ''}
                isSet={row?.secrets.includes(field.name) ?? false}
                onInput={(value) => setTexts((old) => ({ ...old, [field.name]: value }))}
              />
            ))}
          </div>
        )}
        <Checks
          label={t('channels.severities')}
          options={levels.map((level) => [level, t(`severity.${level}`)] as const)}
          chosen={severities}
          onChoose={setSeverities}
        />
      </Form>
    </Box>
  );
}
