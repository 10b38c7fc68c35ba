/** A table as a file: downloaded, and read in again after what it would change was shown. */

import { useState } from 'preact/hooks';
import type { TableOutcome } from '../../../shared/api.ts';
import { none, number } from '../../../shared/words/format.ts';
import { useSend } from '../net/load.ts';
import { call } from '../net/request.ts';
import { formatReasons } from '../words/reason.ts';
import { language, t } from '../words/words.ts';
import { Box, Callout, ProblemCallout } from './box.tsx';
import { Field, Input } from './field.tsx';
import { Form } from './form.tsx';
import { Table, type TableColumn } from './table.tsx';

interface TableFileProps {
  title?: string;
  lead?: string;
  /** Under `/api/v1/`. */
  address: string;
  /** Of what is shown, to be downloaded; default all. */
  download?: string;
  /** Of the first line. */
  columns: string;
  /** Reading in is for those who may change it. */
  mayRead: boolean;
  onDone: () => void;
}

const mostBytes = 1_000_000;

function counts({ lines }: TableOutcome) {
  const of = (what: string) => number(lines.filter(({ does }) => does === what).length, language.value);
  return { add: of('add'), change: of('change'), same: of('same') };
}

function Faults({ faults, moreFaults }: Pick<TableOutcome, 'faults' | 'moreFaults'>) {
  return (
    <>
      <Callout
        tone="critical"
        title={t('csv.faults', { n: number(faults.length + moreFaults, language.value) })}
        spoken
      />
      <Table
        caption={t('csv.why')}
        rows={faults}
        keyOf={({ line, column, value }) => `${line} ${column} ${value}`}
        columns={[
          { key: 'line', head: t('csv.line'), cell: ({ line }) => number(line, language.value) },
          { key: 'column', head: t('csv.column'), cell: ({ column }) => column ?? '' },
          { key: 'value', head: t('csv.value'), cell: ({ value }) => <code>{value}</code> },
          { key: 'why', head: t('csv.why'), cell: ({ why }) => formatReasons([why]) },
        ]}
      />
      {moreFaults > 0 && <p class="quiet">{t('csv.more', { n: number(moreFaults, language.value) })}</p>}
    </>
  );
}

/** More lines than this nobody compares by eye. */
const linesShown = 200;

type Line = TableOutcome['lines'][number];

/** With what may not be meant. */
const After = ({ after, warnings = [] }: Line) => (
  <>
    {after ?? none}
    {warnings.map((why) => (
      <Callout key={why.code} tone="warning">
        {formatReasons([why])}
      </Callout>
    ))}
  </>
);

/** What would be added and changed, with what is there now. */
export function TableLines({ lines, isNumbered = false }: Pick<TableOutcome, 'lines'> & { isNumbered?: boolean }) {
  const moved = lines.filter(({ does }) => does !== 'same');
  if (moved.length === 0) return null;
  const hasValues = moved.some(({ after, warnings }) => after !== undefined || warnings !== undefined);
  const ofLine: TableColumn<Line> = {
    ...{ key: 'line', head: t('csv.line'), right: true },
    cell: ({ line }) => number(line, language.value),
  };
  const values: TableColumn<Line>[] = [
    { key: 'before', head: t('csv.before'), cell: ({ before }) => before ?? none },
    { key: 'after', head: t('csv.after'), cell: After },
  ];
  return (
    <>
      <Table
        caption={t('csv.changes')}
        rows={moved.slice(0, linesShown)}
        keyOf={({ line }) => line}
        columns={[
          { key: 'name', head: t('csv.entry'), cell: ({ name }) => name },
          ...(isNumbered ? [ofLine] : []),
          { key: 'does', head: t('csv.what'), cell: ({ does }) => t(`csv.does.${does as 'add' | 'change'}`) },
          ...(hasValues ? values : []),
        ]}
      />
      {moved.length > linesShown && (
        <p class="quiet">{t('csv.more', { n: number(moved.length - linesShown, language.value) })}</p>
      )}
    </>
  );
}

export function TableFile({ title, lead, address, download = address, columns, mayRead, onDone }: TableFileProps) {
  const [csv, setCsv] = useState<string | null>(null);
  const [name, setName] = useState<string | null>(null);
  const [outcome, setOutcome] = useState<TableOutcome | null>(null);
  const [isTooLong, setTooLong] = useState(false);
  const [reason, setReason] = useState('');
  const { busy, problem, send } = useSend();
  const post = (body: object) =>
    send(async () => setOutcome(await call<TableOutcome>(address, { method: 'POST', body })));
  const choose = async (file: File | undefined) => {
    setOutcome(null);
    setCsv(null);
    setName(file?.name ?? null);
    setTooLong((file?.size ?? 0) > mostBytes);
    if (!file || file.size > mostBytes) return;
    const text = await file.text();
    setCsv(text);
    await post({ csv: text });
  };
  const apply = async () => {
    if (!(await post({ csv, reason }))) return;
    setReason('');
    onDone();
  };
  const mayApply = outcome !== null && !outcome.applied && outcome.faults.length === 0;
  return (
    <Box title={title ?? t('csv.title')}>
      <div class="stack">
        {lead && <p>{lead}</p>}
        <p>
          <a class="button" href={`/api/v1/${download}`} download>
            {t('csv.get')}
          </a>
        </p>
        {mayRead && (
          <Field
            label={t('csv.choose')}
            help={
              <>
                {t('csv.columns')} <code>{columns}</code>
              </>
            }
          >
            {(ids) => (
              // The browser's own button speaks the browser's language; it lies unseen over the one of the page.
              <span class="file">
                <input
                  type="file"
                  accept=".csv,text/csv"
                  title={name ?? t('csv.noFile')}
                  onChange={(event) => void choose(event.currentTarget.files?.[0])}
                  {...ids}
                />
                <span class="button slim" aria-hidden="true">
                  {t('csv.pick')}
                </span>
                <span class="quiet">{name ?? t('csv.noFile')}</span>
              </span>
            )}
          </Field>
        )}
        {isTooLong && <Callout tone="critical" title={t('csv.tooLong')} spoken />}
        {problem && <ProblemCallout problem={problem} />}
        {outcome && outcome.faults.length > 0 && <Faults {...outcome} />}
        {outcome && outcome.faults.length === 0 && (
          <>
            <p role="status">{outcome.applied ? t('csv.done', counts(outcome)) : t('csv.would', counts(outcome))}</p>
            {!outcome.applied && <TableLines lines={outcome.lines} isNumbered />}
          </>
        )}
        {mayApply && (
          <Form onSubmit={apply} busy={busy} word={t('csv.apply')}>
            <Input label={t('stability.reason')} value={reason} onInput={setReason} required maxLength={500} />
          </Form>
        )}
      </div>
    </Box>
  );
}
