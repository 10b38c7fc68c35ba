/** How a change went, as a person states it: with a reason where that is better than what was computed. */

import { useState } from 'preact/hooks';
import type { ChangeDetail } from '../../../../shared/api.ts';
import { useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { Box } from '../../parts/box.tsx';
import { Input, Select } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { instantIn } from '../../time/local.ts';
import { t } from '../../words/words.ts';

const outcomes = ['success', 'with_issues', 'failed'] as const;
const objectives = { yes: true, no: false, unknown: null } as const;

function Check({ label, value, onChange }: { label: string; value: boolean; onChange: (value: boolean) => void }) {
  return (
    <label class="row">
      <input type="checkbox" checked={value} onChange={(event) => onChange(event.currentTarget.checked)} />
      {label}
    </label>
  );
}

export function OutcomeForm({
  detail: { row },
  onDone,
  onCancel,
}: {
  detail: ChangeDetail;
  onDone: () => void;
  onCancel: () => void;
}) {
  const [outcome, setOutcome] = useState<string>(row.stated?.as ?? row.outcome?.value ?? 'success');
  const [reason, setReason] = useState(row.stated?.reason ?? '');
  const [objective, setObjective] = useState<keyof typeof objectives>(
    row.objectiveMet === null ? 'unknown' : row.objectiveMet ? 'yes' : 'no',
  );
  const [rolledBack, setRolledBack] = useState(row.rolledBack);
  const [emergencyFix, setEmergencyFix] = useState(row.emergencyFix);
  const [at, setAt] = useState('');
  const { busy, problem, send } = useSend();
  const submit = async () => {
    const end = instantIn(at, null);
    const body = {
      ...{ outcome, reason, objectiveMet: objectives[objective], rolledBack, emergencyFix },
      ...(end === null ? {} : { at: end }),
    };
    if (await send(() => call(`changes/${row.id}/outcome`, { method: 'POST', body }))) onDone();
  };
  return (
    <Box title={t(row.state === 'done' ? 'change.outcomeAgain' : 'change.finish')}>
      <Form problem={problem} onSubmit={submit} busy={busy} word={t('common.save')} onCancel={onCancel}>
        <div class="form-row">
          <Select
            label={t('change.outcomeLabel')}
            value={outcome}
            onChange={setOutcome}
            options={outcomes.map((one) => [one, t(`change.outcome.${one}`)] as const)}
          />
          <Select
            label={t('change.objective')}
            value={objective}
            onChange={(next) => setObjective(next as keyof typeof objectives)}
            options={(['yes', 'no', 'unknown'] as const).map((one) => [one, t(`change.objectives.${one}`)] as const)}
          />
          {row.kind === 'planned' && (
            <Input
              label={t('change.finishedAt')}
              type="datetime-local"
              value={at}
              onInput={setAt}
              help={row.state === 'done' ? undefined : t('change.finishedHelp')}
            />
          )}
        </div>
        <Check label={t('change.rolledBack')} value={rolledBack} onChange={setRolledBack} />
        <Check label={t('change.emergencyFix')} value={emergencyFix} onChange={setEmergencyFix} />
        <Input label={t('change.why')} value={reason} onInput={setReason} maxLength={1000} help={t('change.whyHelp')} />
      </Form>
    </Box>
  );
}
