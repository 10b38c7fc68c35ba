/**
 * What a column of a `ListTable` is filtered by, by what it holds: some of its values, a part of a text, or from and to.
 * Pure but for the fields; in the address it is `Osaka` (lines for several), `~part`, or `5..10`.
 */
import { number } from '../../../shared/words/format.ts';
import { localText } from '../time/local.ts';
import { language, t } from '../words/words.ts';
import { Checks } from './checks.tsx';
import { Input } from './field.tsx';

export type CellValue = string | number | boolean | Date | null;

/** More values than these are no choice. */
const choicesAtMost = 40;
const part = '~';

const wordOf = (value: CellValue) =>
  typeof value === 'boolean' ? t(value ? 'common.yes' : 'common.no') : value === null ? '' : String(value);
/** Days are those of the reader. */
const numberOf = (value: CellValue) =>
  value instanceof Date ? localText(value.getTime()).slice(0, 10) : Number(value);

interface ColumnChoice {
  value: string;
  count: number;
}

/** What a column can be asked: `choices` where its values come again and again. */
export function askable<Row>(of: (row: Row) => CellValue, rows: readonly Row[]) {
  const values = rows.map(of);
  const some = values.filter((value) => value !== null);
  if (some.length > 0 && some.every((value) => value instanceof Date)) return { kind: 'date' as const, choices: [] };
  if (some.length > 0 && some.every((value) => typeof value === 'number'))
    return { kind: 'number' as const, choices: [] };
  const counts = Map.groupBy(values.map(wordOf), (word) => word);
  const choices: ColumnChoice[] = [...counts].map(([value, { length }]) => ({ value, count: length }));
  choices.sort((a, b) => a.value.localeCompare(b.value, language.value, { numeric: true }));
  const isFew = counts.size <= choicesAtMost && counts.size <= Math.max(rows.length / 2, 2);
  return isFew ? { kind: 'choices' as const, choices } : { kind: 'text' as const, choices: [] };
}
type Askable = ReturnType<typeof askable>;

const folded = (text: string) => text.normalize('NFKC').toLowerCase();
const ends = (asked: string) => {
  const [least = '', most = ''] = asked.split('..');
  return { least, most: asked.includes('..') ? most : least };
};

/** Whether a row with this value is shown; what is unknown lies between no two numbers. */
export function passes(value: CellValue, { kind }: Pick<Askable, 'kind'>, asked: string): boolean {
  if (kind === 'number' || kind === 'date') {
    if (value === null) return false;
    const { least, most } = ends(asked);
    const [from, to] = kind === 'date' ? [least, most] : [Number(least), Number(most)];
    const at = numberOf(value);
    return (least === '' || at >= from) && (most === '' || at <= to);
  }
  if (asked.startsWith(part)) return folded(wordOf(value)).includes(folded(asked.slice(1)));
  return asked.split('\n').includes(wordOf(value));
}

/** `Osaka, Berlin` · `≥ 5` · `5 – 10` · `“web”` */
export function sayAsked({ kind }: Pick<Askable, 'kind'>, asked: string): string {
  if (kind === 'number' || kind === 'date') {
    const { least, most } = ends(asked);
    return most === '' ? `≥ ${least}` : least === '' ? `≤ ${most}` : `${least} – ${most}`;
  }
  if (asked.startsWith(part)) return `“${asked.slice(1)}”`;
  return asked
    .split('\n')
    .map((word) => word || t('filter.none'))
    .join(', ');
}

interface ColumnFilterProps {
  head: string;
  of: Askable;
  /** As in the address; null: all rows. */
  asked: string | null;
  onAsk: (asked: string | null) => void;
}

export function ColumnFilter({ head, of: { kind, choices }, asked, onAsk }: ColumnFilterProps) {
  if (kind === 'choices')
    return (
      <Checks
        label={head}
        options={choices.map(
          ({ value, count }) =>
            [value, t('filter.choice', { word: value || t('filter.none'), n: number(count, language.value) })] as const,
        )}
        chosen={asked === null ? [] : asked.split('\n')}
        onChoose={(next) => onAsk(next.length === 0 ? null : next.join('\n'))}
      />
    );
  if (kind === 'text') {
    const typed = asked?.startsWith(part) ? asked.slice(1) : (asked ?? '');
    return (
      <Input
        label={t('table.contains', { column: head })}
        type="search"
        value={typed}
        onInput={(text) => onAsk(text === '' ? null : part + text)}
      />
    );
  }
  const { least, most } = ends(asked ?? '');
  const ask = (from: string, to: string) => onAsk(from === '' && to === '' ? null : `${from}..${to}`);
  return (
    <>
      <Input
        label={t('table.least', { column: head })}
        type={kind}
        value={least}
        onInput={(text) => ask(text, most)}
        step="any"
      />
      <Input
        label={t('table.most', { column: head })}
        type={kind}
        value={most}
        onInput={(text) => ask(least, text)}
        step="any"
      />
    </>
  );
}
