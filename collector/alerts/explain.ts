/** The step after `advance`: adds the cause of an absence that is over, by the facts that came with the return. */
import { kindOf } from '../evaluate/kinds/index.ts';
import { type Batch, isAlertChange } from './batch.ts';

/** The cause of an endpoint's absence in [from, to), as a code (`cause.*` of the words); null where it is unknown. */
export type CauseOf = (endpoint: string, from: number, to: number) => Promise<string | null>;

/** When more come back at once, the cause was not theirs: people read their incident, which must not be delayed. */
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
