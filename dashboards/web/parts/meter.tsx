/** A share of 100 as a number and a bar. The bar is decoration; the number says it. */
import { percent } from '../format.ts';
import { language } from '../words/words.ts';

export function Meter({ value, high = 80, full = 90 }: { value: number | null; high?: number; full?: number }) {
  const level = value === null ? '' : value >= full ? 'full' : value >= high ? 'high' : '';
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
