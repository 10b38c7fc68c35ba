/** What people do to alerts, one or many: acknowledge, take, silence. */
import type { BulkOutcome } from '../../../shared/alert-groups.ts';
import type { Alert } from '../../../shared/api.ts';
import { number } from '../../../shared/words/format.ts';
import { asProblem } from '../net/load.ts';
import { call, isAway } from '../net/request.ts';
import { toast } from '../parts/toast.tsx';
import { language, t, wordOr } from '../words/words.ts';

/** A ticket each: of more it is one outage, whose tickets the collector opens together. */
const ticketsAtMost = 20;

const many = (verb: 'acknowledge' | 'withdraw', ids: readonly string[]) =>
  call<BulkOutcome>(`alerts/${verb}`, { method: 'POST', body: { ids } });

const count = (n: number) => number(n, language.value);

function sayProblem(thrown: unknown): void {
  const problem = asProblem(thrown);
  const { code, message } = problem;
  // Whoever is on call must not believe that it is done.
  toast(isAway(problem) ? t('alert.now.notSent') : wordOr('problem', `${code}.message`, message));
}

/** Says what came of it, with a way back. Never rejects. */
export async function acknowledge(ids: readonly string[], onDone: () => void): Promise<void> {
  try {
    const { done, failed } = await many('acknowledge', ids);
    const undo = () => void many('withdraw', done).then(onDone, sayProblem);
    const text = t('alert.now.acknowledged', { n: count(done.length) });
    toast(failed.length === 0 ? text : `${text} ${t('alert.now.failed', { n: count(failed.length) })}`, undo);
  } catch (thrown) {
    sayProblem(thrown);
  }
  onDone();
}

/** Acknowledges, and opens the tickets that are missing. */
export async function take(
  alerts: readonly Pick<Alert, 'id' | 'ticket'>[],
  ids: readonly string[],
  onDone: () => void,
) {
  try {
    const { done, failed } = await many('acknowledge', ids);
    let opened = 0;
    for (const { id, ticket } of alerts.slice(0, ticketsAtMost)) {
      if (ticket !== null) continue;
      const isNew = await call(`alerts/${encodeURIComponent(id)}/ticket`, { method: 'POST' }).then(
        () => true,
        (thrown: unknown) => {
          // It was opened meanwhile.
          if (asProblem(thrown).code !== 'CONFLICT') throw thrown;
          return false;
        },
      );
      if (isNew) opened++;
    }
    const text = t('alert.now.taken', { n: count(done.length), tickets: count(opened) });
    toast(failed.length === 0 ? text : `${text} ${t('alert.now.failed', { n: count(failed.length) })}`);
  } catch (thrown) {
    sayProblem(thrown);
  }
  onDone();
}
