/** One click for who works on a machine now: two hours in which nobody is notified of it. */
import { useState } from 'preact/hooks';
import type { MaintenanceRow } from '../../../../shared/api.ts';
import { useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { ProblemCallout } from '../../parts/box.tsx';
import { Moment } from '../../parts/moment.tsx';
import { t } from '../../words/words.ts';

const hours = 2;

export function WorkingButton({ endpoint }: { endpoint: string }) {
  const [until, setUntil] = useState<number | null>(null);
  const { busy, problem, send } = useSend();
  const enter = async () => {
    const to = Date.now() + hours * 3_600_000;
    const scope = { of: 'endpoint', target: endpoint };
    const body = { scope, reason: t('maintenance.workingReason'), to };
    if (await send(() => call<MaintenanceRow>('maintenance', { method: 'POST', body }))) setUntil(to);
  };
  if (until !== null)
    return (
      <span role="status">
        <a href="/maintenance">
          {t('maintenance.workingUntil')} <Moment at={until} />
        </a>
      </span>
    );
  return (
    <>
      <button type="button" class="button" disabled={busy} onClick={() => void enter()}>
        {t('maintenance.working')}
      </button>
      {problem && <ProblemCallout problem={problem} />}
    </>
  );
}
