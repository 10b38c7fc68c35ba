/** Settings for all agents or for some: what, why, and what it would change before it is sent. */

import { useState } from 'preact/hooks';
import type { AgentLayer, LayerPreview } from '../../../../shared/agent-layer.ts';
import {
  intervalBounds,
  listKeys,
  paceMost,
  personalFields,
  settableChecks,
} from '../../../../shared/agent-settings.ts';
import { useSend } from '../../net/load.ts';
import { usePreview } from '../../net/preview.ts';
import { call } from '../../net/request.ts';
import { Box, Callout, ProblemCallout } from '../../parts/box.tsx';
import { Input, Select } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { TextArea } from '../../parts/text-area.tsx';
import { everywhere, type RuleReach } from '../../rules/family.ts';
import { type FaultAt, faultsOf } from '../../words/fault.ts';
import { t } from '../../words/words.ts';
import { isThere, ScopePicker, useScopeNames } from '../rules/scope.tsx';
import { draftOf, type SettingAnswer, type SettingsDraft, settingsOf } from './draft.ts';
import { checkWord, say, settingName, settingValue } from './said.tsx';

interface SettingsPartProps {
  draft: SettingsDraft;
  set: (part: Partial<SettingsDraft>) => void;
  faultAt: FaultAt;
}

const answers = (yes: string, no: string) =>
  [
    ['', t('agentSettings.asWider')],
    ['yes', yes],
    ['no', no],
  ] as const;

function Checks({ draft, set, faultAt }: SettingsPartProps) {
  const { checks } = draft;
  const left = Object.keys(settableChecks).filter((name) => !checks.some((one) => one.name === name));
  const put = (name: string, part: object) =>
    set({ checks: checks.map((one) => (one.name === name ? { ...one, ...part } : one)) });
  return (
    <fieldset class="stack-2">
      <legend>{t('agentSettings.key.checks')}</legend>
      {checks.map(({ name, enabled, everyS }) => {
        const least = settableChecks[name]?.least ?? 1;
        return (
          <div class="form-row" key={name}>
            <Select
              label={checkWord(name)}
              value={enabled}
              onChange={(answer) => put(name, { enabled: answer as SettingAnswer })}
              options={answers(t('agentSettings.on'), t('agentSettings.off'))}
              error={faultAt(`settings.checks.${name}.enabled`)}
            />
            <Input
              label={t('agentSettings.everyOf', { check: checkWord(name) })}
              type="number"
              min={String(least)}
              max={String(paceMost)}
              value={everyS}
              onInput={(text) => put(name, { everyS: text })}
              placeholder={t('agentSettings.asWider')}
              help={t('agentSettings.bounds', { least: say(least), most: say(paceMost) })}
              error={faultAt(`settings.checks.${name}.every_s`)}
            />
            <div class="row">
              <button
                type="button"
                class="button slim"
                aria-label={t('agentSettings.dropCheck', { check: checkWord(name) })}
                onClick={() => set({ checks: checks.filter((one) => one.name !== name) })}
              >
                ×
              </button>
            </div>
          </div>
        );
      })}
      <Select
        label={t('agentSettings.addCheck')}
        value=""
        onChange={(name) => name !== '' && set({ checks: [...checks, { name, enabled: '', everyS: '' }] })}
        options={[['', t('common.choose')], ...left.map((name) => [name, checkWord(name)] as const)]}
      />
    </fieldset>
  );
}

function Lists({ draft, set, faultAt }: SettingsPartProps) {
  return (
    <div class="form-row">
      {listKeys.map((key) => (
        <TextArea
          key={key}
          label={t(`agentSettings.key.${key}`)}
          help={t(`agentSettings.listHelp.${key}`)}
          value={draft.lists[key]}
          onInput={(text) => set({ lists: { ...draft.lists, [key]: text } })}
          rows={3}
          spellcheck={false}
          error={faultAt(`settings.${key}`)}
        />
      ))}
    </div>
  );
}

function Personal({ draft, set }: SettingsPartProps) {
  return (
    <fieldset class="stack-2">
      <legend>{t('agentSettings.key.privacy')}</legend>
      <div class="form-row">
        {personalFields.map((field) => (
          <Select
            key={field}
            label={t(`agentSettings.personal.${field}`)}
            value={draft.privacy[field]}
            onChange={(answer) => set({ privacy: { ...draft.privacy, [field]: answer as SettingAnswer } })}
            options={answers(t('agentSettings.sent'), t('agentSettings.heldBack'))}
          />
        ))}
      </div>
    </fieldset>
  );
}

