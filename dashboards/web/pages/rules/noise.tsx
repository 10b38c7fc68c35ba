/** Which rules earn their noise: how often each fired, how many of its alerts somebody took, how many went as they came. */
import type { AlertNoise } from '../../../../shared/alert-groups.ts';
import { none, number, percent } from '../../../../shared/words/format.ts';
import { useLoad } from '../../net/load.ts';
import { may } from '../../net/session.ts';
import { Ready } from '../../parts/box.tsx';
import { Sentence } from '../../parts/sentence.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { to, withQuery } from '../../router.ts';
import { basicScope, editQuery, type Family, isFixedAt } from '../../rules/family.ts';
import { alertsBehind, noiseDays, noiseOf, noisiest, type Outcome } from '../../rules/noise.ts';
import { ruleName } from '../../words/value.ts';
import { language, t } from '../../words/words.ts';

export const useNoise = () => useLoad<AlertNoise>(`alerts/noise?days=${noiseDays}`);

const format = (value: number) => number(value, language.value);
const share = (part: number, whole: number) => percent((100 * part) / whole, language.value, 0);

interface NoisiestProps {
  of: ReturnType<typeof useNoise>;
  families: readonly Family[];
}

export function Noisiest({ of, families }: NoisiestProps) {
  return (
    <Ready of={of} lines={1}>
      {(noise) => {
        const worst = noisiest(noise, new Set(families.map(({ id }) => id)));
        const family = families.find(({ id }) => id === worst?.rule.id);
        if (!worst || !family) return <p class="quiet">{t('rules.noNoise', { days: format(noiseDays) })}</p>;
        const { rule, fired, alone } = worst;
        const scope = basicScope(family);
        return (
          <p>
            <Sentence
              of="rules.noisiest"
              values={{
                rule: <a href={to.rule(rule.id)}>{ruleName(rule)}</a>,
                days: format(noiseDays),
                fired: <a href={alertsBehind(noise.from, null, rule.id)}>{format(fired)}</a>,
                alone:
                  alone === 0 ? (
                    share(0, fired)
                  ) : (
                    <a href={alertsBehind(noise.from, 'alone', rule.id)}>{share(alone, fired)}</a>
                  ),
              }}
            />{' '}
            {may('admin') && !isFixedAt(family, scope) && (
              <a class="button slim" href={to.rule(rule.id) + withQuery('', editQuery(scope))}>
                {t('rules.tune')}
              </a>
            )}
          </p>
        );
      }}
    </Ready>
  );
}

/** One column: with one for each number nothing would be left for the conditions. @param noise null: not read yet */
export const noiseColumn = (noise: AlertNoise | null): TableColumn<Family> => ({
  key: 'fired',
  head: t('rules.fired', { days: format(noiseDays) }),
  right: true,
  value: ({ id }) => (noise && noiseOf(noise, id))?.fired ?? null,
  cell: ({ id }) => {
    const own = noise && noiseOf(noise, id);
    if (!own) return <span class="quiet usual">{none}</span>;
    const { fired, acknowledged, alone } = own;
    // Of nothing there is no share.
    if (fired === 0) return <span class="quiet usual">{format(0)}</span>;
    const linked = (count: number, outcome: Outcome | null, text: string) =>
      count === 0 ? text : <a href={alertsBehind(noise.from, outcome, id)}>{text}</a>;
    return (
      <div>
        {linked(fired, null, format(fired))}
        <ul class="small quiet nowrap">
          <li>
            <Sentence
              of="rules.taken"
              values={{ share: linked(acknowledged, 'acknowledged', share(acknowledged, fired)) }}
            />
          </li>
          <li>
            <Sentence of="rules.alone" values={{ share: linked(alone, 'alone', share(alone, fired)) }} />
          </li>
        </ul>
      </div>
    );
  },
});
