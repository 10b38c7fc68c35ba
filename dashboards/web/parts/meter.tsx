/** A share of 100 as a number and a bar. The bar is decoration; its colour is the verdict of a rule on the value. */
import type { Level } from '../../../shared/level.ts';
import { percent } from '../../../shared/words/format.ts';
import { language } from '../words/words.ts';

export function Meter({ value, level = null }: { value: number | null; level?: Level | null }) {
  const fill = level === 'critical' ? 'full' : level === null ? '' : 'high';
  return (
    <div class={`meter ${fill}`}>
      <span class="value">{percent(value, language.value)}</span>
      {value !== null && (
        <div class="track" aria-hidden="true">
          <div class="fill" style={{ width: `${Math.min(100, Math.max(0, value))}%` }} />
        </div>
      )}
    </div>
  );
}
