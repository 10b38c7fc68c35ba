/** Starts, stops, resumes or withdraws a release, with a reason. */

import { useState } from 'preact/hooks';
import type { ReleaseFolder, RolloutView } from '../../../../shared/agent-update.ts';
import { useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { Box, Callout } from '../../parts/box.tsx';
import { Form } from '../../parts/form.tsx';
import { TextArea } from '../../parts/text-area.tsx';
import { t } from '../../words/words.ts';

export type UpdateActName = 'start' | 'stop' | 'resume' | 'withdraw';

interface UpdateActProps {
  act: UpdateActName;
  release: ReleaseFolder['release'];
  rollout: RolloutView | null;
  isForNobody: boolean;
  onDone: () => void;
  onCancel: () => void;
}

export function UpdateAct({ act, release, rollout, isForNobody, onDone, onCancel }: UpdateActProps) {
  const [reason, setReason] = useState('');
  const { busy, problem, send } = useSend();
  const started = act === 'start' ? { version: release?.version, sequence: release?.sequence } : {};
  const submit = async () => {
    if (await send(() => call(`agent-updates/${act}`, { method: 'POST', body: { ...started, reason } }))) onDone();
  };
  const version = (act === 'start' ? release : rollout)?.version ?? '';
  return (
    <Box title={`${t(`agentUpdates.act.${act}`)}: ${version}`}>
      <Form problem={problem} onSubmit={submit} busy={busy} word={t(`agentUpdates.act.${act}`)} onCancel={onCancel}>
        <p>{t(`agentUpdates.actLead.${act}`)}</p>
        {act === 'start' && isForNobody && <Callout tone="warning" title={t('agentUpdates.forNobody')} />}
        <TextArea label={t('silence.reason')} value={reason} onInput={setReason} maxLength={500} required />
      </Form>
    </Box>
  );
}
