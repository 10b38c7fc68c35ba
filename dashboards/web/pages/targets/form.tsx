/** A target: what is watched, how, and from where. It can be tried before it is kept. */

import { useState } from 'preact/hooks';
import {
  type TargetKindName,
  targetFields,
  targetIntervalS,
  targetKinds,
  targetTimeoutS,
} from '../../../../shared/target.ts';
import type { TargetDetail, TargetRow, TargetTrial } from '../../../../shared/target-api.ts';
import { number } from '../../../../shared/words/format.ts';
import { useBase, useLoad, useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { may, me } from '../../net/session.ts';
import { Callout } from '../../parts/box.tsx';
import { Delete } from '../../parts/delete.tsx';
import { Field, Input, Select } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { SiteInput } from '../../parts/site-input.tsx';
import { metricTitle } from '../../words/value.ts';
import { language, t, wordOr } from '../../words/words.ts';
import { draftOf, settingsOf, type TargetDraft } from './draft.ts';

interface TargetFormProps {
  target: TargetRow | null;
  endpoints: readonly { id: string; name: string }[];
  onDone: () => void;
  onCancel: () => void;
}

interface TargetPartProps {
  draft: TargetDraft;
  set: (change: Partial<TargetDraft>) => void;
}

/** The settings of the kind, each as its field says. */
function Settings({ draft, set, secretsSet }: TargetPartProps & { secretsSet: readonly string[] }) {
  const put = (name: string, value: string | boolean) => set({ settings: { ...draft.settings, [name]: value } });
  return (
    <div class="form-row">
      {Object.entries(targetFields[draft.kind]).map(([name, field]) => {
        const label = wordOr('target.field', name);
        const value = draft.settings[name];
        if (field.type === 'flag')
          return (
            <label key={name} class="row">
              <input
                type="checkbox"
                checked={value === true}
                onChange={(event) => put(name, event.currentTarget.checked)}
              />
              {label}
            </label>
          );
        if (field.type === 'choice')
          return (
            <Select
              key={name}
              label={label}
              value={String(value)}
              onChange={(chosen) => put(name, chosen)}
              options={(field.choices ?? []).map((one) => [one, wordOr('target.choice', one)] as const)}
            />
          );
        const isKept = field.secret && secretsSet.includes(name);
        return (
          <Input
            key={name}
            label={label}
            value={String(value ?? '')}
            onInput={(text) => put(name, text)}
            type={field.secret ? 'password' : field.type === 'number' ? 'number' : 'text'}
            required={field.required === true}
            maxLength={1024}
            autocomplete={field.secret ? 'new-password' : 'off'}
            help={isKept ? t('target.secretKept') : undefined}
            placeholder={field.example ?? (field.standard === undefined ? '' : String(field.standard))}
          />
        );
      })}
    </div>
  );
}

function Watchers({ draft, set, endpoints }: TargetPartProps & Pick<TargetFormProps, 'endpoints'>) {
  const left = endpoints.filter(({ id }) => !draft.watchers.includes(id));
  const nameOf = (id: string) =>
    id === 'collector' ? t('target.collector') : (endpoints.find((one) => one.id === id)?.name ?? id);
  const add = (id: string) => id !== '' && set({ watchers: [...draft.watchers, id] });
  const choices = [
    ...(draft.watchers.includes('collector') ? [] : [{ id: 'collector', name: t('target.collector') }]),
    ...left,
  ];
  return (
    <div class="form-row">
      <Field label={t('target.watchers')} help={t('target.watchersHelp')}>
        {(ids) => (
          <div class="row" {...ids}>
            {draft.watchers.map((id) => (
              <button
                key={id}
                type="button"
                class="button slim"
                aria-label={t('target.removeWatcher', { name: nameOf(id) })}
                onClick={() => set({ watchers: draft.watchers.filter((one) => one !== id) })}
              >
                {nameOf(id)} ×
              </button>
            ))}
          </div>
        )}
      </Field>
      <Select
        label={t('target.addWatcher')}
        value=""
        onChange={add}
        options={[['', t('common.choose')], ...choices.map(({ id, name }) => [id, name] as const)]}
      />
      <Input
        label={t('target.need')}
        type="number"
        min="1"
        max={String(Math.max(1, draft.watchers.length))}
        value={draft.need}
        onInput={(need) => set({ need })}
        placeholder={t('target.needMost')}
        help={t('target.needHelp')}
      />
    </div>
  );
}

function Trial({ trial }: { trial: TargetTrial }) {
  const { result, fields, detail, more } = trial;
  return (
    <Callout tone={result === 'ok' ? 'ok' : 'warning'} title={t(`target.result.${result}`)} spoken>
      {result === 'not_allowed' ? <p>{t('target.allowHint')}</p> : detail !== null && <p>{detail}</p>}
      {Object.entries(fields).map(([field, value]) => (
        <div key={field}>
          {metricTitle(`target.${field}`)}: {number(value, language.value)}
          {field.endsWith('_ms') && ' ms'}
        </div>
      ))}
      {more.length > 0 && <p>{t('target.more', { n: number(more.length, language.value) })}</p>}
    </Callout>
  );
}

export function TargetForm({ target, endpoints, onDone, onCancel }: TargetFormProps) {
  const [draft, setDraft] = useState<TargetDraft>(() => draftOf(target));
  const [trial, setTrial] = useState<TargetTrial | null>(null);
  const { busy, problem, send } = useSend();
  const base = useBase('targets');
  const detail = useLoad<TargetDetail>(target ? `targets/${encodeURIComponent(target.id)}` : null);
  const uses = detail.data?.uses ?? [];
  const set = (change: Partial<TargetDraft>) => {
    setTrial(null);
    setDraft((before) => ({ ...before, ...change }));
  };
  const settings = settingsOf(draft);
  const isFixed = target?.origin === 'file' || !may('operator');
  const tryIt = () =>
    send(async () => {
      const body = {
        kind: draft.kind,
        settings,
        timeoutS: Number(draft.timeoutS),
        ...(target ? { id: target.id } : {}),
      };
      setTrial(await call<TargetTrial>('targets/try', { method: 'POST', body }));
    });
  const submit = async () => {
    const common = {
      ...{ name: draft.name, settings, intervalS: Number(draft.intervalS), timeoutS: Number(draft.timeoutS) },
      ...{ site: draft.site === '' ? null : draft.site, watchers: draft.watchers, enabled: draft.enabled },
      need: draft.need === '' ? null : Number(draft.need),
    };
    const body = target ? common : { ...common, kind: draft.kind };
    const address = target ? `targets/${encodeURIComponent(target.id)}` : 'targets';
    if (await send(() => call(address, { method: target ? 'PATCH' : 'POST', body, base }))) onDone();
  };
  return (
    <div class="stack">
      <Form
        busy={busy}
        problem={problem}
        onSubmit={submit}
        word={!isFixed && (target ? t('common.save') : t('target.create'))}
        onCancel={onCancel}
        end={
          may('operator') && (
            <button type="button" class="button" disabled={busy} onClick={() => void tryIt()}>
              {t('target.try')}
            </button>
          )
        }
      >
        {target?.origin === 'file' && <p class="quiet">{t('target.ofFile')}</p>}
        <div class="form-row">
          <Input
            label={t('target.name')}
            value={draft.name}
            onInput={(name) => set({ name })}
            required
            maxLength={128}
            autocomplete="off"
          />
          {target === null && (
            <Select
              label={t('target.kindHead')}
              value={draft.kind}
              onChange={(kind) => set({ ...draftOf(null, kind as TargetKindName), name: draft.name, site: draft.site })}
              options={targetKinds.map((kind) => [kind, t(`target.kind.${kind}`)] as const)}
            />
          )}
          <SiteInput value={draft.site} onInput={(site) => set({ site })} />
        </div>
        <Settings draft={draft} set={set} secretsSet={target?.secretsSet ?? []} />
        <Watchers draft={draft} set={set} endpoints={endpoints} />
        <div class="form-row">
          <Input
            label={t('target.interval')}
            type="number"
            min={String(targetIntervalS.least)}
            max={String(targetIntervalS.most)}
            value={draft.intervalS}
            onInput={(intervalS) => set({ intervalS })}
            required
          />
          <Input
            label={t('target.timeout')}
            type="number"
            min={String(targetTimeoutS.least)}
            max={String(targetTimeoutS.most)}
            value={draft.timeoutS}
            onInput={(timeoutS) => set({ timeoutS })}
            required
          />
          <label class="row">
            <input
              type="checkbox"
              checked={draft.enabled}
              onChange={(event) => set({ enabled: event.currentTarget.checked })}
            />
            {t('target.enabled')}
          </label>
        </div>
        {trial && <Trial trial={trial} />}
      </Form>
      {target && !isFixed && !me.value?.sites && (
        <Delete
          name={target.name}
          warning={`${t('target.deleteWarning')}${
            uses.length > 0 ? ` ${t('target.usedBy', { names: uses.map(({ name }) => name).join(', ') })}` : ''
          }`}
          address={`targets/${encodeURIComponent(target.id)}${uses.length > 0 ? '?takeOut=true' : ''}`}
          onDone={onDone}
        />
      )}
    </div>
  );
}
