/** What the index is made of and since when; managers change it, and compute a closed month again. */

import { useState } from 'preact/hooks';
import type { Recomputed, Stability } from '../../../../shared/api.ts';
import { none, number, shownUnit } from '../../../../shared/words/format.ts';
import { useBase, useLoad, useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { mayForAll } from '../../net/session.ts';
import { Box, ProblemCallout, Ready } from '../../parts/box.tsx';
import { Dots } from '../../parts/dots.tsx';
import { Input } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Table } from '../../parts/table.tsx';
import { actorName, language, t } from '../../words/words.ts';
import { formatUnit, kpiWord } from '../kpi-tile.tsx';
import { kpiOf, listOf } from './format.ts';
import { Exclusions, madeWithLines } from './made-with.tsx';

type DefinedPart = Stability['parts'][number];
type Parts = Record<string, Pick<DefinedPart, 'weight' | 'target' | 'floor'>>;
interface DefinitionLine {
  version: number;
  at: number | null;
  by: string | null;
  reason: string | null;
  parts: Parts;
}

const numbers = ['weight', 'target', 'floor'] as const;
type DefinitionDraft = Record<string, Record<(typeof numbers)[number], string>>;

const draftOf = (parts: readonly DefinedPart[]): DefinitionDraft =>
  Object.fromEntries(
    parts.map(({ part, weight, target, floor }) => [
      part,
      { weight: String(weight), target: String(target), floor: String(floor) },
    ]),
  );

interface DefinitionFormProps {
  parts: readonly DefinedPart[];
  onDone: () => void;
}

function DefinitionForm({ parts, onDone }: DefinitionFormProps) {
  const [draft, setDraft] = useState(() => draftOf(parts));
  const [reason, setReason] = useState('');
  const { busy, problem, send } = useSend();
  const base = useBase('stability/definition');
  const set = (part: string, name: (typeof numbers)[number], value: string) =>
    setDraft((old) => ({ ...old, [part]: { ...(old[part] as DefinitionDraft[string]), [name]: value } }));
  const sum = Object.values(draft).reduce((all, { weight }) => all + Number(weight), 0);
  const submit = async () => {
    const body = {
      parts: Object.fromEntries(
        Object.entries(draft).map(([part, values]) => [
          part,
          Object.fromEntries(numbers.map((name) => [name, Number(values[name])])),
        ]),
      ),
      reason,
    };
    if (await send(() => call('stability/definition', { method: 'PUT', body, base }))) onDone();
  };
  return (
    <Form problem={problem} onSubmit={submit} busy={busy} word={t('stability.define.save')}>
      {parts.map(({ part }) => (
        <fieldset class="part-fields" key={part}>
          <legend>{t(`stability.part.${part}`)}</legend>
          <div class="form-row">
            {numbers.map((name) => (
              <Input
                key={name}
                label={t(`stability.define.${name}`)}
                type="text"
                value={draft[part]?.[name] ?? ''}
                onInput={(value) => set(part, name, value)}
                required
              />
            ))}
          </div>
        </fieldset>
      ))}
      <p class="small">{t('stability.define.sum', { n: number(sum, language.value, 2) })}</p>
      <Input label={t('stability.reason')} value={reason} onInput={setReason} required maxLength={500} />
    </Form>
  );
}

function Versions({ versions }: { versions: readonly DefinitionLine[] }) {
  return (
    <Table
      caption={t('stability.define.versions')}
      rows={versions}
      keyOf={({ version }) => version}
      columns={[
        { key: 'version', head: t('stability.define.version'), cell: ({ version }) => version },
        { key: 'at', head: t('stability.define.since'), cell: ({ at }) => <Moment at={at} /> },
        { key: 'by', head: t('stability.define.by'), cell: ({ by }) => (by === null ? none : actorName(by)) },
        { key: 'reason', head: t('stability.reason'), cell: ({ reason }) => reason ?? t('stability.define.first') },
        {
          key: 'weights',
          head: t('stability.column.weight'),
          cell: ({ parts }) =>
            Object.entries(parts)
              .map(
                ([part, { weight }]) =>
                  `${t(`stability.part.${part as DefinedPart['part']}`)} ${number(weight, language.value, 1)}`,
              )
              .join(' · '),
        },
      ]}
    />
  );
}

function Change({ parts, onDone }: DefinitionFormProps) {
  const loaded = useLoad<DefinitionLine[]>('stability/definition');
  return (
    <div class="stack screen-only">
      <Ready of={loaded} lines={3}>
        {(versions) => (
          <>
            {mayForAll('manager') && <DefinitionForm parts={parts} onDone={onDone} />}
            <Versions versions={versions} />
          </>
        )}
      </Ready>
    </div>
  );
}

type RecomputedLine = Recomputed['differences'][number];

const listMoved = (lines: RecomputedLine['lines']) => {
  if (lines === null) return none;
  const shown = Object.entries(lines).map(([name, n]) => [name, number(n, language.value)]);
  return t('stability.recompute.lines', Object.fromEntries(shown) as Record<keyof typeof lines, string>);
};