function Preview({ preview }: { preview: LayerPreview }) {
  const { reached, changed, offline, old, differences, names } = preview;
  if (changed === 0) return <p class="quiet">{t('agentSettings.changesNone', { reached: say(reached) })}</p>;
  return (
    <Callout tone="info" title={t('agentSettings.changes', { n: say(changed), reached: say(reached) })}>
      <p>
        {names.join(', ')}
        {changed > names.length && ' …'}
      </p>
      {offline > 0 && <p>{t('agentSettings.changesOffline', { n: say(offline) })}</p>}
      {old > 0 && <p>{t('agentSettings.changesOld', { n: say(old) })}</p>}
      <ul class="plain">
        {differences.map(({ key, part, before, after, endpoints }) => (
          <li key={`${key} ${part} ${String(before)} ${String(after)}`}>
            {settingName(key, part)}: {settingValue(key, before)} → {settingValue(key, after)} ({say(endpoints)})
          </li>
        ))}
      </ul>
    </Callout>
  );
}

interface AgentSettingsFormProps {
  /** To be changed; without one it is new. */
  layer: AgentLayer | null;
  onDone: () => void;
  onCancel: () => void;
}

export function AgentSettingsForm({ layer, onDone, onCancel }: AgentSettingsFormProps) {
  const names = useScopeNames();
  const [scope, setScope] = useState<RuleReach>(layer?.scope ?? everywhere);
  const [draft, setDraft] = useState(() => draftOf(layer?.settings ?? {}, layer?.priority ?? 0));
  const [reason, setReason] = useState('');
  const set = (part: Partial<SettingsDraft>) => setDraft((before) => ({ ...before, ...part }));
  const body = { scope, settings: settingsOf(draft), priority: Number(draft.priority || 0) };
  const isReady = layer !== null || isThere(scope, names);
  const { preview, problem: fault } = usePreview<LayerPreview>(
    'agent-settings/preview',
    () => (isReady ? body : null),
    [body, isReady],
  );
  const { busy, problem, send } = useSend();
  const faultAt = faultsOf(problem ?? fault);
  const save = (settings: object | null) =>
    void send(() => call('agent-settings/layers', { method: 'PUT', body: { ...body, settings, reason } })).then(
      (isDone) => isDone && onDone(),
    );
  const shown = problem ?? fault;
  const part = { draft, set, faultAt };
  return (
    <Box title={t(layer ? 'agentSettings.change' : 'agentSettings.new')}>
      <Form
        onSubmit={() => save(body.settings)}
        busy={busy}
        word={t('agentSettings.save')}
        lacks={!isReady && t('form.lacks.scope')}
        onCancel={onCancel}
        end={
          layer && (
            <button type="button" class="button" disabled={busy || reason === ''} onClick={() => save(null)}>
              {t('agentSettings.remove')}
            </button>
          )
        }
      >
        <div class="form-row">
          {layer === null && <ScopePicker value={scope} names={names} onChange={setScope} />}
          <Input
            label={t('agentSettings.key.interval_s')}
            type="number"
            min={String(intervalBounds.least)}
            max={String(intervalBounds.most)}
            value={draft.intervalS}
            onInput={(intervalS) => set({ intervalS })}
            placeholder={t('agentSettings.asWider')}
            help={t('agentSettings.bounds', { least: say(intervalBounds.least), most: say(intervalBounds.most) })}
            error={faultAt('settings.interval_s')}
          />
          {(scope.of === 'group' || scope.of === 'tag') && (
            <Input
              label={t('agentSettings.priority')}
              type="number"
              min="-1000"
              max="1000"
              value={draft.priority}
              onInput={(priority) => set({ priority })}
              placeholder="0"
              help={t('agentSettings.priorityHelp')}
            />
          )}
        </div>
        <Checks {...part} />
        <Lists {...part} />
        <Personal {...part} />
        <div aria-live="polite">
          {!isReady && <p class="quiet">{t('agentSettings.chooseFirst')}</p>}
          {shown ? <ProblemCallout problem={shown} /> : preview && <Preview preview={preview} />}
        </div>
        <TextArea label={t('silence.reason')} value={reason} onInput={setReason} maxLength={500} required />
      </Form>
    </Box>
  );
}
