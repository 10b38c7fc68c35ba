/** The end of what runs, moved on the wall clock of its window. */

import { useState } from 'preact/hooks';
import type { MaintenanceRow } from '../../../../shared/api.ts';
import { useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { Box } from '../../parts/box.tsx';
import { Input } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { readersZone } from '../../time/readers-zone.ts';
import { wallInstant, wallText } from '../../time/wall.ts';
import { t } from '../../words/words.ts';

export function NewEnd({ row, onDone }: { row: MaintenanceRow; onDone: () => void }) {
  const zone = row.repeat?.zone ?? readersZone();
  const [end, setEnd] = useState(wallText(row.running[0]?.end ?? Date.now(), zone));
  const { busy, problem, send } = useSend();
  const submit = async () => {
    const until = wallInstant(end, zone, 'close');
    const address = `maintenance/${encodeURIComponent(row.id)}/extend`;
    if (until !== null && (await send(() => call(address, { method: 'POST', body: { until } })))) onDone();
  };
  return (
    <Box title={`${t('maintenance.extendTo')} ${row.scope.name}`}>
      <Form problem={problem} onSubmit={submit} busy={busy} word={t('common.save')} onCancel={onDone}>
        <Input label={t('maintenance.to')} type="datetime-local" value={end} onInput={setEnd} required help={zone} />
      </Form>
    </Box>
  );
}