const changedName = (kpi: string) =>
  kpi === 'index'
    ? t('stability.index')
    : kpi === 'definition'
      ? t('stability.recompute.definition')
      : kpiWord(kpi, 'name');

/** First what it would change; with a reason it becomes a revision. */
function Recompute({ data, onDone }: { data: Stability; onDone: () => void }) {
  const [found, setFound] = useState<Recomputed | null>(null);
  const [reason, setReason] = useState('');
  const { busy, problem, send } = useSend();
  const month = data.period.name;
  const ask = (more: object, done: (answer: Recomputed) => void) =>
    send(async () => done(await call<Recomputed>('stability/recompute', { method: 'POST', body: { month, ...more } })));
  const show = ({ kpi, currency }: RecomputedLine, value: number | null) => {
    if (kpi === 'definition') return value === null ? none : t('stability.definitionOf', { n: value });
    // Below a point it moves, too.
    if (kpi === 'index') return number(value, language.value, 1);
    return formatUnit(shownUnit(kpi, kpiOf(data, kpi)?.unit ?? 'count'), value, currency);
  };
  return (
    <div class="stack-2 screen-only">
      {problem && <ProblemCallout problem={problem} />}
      <button type="button" class="button slim" disabled={busy} onClick={() => void ask({}, setFound)}>
        {t('stability.recompute.preview')}
      </button>
      {found && found.differences.length === 0 && <p role="status">{t('stability.recompute.nothing')}</p>}
      {found && found.kept.length > 0 && (
        <p class="small">
          {t('stability.recompute.kept', {
            what: [...new Set(found.kept.map(({ kpi }) => changedName(kpi)))].join(', '),
          })}
        </p>
      )}
      {found && found.differences.length > 0 && (
        <Form
          busy={busy}
          onSubmit={() =>
            ask({ reason }, () => {
              setFound(null);
              onDone();
            })
          }
          word={t('stability.recompute.apply')}
        >
          <Table
            caption={t('stability.recompute.changes')}
            rows={found.differences}
            keyOf={({ site, kpi }) => `${site} ${kpi}`}
            columns={[
              { key: 'kpi', head: t('stability.recompute.kpi'), cell: ({ kpi }) => changedName(kpi) },
              { key: 'site', head: t('page.site'), cell: ({ site }) => site ?? t('stability.allSites') },
              {
                key: 'before',
                head: t('stability.recompute.before'),
                right: true,
                cell: (line) => show(line, line.before),
              },
              {
                key: 'after',
                head: t('stability.recompute.after'),
                right: true,
                cell: (line) => show(line, line.after),
              },
              { key: 'list', head: t('stability.recompute.list'), cell: ({ lines }) => listMoved(lines) },
            ]}
          />
          <Input label={t('stability.reason')} value={reason} onInput={setReason} required maxLength={500} />
        </Form>
      )}
    </div>
  );
}

export function Definitions({ data, onDone }: { data: Stability; onDone: () => void }) {
  const [open, setOpen] = useState(false);
  const done = () => {
    setOpen(false);
    onDone();
  };
  return (
    <Box
      title={t('stability.define.title')}
      aside={
        <button type="button" class="button slim screen-only" aria-expanded={open} onClick={() => setOpen(!open)}>
          {t(mayForAll('manager') ? 'stability.define.change' : 'stability.define.versions')}
        </button>
      }
    >
      <div class="stack">
        <dl class="definitions small">
          {data.parts.map(({ part, kpi, weight, target, floor, unit }) => (
            <div key={part}>
              <dt>
                <a href={listOf(data, kpi)}>{t(`stability.part.${part}`)}</a>
              </dt>
              <dd>
                {t(`stability.meaning.${part}`)}{' '}
                <span class="quiet">
                  {t('stability.define.line', {
                    weight: number(weight, language.value, 1),
                    target: formatUnit(shownUnit(kpi, unit), target),
                    floor: formatUnit(shownUnit(kpi, unit), floor),
                  })}
                </span>
              </dd>
            </div>
          ))}
        </dl>
        <p class="small quiet">
          <Dots
            of={[
              t('stability.zone', { zone: data.period.zone }),
              t('stability.definitionOf', { n: data.index.definition }),
              <a href="/calendars">{t('page.calendars')}</a>,
            ]}
          />
        </p>
        {data.madeWith && (
          <>
            <p class="small quiet">
              <Dots of={madeWithLines(data.madeWith)} />
            </p>
            <section>
              <h3 class="small">{t('report.exclusions')}</h3>
              <Exclusions madeWith={data.madeWith} zone={data.period.zone} />
            </section>
          </>
        )}
        {open && <Change parts={data.parts} onDone={done} />}
        {data.closed && mayForAll('manager') && <Recompute data={data} onDone={onDone} />}
      </div>
    </Box>
  );
}
