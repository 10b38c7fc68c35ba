/** The step after `advance`: a silence that is over says what it was, by the facts that came with the return. */
import { kindOf } from '../evaluate/kinds/index.ts';
import { type Batch, isAlertChange } from './batch.ts';

/** What the time of an endpoint in [from, to) was, as a code (`cause.*` of the words); null where nothing tells. */
export type CauseOf = (endpoint: string, from: number, to: number) => Promise<string | null>;

/** When more come back at once, it was not theirs: their incident is what people read, and this must not hold it up. */
const atMost = 50;

export async function explain(causeOf: CauseOf, { changes }: Batch): Promise<void> {
  const over = changes
    .filter(isAlertChange)
    .filter(({ code, alert }) => code === 'resolved' && kindOf(alert.rule.when).whileAway);
  if (over.length > atMost) return;
  for (const change of over) {
    const cause = await causeOf(change.alert.endpoint, change.alert.pendingAt, change.at);
    if (cause !== null) change.params = { ...change.params, cause };
  }
}
