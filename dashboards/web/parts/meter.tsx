/** A share of 100 as a number and a bar. The bar is decoration; its colour is what a rule says of the value. */
import type { EndpointRow } from '../../../shared/api.ts';
import { percent } from '../../../shared/words/format.ts';
import { language } from '../words/words.ts';

type Severity = EndpointRow['attention'][number]['severity'];

/** The worst that rules say about a metric of an endpoint. */
export function saidOf({ attention }: EndpointRow, metric: string): Severity | null {
  return attention.find((one) => one.metric === metric)?.severity ?? null;
}

export function Meter({ value, said = null }: { value: number | null; said?: Severity | null }) {
  const level = said === 'critical' ? 'full' : said === null ? '' : 'high';
  return (
    <div class={`meter ${level}`}>
      <span class="value">{percent(value, language.value)}</span>
      {value !== null && (
        <div class="track" aria-hidden="true">
          <div class="fill" style={{ width: `${Math.min(100, Math.max(0, value))}%` }} />
        </div>
      )}
    </div>
  );
}
