/** Settings for all agents or for some: what, why, and what it would change before it is sent. */
import { useEffect, useState } from 'preact/hooks';
import type { AgentLayer, AgentSettingsSummary, LayerPreview } from '../../../../shared/agent-layer.ts';
import {
  intervalBounds,
  listKeys,
  paceMost,
  personalFields,
  settableChecks,
} from '../../../../shared/agent-settings.ts';
import { useBase, useSend } from '../../net/load.ts';
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
  /** What holds where nothing is chosen. */
  unset: string;
  draft: SettingsDraft;
  set: (part: Partial<SettingsDraft>) => void;
  faultAt: FaultAt;
}

const answers = (unset: string, yes: string, no: string) =>
  [
    ['', unset],
    ['yes', yes],
    ['no', no],
  ] as const;

function Checks({ unset, draft, set, faultAt }: SettingsPartProps) {
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
              options={answers(unset, t('agentSettings.on'), t('agentSettings.off'))}
              error={faultAt(`settings.checks.${name}.enabled`)}
            />
            <Input
              label={t('agentSettings.everyOf', { check: checkWord(name) })}
              type="number"
              min={String(least)}
              max={String(paceMost)}
              value={everyS}
              onInput={(text) => put(name, { everyS: text })}
              placeholder={unset}
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

function Personal({ unset, draft, set }: SettingsPartProps) {
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
            options={answers(unset, t('agentSettings.sent'), t('agentSettings.heldBack'))}
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

const isSame = (a: RuleReach, b: RuleReach) => a.of === b.of && a.target === b.target;

interface AgentSettingsFormProps {
  /** To be changed; without one it is new. */
  layer: AgentLayer | null;
  summary: AgentSettingsSummary | null;
  onEdit: (layer: AgentLayer) => void;
  onDone: () => void;
  onCancel: () => void;
}

export function AgentSettingsForm({ layer, summary, onEdit, onDone, onCancel }: AgentSettingsFormProps) {
  const names = useScopeNames();
  const [scope, setScope] = useState<RuleReach>(layer?.scope ?? everywhere);
  const [draft, setDraft] = useState(() => draftOf(layer?.settings ?? {}, layer?.priority ?? 0));
  const [reason, setReason] = useState('');
  const set = (part: Partial<SettingsDraft>) => setDraft((before) => ({ ...before, ...part }));
  const body = { scope, settings: settingsOf(draft), priority: Number(draft.priority || 0) };
  const base = useBase('agent-settings');
  const [turn, setTurn] = useState(0);
  const isReady = layer !== null || isThere(scope, names);
  const { preview, problem: fault } = usePreview<LayerPreview>(
    'agent-settings/preview',
    () => (isReady ? body : null),
    [body, isReady, turn],
  );
  const { busy, problem, send } = useSend();
  const faultAt = faultsOf(problem ?? fault);
  const save = (settings: object | null) =>
    void send(() => call('agent-settings/layers', { method: 'PUT', body: { ...body, settings, reason }, base })).then(
      (isDone) => isDone && onDone(),
    );
  const shown = problem ?? fault;
  const isChanged = problem?.code === 'CHANGED_SINCE';
  // Told of it, and with a preview of what it would do to what is there now, the person decides again.
  useEffect(() => {
    if (!isChanged) return;
    base.version = base.newer;
    setTurn((n) => n + 1);
  }, [problem]);
  const isAll = scope.of === 'all';
  const usual = summary?.usualInterval ?? null;
  const unset = t(isAll ? 'agentSettings.asUsual' : 'agentSettings.asWider');
  const unsetInterval =
    isAll && usual !== null ? t('agentSettings.asUsualOf', { value: settingValue('interval_s', usual) }) : unset;
  const there = layer === null && summary?.layers.find((one) => one.owner === 'people' && isSame(one.scope, scope));
  const part = { unset, draft, set, faultAt };
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
            placeholder={unsetInterval}
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
          {there && (
            <Callout tone="warning" title={t('agentSettings.there')}>
              <p>
                <button type="button" class="link" onClick={() => onEdit(there)}>
                  {t('agentSettings.change')}
                </button>
              </p>
            </Callout>
          )}
          {shown && <ProblemCallout problem={shown} />}
          {(!shown || isChanged) && preview && <Preview preview={preview} />}
        </div>
        <TextArea label={t('silence.reason')} value={reason} onInput={setReason} maxLength={500} required />
      </Form>
    </Box>
  );
}
