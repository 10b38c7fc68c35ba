/** Turns updates on or off, and sets shares, times and limits of the rings. */

import { useState } from 'preact/hooks';
import type { UpdateSettings } from '../../../../shared/agent-update.ts';
import { type UpdateKey, type UpdateNumbers, updateBounds, updateKeys } from '../../../../shared/update-choices.ts';
import { duration } from '../../../../shared/words/format.ts';
import { useBase, useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { Box } from '../../parts/box.tsx';
import { Input, Select } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { faultsOf } from '../../words/fault.ts';
import { language, t } from '../../words/words.ts';
import { say } from './said.tsx';

interface UpdateSettingsFormProps {
  now: UpdateSettings;
  onDone: () => void;
  onCancel: () => void;
}

export function UpdateSettingsForm({ now, onDone, onCancel }: UpdateSettingsFormProps) {
  const [isOn, setOn] = useState(now.on);
  const [draft, setDraft] = useState<Record<UpdateKey, string>>(
    () => Object.fromEntries(updateKeys.map((key) => [key, String(now.numbers[key])])) as Record<UpdateKey, string>,
  );
  const { busy, problem, send } = useSend();
  const base = useBase('agent-updates');
  const faultAt = faultsOf(problem);
  const submit = async () => {
    const numbers = Object.fromEntries(updateKeys.map((key) => [key, Number(draft[key])])) as UpdateNumbers;
    if (await send(() => call('agent-updates/settings', { method: 'PUT', body: { on: isOn, numbers }, base })))
      onDone();
  };
  return (
    <Box title={t('agentUpdates.settings')}>
      <Form problem={problem} onSubmit={submit} busy={busy} word={t('agentUpdates.save')} onCancel={onCancel}>
        <Select
          label={t('page.agentUpdates')}
          value={isOn ? 'on' : 'off'}
          onChange={(value) => setOn(value === 'on')}
          options={[
            ['off', t('agentUpdates.turnedOff')],
            ['on', t('agentUpdates.turnedOn')],
          ]}
          help={t('agentUpdates.onHelp')}
        />
        <div class="form-row">
          {updateKeys.map((key) => {
            const { least, most, usual } = updateBounds[key];
            // Seconds are typed; four hours are read.
            const shown = (n: number) => (key.endsWith('_s') ? duration(n, language.value) : say(n));
            return (
              <Input
                key={key}
                label={t(`agentUpdates.number.${key}`)}
                type="number"
                min={String(least)}
                max={String(most)}
                step={key === 'worse_use' || key === 'worse_restarts' ? '0.1' : '1'}
                value={draft[key]}
                onInput={(text) => setDraft((before) => ({ ...before, [key]: text }))}
                help={t('agentUpdates.bounds', { least: shown(least), most: shown(most), usual: shown(usual) })}
                error={faultAt(`numbers.${key}`)}
                required
              />
            );
          })}
        </div>
      </Form>
    </Box>
  );
}
